#include "ladder_text.h"

#include <string.h>

#include "moment.h"

enum { LEVEL_BYTES = 32 };

static const char *const between[] = {">", "→"};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct pd_slice trimmed(const char *at, const char *end)
{
	while (at < end && is_blank(*at))
		at++;
	while (end > at && is_blank(end[-1]))
		end--;
	return (struct pd_slice){at, (uint32_t)(end - at)};
}

/* Where the step that begins at at ends; *next gets where the next one begins, null when it is the last. */
static const char *end_of_step(const char *at, const char *end, const char **next)
{
	for (; at < end; at++)
		for (size_t i = 0; i < sizeof between / sizeof between[0]; i++) {
			size_t bytes = strlen(between[i]);
			if ((size_t)(end - at) >= bytes && memcmp(at, between[i], bytes) == 0) {
				*next = at + bytes;
				return at;
			}
		}
	*next = NULL;
	return end;
}

static bool read_step(struct pd_slice step, uint64_t *level, uint64_t *within_s)
{
	char word[LEVEL_BYTES];
	uint32_t bytes = 0, s;
	while (bytes < step.bytes && !is_blank(step.data[bytes]))
		bytes++;
	struct pd_slice time = trimmed(step.data + bytes, step.data + step.bytes);
	if (bytes >= sizeof word || !moment_span(time.data, time.bytes, &s))
		return false;
	memcpy(word, step.data, bytes);
	word[bytes] = 0;
	*level = pd_word_code("level", word);
	*within_s = s;
	return *level;
}

bool ladder_text_read(struct pd_slice text, uint64_t numbers[static LADDER_TEXT_NUMBERS_MAX], uint32_t *count,
		      struct pd_slice *wrong)
{
	const char *end = text.data + text.bytes;
	*count = 0;
	for (const char *at = text.data; at;) {
		const char *next;
		*wrong = trimmed(at, end_of_step(at, end, &next));
		if (*count == LADDER_TEXT_NUMBERS_MAX || !read_step(*wrong, &numbers[*count], &numbers[*count + 1]))
			return false;
		*count += 2;
		at = next;
	}
	return true;
}

void ladder_text_print(struct pd_u64s steps, const char *(*word)(const char *set, unsigned code), struct pd_buffer *out)
{
	char time[MOMENT_SPAN_BYTES];
	for (uint32_t i = 0; i + 1 < steps.count; i += 2) {
		const char *level = word("level", (unsigned)steps.values[i]);
		moment_print_span((uint32_t)steps.values[i + 1], time);
		if (i)
			pd_buffer_add(out, " > ", 3);
		pd_buffer_add(out, level, strlen(level));
		pd_buffer_add(out, " ", 1);
		pd_buffer_add(out, time, strlen(time));
	}
}
