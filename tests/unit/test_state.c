/* test_state.c - the state as a whole: queues, forgetting and restoring, sums, the dump, and random lives. */
#include "core_bed.h"

#include <time.h>

static struct order *find(const struct core *core, unsigned n)
{
	const struct pd_id id = bed_id(n);
	return core_order(core, &id);
}

static void close_order(struct bed *bed, unsigned n, uint32_t resident, uint32_t leader)
{
	bed_must(bed, PD_MSG_accept, n, 1, leader);
	bed_must(bed, PD_MSG_complete, n, 2, leader);
	bed_must(bed, PD_MSG_confirm, n, 3, resident);
}

/* ---- queues ---- */

static void a_queue_goes_by_urgency_and_then_by_seq(void **state)
{
	struct bed *bed = *state;
	static const uint8_t urgencies[] = {3, 1, 4, 2, 3, 1, 2, 4, 3};
	static const unsigned wanted[] = {1, 5, 3, 6, 0, 4, 8, 2, 7};
	for (unsigned i = 0; i < 9; i++) {
		/* The ids say nothing about the order: they count down. */
		struct pd_message command = bed_submit(100 - i, 5);
		command.submit.urgency = urgencies[i];
		bed_do(bed, &command, 101);
		expect_outcome(bed, CORE_EVENT, "submit");
	}
	struct holder *holder = core_holder(bed->core, 11);
	struct order *order;
	unsigned i = 0;
	RB_FOREACH(order, order_queue, &holder->waiting)
	{
		expect(order == find(bed->core, 100 - wanted[i]), "place %u: urgency %u, seq %" PRIu64 " stands there",
		       i, order->row.urgency, order->row.seq);
		i++;
	}
	assert_int_equal(i, 9);
	assert_int_equal(holder->waiting_count, 9);
}

/* By seq, not by the time it came: what was transferred stands where its age puts it. By age it waits anew. */
static void a_transferred_order_keeps_its_rank_and_waits_anew(void **state)
{
	struct bed *bed = *state;
	bed_must_submit(bed, 1, 5, 101);
	bed->now_ms += 1000;
	bed_must_submit(bed, 2, 5, 103); /* at 12 */
	bed->now_ms += 1000;
	bed_must(bed, PD_MSG_transfer, 1, 1, 201);
	struct holder *holder = core_holder(bed->core, 12);
	assert_ptr_equal(RB_MIN(order_queue, &holder->waiting), find(bed->core, 1));
	assert_ptr_equal(TAILQ_FIRST(&holder->by_age), find(bed->core, 2));
	assert_int_equal(core_holder(bed->core, 11)->waiting_count, 0);
}

static void an_order_is_in_one_queue_and_counted_once(void **state)
{
	struct bed *bed = *state;
	assert_null(core_holder(bed->core, 11));
	bed_must_submit(bed, 1, 5, 101);
	struct holder *holder = core_holder(bed->core, 11);
	assert_non_null(holder);
	assert_true(holder->waiting_count == 1 && holder->working_count == 0 && holder_open_orders(holder) == 1);
	bed_must(bed, PD_MSG_accept, 1, 1, 201);
	assert_true(holder->waiting_count == 0 && holder->working_count == 1 && holder_open_orders(holder) == 1);
	bed_must(bed, PD_MSG_complete, 1, 2, 201);
	assert_true(holder->waiting_count == 0 && holder->working_count == 0 && holder_open_orders(holder) == 1);
	bed_must(bed, PD_MSG_confirm, 1, 3, 101);
	assert_true(holder->waiting_count == 0 && holder->working_count == 0 && holder_open_orders(holder) == 0);
	bed_must(bed, PD_MSG_reopen, 1, 4, 101);
	assert_true(holder->waiting_count == 0 && holder_open_orders(holder) == 0);
	assert_int_equal(core_holder(bed->core, 4)->waiting_count, 1);
	assert_int_equal(holder_open_orders(core_holder(bed->core, 4)), 1);
}

/* ---- time and seq ---- */

static void the_last_time_never_goes_back(void **state)
{
	struct bed *bed = *state;
	uint64_t seq = core_last_seq(bed->core);
	bed->now_ms += 5000;
	bed_must_submit(bed, 1, 5, 101);
	expect_u64(core_last_ms(bed->core), bed->now_ms, "core_last_ms");
	bed->now_ms -= 3000;
	bed_must_submit(bed, 2, 5, 101);
	expect_u64(core_last_ms(bed->core), bed->now_ms + 3000, "core_last_ms after an earlier event");
	expect_u64(core_last_seq(bed->core), seq + 2, "core_last_seq");
}

