#include "problems.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "intl.h"

void problems_add(struct problems *problems, enum rows_kind kind, uint32_t line, const char *format, ...)
{
	char text[PROBLEM_TEXT_BYTES];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (problems->count == problems->capacity) {
		problems->capacity = problems->capacity ? problems->capacity * 2 : 64;
		problems->list = realloc(problems->list, sizeof *problems->list * problems->capacity);
	}
	if (!problems->list)
		abort();
	struct problem *problem = &problems->list[problems->count];
	*problem = (struct problem){kind, line, problems->count++, strdup(text)};
	if (!problem->text)
		abort();
}

static int compare(const void *x, const void *y)
{
	const struct problem *a = x, *b = y;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return (a->seq > b->seq) - (a->seq < b->seq);
}

void problems_sort(struct problems *problems)
{
	if (problems->count)
		qsort(problems->list, problems->count, sizeof *problems->list, compare);
}

void problems_print(const struct problems *problems, const char *path, bool folder, FILE *out)
{
	size_t bytes = strlen(path);
	while (folder && bytes > 1 && path[bytes - 1] == '/')
		bytes--;
	for (size_t i = 0; i < problems->count && i < PROBLEMS_SHOWN_MAX; i++) {
		const struct problem *problem = &problems->list[i];
		fprintf(out, "%.*s%s%s:", (int)bytes, path, folder ? "/" : "", folder ? rows_file(problem->kind) : "");
		if (problem->line && problem->kind == ROWS_SHAPES)
			fprintf(out, _(" feature %u: %s\n"), problem->line, problem->text);
		else if (problem->line)
			fprintf(out, "%u: %s\n", problem->line, problem->text);
		else
			fprintf(out, " %s\n", problem->text);
	}
	if (problems->count > PROBLEMS_SHOWN_MAX)
		fprintf(out, _("… and %zu more\n"), problems->count - PROBLEMS_SHOWN_MAX);
}

void problems_fini(struct problems *problems)
{
	for (size_t i = 0; i < problems->count; i++)
		free(problems->list[i].text);
	free(problems->list);
	*problems = (struct problems){0};
}
