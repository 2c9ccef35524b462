#include "members.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct member_owner {
	struct pd_id id;
	struct member_list list;
};

void members_init(struct members *members, uint64_t hash_seed)
{
	*members = (struct members){0};
	table_init(&members->by_key, offsetof(struct member, row.key), sizeof(struct member_key), hash_seed);
	table_init(&members->by_owner, offsetof(struct member_owner, id), sizeof(struct pd_id), hash_seed);
}

static void free_entries(struct table *table)
{
	size_t at = 0;
	for (void *entry; (entry = table_next(table, &at));)
		free(entry);
	table_fini(table);
}

void members_fini(struct members *members)
{
	free_entries(&members->by_key);
	free_entries(&members->by_owner);
}

struct member *members_find(const struct members *members, const struct pd_id *owner, uint32_t member)
{
	struct member_key key = {*owner, member};
	return table_find(&members->by_key, &key);
}

static struct member_owner *owner_of(struct members *members, const struct pd_id *id)
{
	struct member_owner *owner = table_find(&members->by_owner, id);
	if (owner)
		return owner;
	owner = calloc(1, sizeof *owner);
	if (!owner)
		abort();
	owner->id = *id;
	LIST_INIT(&owner->list);
	table_add(&members->by_owner, owner);
	return owner;
}

static struct member *add(struct members *members, const struct member_row *row)
{
	struct member_owner *owner = owner_of(members, &row->key.owner);
	struct member *member = calloc(1, sizeof *member);
	if (!member)
		abort();
	member->row = *row;
	LIST_INSERT_HEAD(&owner->list, member, of_owner);
	table_add(&members->by_key, member);
	return member;
}

struct member_row *members_change(struct members *members, const struct pd_id *owner, uint32_t id)
{
	struct member *member = members_find(members, owner, id);
	if (!member) {
		struct member_row row = {.key = {*owner, id}};
		member = add(members, &row);
	}
	if (!member->changed) {
		member->changed = true;
		member->next_changed = members->changed;
		members->changed = member;
	}
	return &member->row;
}

const struct member_list *members_of(const struct members *members, const struct pd_id *id)
{
	const struct member_owner *owner = table_find(&members->by_owner, id);
	return owner ? &owner->list : NULL;
}

struct member *members_take_changed(struct members *members)
{
	struct member *changed = members->changed;
	members->changed = NULL;
	for (struct member *member = changed; member; member = member->next_changed)
		member->changed = false;
	return changed;
}

void members_restore(struct members *members, const struct member_row *row)
{
	if (!members_find(members, &row->key.owner, row->key.member))
		add(members, row);
}

void members_forget(struct members *members, const struct pd_id *id)
{
	struct member_owner *owner = table_find(&members->by_owner, id);
	if (!owner)
		return;
	for (struct member *member = LIST_FIRST(&owner->list), *next; member; member = next) {
		assert(!member->changed);
		next = LIST_NEXT(member, of_owner);
		table_remove(&members->by_key, &member->row.key);
		free(member);
	}
	table_remove(&members->by_owner, id);
	free(owner);
}
