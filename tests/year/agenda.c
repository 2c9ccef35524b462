#include "agenda.h"

#include <stdlib.h>

static bool before(const struct act *a, const struct act *b)
{
	return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->turn < b->turn;
}

void agenda_fini(struct agenda *agenda)
{
	free(agenda->heap);
	*agenda = (struct agenda){0};
}

void agenda_add(struct agenda *agenda, struct act act)
{
	if (agenda->count == agenda->capacity) {
		agenda->capacity = agenda->capacity ? agenda->capacity * 2 : 1024;
		agenda->heap = realloc(agenda->heap, agenda->capacity * sizeof act);
		if (!agenda->heap)
			abort();
	}
	act.turn = agenda->turns++;
	size_t i = agenda->count++;
	for (; i > 0 && before(&act, &agenda->heap[(i - 1) / 2]); i = (i - 1) / 2)
		agenda->heap[i] = agenda->heap[(i - 1) / 2];
	agenda->heap[i] = act;
}

uint64_t agenda_next_ms(const struct agenda *agenda)
{
	return agenda->count ? agenda->heap[0].at_ms : UINT64_MAX;
}

struct act agenda_take(struct agenda *agenda)
{
	struct act first = agenda->heap[0], last = agenda->heap[--agenda->count];
	size_t i = 0;
	for (size_t child; (child = 2 * i + 1) < agenda->count; i = child) {
		if (child + 1 < agenda->count && before(&agenda->heap[child + 1], &agenda->heap[child]))
			child++;
		if (!before(&agenda->heap[child], &last))
			break;
		agenda->heap[i] = agenda->heap[child];
	}
	agenda->heap[i] = last;
	return first;
}
