/* test_tape.c - where on the tape what comes is put: what seems to lie side by side does; and what sockets get of it.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "expect.h"
#include "tape.h"

static char message[64 << 10];

static uint64_t put(struct tape *tape, size_t bytes, char with)
{
	uint64_t at;
	assert_true(tape_room(tape, bytes, &at));
	memset(message, with, bytes);
	tape_put(tape, at, message, bytes);
	return at;
}

/* So that exactly so many bytes are left before the end of the memory. */
static void wind(struct tape *tape, size_t left)
{
	uint64_t end = TAPE_BYTES - left;
	while (tape_end(tape) < end) {
		size_t rest = end - tape_end(tape);
		put(tape, rest < 10000 ? rest : 10000, '.');
		tape_release(tape, tape_end(tape));
	}
}

static void what_would_end_with_the_memory_begins_it(void **state)
{
	(void)state;
	for (size_t left = 999; left <= 1001; left++) {
		struct tape *tape;
		assert_int_equal(tape_new(&tape), PD_OK);
		wind(tape, left);
		uint64_t first = put(tape, 1000, 'a'), second = put(tape, 1000, 'b');
		expect(first == (left > 1000 ? TAPE_BYTES - left : TAPE_BYTES), "%zu left: the first is at %zu", left,
		       (size_t)first);
		expect(second == (left > 1000 ? TAPE_BYTES : first + 1000), "%zu left: the second is at %zu", left,
		       (size_t)second);
		tape_free(tape);
	}
}

/* Whatever the sizes: pieces of which one ends where the next begins are sent as one. */
static void neighbours_lie_side_by_side(void **state)
{
	(void)state;
	struct tape *tape;
	int pair[2];
	assert_int_equal(tape_new(&tape), PD_OK);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	wind(tape, 5000);
	struct tape_piece piece = {0, 0};
	for (size_t i = 0; i < 40; i++) {
		uint64_t at = put(tape, 250, (char)('a' + i % 26));
		if (piece.bytes && at == piece.at + piece.bytes) {
			piece.bytes += 250;
			continue;
		}
		expect(piece.bytes == 0 || at == TAPE_BYTES, "a gap at %zu", (size_t)at);
		size_t sent = 0;
		char got[10000];
		if (piece.bytes) {
			assert_true(tape_send(tape, pair[0], &piece, 1, false, &sent));
			assert_int_equal(read(pair[1], got, sizeof got), piece.bytes);
			for (size_t k = 0; k < piece.bytes; k++)
				expect(got[k] == (char)('a' + k / 250 % 26), "another byte at %zu", k);
		}
		piece = (struct tape_piece){at, 250};
	}
	expect(piece.at == TAPE_BYTES, "it did not come round");
	close(pair[0]);
	close(pair[1]);
	tape_free(tape);
}

enum { LONG_PIECES = 40 };

/* Somebody who is sent pieces, and reads so many bytes at a time. */
struct reader {
	int pair[2];
	size_t reads, next, done, got; /* bytes, piece, bytes of it that have left, bytes that have come */
};

/* Sends what is left as far as it goes, and reads once. */
static void turn(struct tape *tape, struct reader *reader, const struct tape_piece *pieces)
{
	static char bytes[1 << 20];
	struct tape_piece left[LONG_PIECES];
	size_t count = LONG_PIECES - reader->next, sent = 0;
	memcpy(left, pieces + reader->next, count * sizeof *left);
	if (count) {
		left[0].at += reader->done;
		left[0].bytes -= reader->done;
		if (!tape_send(tape, reader->pair[0], left, count, reader->done > 0, &sent))
			assert_int_equal(errno, EAGAIN);
	}
	for (reader->done += sent; reader->next < LONG_PIECES && reader->done >= pieces[reader->next].bytes;)
		reader->done -= pieces[reader->next++].bytes;
	ssize_t n = read(reader->pair[1], bytes, reader->reads);
	for (ssize_t i = 0; i < n; i++, reader->got++) {
		size_t k = 0, off = reader->got;
		while (off >= pieces[k].bytes)
			off -= pieces[k++].bytes;
		expect(bytes[i] == (char)('a' + k % 26), "byte %zu of piece %zu is %c", off, k, bytes[i]);
	}
}

/* At their own pace, so that one takes pieces in part, and each call sends others. */
static void long_pieces_come_whole_to_all_who_read(void **state)
{
	(void)state;
	struct tape *tape;
	struct reader readers[] = {{.reads = 1 << 20}, {.reads = 70001}, {.reads = 9999}, {.reads = 1 << 20}};
	struct tape_piece pieces[LONG_PIECES];
	size_t all = 0, count = sizeof readers / sizeof *readers;
	assert_int_equal(tape_new(&tape), PD_OK);
	for (size_t i = 0; i < LONG_PIECES; i++) {
		size_t bytes = i % 7 == 6 ? 100 : (i % 4 + 1) * 16383 + 4;
		pieces[i] = (struct tape_piece){put(tape, bytes, (char)('a' + i % 26)), bytes};
		all += bytes;
	}
	for (size_t i = 0; i < count; i++)
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, readers[i].pair), 0);
	for (int turns = 0; turns < 1000; turns++)
		for (size_t i = 0; i < count; i++)
			turn(tape, &readers[i], pieces);
	for (size_t i = 0; i < count; i++) {
		expect(readers[i].got == all, "reader %zu got %zu bytes of %zu", i, readers[i].got, all);
		close(readers[i].pair[0]);
		close(readers[i].pair[1]);
	}
	tape_free(tape);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_would_end_with_the_memory_begins_it),
		cmocka_unit_test(neighbours_lie_side_by_side),
		cmocka_unit_test(long_pieces_come_whole_to_all_who_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
