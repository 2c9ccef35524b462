#include "tape.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
	PAGES_BYTES = 64 << 10,     /* a multiple of the page, wherever we run */
	RELEASE_BYTES = 1 << 20,    /* taken out at a time: it stops other processors for a moment */
	REFER_BYTES_MIN = 16 << 10, /* shorter pieces are copied, many in one call */
	COPIES_MAX = 64,
	PAGE_BYTES = 4 << 10,
	REELS = 64,
	REEL_BYTES = 128 << 10, /* of which a piece fills at most a bit more than a half, in whole pages */
};

/* The pages of a piece, in a pipe. */
struct reel {
	struct tape_piece piece; /* of no bytes: the pipe is empty */
	int pipe[2];
};

struct tape {
	int file;
	char *memory;
	uint64_t begin, end; /* what may be read; begin is a multiple of PAGES_BYTES */
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
	if (!good)
		close_reel(&tape->copy);
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
	tape->file = memfd_create("paidan-events", MFD_CLOEXEC);
	if (tape->file >= 0 && ftruncate(tape->file, TAPE_BYTES) == 0)
		tape->memory = mmap(NULL, TAPE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, tape->file, 0);
	/* A large page would be cleared in part when a part of it is taken out, under those who refer to it. */
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
	if (tape->file >= 0)
		close(tape->file);
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
	uint64_t end = bytes < REFER_BYTES_MIN ? tape->end : (tape->end + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
	size_t left = TAPE_BYTES - place(end);
	*at = end + (bytes >= left ? left : 0);
	return *at + bytes - tape->begin <= TAPE_BYTES;
}

void tape_put(struct tape *tape, uint64_t at, const char *data, size_t bytes)
{
	assert(at >= tape->end && at + bytes - tape->begin <= TAPE_BYTES && place(at) + bytes < TAPE_BYTES);
	memcpy(tape->memory + place(at), data, bytes);
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
	int rc = bytes ? fallocate(tape->file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)from, (off_t)bytes)
		       : 0;
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
	reel->piece.bytes = 0;
}

static bool load(struct tape *tape, struct reel *reel, const struct tape_piece *piece)
{
	off_t from = (off_t)place(piece->at);
	empty_reel(tape, reel, reel->piece.bytes);
	ssize_t n = splice(tape->file, &from, reel->pipe[1], NULL, piece->bytes, SPLICE_F_NONBLOCK);
	if (n == (ssize_t)piece->bytes)
		reel->piece = *piece;
	else if (n > 0)
		empty_reel(tape, reel, (size_t)n);
	return reel->piece.bytes;
}

/* The reel with a piece; null: sorry. Neighbours have different ones. */
static struct reel *reel_of(struct tape *tape, const struct tape_piece *piece)
{
	struct reel *reel = &tape->reels[piece->at / PAGES_BYTES % REELS];
	if (tape->copy.pipe[0] < 0)
		return NULL;
	bool there = reel->piece.at == piece->at && reel->piece.bytes == piece->bytes;
	return there || load(tape, reel, piece) ? reel : NULL;
}

static ssize_t send_copy(struct tape *tape, int socket, const struct reel *reel)
{
	ssize_t n = tee(reel->pipe[0], tape->copy.pipe[1], reel->piece.bytes, SPLICE_F_NONBLOCK);
	if (n <= 0)
		return n;
	size_t left = (size_t)n;
	n = splice(tape->copy.pipe[0], NULL, socket, NULL, left, SPLICE_F_NONBLOCK);
	int saved = errno;
	empty_reel(tape, &tape->copy, left - (n > 0 ? (size_t)n : 0));
	errno = saved;
	return n;
}

static ssize_t send_long(struct tape *tape, int socket, const struct tape_piece *piece, bool begun)
{
	off_t from = (off_t)place(piece->at);
	const struct reel *reel = begun ? NULL : reel_of(tape, piece);
	return reel ? send_copy(tape, socket, reel) : sendfile(socket, tape->file, &from, piece->bytes);
}

bool tape_send(struct tape *tape, int socket, const struct tape_piece *pieces, size_t count, bool begun, size_t *sent)
{
	struct iovec copies[COPIES_MAX];
	struct msghdr message = {.msg_iov = copies};
	size_t wanted = 0;
	ssize_t n;
	if (pieces[0].bytes >= REFER_BYTES_MIN) {
		wanted = pieces[0].bytes;
		n = send_long(tape, socket, &pieces[0], begun);
	} else {
		for (size_t i = 0; i < count && i < COPIES_MAX && pieces[i].bytes < REFER_BYTES_MIN; i++) {
			copies[message.msg_iovlen++] =
				(struct iovec){(char *)tape_at(tape, pieces[i].at), pieces[i].bytes};
			wanted += pieces[i].bytes;
		}
		n = sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	}
	*sent = n > 0 ? (size_t)n : 0;
	if (n >= 0 && *sent < wanted)
		errno = EAGAIN;
	return *sent == wanted;
}