/* ---- forgetting and restoring ---- */

struct gone {
	unsigned count;
	struct pd_id ids[8];
};

static void note_gone(struct order *order, void *arg)
{
	struct gone *gone = arg;
	gone->ids[gone->count++] = order->row.id;
}

static void only_what_has_ended_and_is_kept_is_forgotten(void **state)
{
	struct bed *bed = *state;
	struct gone gone = {0};
	struct pd_id last = {{0}};
	for (unsigned n = 1; n <= 4; n++)
		bed_must_submit(bed, n, 5, 101);
	close_order(bed, 3, 101, 201); /* ends first, has the greatest id of the two that go first */
	bed_must(bed, PD_MSG_cancel, 1, 1, 101);
	uint64_t kept_seq = core_last_seq(bed->core);
	bed_must(bed, PD_MSG_cancel, 2, 1, 101);
	struct pd_buffer before = bed_dump(bed->core);
	assert_int_equal(core_forget(bed->core, 0, 100, &last, note_gone, &gone), 0);
	assert_int_equal(core_forget(bed->core, kept_seq - 1, 100, &last, note_gone, &gone), 1);
	assert_int_equal(core_forget(bed->core, kept_seq, 100, &last, note_gone, &gone), 1);
	assert_int_equal(core_forget(bed->core, kept_seq, 100, &last, note_gone, &gone), 0);
	const struct pd_id first = bed_id(3), second = bed_id(1);
	assert_int_equal(gone.count, 2);
	assert_memory_equal(&gone.ids[0], &first, sizeof first);
	assert_memory_equal(&gone.ids[1], &second, sizeof second);
	assert_memory_equal(&last, &first, sizeof first); /* the greatest, not the latest */
	assert_null(find(bed->core, 1));
	assert_null(find(bed->core, 3));
	assert_non_null(find(bed->core, 2)); /* not kept yet */
	assert_non_null(find(bed->core, 4)); /* open */
	assert_int_equal(core_order_count(bed->core), 2);
	expect_same_dump(before, bed_dump(bed->core), "before and after forgetting");
}

static void forgetting_keeps_to_its_limit(void **state)
{
	struct bed *bed = *state;
	for (unsigned n = 1; n <= 5; n++) {
		bed_must_submit(bed, n, 5, 101);
		bed_must(bed, PD_MSG_cancel, n, 1, 101);
	}
	assert_int_equal(core_forget(bed->core, UINT64_MAX, 0, NULL, NULL, NULL), 0);
	assert_int_equal(core_forget(bed->core, UINT64_MAX, 2, NULL, NULL, NULL), 2);
	assert_non_null(find(bed->core, 3));
	assert_int_equal(core_forget(bed->core, UINT64_MAX, 100, NULL, NULL, NULL), 3);
	assert_int_equal(core_order_count(bed->core), 0);
}

/* Neither forgetting nor restoring leaves a trace: what follows is what would have followed. */
static void a_restored_order_goes_on_as_if_it_had_stayed(void **state)
{
	struct bed *bed = *state;
	bed_must_submit(bed, 1, 5, 101);
	close_order(bed, 1, 101, 201);
	struct order_row row = find(bed->core, 1)->row;
	struct pd_buffer before = bed_dump(bed->core);
	assert_int_equal(core_forget(bed->core, UINT64_MAX, 1, NULL, NULL, NULL), 1);
	struct pd_message command = bed_move(PD_MSG_reopen, 1, 4);
	bed_do(bed, &command, 101);
	expect_refused(bed, PD_REFUSED_unknown_order, "", "a move of an order that is not in memory");
	struct order *order = core_restore(bed->core, &row);
	assert_memory_equal(&order->row, &row, sizeof row);
	assert_null(order->dispatch);
	expect_same_dump(before, bed_dump(bed->core), "before forgetting and after restoring");
	bed_must(bed, PD_MSG_reopen, 1, 4, 101);
	assert_int_equal(core_holder(bed->core, 4)->waiting_count, 1);
	assert_int_equal(core_forget(bed->core, UINT64_MAX, 1, NULL, NULL, NULL), 0);
}

