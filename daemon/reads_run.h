/* reads_run.h - what the files share that carry reads out, in libuv's threads. Nobody else includes this. */
#ifndef PAIDAN_READS_RUN_H
#define PAIDAN_READS_RUN_H

#include "codec.h"
#include "reads.h"

/* What a read needs to see the disk; kept for the next one. */
struct eyes {
	struct book_reader *book;
	struct journal_reader *journal;
	struct pd_decoder *decoder;
	struct eyes *next;
};

/* Add a message to what the read answers. */
void reads_answer(struct read *read, struct pd_message *message);
void reads_answer_end(struct read *read, bool more, const uint8_t *cursor, size_t cursor_bytes, uint64_t seq);
/* Instead of all that was answered so far. */
void reads_refuse(struct read *read, enum pd_refusal refusal, struct pd_detail detail);
/* The event at a place; its slices die with the next one that is read. */
enum pd_err reads_decode_at(struct eyes *eyes, uint64_t at, struct journal_event *stored, struct pd_message *event);
/* Whether the read's areas, which are sorted, hold area. */
bool reads_area_listed(const struct read *read, uint32_t area);

/* Notices and their members. (reads_notices.c) */
enum pd_err reads_notices(struct read *read, struct eyes *eyes);
enum pd_err reads_progress(struct read *read, struct eyes *eyes);
enum pd_err reads_missing(struct read *read, struct eyes *eyes);
enum pd_err reads_answers(struct read *read, struct eyes *eyes);

#endif
