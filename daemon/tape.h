/* tape.h - bytes that are written once and sent to many, to each at its own pace.
 *
 * What is appended gets a place; places rise for ever, no piece is cut by the end of the memory, and two pieces of
 * which one ends where the next begins lie side by side. A socket that is given long pieces refers to the pages that
 * they lie in and copies nothing. Which pages a piece is in is looked up once for all, and kept in a pipe, a reel, of
 * which each socket gets a copy. Invariants: (1) no byte is ever written over: what is released is given back page by
 * page, the sockets keep the pages as long as they need them, and what comes to lie there gets other ones; (2) at most
 * TAPE_BYTES wait. Threads: one at a time.
 */
#ifndef PAIDAN_TAPE_H
#define PAIDAN_TAPE_H

#include <sys/types.h>

#include "proto.h"

enum { TAPE_BYTES = 256 << 20 };
/* One call of tape_send sends at most so many. Shorter ones than TAPE_REFER_BYTES_MIN are copied, many in one call, so
 * that it spares nothing to send the same to several at a time. */
enum { TAPE_PIECES_MAX = 64, TAPE_REFER_BYTES_MIN = 16 << 10 };

struct tape;

struct tape_piece {
	uint64_t at;
	size_t bytes;
};

/* PD_ESYS: errno. */
PD_MUST_USE enum pd_err tape_new(struct tape **tape);
void tape_free(struct tape *tape);

/* Where bytes would go; false: too much waits. */
PD_MUST_USE bool tape_room(struct tape *tape, size_t bytes, uint64_t *at);
/* Append them at the place that tape_room gave last. */
void tape_put(struct tape *tape, uint64_t at, const char *data, size_t bytes);
/* Behind what was put last. */
uint64_t tape_end(const struct tape *tape);
/* From where on bytes are kept. */
uint64_t tape_begin(const struct tape *tape);
/* Nobody needs what lies before any more; at most tape_end. */
void tape_release(struct tape *tape, uint64_t before);

/* Bytes that were put and not released. */
const char *tape_at(const struct tape *tape, uint64_t at);
/* How many of these, the first ones, leave in one go if there is room; 0: the first is short. */
size_t tape_together(const struct tape_piece *pieces, size_t count);
/* Write pieces to a non-blocking socket, one after the other, at least one of them; sent: so much has left. False: it
 * takes no more, or errno. begun: the first is the rest of one. The thread must not mind SIGPIPE. */
bool tape_send(struct tape *tape, int socket, const struct tape_piece *pieces, size_t count, bool begun, size_t *sent);

#endif