/* ---- a start from what the book holds ---- */

static void feed_registry(struct core *core, const struct registry *registry)
{
	struct pd_decoder *decoder = pd_decoder_new();
	assert_non_null(decoder);
	for (enum registry_kind kind = 0; kind < REGISTRY_KINDS; kind++) {
		size_t count;
		void *const *entities = registry_sorted(registry, kind, &count);
		/* The book is read by id: an area may come before the one above it. */
		for (size_t i = count; i-- > 0;) {
			static const size_t at[] = {offsetof(struct area, event), offsetof(struct household, event),
						    offsetof(struct person, event), offsetof(struct category, event)};
			static const size_t bytes_at[] = {
				offsetof(struct area, event_bytes), offsetof(struct household, event_bytes),
				offsetof(struct person, event_bytes), offsetof(struct category, event_bytes)};
			char *event;
			uint32_t bytes;
			memcpy(&event, (const char *)entities[i] + at[kind], sizeof event);
			memcpy(&bytes, (const char *)entities[i] + bytes_at[kind], sizeof bytes);
			struct pd_message message;
			struct pd_fault fault;
			size_t off = 0;
			assert_int_equal(pd_decode(decoder, event, bytes, &off, &message, &fault), PD_OK);
			core_apply(core, &message, 0);
			pd_decoder_reset(decoder);
		}
	}
	pd_decoder_free(decoder);
}

static void a_state_can_be_made_of_its_rows(void **state)
{
	struct bed *bed = *state;
	for (unsigned n = 1; n <= 6; n++) {
		struct pd_message command = bed_submit(n, 5);
		command.submit.urgency = (uint8_t)(n % 4 + 1);
		bed_do(bed, &command, n % 2 ? 101 : 103);
		bed->now_ms += 1000;
	}
	bed_must(bed, PD_MSG_accept, 1, 1, 201);
	bed_must(bed, PD_MSG_complete, 1, 2, 201);
	bed_must(bed, PD_MSG_accept, 2, 1, 203);
	bed_must(bed, PD_MSG_transfer, 3, 1, 201);
	bed_must(bed, PD_MSG_cancel, 6, 1, 103);
	struct core *made = core_new(99, &bed_periods);
	feed_registry(made, core_registry(bed->core));
	for (uint32_t area = 1; area <= 100; area++)
		if (core_holder(bed->core, area))
			core_restore_figures(made, area, &core_holder(bed->core, area)->figures);
	for (unsigned n = 5; n >= 1; n--) /* against the order of their times */
		core_restore(made, &find(bed->core, n)->row);
	core_restore_end(made, core_last_seq(bed->core), core_last_ms(bed->core));
	bed_check(made);
	expect_same_dump(bed_dump(bed->core), bed_dump(made), "a state made of its rows");
	expect_u64(core_last_ms(made), core_last_ms(bed->core), "core_last_ms");
	expect_u64(bed_next_due(made), bed_next_due(bed->core), "core_next_due");
	for (uint32_t area = 1; area <= 100; area++) {
		const struct area *a = registry_area(core_registry(bed->core), area),
				  *b = registry_area(core_registry(made), area);
		if (a)
			expect(a->children == b->children && a->households == b->households &&
				       holder_open_orders(a->holder) == holder_open_orders(b->holder),
			       "area %u: %u/%u areas, %u/%u households, %" PRIu64 "/%" PRIu64 " open orders", area,
			       a->children, b->children, a->households, b->households, holder_open_orders(a->holder),
			       holder_open_orders(b->holder));
	}
	core_free(made);
}

/* ---- what changed ---- */

static bool among(const struct holder *holder, uint32_t area)
{
	while (holder && holder->area != area)
		holder = holder->next_changed;
	return holder != NULL;
}

static unsigned count_changed(const struct holder *holder)
{
	unsigned count = 0;
	for (; holder; holder = holder->next_changed)
		count++;
	return count;
}

static void changed_holders_are_given_once(void **state)
{
	struct bed *bed = *state;
	assert_null(core_take_changed(bed->core));
	bed_must_submit(bed, 1, 5, 101);
	bed_must_submit(bed, 2, 5, 101);
	bed_must(bed, PD_MSG_decline, 1, 1, 201);
	bed_must_submit(bed, 3, 5, 103);
	struct holder *changed = core_take_changed(bed->core);
	assert_int_equal(count_changed(changed), 3);
	assert_true(among(changed, 11) && among(changed, 4) && among(changed, 12));
	assert_null(core_take_changed(bed->core));
	bed_must(bed, PD_MSG_accept, 3, 1, 203);
	changed = core_take_changed(bed->core);
	assert_int_equal(count_changed(changed), 1);
	assert_true(among(changed, 12));
}

