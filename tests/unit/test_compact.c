/* test_compact.c - what is written is read back bit by bit, whatever it is; what is no row or figures is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "compact.h"
#include "expect.h"

enum { ROWS = 200000 };

static uint64_t random_state = 1;

static uint64_t random_bits(void)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return random_state ^ random_state >> 29;
}

/* Of any size: as often short as long; often 0, or all ones. */
static uint64_t any_number(void)
{
	uint64_t kind = random_bits() % 16, bits = random_bits(), shift = random_bits() % 64;
	return kind == 0 ? 0 : kind == 1 ? UINT64_MAX : bits >> shift;
}

static struct order_row any_row(void)
{
	struct order_row row = {0};
	uint64_t bits[2] = {any_number(), any_number()};
	memcpy(&row.id, bits, sizeof row.id);
	uint64_t *const wide[] = {&row.seq,          &row.last_seq,   &row.first_at,    &row.last_at,
				  &row.submitted_ms, &row.waiting_ms, &row.accepted_ms, &row.completed_ms,
				  &row.ended_ms,     &row.due_ms,     &row.timed_seq};
	uint32_t *const numbers[] = {&row.requester, &row.household, &row.holder,  &row.area,       &row.acceptor,
				     &row.category,  &row.version,   &row.content, &row.last_actor, &row.last_content,
				     &row.left_s,    &row.touched_s, &row.urged_s};
	uint8_t *const small[] = {&row.last_type, &row.state, &row.urgency, &row.rating, &row.marks, &row.urges};
	for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++)
		*wide[i] = any_number();
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		*numbers[i] = (uint32_t)any_number();
	for (size_t i = 0; i < sizeof small / sizeof small[0]; i++)
		*small[i] = (uint8_t)any_number();
	row.lon_e7 = (int32_t)any_number();
	row.lat_e7 = (int32_t)any_number();
	row.attempt = (uint16_t)any_number();
	row.step = (uint8_t)any_number();
	row.handed_out = any_number() & 0xffffff;
	return row;
}

static void expect_row(const struct order_row *row)
{
	uint8_t bytes[COMPACT_ROW_BYTES_MAX];
	struct order_row read;
	size_t count = compact_row(row, bytes);
	expect(count >= COMPACT_ROW_ROOM && count <= COMPACT_ROW_BYTES_MAX, "%zu bytes", count);
	expect(compact_read_row(bytes, count, &row->id, &read) == PD_OK, "%zu bytes are not read", count);
	expect(memcmp(&read, row, sizeof read) == 0, "a row of %zu bytes is another one when it is read", count);
}

static void rows_are_read_back(void **state)
{
	(void)state;
	struct order_row row;
	memset(&row, 0xff, sizeof row);
	expect_row(&row);
	expect_row(&(struct order_row){.seq = 1});
	for (int i = 0; i < ROWS; i++) {
		row = any_row();
		expect_row(&row);
	}
}

static struct order_row ordinary_row(void)
{
	return (struct order_row){.seq = 4000000000,
				  .last_seq = 4000000900,
				  .first_at = 300000000000,
				  .last_at = 300000090000,
				  .submitted_ms = 1767225600000,
				  .waiting_ms = 1767225600000,
				  .accepted_ms = 1767226500000,
				  .completed_ms = 1767247200000,
				  .due_ms = 1767852000000,
				  .timed_seq = 4000000800,
				  .requester = 85605,
				  .household = 85605,
				  .holder = 1500,
				  .area = 1500,
				  .acceptor = 3000,
				  .last_actor = 3000,
				  .category = 12,
				  .version = 3,
				  .content = 0x89abcdef,
				  .last_content = 0x12345678,
				  .attempt = 1,
				  .last_type = 200,
				  .state = 3,
				  .urgency = 2,
				  .touched_s = 21600};
}

static void an_ordinary_row_has_room_as_it_goes_on(void **state)
{
	(void)state;
	uint8_t bytes[COMPACT_ROW_BYTES_MAX];
	struct order_row row = ordinary_row();
	assert_int_equal(compact_row(&row, bytes), COMPACT_ROW_ROOM);
	row.accepted_ms = row.completed_ms = row.touched_s = 0;
	assert_int_equal(compact_row(&row, bytes), COMPACT_ROW_ROOM);
}

