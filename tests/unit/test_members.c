/* test_members.c - members in memory, and beside their owners in the book. */
#include "book_bed.h"

#include "keys.h"

enum { OWNERS = 3, EACH = 500 };

static struct pd_id owner_id(unsigned n)
{
	return bed_id(1000 + n);
}

static size_t count_of(const struct members *members, const struct pd_id *owner)
{
	const struct member_list *list = members_of(members, owner);
	const struct member *member;
	size_t count = 0;
	if (list)
		LIST_FOREACH(member, list, of_owner)
		{
			assert_memory_equal(&member->row.key.owner, owner, sizeof *owner);
			count++;
		}
	return count;
}

static size_t count_changed(struct members *members)
{
	size_t count = 0;
	for (struct member *member = members_take_changed(members); member; member = member->next_changed) {
		assert_false(member->changed);
		count++;
	}
	return count;
}

static void fill(struct members *members)
{
	for (unsigned i = 0; i < OWNERS * EACH; i++) {
		struct pd_id owner = owner_id(i % OWNERS);
		members_change(members, &owner, 1 + i / OWNERS)->area = i;
	}
}

static void each_owner_has_its_own(void **state)
{
	(void)state;
	struct members members;
	members_init(&members, 7);
	fill(&members);
	for (unsigned i = 0; i < OWNERS * EACH; i++) {
		struct pd_id owner = owner_id(i % OWNERS);
		assert_int_equal(members_find(&members, &owner, 1 + i / OWNERS)->row.area, i);
	}
	struct pd_id first = owner_id(0), other = owner_id(OWNERS);
	assert_null(members_find(&members, &first, EACH + 1));
	assert_null(members_find(&members, &other, 1));
	assert_null(members_of(&members, &other));
	assert_int_equal(count_of(&members, &first), EACH);
	members_fini(&members);
}

static void what_changed_is_told_once(void **state)
{
	(void)state;
	struct members members;
	struct pd_id owner = owner_id(1);
	members_init(&members, 7);
	fill(&members);
	assert_int_equal(count_changed(&members), OWNERS * EACH);
	assert_int_equal(count_changed(&members), 0);
	members_change(&members, &owner, 5)->events = 2;
	members_change(&members, &owner, 5)->events = 3;
	members_change(&members, &owner, 6)->events = 2;
	assert_int_equal(count_changed(&members), 2);
	members_fini(&members);
}

static void an_owner_is_forgotten_and_restored(void **state)
{
	(void)state;
	struct members members;
	struct pd_id owner = owner_id(1), other = owner_id(2);
	members_init(&members, 7);
	fill(&members);
	count_changed(&members);
	struct member_row row = members_find(&members, &owner, 9)->row;
	members_forget(&members, &owner);
	members_forget(&members, &owner);
	assert_null(members_find(&members, &owner, 9));
	assert_null(members_of(&members, &owner));
	assert_int_equal(count_of(&members, &other), EACH);
	members_restore(&members, &row);
	assert_memory_equal(&members_find(&members, &owner, 9)->row, &row, sizeof row);
	members_change(&members, &owner, 9)->events = 44;
	members_restore(&members, &row); /* what is here is newer */
	assert_int_equal(members_find(&members, &owner, 9)->row.events, 44);
	members_fini(&members);
}

/* ---- the book ---- */

struct seen {
	uint32_t members[EACH];
	struct pd_id owners[OWNERS];
	unsigned count, limit;
};

static bool see(const struct member_row *row, void *arg)
{
	struct seen *seen = arg;
	seen->members[seen->count] = row->key.member;
	if (seen->count < OWNERS)
		seen->owners[seen->count] = row->key.owner;
	return ++seen->count < seen->limit;
}

static void keep_rows(struct shelf *shelf)
{
	for (unsigned i = 0; i < OWNERS * EACH; i++) {
		struct member_row row = {.key = {owner_id(i % OWNERS), 1 + i / OWNERS}, .area = i};
		pd_buffer_add(&shelf->batch.members, &row, sizeof row);
	}
	shelf_keep(shelf);
}