/* ---- figures ---- */

static void figures_say_what_happened_where(void **state)
{
	struct bed *bed = *state;
	uint64_t begin_ms = bed->now_ms;
	bed_must_submit(bed, 1, 5, 101);
	bed->now_ms += 8;
	bed_must(bed, PD_MSG_decline, 1, 1, 201);
	bed->now_ms += 60000;
	bed_must(bed, PD_MSG_accept, 1, 2, 301);
	bed->now_ms += 3;
	bed_must(bed, PD_MSG_complete, 1, 3, 301);
	bed_must(bed, PD_MSG_reopen, 1, 4, 101);
	bed_must(bed, PD_MSG_transfer, 1, 5, 401);
	bed_must(bed, PD_MSG_cancel, 1, 6, 101);
	const struct figures *at_11 = &core_holder(bed->core, 11)->figures, *at_4 = &core_holder(bed->core, 4)->figures;
	const struct figures *at_3 = &core_holder(bed->core, 3)->figures, *at_12 = &core_holder(bed->core, 12)->figures;
	const struct figures wanted_11 = {.submitted = 1, .declined = 1, .due = 1}, wanted_3 = {.declined = 1},
			     wanted_12 = {.cancelled = 1};
	struct figures wanted_4 = {.accepted = 1, .completed = 1, .reopened = 1};
	wanted_4.accept_counts[figures_bucket(60000)] = 1; /* since it waits there, not since it was submitted */
	wanted_4.complete_counts[figures_bucket(3)] = 1;
	assert_memory_equal(at_11, &wanted_11, sizeof wanted_11);
	assert_memory_equal(at_4, &wanted_4, sizeof wanted_4);
	assert_memory_equal(at_3, &wanted_3, sizeof wanted_3);
	assert_memory_equal(at_12, &wanted_12, sizeof wanted_12);
	assert_true(bed->now_ms > begin_ms);
}

/* Closing counts the same whoever does it; a clock that went back counts as no time. */
static void both_closings_count_and_times_are_not_negative(void **state)
{
	struct bed *bed = *state;
	struct pd_message event;
	bed_must_submit(bed, 1, 5, 101);
	bed_must_submit(bed, 2, 5, 101);
	close_order(bed, 1, 101, 201);
	bed->now_ms -= 1000;
	bed_must(bed, PD_MSG_accept, 2, 1, 201);
	bed->now_ms -= 1000;
	bed_must(bed, PD_MSG_complete, 2, 2, 201);
	assert_true(bed_due(bed->core, bed_next_due(bed->core), &event));
	bed_apply(bed, &event);
	const struct figures *figures = &core_holder(bed->core, 11)->figures;
	expect_u64(figures->closed, 2, "closed");
	expect_u64(figures->accept_counts[0], 2, "accepted within no time");
	expect_u64(figures->complete_counts[0], 2, "completed within no time");
}

static void compare_sums(const struct core *core)
{
	size_t count;
	void *const *areas = registry_sorted(core_registry(core), REGISTRY_AREAS, &count);
	struct core_sums *all = calloc(count, sizeof *all), one, total = {0};
	assert_non_null(all);
	core_sum_all(core, all);
	for (size_t i = 0; i < count; i++) {
		const struct area *area = areas[i];
		core_sum(core, area, &one);
		expect(memcmp(&one, &all[i], sizeof one) == 0,
		       "area %u: core_sum says %" PRIu64 " waiting, %" PRIu64 " working, %" PRIu64
		       " submitted; core_sum_all %" PRIu64 ", %" PRIu64 ", %" PRIu64,
		       area->id, one.waiting, one.working, one.figures.submitted, all[i].waiting, all[i].working,
		       all[i].figures.submitted);
		if (!area->parent)
			total = all[i];
	}
	core_sum(core, NULL, &one);
	expect(memcmp(&one, &total, sizeof one) == 0, "the sum of all is not that of the district");
	free(all);
}

