/* dump.c - the state as bytes, in an order that does not depend on how it came about. */
#include <stdlib.h>
#include <string.h>

#include "state.h"

typedef void sink_fn(const void *data, size_t bytes, void *arg);

static void dump_registry(const struct registry *registry, sink_fn *sink, void *arg)
{
	for (enum registry_kind kind = 0; kind < REGISTRY_KINDS; kind++) {
		size_t count;
		void *const *entities = registry_sorted(registry, kind, &count);
		for (size_t i = 0; i < count; i++) {
			const struct entity *entity = entities[i];
			sink(entity->event, entity->event_bytes, arg);
		}
	}
}

static int compare_orders(const void *a, const void *b)
{
	return memcmp(&(*(struct order *const *)a)->row.id, &(*(struct order *const *)b)->row.id, sizeof(struct pd_id));
}

static int compare_holders(const void *a, const void *b)
{
	uint32_t x = (*(struct holder *const *)a)->area, y = (*(struct holder *const *)b)->area;
	return (x > y) - (x < y);
}

static bool order_wanted(const void *entry)
{
	return order_is_queued(&((const struct order *)entry)->row);
}

static bool holder_wanted(const void *entry)
{
	static const struct figures none;
	return memcmp(&((const struct holder *)entry)->figures, &none, sizeof none) != 0;
}

static int compare_notices(const void *a, const void *b)
{
	return memcmp(&(*(struct notice *const *)a)->row.id, &(*(struct notice *const *)b)->row.id,
		      sizeof(struct pd_id));
}

static bool notice_wanted(const void *entry)
{
	return notice_open(entry);
}

static void dump_notices(const struct core *core, sink_fn *sink, void *arg)
{
	size_t count;
	void **notices = table_sorted(&core->notices.by_id, notice_wanted, compare_notices, &count);
	for (size_t i = 0; i < count; i++) {
		const struct notice *notice = notices[i];
		sink(&notice->row, sizeof notice->row, arg);
		sink(notice->event, notice->row.event_bytes, arg);
	}
	free(notices);
}

static int compare_members(const void *a, const void *b)
{
	const struct member_key *x = &(*(struct member *const *)a)->row.key,
				*y = &(*(struct member *const *)b)->row.key;
	int owners = memcmp(&x->owner, &y->owner, sizeof x->owner);
	return owners ? owners : (x->member > y->member) - (x->member < y->member);
}

static bool owner_open(const struct core *core, const struct pd_id *owner)
{
	const struct order *order = core_order(core, owner);
	const struct notice *notice = core_notice(core, owner);
	return (order && order_wanted(order)) || (notice && notice_open(notice));
}

static void dump_members(const struct core *core, sink_fn *sink, void *arg)
{
	const struct table *table = &core->members.by_key;
	struct member **members = malloc((table->count + 1) * sizeof(struct member *));
	size_t at = 0, count = 0;
	if (!members)
		abort();
	for (struct member *member; (member = table_next(table, &at));)
		if (owner_open(core, &member->row.key.owner))
			members[count++] = member;
	qsort(members, count, sizeof(struct member *), compare_members);
	for (size_t i = 0; i < count; i++)
		sink(&members[i]->row, sizeof members[i]->row, arg);
	free(members);
}

void core_dump(const struct core *core, sink_fn *sink, void *arg)
{
	size_t count;
	sink(&core->last_seq, sizeof core->last_seq, arg);
	dump_registry(core->registry, sink, arg);
	void **orders = table_sorted(&core->orders, order_wanted, compare_orders, &count);
	for (size_t i = 0; i < count; i++)
		sink(&((struct order *)orders[i])->row, sizeof(struct order_row), arg);
	free(orders);
	dump_notices(core, sink, arg);
	dump_members(core, sink, arg);
	void **holders = table_sorted(&core->holders, holder_wanted, compare_holders, &count);
	for (size_t i = 0; i < count; i++) {
		const struct holder *holder = holders[i];
		sink(&holder->area, sizeof holder->area, arg);
		sink(&holder->figures, sizeof holder->figures, arg);
	}
	free(holders);
	listings_dump(core, sink, arg);
}
