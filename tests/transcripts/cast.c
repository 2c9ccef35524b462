#include "cast.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct role {
	enum cast_kind kind;
	char name[CAST_NAME_BYTES];
	uint32_t id;
	struct pd_id order;
};

struct cast {
	struct role *roles;
	size_t count, capacity;
	char numbers[4][CAST_NAME_BYTES];
	unsigned number;
};

struct cast *cast_new(void)
{
	struct cast *cast = calloc(1, sizeof *cast);
	if (!cast)
		abort();
	return cast;
}

void cast_free(struct cast *cast)
{
	if (!cast)
		return;
	free(cast->roles);
	free(cast);
}

const char *cast_kind_name(enum cast_kind kind)
{
	static const char *const names[] = {"area", "household", "person", "category", "ladder", "order"};
	return names[kind];
}

static const struct role *find(const struct cast *cast, enum cast_kind kind, const char *name)
{
	for (const struct role *role = cast->roles; role < cast->roles + cast->count; role++)
		if (role->kind == kind && strcmp(role->name, name) == 0)
			return role;
	return NULL;
}

static struct role *add(struct cast *cast, enum cast_kind kind, const char *name)
{
	if (cast->count == cast->capacity) {
		cast->capacity = cast->capacity ? cast->capacity * 2 : 64;
		cast->roles = realloc(cast->roles, cast->capacity * sizeof *cast->roles);
		if (!cast->roles)
			abort();
	}
	struct role *role = &cast->roles[cast->count++];
	*role = (struct role){.kind = kind};
	snprintf(role->name, sizeof role->name, "%s", name);
	return role;
}

bool cast_add(struct cast *cast, enum cast_kind kind, const char *name, uint32_t id)
{
	const struct role *known = find(cast, kind, name);
	if (known)
		return known->id == id;
	if (strlen(name) >= CAST_NAME_BYTES)
		return false;
	add(cast, kind, name)->id = id;
	return true;
}

bool cast_find(const struct cast *cast, enum cast_kind kind, const char *name, uint32_t *id)
{
	const struct role *role = find(cast, kind, name);
	char *end;
	if (role) {
		*id = role->id;
		return true;
	}
	if (name[0] != '#' || name[1] < '0' || name[1] > '9')
		return false;
	*id = (uint32_t)strtoul(name + 1, &end, 10);
	return *end == 0;
}

const char *cast_name(struct cast *cast, enum cast_kind kind, uint32_t id)
{
	for (const struct role *role = cast->roles; role < cast->roles + cast->count; role++)
		if (role->kind == kind && role->id == id)
			return role->name;
	char *number = cast->numbers[cast->number++ % 4];
	snprintf(number, CAST_NAME_BYTES, "#%u", id);
	return number;
}

void cast_add_order(struct cast *cast, const char *name, const struct pd_id *id)
{
	add(cast, CAST_ORDER, name)->order = *id;
}

bool cast_find_order(const struct cast *cast, const char *name, struct pd_id *id)
{
	const struct role *role = find(cast, CAST_ORDER, name);
	if (role)
		*id = role->order;
	return role != NULL;
}

const char *cast_order_name(const struct cast *cast, const struct pd_id *id)
{
	for (const struct role *role = cast->roles; role < cast->roles + cast->count; role++)
		if (role->kind == CAST_ORDER && memcmp(&role->order, id, sizeof *id) == 0)
			return role->name;
	return "?";
}

/* The length of "person 201" at text, 0 when no such thing stands there. */
static size_t mention(const char *text, enum cast_kind *kind, uint32_t *id)
{
	for (*kind = CAST_AREA; *kind < CAST_ORDER; (*kind)++) {
		const char *word = cast_kind_name(*kind);
		size_t length = strlen(word);
		char *end;
		if (strncmp(text, word, length) != 0 || text[length] != ' ' || text[length + 1] < '0' ||
		    text[length + 1] > '9')
			continue;
		*id = (uint32_t)strtoul(text + length + 1, &end, 10);
		return (size_t)(end - text);
	}
	return 0;
}

void cast_print(struct cast *cast, const char *text)
{
	while (*text) {
		enum cast_kind kind;
		uint32_t id;
		size_t length = mention(text, &kind, &id);
		if (length == 0) {
			putchar(*text++);
			continue;
		}
		printf("%.*s", (int)length, text);
		const char *name = cast_name(cast, kind, id);
		if (name[0] != '#')
			printf(" (%s)", name);
		text += length;
	}
}