static void sums_of_one_and_of_all_areas_agree(void **state)
{
	struct bed *bed = *state;
	struct core_sums sums;
	compare_sums(bed->core);
	bed_must_submit(bed, 1, 5, 101); /* 11 */
	bed->now_ms += 1000;
	uint64_t second_ms = bed->now_ms;
	bed_must_submit(bed, 2, 5, 103); /* 12 */
	bed_must_submit(bed, 3, 2, 103); /* street 2 */
	bed_must_submit(bed, 4, 5, 204); /* 21 */
	struct pd_message elsewhere = bed_submit(5, 5);
	elsewhere.submit.area = 91;
	bed_do(bed, &elsewhere, 101);
	bed_must(bed, PD_MSG_accept, 1, 1, 201);
	compare_sums(bed->core);
	core_sum(bed->core, registry_area(core_registry(bed->core), 4), &sums);
	assert_true(sums.waiting == 1 && sums.working == 1 && sums.figures.submitted == 2 &&
		    sums.oldest_ms == second_ms);
	core_sum(bed->core, registry_area(core_registry(bed->core), 2), &sums);
	assert_true(sums.waiting == 3 && sums.working == 1 && sums.figures.submitted == 4);
	core_sum(bed->core, NULL, &sums);
	assert_true(sums.waiting == 4 && sums.working == 1 && sums.figures.submitted == 5 &&
		    sums.figures.accepted == 1);
	core_sum(bed->core, registry_area(core_registry(bed->core), 8), &sums);
	assert_true(sums.waiting == 1 && sums.working == 0);
	/* What an area has seen goes with it when it moves in the tree. */
	bed_put(bed, bed_area(12, 5, PD_level_microgrid, PD_area_kind_plain, "第二微网格"));
	compare_sums(bed->core);
	core_sum(bed->core, registry_area(core_registry(bed->core), 5), &sums);
	assert_true(sums.waiting == 2);
}

static void the_registry_is_counted(void **state)
{
	struct bed *bed = *state;
	uint64_t values[CORE_REGISTRY_FIGURES];
	/* districts, streets, communities, urban ones, grids, dedicated ones, micro-grids, households, centres; then
	 * the posts, then organisations */
	static const uint64_t all[] = {1, 2, 2, 1, 4, 1, 4, 5, 4, 4, 1, 1, 4, 2, 4, 1, 1, 1, 0};
	static const uint64_t of_3[] = {0, 0, 1, 1, 3, 1, 3, 4, 3, 4, 1, 1, 4, 2, 1, 0, 1, 0, 0};
	struct pd_message retired = bed_household(52, 11, 50);
	retired.put_household.retired = true; /* counts no more, like person 912 */
	bed_put(bed, retired);
	core_count_registry(bed->core, NULL, values);
	for (int i = 0; i < CORE_REGISTRY_FIGURES; i++)
		expect(values[i] == all[i], "all, value %d: %" PRIu64 ", expected %" PRIu64, i, values[i], all[i]);
	core_count_registry(bed->core, registry_area(core_registry(bed->core), 3), values);
	for (int i = 0; i < CORE_REGISTRY_FIGURES; i++)
		expect(values[i] == of_3[i], "area 3, value %d: %" PRIu64 ", expected %" PRIu64, i, values[i], of_3[i]);
}

/* The figures that get_stats has of households and people, from the entities themselves. */
static void count_from_scratch(const struct core *core, const struct area *top, uint64_t *values)
{
	const struct registry *registry = core_registry(core);
	size_t count;
	void *const *households = registry_sorted(registry, REGISTRY_HOUSEHOLDS, &count);
	for (size_t i = 0; i < count; i++) {
		const struct household *household = households[i];
		if (household->retired || (top && !area_within(registry_area(registry, household->area), top)))
			continue;
		values[7]++;
		values[8] += household->centre == household->id;
	}
	void *const *people = registry_sorted(registry, REGISTRY_PEOPLE, &count);
	for (size_t i = 0; i < count; i++) {
		const struct person *person = people[i];
		if (!person->retired && (!top || area_within(registry_area(registry, person->area), top)))
			values[9 + person->post - 1]++;
	}
}

