/* field.h - whether a value keeps to the limits of its field; for codec.c and encode.c. */
#ifndef PAIDAN_FIELD_H
#define PAIDAN_FIELD_H

#include <string.h>

#include "check.h"

static inline bool count_fits(const struct pd_field *field, uint64_t count)
{
	return count <= field->max && (field->min <= 0 || count >= (uint64_t)field->min);
}

/* Whether it is a number for a word, be it known or not. */
static inline bool word_fits(const struct pd_field *field, uint64_t value)
{
	uint64_t max = field->kind == PD_U8 ? UINT8_MAX : UINT16_MAX;
	return strncmp(field->unit, "enum ", 5) == 0 && value <= max && (int64_t)value >= field->min;
}

static inline bool signed_fits(const struct pd_field *field, int64_t value)
{
	return value >= field->min && value <= (int64_t)field->max;
}

static inline bool text_fits(const struct pd_field *field, struct pd_slice text)
{
	/* A character is at least a byte: most texts need no counting. */
	if (text.bytes <= field->max && field->min <= 1 && (int64_t)text.bytes >= field->min)
		return true;
	return count_fits(field, pd_utf8_chars(text.data, text.bytes));
}

static inline uint64_t load_unsigned(const void *at, enum pd_kind kind)
{
	switch (kind) {
	case PD_U8: return *(const uint8_t *)at;
	case PD_U16: return *(const uint16_t *)at;
	case PD_U32: return *(const uint32_t *)at;
	case PD_BOOL: return *(const bool *)at;
	default: return *(const uint64_t *)at;
	}
}

#endif
