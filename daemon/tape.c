#include "tape.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "buffer.h"
#include "log.h"

enum {
	PAGES_BYTES = 64 << 10,   /* a multiple of the page, wherever we run */
	RELEASE_BYTES = 1 << 20,  /* taken out at a time: it stops other processors for a moment */
	LAID_OUT_BYTES = 1 << 20, /* divides TAPE_BYTES */
	PAGE_BYTES = 4 << 10,
	REELS = 32,
	PIECES_AT_ONCE = 3,     /* sent in one go */
	REEL_BYTES = 256 << 10, /* holds so many, in whole pages */
};

/* The pages of pieces, in a pipe. */
struct reel {
	struct tape_piece pieces[PIECES_AT_ONCE];
	size_t count;
	size_t bytes; /* of all; 0: the pipe is empty */
	int pipe[2];
};

struct tape {
	char *memory;
	uint64_t begin, end; /* what may be read; begin is a multiple of PAGES_BYTES */
	uint64_t there;      /* so far pages have been laid out */
	struct reel reels[REELS], copy;
	int nowhere; /* /dev/null */
};

static bool open_reel(struct reel *reel)
{
	return pipe2(reel->pipe, O_CLOEXEC | O_NONBLOCK) == 0 &&
	       fcntl(reel->pipe[1], F_SETPIPE_SZ, REEL_BYTES) >= REEL_BYTES;
}

static void close_reel(struct reel *reel)
{
	for (int i = 0; i < 2; i++)
		if (reel->pipe[i] >= 0)
			close(reel->pipe[i]);
	*reel = (struct reel){.pipe = {-1, -1}};
}

/* Without them all goes slower. The system may say that we have too many pipes. */
static void open_reels(struct tape *tape)
{
	bool good = (tape->nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC)) >= 0 && open_reel(&tape->copy);
	for (int i = 0; i < REELS && good; i++)
		good = open_reel(&tape->reels[i]);
	if (good)
		return;
	log_line(LOG_WARN, "pipes_refused", "wanted=%d so=\"what is published is copied for each subscriber\"",
		 REELS + 1);
	close_reel(&tape->copy);
	for (int i = 0; i < REELS; i++)
		close_reel(&tape->reels[i]);
}

