/* test_publisher_turns.c - who is written to in a turn, and who waits for those who are behind. The turns are taken one
 * by one and without the thread, for which the publisher's own source is compiled into the test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/un.h>

#include <cmocka.h>

#include "room.h"

#include "publisher.c"

enum { SUBSCRIBERS = 3, LONG_BYTES = 65000, SHORT_BYTES = 8000, FILLING_BYTES = 62000 };

struct bed {
	struct publisher *publisher;
	int sockets[SUBSCRIBERS];
	size_t heard[SUBSCRIBERS];
};

static char dir[] = "/tmp/paidan-turns-XXXXXX", endpoint[64];

static void turn(struct bed *bed)
{
	publisher_flush(bed->publisher);
	receive(bed->publisher);
	take_over(bed->publisher);
}

static void add(struct bed *bed, const char *topic, size_t bytes)
{
	static const char data[LONG_BYTES];
	publisher_add(bed->publisher, topic, strlen(topic), data, bytes);
}

/* Peers have their numbers from 1 on, as they come. */
static struct subscriber *subscriber(struct bed *bed, int who)
{
	struct subscriber *found = find(bed->publisher, (uint32_t)who + 1);
	assert_non_null(found);
	return found;
}

static uint64_t behind_bytes(struct bed *bed, int who)
{
	struct subscriber *one = subscriber(bed, who);
	return piece_count(one) ? tape_end(bed->publisher->tape) - place_of(one) : 0;
}

/* All that its socket holds. */
static void hear(struct bed *bed, int who)
{
	static char data[1 << 20];
	for (ssize_t n; (n = recv(bed->sockets[who], data, sizeof data, MSG_DONTWAIT)) > 0;)
		bed->heard[who] += (size_t)n;
}

