/* fuzz_codec.c - libFuzzer: any bytes are decoded or refused; what decodes keeps to its limits, and encodes and decodes
 * to the same.
 *
 * The input is a frame. A finding is repeated with: build/fuzz_codec FILE
 */
#include <assert.h>
#include <string.h>

#include "codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* What is encoded is the shortest form, in which equal messages have equal bytes: so it must come out twice. */
static void comes_back(struct pd_decoder *decoder, const struct pd_message *message)
{
	struct pd_buffer first = {0}, second = {0};
	struct pd_message again;
	struct pd_fault fault;
	size_t off = 0;
	assert(pd_validate(message, &fault) == PD_OK);
	pd_encode(message, &first);
	assert(pd_decode(decoder, first.data, first.count, &off, &again, &fault) == PD_OK);
	assert(off == first.count && again.type == message->type && again.request == message->request);
	pd_encode(&again, &second);
	assert(first.count == second.count && memcmp(first.data, second.data, first.count) == 0);
	pd_buffer_fini(&first);
	pd_buffer_fini(&second);
}

static void is_explained(const struct pd_fault *fault, size_t before, size_t off)
{
	assert(pd_refusal_info(fault->refusal) && fault->detail[0]);
	assert(memchr(fault->detail, 0, sizeof fault->detail));
	assert(fault->lost ? off == before && fault->refusal == PD_REFUSED_malformed : off > before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct pd_decoder *decoder = pd_decoder_new();
	struct pd_fault fault = {0};
	size_t off = 0;
	assert(decoder);
	while (off < bytes && !fault.lost) {
		struct pd_message message;
		size_t before = off;
		if (pd_decode(decoder, (const char *)data, bytes, &off, &message, &fault) == PD_OK) {
			assert(off > before && off <= bytes);
			comes_back(decoder, &message);
		} else {
			is_explained(&fault, before, off);
		}
		pd_decoder_reset(decoder);
	}
	pd_decoder_free(decoder);
	return 0;
}