enum pd_err tape_new(struct tape **out)
{
	struct tape *tape = calloc(1, sizeof *tape);
	if (!tape)
		abort();
	tape->memory = MAP_FAILED;
	tape->copy = (struct reel){.pipe = {-1, -1}};
	for (int i = 0; i < REELS; i++)
		tape->reels[i] = tape->copy;
	open_reels(tape);
	tape->memory =
		mmap(NULL, TAPE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	/* Of a large page all sockets would count their references at one place. */
	if (tape->memory == MAP_FAILED ||
	    (madvise(tape->memory, TAPE_BYTES, MADV_NOHUGEPAGE) != 0 && errno != EINVAL)) {
		int saved = errno;
		tape_free(tape);
		errno = saved;
		return PD_ESYS;
	}
	*out = tape;
	return PD_OK;
}

void tape_free(struct tape *tape)
{
	if (!tape)
		return;
	for (int i = 0; i < REELS; i++)
		close_reel(&tape->reels[i]);
	close_reel(&tape->copy);
	if (tape->nowhere >= 0)
		close(tape->nowhere);
	if (tape->memory != MAP_FAILED)
		munmap(tape->memory, TAPE_BYTES);
	free(tape);
}

static size_t place(uint64_t at)
{
	return at % TAPE_BYTES;
}

/* A long piece begins with a page, so that it is in as few as can be. None ends where the memory does: what follows it
 * would seem to lie behind it. */
bool tape_room(struct tape *tape, size_t bytes, uint64_t *at)
{
	uint64_t end =
		bytes < TAPE_REFER_BYTES_MIN ? tape->end : (tape->end + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
	size_t left = TAPE_BYTES - place(end);
	*at = end + (bytes >= left ? left : 0);
	return *at + bytes - tape->begin <= TAPE_BYTES;
}

/* Pages for what comes next, many at a time: one by one each costs a trap. An old system gives them one by one. */
static void lay_out(struct tape *tape, uint64_t until)
{
	for (; tape->there < until; tape->there += LAID_OUT_BYTES)
		madvise(tape->memory + place(tape->there), LAID_OUT_BYTES, MADV_POPULATE_WRITE);
}

void tape_put(struct tape *tape, uint64_t at, const char *data, size_t bytes)
{
	assert(at >= tape->end && at + bytes - tape->begin <= TAPE_BYTES && place(at) + bytes < TAPE_BYTES);
	lay_out(tape, at + bytes);
	pd_copy(tape->memory + place(at), data, bytes);
	tape->end = at + bytes;
}

uint64_t tape_begin(const struct tape *tape)
{
	return tape->begin;
}

uint64_t tape_end(const struct tape *tape)
{
	return tape->end;
}

static void take_out(const struct tape *tape, size_t from, size_t bytes)
{
	int rc = bytes ? madvise(tape->memory + from, bytes, MADV_DONTNEED) : 0;
	assert(rc == 0); /* or what is written next would be written over what is being sent */
	(void)rc;
}

void tape_release(struct tape *tape, uint64_t before)
{
	assert(before >= tape->begin && before <= tape->end);
	size_t bytes = (before - tape->begin) / PAGES_BYTES * PAGES_BYTES, from = place(tape->begin);
	if (bytes < RELEASE_BYTES)
		return;
	size_t first = bytes < TAPE_BYTES - from ? bytes : TAPE_BYTES - from;
	take_out(tape, from, first);
	take_out(tape, 0, bytes - first);
	tape->begin += bytes;
}

const char *tape_at(const struct tape *tape, uint64_t at)
{
	return tape->memory + place(at);
}

/* ---- sending ---- */

static void empty_reel(const struct tape *tape, struct reel *reel, size_t bytes)
{
	while (bytes) {
		ssize_t n = splice(reel->pipe[0], NULL, tape->nowhere, NULL, bytes, SPLICE_F_NONBLOCK);
		assert(n > 0); /* they are there */
		bytes -= (size_t)n;
	}
	reel->bytes = 0;
}

static ssize_t refer(const struct tape *tape, const struct reel *reel, const struct tape_piece *pieces, size_t count)
{
	struct iovec bytes[PIECES_AT_ONCE];
	for (size_t i = 0; i < count; i++)
		bytes[i] = (struct iovec){(char *)tape_at(tape, pieces[i].at), pieces[i].bytes};
	return vmsplice(reel->pipe[1], bytes, count, SPLICE_F_NONBLOCK);
}

static bool load(const struct tape *tape, struct reel *reel, const struct tape_piece *pieces, size_t count)
{
	size_t wanted = 0;
	empty_reel(tape, reel, reel->bytes);
	for (size_t i = 0; i < count; i++)
		wanted += (reel->pieces[i] = pieces[i]).bytes;
	reel->count = count;
	ssize_t n = refer(tape, reel, pieces, count);
	if (n == (ssize_t)wanted)
		reel->bytes = wanted;
	else if (n > 0)
		empty_reel(tape, reel, (size_t)n);
	return reel->bytes;
}

static bool holds(const struct reel *reel, const struct tape_piece *pieces, size_t count)
{
	bool same = reel->bytes && reel->count == count;
	for (size_t i = 0; i < count && same; i++)
		same = reel->pieces[i].at == pieces[i].at && reel->pieces[i].bytes == pieces[i].bytes;
	return same;
}

/* The reel with these pieces; null: sorry. Neighbours have different ones. */
static struct reel *reel_of(struct tape *tape, const struct tape_piece *pieces, size_t count)
{
	struct reel *reel = &tape->reels[(pieces->at / PAGES_BYTES * PIECES_AT_ONCE + count - 1) % REELS];
	return holds(reel, pieces, count) || load(tape, reel, pieces, count) ? reel : NULL;
}

/* The tape is divided alike for all, so that they get the same ones together, wherever they begin. */
size_t tape_together(const struct tape_piece *pieces, size_t count)
{
	const uint64_t part_bytes = PIECES_AT_ONCE * PAGES_BYTES;
	size_t together = 0;
	while (together < count && together < PIECES_AT_ONCE && pieces[together].bytes >= TAPE_REFER_BYTES_MIN &&
	       pieces[together].at / part_bytes == pieces->at / part_bytes)
		together++;
	return together;
}

/* Put copies of the pages of long pieces into the copy's pipe; how many bytes they are. */
static size_t copy_pages(struct tape *tape, const struct tape_piece *pieces, size_t count, bool begun)
{
	/* The rest of a piece is one's own. */
	size_t together = tape_together(pieces, begun ? 1 : count);
	if (together == 0 || tape->copy.pipe[0] < 0)
		return 0;
	const struct reel *reel = begun ? NULL : reel_of(tape, pieces, together);
	ssize_t n = reel ? tee(reel->pipe[0], tape->copy.pipe[1], reel->bytes, SPLICE_F_NONBLOCK)
			 : refer(tape, &tape->copy, pieces, together);
	return n > 0 ? (size_t)n : 0;
}

static ssize_t send_pages(struct tape *tape, int socket, size_t bytes)
{
	ssize_t n = splice(tape->copy.pipe[0], NULL, socket, NULL, bytes, SPLICE_F_NONBLOCK);
	int saved = errno;
	empty_reel(tape, &tape->copy, bytes - (n > 0 ? (size_t)n : 0));
	errno = saved;
	return n;
}

static ssize_t send_bytes(const struct tape *tape, int socket, const struct tape_piece *pieces, size_t count,
			  size_t *wanted)
{
	struct iovec copies[TAPE_PIECES_MAX];
	struct msghdr message = {.msg_iov = copies};
	for (size_t i = 0; i < count && i < TAPE_PIECES_MAX && (i == 0 || pieces[i].bytes < TAPE_REFER_BYTES_MIN);
	     i++) {
		copies[message.msg_iovlen++] = (struct iovec){(char *)tape_at(tape, pieces[i].at), pieces[i].bytes};
		*wanted += pieces[i].bytes;
	}
	return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

bool tape_send(struct tape *tape, int socket, const struct tape_piece *pieces, size_t count, bool begun, size_t *sent)
{
	size_t wanted = copy_pages(tape, pieces, count, begun);
	ssize_t n = wanted ? send_pages(tape, socket, wanted) : send_bytes(tape, socket, pieces, count, &wanted);
	*sent = n > 0 ? (size_t)n : 0;
	if (n >= 0 && *sent < wanted)
		errno = EAGAIN;
	return *sent == wanted;
}
