/* codec.h - messages to bytes and back: one loop each over the field tables.
 *
 * On the wire a message is one msgpack array [type, request id or seq, field, ...]. Nothing is allocated before
 * check.h has seen that the bytes can be what they claim to be.
 */
#ifndef PAIDAN_CODEC_H
#define PAIDAN_CODEC_H

#include "buffer.h"
#include "detail.h"

#ifdef __cplusplus
extern "C" {
#endif

struct pd_decoder;

/* One per thread; its memory is reused. Null when memory is out. */
struct pd_decoder *pd_decoder_new(void);
/* One for what comes from a broker, which may be newer: words that this version does not know are taken, with any
 * number that the field's kind can hold. Who shows them has the number from pd_word. */
struct pd_decoder *pd_decoder_new_client(void);
void pd_decoder_free(struct pd_decoder *decoder);

/* What was wrong with a message. */
struct pd_fault {
	enum pd_refusal refusal;
	uint64_t request;             /* the message's request id, 0 when it could not be read */
	struct pd_detail what;        /* for people: which field, what was there, what would be right */
	char detail[PD_DETAIL_BYTES]; /* the same in English */
	bool lost; /* where the next message begins is not known: the rest of the frame is to be dropped */
};

/* Decode the message at *off of a frame of frame_bytes, and move *off behind it. Slices in *message point into frame,
 * arrays into the decoder, until its next pd_decoder_reset. PD_EINVAL: *fault says why; *off is moved unless
 * fault->lost. */
PD_MUST_USE enum pd_err pd_decode(struct pd_decoder *decoder, const char *frame, size_t frame_bytes, size_t *off,
				  struct pd_message *message, struct pd_fault *fault);
/* Give back what the arrays of decoded messages took. */
void pd_decoder_reset(struct pd_decoder *decoder);

/* Append message to out. The message must keep to its limits, which are asserted, but for words of a newer broker in
 * answers and events; and its texts be UTF-8, which is not looked at. */
void pd_encode(const struct pd_message *message, struct pd_buffer *out);

/* Check message against the limits of its fields: what pd_decode does on the other side. PD_EINVAL: see fault. */
PD_MUST_USE enum pd_err pd_validate(const struct pd_message *message, struct pd_fault *fault);

#ifdef __cplusplus
}
#endif

#endif