static void expect_counts(const struct core *core, const struct area *top, unsigned step)
{
	uint64_t values[CORE_REGISTRY_FIGURES], wanted[CORE_REGISTRY_FIGURES] = {0};
	core_count_registry(core, top, values);
	count_from_scratch(core, top, wanted);
	for (int i = 7; i < CORE_REGISTRY_FIGURES - 1; i++)
		expect(values[i] == wanted[i], "step %u, area %" PRIu32 ", value %d: %" PRIu64 ", counted %" PRIu64,
		       step, top ? top->id : 0, i, values[i], wanted[i]);
}

/* Households and people come, move, change what they are, leave and come back; the figures follow. */
static void counts_of_the_registry_follow_what_is_set(void **state)
{
	struct bed *bed = *state;
	static const uint32_t homes[] = {11, 12}, places[] = {11, 12, 4, 3, 2, 1};
	for (unsigned step = 0, dice = 1; step < 400; step++) {
		dice = dice * 1664525 + 1013904223;
		uint32_t id = 600 + (dice >> 8) % 12;
		struct pd_message put = bed_household(id, homes[(dice >> 16) % 2], (dice >> 20) % 3 ? 600 : id);
		put.put_household.retired = (dice >> 24) % 4 == 0;
		if ((dice >> 28) % 2)
			put = bed_person(id, (uint8_t)(1 + (dice >> 16) % PD_post_administrator),
					 places[(dice >> 20) % 6], 0);
		if (put.type == PD_MSG_put_person)
			put.put_person.retired = (dice >> 24) % 4 == 0;
		bed_do(bed, &put, 0); /* some are refused, and change nothing */
		expect_counts(bed->core, NULL, step);
		for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
			expect_counts(bed->core, registry_area(core_registry(bed->core), places[i]), step);
	}
}

/* ---- single entries of the registry, as commands ---- */

static void only_operator_and_administrators_keep_the_registry(void **state)
{
	struct bed *bed = *state;
	struct pd_message put = bed_category(50, PD_level_grid, PD_urgency_low);
	static const uint32_t others[] = {101, 201, 401, 403, 501};
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		bed_do(bed, &put, others[i]);
		expect_refused(bed, PD_REFUSED_not_allowed, "only the operator and administrators", "put_category");
	}
	bed_do(bed, &put, 912);
	expect_refused(bed, PD_REFUSED_retired, "person 912", "put_category by a retired person");
	bed_do(bed, &put, 999);
	expect_refused(bed, PD_REFUSED_unknown_person, "person 999", "put_category by nobody");
	bed_do(bed, &put, 901);
	expect_outcome(bed, CORE_EVENT, "put_category by an administrator");
	expect_u64(bed->decision.event.category_set.actor, 901, "actor");
	expect_u64(bed->decision.event.category_set.time_ms, bed->now_ms, "time_ms");
	bed_do(bed, &put, 901);
	expect_outcome(bed, CORE_REPEATED, "what is as it was");
	expect_u64(bed->decision.seq, 0, "nothing was recorded: seq");
	put = bed_person(777, PD_post_leader, 99, 0);
	bed_do(bed, &put, 901);
	expect_refused(bed, PD_REFUSED_unknown_area, "area 99", "a person of an unknown area");
}

static void an_area_with_open_orders_is_not_retired(void **state)
{
	struct bed *bed = *state;
	struct pd_message put = bed_area(6, 3, PD_level_grid, PD_area_kind_dedicated, "商城专属网格");
	bed_must_submit(bed, 1, 5, 110);
	bed_put(bed, bed_person(110, PD_post_merchant, 5, 0));
	put.put_area.retired = true;
	bed_do(bed, &put, 0);
	expect_refused(bed, PD_REFUSED_in_use, "area 6 holds 1 open orders", "retiring");
	bed_must(bed, PD_MSG_cancel, 1, 1, 110);
	bed_put(bed, put);
}

/* ---- the dump ---- */

static void the_dump_tells_states_apart(void **state)
{
	struct bed *bed = *state;
	struct pd_buffer before = bed_dump(bed->core), after;
	bed_must_submit(bed, 1, 5, 101);
	after = bed_dump(bed->core);
	expect(!bed_same_bytes(&before, &after), "a new order does not show in the dump");
	pd_buffer_fini(&before);
	before = after;
	bed_must(bed, PD_MSG_note, 1, 1, 101);
	after = bed_dump(bed->core);
	expect(!bed_same_bytes(&before, &after), "a note does not show in the dump");
	pd_buffer_fini(&before);
	before = after;
	bed_put(bed, bed_person(201, PD_post_leader, 12, 0));
	after = bed_dump(bed->core);
	expect(!bed_same_bytes(&before, &after), "a change of the registry does not show in the dump");
	pd_buffer_fini(&before);
	pd_buffer_fini(&after);
}

