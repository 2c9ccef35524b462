/* test_zmtp.c - the bytes of ZMTP: each beginning of something is waited for, and what is wrong is known early. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "zmtp.h"

static void an_opening_is_as_the_specification_says(void **unused)
{
	(void)unused;
	char opening[ZMTP_OPENING_BYTES_MAX], expected[ZMTP_OPENING_BYTES_MAX] = "\xff\0\0\0\0\0\0\0\1\x7f\3\0NULL";
	static const char ready[] = "\4\x1c\5READY\13Socket-Type\0\0\0\6ROUTER";
	memcpy(expected + ZMTP_GREETING_BYTES, ready, sizeof ready - 1);
	size_t bytes = zmtp_opening(opening, "ROUTER");
	assert_int_equal(bytes, ZMTP_GREETING_BYTES + sizeof ready - 1);
	assert_memory_equal(opening, expected, bytes);
}

static void a_greeting_is_waited_for_until_it_is_wrong(void **unused)
{
	(void)unused;
	char greeting[ZMTP_OPENING_BYTES_MAX];
	zmtp_opening(greeting, "DEALER");
	for (size_t count = 0; count < ZMTP_GREETING_BYTES; count++)
		assert_int_equal(zmtp_take_greeting(greeting, count), PD_ENOENT);
	assert_int_equal(zmtp_take_greeting(greeting, ZMTP_GREETING_BYTES), PD_OK);
	greeting[11] = 1; /* 3.1 */
	assert_int_equal(zmtp_take_greeting(greeting, ZMTP_GREETING_BYTES), PD_OK);
	greeting[12] = 'C'; /* CULL */
	assert_int_equal(zmtp_take_greeting(greeting, ZMTP_GREETING_BYTES), PD_EINVAL);
	greeting[10] = 2;
	assert_int_equal(zmtp_take_greeting(greeting, 11), PD_EINVAL);
	assert_int_equal(zmtp_take_greeting("GET / HTTP/1.1\r\n", 16), PD_EINVAL);
	assert_int_equal(zmtp_take_greeting("G", 1), PD_EINVAL);
}

static void check_frame(size_t bytes)
{
	char *all = malloc(ZMTP_HEAD_BYTES_MAX + bytes);
	struct zmtp_frame frame;
	size_t head = zmtp_head(all, bytes), used;
	memset(all + head, 'x', bytes);
	for (size_t count = 0; count < head + bytes; count++)
		assert_int_equal(zmtp_take(all, count, bytes, &frame, &used), PD_ENOENT);
	assert_int_equal(zmtp_take(all, head + bytes, bytes, &frame, &used), PD_OK);
	assert_int_equal(used, head + bytes);
	assert_int_equal(frame.bytes, bytes);
	assert_ptr_equal(frame.data, all + head);
	if (bytes)
		assert_int_equal(zmtp_take(all, head, bytes - 1, &frame, &used), PD_EINVAL);
	free(all);
}

static void frames_of_all_lengths_are_taken_when_they_are_whole(void **unused)
{
	(void)unused;
	static const size_t lengths[] = {0, 1, 254, 255, 256, 257, 65536};
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
		check_frame(lengths[i]);
}

static void a_message_is_made_behind_room_for_its_head(void **unused)
{
	(void)unused;
	static const size_t lengths[] = {0, 255, 256, 70000};
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		struct pd_buffer out = {0};
		struct zmtp_frame frame;
		size_t used;
		zmtp_begin(&out);
		memset(pd_buffer_room(&out, lengths[i]), 'x', lengths[i]);
		struct pd_slice sealed = zmtp_seal(&out);
		assert_int_equal(zmtp_take(sealed.data, sealed.bytes, lengths[i], &frame, &used), PD_OK);
		assert_int_equal(used, sealed.bytes);
		assert_int_equal(frame.bytes, lengths[i]);
		assert_int_equal(frame.flags & ~ZMTP_LONG, 0);
		pd_buffer_fini(&out);
	}
}