static void connect_to(struct bed *bed, int who, const char *topic)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char said[ZMTP_OPENING_BYTES_MAX + 20];
	size_t bytes = zmtp_opening(said, "SUB");
	bytes += (size_t)snprintf(said + bytes, 20, "%c%c\1%s", 0, (int)strlen(topic) + 1, topic);
	snprintf(address.sun_path, sizeof address.sun_path, "%s", endpoint + strlen("ipc://"));
	bed->sockets[who] = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(connect(bed->sockets[who], (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(send(bed->sockets[who], said, bytes, MSG_NOSIGNAL), bytes);
	for (int i = 0; i < 5; i++)
		turn(bed);
	hear(bed, who);
	bed->heard[who] = 0;
}

static int open_bed(void **state)
{
	static struct bed bed;
	static struct room room;
	bed = (struct bed){0};
	*state = &bed;
	room_init(&room);
	signal(SIGPIPE, SIG_IGN);
	snprintf(endpoint, sizeof endpoint, "ipc://%s/socket", dir);
	return publisher_new(&bed.publisher) || publisher_listen(bed.publisher, endpoint);
}

static int close_bed(void **state)
{
	struct bed *bed = *state;
	publisher_free(bed->publisher);
	for (int i = 0; i < SUBSCRIBERS; i++)
		if (bed->sockets[i])
			close(bed->sockets[i]);
	return 0;
}

/* ---- who waits ---- */

enum { BEHIND_ONE, AHEAD_ONE, READER };

static uint64_t place(struct bed *bed, int who)
{
	struct subscriber *one = subscriber(bed, who);
	assert_true(piece_count(one) > 0 && !one->begun);
	return place_of(one);
}

/* Both are to be written to in the same turn: their sockets are empty. */
static void turn_with_both_due(struct bed *bed)
{
	hear(bed, BEHIND_ONE);
	hear(bed, AHEAD_ONE);
	turn(bed);
}

/* As much as is wanted by others, who take it. */
static void fill(struct bed *bed, size_t bytes)
{
	for (size_t filled = 0; filled < bytes; filled += FILLING_BYTES) {
		add(bed, "/reader/", FILLING_BYTES);
		turn(bed);
		hear(bed, READER);
	}
}

static void who_is_ahead_waits_for_who_is_behind(void **state)
{
	struct bed *bed = *state;
	enum { MESSAGES = 250, BEFORE = 5 << 20 };
	connect_to(bed, BEHIND_ONE, "*");
	connect_to(bed, AHEAD_ONE, "*");
	for (int i = 0; i < MESSAGES; i++)
		add(bed, "*", LONG_BYTES);
	turn(bed);
	while (bed->heard[AHEAD_ONE] < BEFORE) {
		hear(bed, AHEAD_ONE);
		turn(bed);
	}
	uint64_t behind = place(bed, BEHIND_ONE), ahead = place(bed, AHEAD_ONE);
	assert_true(ahead > behind + 4 * TOGETHER_BYTES);
	turn_with_both_due(bed);
	assert_true(place(bed, BEHIND_ONE) > behind);
	assert_int_equal(place(bed, AHEAD_ONE), ahead);
	turn(bed); /* the other is not due any more */
	assert_true(place(bed, AHEAD_ONE) > ahead);
	while (piece_count(subscriber(bed, BEHIND_ONE)) || piece_count(subscriber(bed, AHEAD_ONE))) {
		turn_with_both_due(bed);
		turn(bed);
	}
	hear(bed, BEHIND_ONE);
	hear(bed, AHEAD_ONE);
	assert_int_equal(bed->heard[AHEAD_ONE], bed->heard[BEHIND_ONE]);
	assert_int_equal(bed->heard[AHEAD_ONE], MESSAGES * (2 + 1 + 9 + (size_t)LONG_BYTES));
}

/* Whatever room their sockets have: what leaves together is the same for both, and leaves together. */
static void who_lag_are_in_step(void **state)
{
	struct bed *bed = *state;
	enum { MESSAGES = 120, WHOLE = 3 };
	static char data[100000];
	connect_to(bed, BEHIND_ONE, "*");
	connect_to(bed, AHEAD_ONE, "*");
	for (int i = 0; i < MESSAGES; i++)
		add(bed, "*", LONG_BYTES);
	turn(bed);
	for (int i = 0; i < 6; i++) {
		hear(bed, BEHIND_ONE);
		assert_true(recv(bed->sockets[AHEAD_ONE], data, i % 3 ? sizeof data : sizeof data / 3, 0) > 0);
		turn(bed);
		turn(bed);
		for (int who = BEHIND_ONE; who <= AHEAD_ONE; who++) {
			place(bed, who);
			const struct subscriber *one = subscriber(bed, who);
			assert_int_equal(tape_together(first_piece(one), piece_count(one)), WHOLE);
		}
	}
}

/* One who has waited for a while already, and another who has more messages than its socket takes, of so many bytes
 * each, and so much after them that is others'. */
static void one_ahead_of_the_other(struct bed *bed, size_t bytes, size_t after)
{
	enum { MESSAGES = 200, APART = 4 << 20 };
	connect_to(bed, BEHIND_ONE, "/behind/");
	connect_to(bed, AHEAD_ONE, "/ahead/");
	connect_to(bed, READER, "/reader/");
	for (int i = 0; i < MESSAGES; i++)
		add(bed, "/behind/", LONG_BYTES);
	fill(bed, APART);
	for (int i = 0; i < MESSAGES; i++) {
		add(bed, "/ahead/", bytes);
		fill(bed, 1);
	}
	fill(bed, after);
	assert_true(place(bed, AHEAD_ONE) > place(bed, BEHIND_ONE) + 4 * TOGETHER_BYTES);
}

static void it_waits_wherever_its_pieces_lie(void **state)
{
	struct bed *bed = *state;
	one_ahead_of_the_other(bed, LONG_BYTES, 0);
	uint64_t ahead = place(bed, AHEAD_ONE);
	turn_with_both_due(bed);
	assert_int_equal(place(bed, AHEAD_ONE), ahead);
}

/* It would lose with the others what it would have taken. */
static void who_is_far_behind_does_not_wait(void **state)
{
	struct bed *bed = *state;
	one_ahead_of_the_other(bed, LONG_BYTES, WAITING_BYTES_MAX);
	uint64_t ahead = place(bed, AHEAD_ONE);
	turn_with_both_due(bed);
	assert_true(place(bed, AHEAD_ONE) > ahead);
}

static void who_is_given_copies_does_not_wait(void **state)
{
	struct bed *bed = *state;
	one_ahead_of_the_other(bed, SHORT_BYTES, 0);
	uint64_t ahead = place(bed, AHEAD_ONE);
	assert_true(behind_bytes(bed, AHEAD_ONE) > FRESH_BYTES);
	turn_with_both_due(bed);
	assert_true(place(bed, AHEAD_ONE) > ahead);
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
#define WITH_BED(test) cmocka_unit_test_setup_teardown(test, open_bed, close_bed)
	const struct CMUnitTest tests[] = {
		WITH_BED(who_is_ahead_waits_for_who_is_behind), WITH_BED(who_lag_are_in_step),
		WITH_BED(it_waits_wherever_its_pieces_lie),     WITH_BED(who_is_far_behind_does_not_wait),
		WITH_BED(who_is_given_copies_does_not_wait),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(dir);
	return failed;
}