/* ---- random lives ---- */

enum { LIVES = 250, STEPS = 6000 };

/* A core that forgets and restores, beside one that never does. */
struct twins {
	struct bed *bed;
	struct core *elder;
	struct order_row stored[LIVES]; /* what the forgetful one has given away, by order */
	bool is_stored[LIVES];
	uint64_t seed, random;
};

static uint64_t next(struct twins *twins)
{
	twins->random ^= twins->random << 13;
	twins->random ^= twins->random >> 7;
	twins->random ^= twins->random << 17;
	return twins->random >> 11;
}

static unsigned number_of(const struct pd_id *id)
{
	return id->bytes[15];
}

static void store(struct order *order, void *arg)
{
	struct twins *twins = arg;
	unsigned n = number_of(&order->row.id);
	twins->stored[n] = order->row;
	twins->is_stored[n] = true;
}

static void apply_to_both(struct twins *twins, const struct pd_message *event)
{
	uint64_t at = 72 + twins->bed->events.count;
	pd_encode(event, &twins->bed->events);
	core_apply(twins->bed->core, event, at);
	core_apply(twins->elder, event, at);
}

static struct pd_message random_command(struct twins *twins, uint32_t *actor)
{
	static const enum pd_type types[] = {PD_MSG_submit,   PD_MSG_accept,  PD_MSG_accept,   PD_MSG_complete,
					     PD_MSG_complete, PD_MSG_decline, PD_MSG_transfer, PD_MSG_confirm,
					     PD_MSG_reopen,   PD_MSG_cancel,  PD_MSG_note};
	static const uint32_t areas[] = {1, 2, 3, 4, 5, 6, 11, 12, 21, 91, 99};
	unsigned n = (unsigned)(next(twins) % LIVES);
	enum pd_type type = types[next(twins) % (sizeof types / sizeof types[0])];
	struct order *order = find(twins->elder, n);
	*actor = next(twins) % 30 == 0 ? 999 : bed_people[next(twins) % BED_PEOPLE].id;
	if (!order || type == PD_MSG_submit) {
		struct pd_message command = bed_submit(n, (uint32_t)(next(twins) % 6) + 1);
		command.submit.urgency = (uint8_t)(next(twins) % 5);
		if (next(twins) % 4 == 0)
			command.submit.area = areas[next(twins) % 11];
		return command;
	}
	/* Mostly what could succeed, by whom it could. */
	if (next(twins) % 4 && (type == PD_MSG_confirm || type == PD_MSG_reopen || type == PD_MSG_cancel))
		*actor = order->row.requester;
	if (next(twins) % 4 && type == PD_MSG_complete)
		*actor = order->row.acceptor;
	for (unsigned i = 0; next(twins) % 4 && i < BED_PEOPLE && (type == PD_MSG_accept || type == PD_MSG_decline);
	     i++)
		if (bed_people[i].area == order->row.holder)
			*actor = bed_people[i].id;
	uint32_t version = order->row.version;
	if (next(twins) % 8 == 0)
		version = version > 1 && next(twins) % 2 ? version - 1 : (uint32_t)(next(twins) % 5) + 1;
	struct pd_message command = bed_move(type, n, version);
	if (type == PD_MSG_transfer)
		command.transfer.holder = areas[next(twins) % 11];
	return command;
}

/* Both must come to the same. */
static void step(struct twins *twins)
{
	struct bed *bed = twins->bed;
	struct core_decision decision;
	uint32_t actor;
	struct pd_message command = random_command(twins, &actor);
	unsigned n = number_of(&command.accept.order);
	if (twins->is_stored[n] && !find(bed->core, n))
		core_restore(bed->core, &twins->stored[n]);
	core_decide(bed->core, &command, actor, bed->now_ms, &bed->decision);
	core_decide(twins->elder, &command, actor, bed->now_ms, &decision);
	expect(bed->decision.outcome == decision.outcome && bed->decision.refusal == decision.refusal &&
		       strcmp(bed_says(&bed->decision.detail), bed_says(&decision.detail)) == 0 &&
		       bed->decision.seq == decision.seq,
	       "seed %" PRIu64 ": %s by %u: one core says %s (%s), the other %s (%s)", twins->seed,
	       pd_message_info(command.type)->name, actor, bed_outcome(bed->decision.outcome),
	       bed_says(&bed->decision.detail), bed_outcome(decision.outcome), bed_says(&decision.detail));
	if (decision.outcome == CORE_EVENT)
		apply_to_both(twins, &decision.event);
}