static void what_is_no_row_is_refused(void **state)
{
	(void)state;
	uint8_t bytes[COMPACT_ROW_BYTES_MAX + 1] = {0};
	struct order_row row = ordinary_row(), read;
	for (int i = 0; i < 1000; i++) {
		size_t count = compact_row(&row, bytes);
		for (size_t cut = 0; cut < count; cut++)
			expect(compact_read_row(bytes, cut, &row.id, &read) == PD_ECORRUPT, "%zu bytes of %zu are read",
			       cut, count);
		for (int more = 0; more < 2; more++) {
			bytes[count] = (uint8_t)more;
			expect(compact_read_row(bytes, count + 1, &row.id, &read) == PD_ECORRUPT,
			       "a byte behind the %zu is taken", count);
		}
		row = any_row();
	}
	memset(bytes, 0xff, sizeof bytes); /* a number without an end */
	expect(compact_read_row(bytes, sizeof bytes, &row.id, &read) == PD_ECORRUPT, "ones are a row");
}

/* ---- figures ---- */

static struct figures any_figures(unsigned of_ten)
{
	struct figures figures = {0};
	uint64_t *const counters[] = {&figures.submitted, &figures.accepted,  &figures.completed, &figures.closed,
				      &figures.cancelled, &figures.reopened,  &figures.declined,  &figures.due,
				      &figures.late,      &figures.duplicate, &figures.urged,     &figures.merged,
				      &figures.escalated, &figures.reminded};
	for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++)
		*counters[i] = any_number();
	for (unsigned i = 0; i < FIGURES_BUCKETS; i++) {
		figures.accept_counts[i] = random_bits() % 10 < of_ten ? (uint32_t)any_number() : 0;
		figures.complete_counts[i] = random_bits() % 10 < of_ten ? (uint32_t)any_number() : 0;
	}
	return figures;
}

static void expect_figures(const struct figures *figures)
{
	uint8_t bytes[COMPACT_FIGURES_BYTES_MAX];
	struct figures read;
	size_t count = compact_figures(figures, bytes);
	expect(count <= COMPACT_FIGURES_BYTES_MAX, "%zu bytes", count);
	expect(compact_read_figures(bytes, count, &read) == PD_OK, "%zu bytes are not read", count);
	expect(memcmp(&read, figures, sizeof read) == 0, "figures of %zu bytes are others when they are read", count);
}

static void figures_are_read_back(void **state)
{
	(void)state;
	struct figures figures;
	memset(&figures, 0xff, sizeof figures);
	expect_figures(&figures);
	memset(&figures, 0, sizeof figures);
	expect_figures(&figures);
	figures.accept_counts[FIGURES_BUCKETS - 1] = figures.complete_counts[0] = 1;
	expect_figures(&figures);
	figures.complete_counts[FIGURES_BUCKETS - 1] = UINT32_MAX;
	expect_figures(&figures);
	for (unsigned i = 0; i < 20000; i++) {
		figures = any_figures(i % 11);
		expect_figures(&figures);
	}
}

static void what_are_no_figures_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t count;
		const char *what;
	} bad[] = {
		{"\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 14, "a counter too few"},
		{"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16, "a bucket without a count"},
		{"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0", 17, "a bucket of nothing"},
		{"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x80\2\1", 18, "a bucket behind the last one"},
		{"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\1\1\0\1", 20, "two buckets, the second behind the last one"},
		{"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\xff\xff\x1f", 21, "a count of 33 bits"},
		{"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\2", 24, "a counter of 65 bits"},
	};
	struct figures read;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		expect(compact_read_figures(bad[i].bytes, bad[i].count, &read) == PD_ECORRUPT, "%s is taken",
		       bad[i].what);
	expect(compact_read_figures("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\1\1", 18, &read) == PD_OK &&
		       read.complete_counts[FIGURES_BUCKETS - 1] == 1,
	       "the last bucket is not read");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_read_back),
		cmocka_unit_test(an_ordinary_row_has_room_as_it_goes_on),
		cmocka_unit_test(what_is_no_row_is_refused),
		cmocka_unit_test(figures_are_read_back),
		cmocka_unit_test(what_are_no_figures_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