static void what_is_no_frame_is_refused_at_once(void **unused)
{
	(void)unused;
	struct zmtp_frame frame;
	size_t used;
	static const char huge[] = "\2\xff\xff\xff\xff\xff\xff\xff\xff";
	assert_int_equal(zmtp_take("\x08\0", 2, 100, &frame, &used), PD_EINVAL);
	assert_int_equal(zmtp_take("\xff\0", 2, 100, &frame, &used), PD_EINVAL);
	assert_int_equal(zmtp_take("\5\0", 2, 100, &frame, &used), PD_EINVAL); /* a command has one frame */
	assert_int_equal(zmtp_take(huge, 9, SIZE_MAX / 2, &frame, &used), PD_EINVAL);
	assert_int_equal(zmtp_take("\1\1x", 3, 100, &frame, &used), PD_OK);
	assert_int_equal(frame.flags, ZMTP_MORE);
}

static struct zmtp_frame command(const char *bytes, size_t count)
{
	return (struct zmtp_frame){bytes, count, ZMTP_COMMAND};
}

static void a_ready_tells_type_and_identity(void **unused)
{
	(void)unused;
	static const char words[] = "\5READY\13socket-TYPE\0\0\0\6DEALER\1x\0\0\0\2yz\10Identity\0\0\0\3abc";
	struct zmtp_frame frame = command(words, sizeof words - 1);
	struct zmtp_ready ready;
	assert_true(zmtp_read_ready(&frame, &ready));
	assert_int_equal(ready.socket_type.bytes, 6);
	assert_memory_equal(ready.socket_type.data, "DEALER", 6);
	assert_int_equal(ready.identity.bytes, 3);
	assert_memory_equal(ready.identity.data, "abc", 3);
	/* Cut anywhere but between properties it is none. */
	for (size_t count = 0; count < sizeof words - 1; count++) {
		frame = command(words, count);
		bool between = count == 6 || count == 28 || count == 36;
		assert_int_equal(zmtp_read_ready(&frame, &ready), between);
	}
	frame = command(words, sizeof words - 1);
	frame.flags = 0;
	assert_false(zmtp_read_ready(&frame, &ready));
	frame = command("\5ERROR\0", 7);
	assert_false(zmtp_read_ready(&frame, &ready));
}

static void a_ping_is_answered_with_its_context(void **unused)
{
	(void)unused;
	char pong[ZMTP_PONG_BYTES_MAX];
	struct zmtp_frame ping = command("\4PING\0\7context", 14);
	assert_int_equal(zmtp_pong(&ping, pong), 2 + 5 + 7);
	assert_memory_equal(pong, "\4\14\4PONGcontext", 14);
	ping.bytes = 7;
	assert_int_equal(zmtp_pong(&ping, pong), 2 + 5);
	ping.bytes = 6;
	assert_int_equal(zmtp_pong(&ping, pong), 0);
	ping = command("\4PING\0\0"
		       "12345678901234567",
		       24);
	assert_int_equal(zmtp_pong(&ping, pong), 0); /* the context is too long */
	ping.bytes = 23;
	assert_int_equal(zmtp_pong(&ping, pong), 2 + 5 + 16);
	ping = command("\4PONG\0\0", 7);
	assert_int_equal(zmtp_pong(&ping, pong), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_opening_is_as_the_specification_says),
		cmocka_unit_test(a_greeting_is_waited_for_until_it_is_wrong),
		cmocka_unit_test(frames_of_all_lengths_are_taken_when_they_are_whole),
		cmocka_unit_test(a_message_is_made_behind_room_for_its_head),
		cmocka_unit_test(what_is_no_frame_is_refused_at_once),
		cmocka_unit_test(a_ready_tells_type_and_identity),
		cmocka_unit_test(a_ping_is_answered_with_its_context),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