/* What the book is for: completed orders are back when they are due. */
static void bring_back_due(struct twins *twins)
{
	for (unsigned n = 0; n < LIVES; n++) {
		const struct order_row *row = &twins->stored[n];
		if (twins->is_stored[n] && row->state == PD_STATE_completed && row->due_ms <= twins->bed->now_ms &&
		    !find(twins->bed->core, n))
			core_restore(twins->bed->core, row);
	}
}

static void pass_time(struct twins *twins)
{
	struct pd_message a, b;
	twins->bed->now_ms += next(twins) % (next(twins) % 40 ? 600000 : 2 * (uint64_t)BED_DAY);
	bring_back_due(twins);
	while (bed_due(twins->bed->core, twins->bed->now_ms, &a)) {
		expect(bed_due(twins->elder, twins->bed->now_ms, &b), "seed %" PRIu64 ": only one core closes an order",
		       twins->seed);
		expect(memcmp(&a.closed.order, &b.closed.order, sizeof a.closed.order) == 0,
		       "seed %" PRIu64 ": they close different orders", twins->seed);
		apply_to_both(twins, &a);
	}
}

static void random_lives_come_to_the_same_with_and_without_forgetting(void **state)
{
	struct bed *bed = *state;
	const char *given = getenv("PAIDAN_SEED");
	struct twins *twins = calloc(1, sizeof *twins);
	assert_non_null(twins);
	twins->seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
	twins->random = twins->seed * 2 + 1;
	twins->bed = bed;
	twins->elder = bed_replay(&bed->events, 1234);
	core_set_periods(twins->elder, &bed_periods);
	print_message("to repeat this: PAIDAN_SEED=%" PRIu64 " build/tests/test_state\n", twins->seed);
	uint64_t begin_seq = core_last_seq(bed->core), forgotten = 0;
	for (unsigned i = 0; i < STEPS; i++) {
		step(twins);
		if (next(twins) % 5 == 0)
			pass_time(twins);
		if (next(twins) % 10 == 0)
			forgotten += core_forget(bed->core, core_last_seq(bed->core) - next(twins) % 3,
						 1 + next(twins) % 3, NULL, store, twins);
		if (i % 300 == 0) {
			bed_check(bed->core);
			compare_sums(bed->core);
			expect_same_dump(bed_dump(bed->core), bed_dump(twins->elder), "the twins");
		}
	}
	expect_same_dump(bed_dump(bed->core), bed_dump(twins->elder), "the twins at the end");
	expect(core_last_seq(bed->core) - begin_seq > STEPS / 10 && forgotten > LIVES,
	       "seed %" PRIu64 ": too little happened: %" PRIu64 " events, %" PRIu64 " forgotten", twins->seed,
	       core_last_seq(bed->core) - begin_seq, forgotten);
	core_free(twins->elder);
	free(twins);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_queue_goes_by_urgency_and_then_by_seq),
		TEST(a_transferred_order_keeps_its_rank_and_waits_anew),
		TEST(an_order_is_in_one_queue_and_counted_once),
		TEST(the_last_time_never_goes_back),
		TEST(only_what_has_ended_and_is_kept_is_forgotten),
		TEST(forgetting_keeps_to_its_limit),
		TEST(a_restored_order_goes_on_as_if_it_had_stayed),
		TEST(a_state_can_be_made_of_its_rows),
		TEST(changed_holders_are_given_once),
		TEST(figures_say_what_happened_where),
		TEST(both_closings_count_and_times_are_not_negative),
		TEST(sums_of_one_and_of_all_areas_agree),
		TEST(the_registry_is_counted),
		TEST(counts_of_the_registry_follow_what_is_set),
		TEST(only_operator_and_administrators_keep_the_registry),
		TEST(an_area_with_open_orders_is_not_retired),
		TEST(the_dump_tells_states_apart),
		TEST(random_lives_come_to_the_same_with_and_without_forgetting),
	};
#undef TEST
	return cmocka_run_group_tests(tests, NULL, NULL);
}