static void the_book_gives_an_owners_members(void **state)
{
	struct shelf *shelf = *state;
	struct pd_id owner = owner_id(1), nobody = owner_id(77);
	struct member_row row;
	struct seen seen = {.limit = EACH + 1};
	keep_rows(shelf);
	shelf_begin(shelf);
	expect_err(book_member_get(shelf->reader, &owner, 9, &row), PD_OK, "member 9");
	assert_int_equal(row.area, 8 * OWNERS + 1);
	expect_err(book_member_get(shelf->reader, &owner, EACH + 1, &row), PD_ENOENT, "nobody");
	expect_err(book_members_of(shelf->reader, &owner, 0, see, &seen), PD_OK, "all");
	expect_u64(seen.count, EACH, "all");
	for (unsigned i = 0; i < EACH; i++)
		assert_int_equal(seen.members[i], i + 1);
	seen = (struct seen){.limit = 10};
	expect_err(book_members_of(shelf->reader, &owner, 300, see, &seen), PD_OK, "ten");
	expect_u64(seen.count, 10, "ten");
	assert_int_equal(seen.members[0], 301);
	seen = (struct seen){.limit = 10};
	expect_err(book_members_of(shelf->reader, &owner, UINT32_MAX, see, &seen), PD_OK, "after the last");
	expect_err(book_members_of(shelf->reader, &nobody, 0, see, &seen), PD_OK, "no such owner");
	expect_u64(seen.count, 0, "none");
	book_end(shelf->reader);
}

static void the_book_gives_a_members_owners(void **state)
{
	struct shelf *shelf = *state;
	struct pd_id first = owner_id(0);
	struct seen seen = {.limit = OWNERS + 1};
	keep_rows(shelf);
	shelf_begin(shelf);
	expect_err(book_members_with(shelf->reader, 9, NULL, see, &seen), PD_OK, "all");
	expect_u64(seen.count, OWNERS, "owners");
	for (unsigned i = 0; i < OWNERS; i++) {
		struct pd_id id = owner_id(i);
		assert_int_equal(seen.members[i], 9);
		assert_memory_equal(&seen.owners[i], &id, sizeof id);
	}
	seen = (struct seen){.limit = OWNERS + 1};
	expect_err(book_members_with(shelf->reader, 9, &first, see, &seen), PD_OK, "after the first");
	expect_u64(seen.count, OWNERS - 1, "owners after the first");
	book_end(shelf->reader);
}

static void a_later_row_takes_the_place(void **state)
{
	struct shelf *shelf = *state;
	struct pd_id owner = owner_id(1);
	struct member_row row = {.key = {owner, 9}, .area = 4711}, got;
	keep_rows(shelf);
	pd_buffer_add(&shelf->batch.members, &row, sizeof row);
	shelf_keep(shelf);
	shelf_begin(shelf);
	expect_err(book_member_get(shelf->reader, &owner, 9, &got), PD_OK, "member 9");
	assert_memory_equal(&got, &row, sizeof row);
	struct core *core = core_new(3, &bed_periods);
	expect_err(book_load_members(shelf->reader, &owner, core), PD_OK, "loading");
	assert_int_equal(core_member(core, &owner, 9)->row.area, 4711);
	assert_non_null(core_member(core, &owner, EACH));
	book_end(shelf->reader);
	core_free(core);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_owner_has_its_own),
		cmocka_unit_test(what_changed_is_told_once),
		cmocka_unit_test(an_owner_is_forgotten_and_restored),
		cmocka_unit_test_setup_teardown(the_book_gives_an_owners_members, shelf_setup, shelf_teardown),
		cmocka_unit_test_setup_teardown(the_book_gives_a_members_owners, shelf_setup, shelf_teardown),
		cmocka_unit_test_setup_teardown(a_later_row_takes_the_place, shelf_setup, shelf_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
