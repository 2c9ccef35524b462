#include "calls.h"

#include <assert.h>
#include <stdlib.h>

enum { CAPACITY_FIRST = 256 };

static struct call *table_new(uint32_t capacity)
{
	struct call *table = calloc(capacity, sizeof *table);
	if (!table)
		abort();
	return table;
}

void calls_init(struct calls *calls)
{
	*calls = (struct calls){
		.table = table_new(CAPACITY_FIRST),
		.capacity = CAPACITY_FIRST,
		.first = CALLS_NONE,
		.last = CALLS_NONE,
		.next_request = 1,
	};
}

void calls_fini(struct calls *calls)
{
	while (calls->first != CALLS_NONE)
		calls_drop(calls, &calls->table[calls->first]);
	for (struct call_rows *rows = calls->spare, *next; rows; rows = next) {
		next = rows->next;
		pd_buffer_fini(&rows->bytes);
		free(rows);
	}
	free(calls->table);
	pool_fini(&calls->pool);
	*calls = (struct calls){0};
}

static uint32_t place_of(const struct calls *calls, uint64_t request)
{
	return (uint32_t)(request & (calls->capacity - 1));
}

static void append(struct calls *calls, uint32_t place)
{
	struct call *call = &calls->table[place];
	call->before = calls->last;
	call->after = CALLS_NONE;
	if (calls->last == CALLS_NONE)
		calls->first = place;
	else
		calls->table[calls->last].after = place;
	calls->last = place;
}

/* Ids that differ modulo the old capacity differ modulo the new one, too: each finds its place free. */
static void grow(struct calls *calls)
{
	struct calls old = *calls;
	calls->capacity *= 2;
	calls->table = table_new(calls->capacity);
	calls->first = calls->last = CALLS_NONE;
	for (struct call *call = calls_first(&old); call; call = calls_after(&old, call)) {
		uint32_t place = place_of(calls, call->request);
		calls->table[place] = *call;
		append(calls, place);
	}
	free(old.table);
}

uint64_t calls_next_request(struct calls *calls)
{
	if (calls->count >= calls->capacity / 2)
		grow(calls);
	while (calls->table[place_of(calls, calls->next_request)].request)
		calls->next_request++;
	return calls->next_request;
}

uint64_t calls_spend_request(struct calls *calls)
{
	return calls->next_request++;
}

struct call *calls_add(struct calls *calls, enum call_kind kind, enum pd_type type, const char *bytes,
		       size_t byte_count)
{
	uint64_t request = calls_next_request(calls);
	uint32_t place = place_of(calls, request);
	struct call *call = &calls->table[place];
	*call = (struct call){
		.request = request,
		.bytes = pool_take(&calls->pool, byte_count),
		.byte_count = (uint32_t)byte_count,
		.kind = (uint8_t)kind,
		.type = (uint8_t)type,
	};
	memcpy(call->bytes, bytes, byte_count);
	append(calls, place);
	calls->next_request++;
	calls->count++;
	calls->program_count += kind == CALL_PROGRAM;
	return call;
}

struct call *calls_find(const struct calls *calls, uint64_t request)
{
	struct call *call = &calls->table[place_of(calls, request)];
	return request && call->request == request ? call : NULL;
}

void calls_drop(struct calls *calls, struct call *call)
{
	if (call->before == CALLS_NONE)
		calls->first = call->after;
	else
		calls->table[call->before].after = call->after;
	if (call->after == CALLS_NONE)
		calls->last = call->before;
	else
		calls->table[call->after].before = call->before;
	pool_give(&calls->pool, call->bytes, call->byte_count);
	calls_spare_rows(calls, call->rows);
	assert(calls->count > 0);
	calls->count--;
	calls->program_count -= call->kind == CALL_PROGRAM;
	call->request = 0;
}

struct call *calls_first(const struct calls *calls)
{
	return calls->first == CALLS_NONE ? NULL : &calls->table[calls->first];
}

struct call *calls_after(const struct calls *calls, const struct call *call)
{
	return call->after == CALLS_NONE ? NULL : &calls->table[call->after];
}

void calls_keep_row(struct calls *calls, struct call *call, const char *bytes, size_t byte_count)
{
	if (!call->rows) {
		struct call_rows *rows = calls->spare;
		if (rows)
			calls->spare = rows->next;
		else if (!(rows = calloc(1, sizeof *rows)))
			abort();
		rows->next = NULL;
		call->rows = rows;
	}
	pd_buffer_add(&call->rows->bytes, bytes, byte_count);
}

void calls_spare_rows(struct calls *calls, struct call_rows *rows)
{
	if (!rows)
		return;
	rows->bytes.count = 0;
	rows->next = calls->spare;
	calls->spare = rows;
}
