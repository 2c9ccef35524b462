#include "values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"
#include "id.h"

/* ---- messages ---- */

/* The set of words of a field whose unit is "enum X"; null: it is a number. */
static const char *words_of(const struct pd_field *field)
{
	if (strncmp(field->unit, "enum ", 5) != 0 || strcmp(field->unit + 5, "error") == 0)
		return NULL;
	return field->unit + 5;
}

json_t *values_of_id(const struct pd_id *id)
{
	char text[PD_ID_TEXT_BYTES];
	return json_string(pd_id_print(id, text));
}

static json_t *of_text(struct pd_slice slice)
{
	json_t *text = json_stringn(slice.data ? slice.data : "", slice.bytes);
	if (!text)
		values_die("a text of the broker is not UTF-8");
	return text;
}

/* The message that stands in the bytes of push.submitted or past.event; other bytes are shown by their number. */
static json_t *of_bytes(struct pd_slice slice)
{
	struct pd_decoder *decoder = pd_decoder_new();
	struct pd_message message;
	struct pd_fault fault;
	size_t off = 0;
	json_t *value;
	if (decoder && slice.bytes && pd_decode(decoder, slice.data, slice.bytes, &off, &message, &fault) == PD_OK)
		value = values_of_message(&message);
	else
		value = json_integer(slice.bytes);
	pd_decoder_free(decoder);
	return value;
}

static json_t *of_array(struct pd_u64s u64s)
{
	json_t *array = json_array();
	for (uint32_t i = 0; i < u64s.count; i++)
		json_array_append_new(array, json_integer((json_int_t)u64s.values[i]));
	return array;
}

static json_t *of_number(const struct pd_field *field, uint64_t number)
{
	const char *set = words_of(field);
	if (!set)
		return json_integer((json_int_t)number);
	return json_string(number ? pd_word(set, (unsigned)number) : "");
}

static json_t *of_field(const struct pd_field *field, const void *at)
{
	switch (field->kind) {
	case PD_U8: return of_number(field, *(const uint8_t *)at);
	case PD_U16: return of_number(field, *(const uint16_t *)at);
	case PD_U32: return of_number(field, *(const uint32_t *)at);
	case PD_U64: return of_number(field, *(const uint64_t *)at);
	case PD_I32: return json_integer(*(const int32_t *)at);
	case PD_BOOL: return json_boolean(*(const bool *)at);
	case PD_ID: return values_of_id(at);
	case PD_TEXT: return of_text(*(const struct pd_slice *)at);
	case PD_BIN: return of_bytes(*(const struct pd_slice *)at);
	case PD_U64S: return of_array(*(const struct pd_u64s *)at);
	}
	return json_null();
}

/* Where the fields of a message begin: all members of its union do at the same place. */
static char *body(const struct pd_message *message)
{
	return (char *)&message->hello;
}

json_t *values_of_message(const struct pd_message *message)
{
	const struct pd_message_info *info = pd_message_info(message->type);
	json_t *object = json_object();
	for (unsigned i = 0; i < info->field_count; i++) {
		const struct pd_field *field = &info->fields[i];
		json_object_set_new(object, field->name, of_field(field, body(message) + field->offset));
	}
	if (info->role == PD_EVENT || info->role == PD_PUSH)
		json_object_set_new(object, "what", json_string(info->name));
	if (info->role == PD_EVENT)
		json_object_set_new(object, "seq", json_integer((json_int_t)message->request));
	if (message->type == PD_MSG_refused) {
		const struct pd_refusal_info *refusal = pd_refusal_info(message->refused.code);
		json_object_set_new(object, "advice", json_string(refusal ? refusal->advice : ""));
	}
	return object;
}

/* A number as C's types can hold it; false: they cannot, and so the library cannot be given it. */
static bool number_of(const struct pd_field *field, const json_t *value, int64_t min, uint64_t max, uint64_t *number)
{
	const char *set = words_of(field);
	if (set && json_is_string(value)) {
		*number = pd_word_code(set, json_string_value(value));
		return *number != 0;
	}
	json_int_t given = json_integer_value(value);
	*number = (uint64_t)given;
	return json_is_integer(value) && given >= min && (given < 0 || (uint64_t)given <= max);
}

static bool to_field(const struct pd_field *field, const json_t *value, void *at)
{
	uint64_t number = 0;
	bool fits = false;
	switch (field->kind) {
	case PD_U8:
		fits = number_of(field, value, 0, UINT8_MAX, &number);
		*(uint8_t *)at = (uint8_t)number;
		return fits;
	case PD_U16:
		fits = number_of(field, value, 0, UINT16_MAX, &number);
		*(uint16_t *)at = (uint16_t)number;
		return fits;
	case PD_U32:
		fits = number_of(field, value, 0, UINT32_MAX, &number);
		*(uint32_t *)at = (uint32_t)number;
		return fits;
	case PD_U64: return number_of(field, value, 0, INT64_MAX, at);
	case PD_I32:
		fits = number_of(field, value, INT32_MIN, INT32_MAX, &number);
		*(int32_t *)at = (int32_t)number;
		return fits;
	case PD_BOOL: *(bool *)at = json_is_true(value); return json_is_boolean(value);
	case PD_ID: return json_is_string(value) && pd_id_parse(json_string_value(value), at) == PD_OK;
	case PD_TEXT:
		*(struct pd_slice *)at =
			(struct pd_slice){json_string_value(value), (uint32_t)json_string_length(value)};
		return json_is_string(value);
	case PD_BIN:
	case PD_U64S: break;
	}
	return false;
}

static const struct pd_field *field_named(const struct pd_message_info *info, const char *name)
{
	for (unsigned i = 0; i < info->field_count; i++)
		if (strcmp(info->fields[i].name, name) == 0)
			return &info->fields[i];
	return NULL;
}

bool values_to_message(struct pd_message *message, const json_t *with, char *why, size_t bytes)
{
	const struct pd_message_info *info = pd_message_info(message->type);
	for (void *at = values_first(with); at; at = values_after(with, at)) {
		const char *name = json_object_iter_key(at);
		const struct pd_field *field = field_named(info, name);
		if (field && to_field(field, json_object_iter_value(at), body(message) + field->offset))
			continue;
		snprintf(why, bytes, field ? "%s.%s cannot have this value in C" : "%s has no field %s", info->name,
			 name);
		return false;
	}
	return true;
}

/* ---- making ---- */

static json_t *repeated(const json_t *pair)
{
	const json_t *text = json_array_get(pair, 0);
	size_t bytes = json_string_length(text), times = (size_t)json_integer_value(json_array_get(pair, 1));
	char *all = malloc(bytes * times + 1);
	if (!all)
		values_die("no memory");
	for (size_t i = 0; i < times; i++)
		memcpy(all + i * bytes, json_string_value(text), bytes);
	json_t *made = json_stringn(all, bytes * times);
	free(all);
	return made;
}

static json_t *variable(const json_t *variables, const char *name)
{
	json_t *value = json_object_get(variables, name);
	if (!value)
		values_die("a variable has no value yet");
	return json_incref(value);
}

json_t *values_make(const json_t *variables, const json_t *value)
{
	const json_t *pair = json_object_get(value, "$repeat");
	json_t *made;
	if (json_is_string(value) && json_string_value(value)[0] == '$')
		return variable(variables, json_string_value(value));
	if (pair)
		return repeated(pair);
	if (json_is_object(value)) {
		made = json_object();
		for (void *at = values_first(value); at; at = values_after(value, at))
			json_object_set_new(made, json_object_iter_key(at),
					    values_make(variables, json_object_iter_value(at)));
		return made;
	}
	if (json_is_array(value)) {
		made = json_array();
		for (size_t i = 0; i < json_array_size(value); i++)
			json_array_append_new(made, values_make(variables, json_array_get(value, i)));
		return made;
	}
	return json_deep_copy(value);
}

/* ---- patterns ---- */

/* Where the comparison stands, and where to say what is wrong. */
struct place {
	json_t *variables;
	char *why;
	size_t bytes;
	const struct place *above;
	const char *name; /* of the member here; null: see index */
	size_t index;
};

static size_t path(const struct place *place, char *text, size_t bytes)
{
	if (!place->above)
		return 0;
	size_t at = path(place->above, text, bytes);
	int wrote = place->name ? snprintf(text + at, bytes - at, "%s%s", at ? "." : "", place->name)
				: snprintf(text + at, bytes - at, "[%zu]", place->index);
	return at + (size_t)wrote < bytes ? at + (size_t)wrote : bytes - 1;
}

static bool differs(const struct place *place, const json_t *got, const json_t *wanted)
{
	char where[200] = "the result";
	path(place, where, sizeof where);
	char *wanted_text = json_dumps(wanted, JSON_ENCODE_ANY), *got_text = json_dumps(got, JSON_ENCODE_ANY);
	snprintf(place->why, place->bytes, "%s: expected %.300s, got %.500s", where, wanted_text ? wanted_text : "?",
		 got_text ? got_text : "nothing");
	free(wanted_text);
	free(got_text);
	return false;
}

static bool is_empty(const json_t *value)
{
	if (json_is_string(value))
		return json_string_length(value) == 0;
	if (json_is_array(value))
		return json_array_size(value) == 0;
	return !value || json_is_null(value) || json_is_false(value) ||
	       (json_is_integer(value) && json_integer_value(value) == 0);
}

static bool like_operator(const struct place *place, const json_t *got, const json_t *pattern)
{
	const char *name = json_object_iter_key(values_first(pattern));
	json_t *operand = values_make(place->variables, json_object_iter_value(values_first(pattern)));
	bool like = false;
	if (strcmp(name, "$has") == 0) {
		like = json_is_string(got) && strstr(json_string_value(got), json_string_value(operand));
	} else if (strcmp(name, "$above") == 0) {
		like = json_is_integer(got) && json_integer_value(got) > json_integer_value(operand);
	} else if (strcmp(name, "$count") == 0) {
		like = json_is_array(got) && json_array_size(got) == (size_t)json_integer_value(operand);
	} else if (strcmp(name, "$repeat") == 0) {
		json_t *text = repeated(operand);
		like = json_equal(got, text);
		json_decref(text);
	} else {
		values_die("there is no such operator in a pattern");
	}
	json_decref(operand);
	return like || differs(place, got, pattern);
}

static bool like_variable(const struct place *place, const json_t *got, const json_t *pattern)
{
	const char *name = json_string_value(pattern);
	const json_t *value = json_object_get(place->variables, name);
	if (strcmp(name, "$_") == 0)
		return true;
	if (!value)
		return json_object_set(place->variables, name, (json_t *)got) == 0 || differs(place, got, pattern);
	return json_equal(value, got) || differs(place, got, value);
}

static bool like(const struct place *place, const json_t *got, const json_t *pattern);

static bool like_object(const struct place *above, const json_t *got, const json_t *pattern)
{
	struct place place = *above;
	place.above = above;
	if (!json_is_object(got))
		return differs(above, got, pattern);
	for (void *at = values_first(pattern); at; at = values_after(pattern, at)) {
		place.name = json_object_iter_key(at);
		if (!like(&place, json_object_get(got, place.name), json_object_iter_value(at)))
			return false;
	}
	return true;
}

static bool like_array(const struct place *above, const json_t *got, const json_t *pattern)
{
	struct place place = *above;
	place.above = above;
	place.name = NULL;
	if (!json_is_array(got) || json_array_size(got) != json_array_size(pattern))
		return differs(above, got, pattern);
	for (place.index = 0; place.index < json_array_size(pattern); place.index++)
		if (!like(&place, json_array_get(got, place.index), json_array_get(pattern, place.index)))
			return false;
	return true;
}

static bool like(const struct place *place, const json_t *got, const json_t *pattern)
{
	const char *key = json_object_iter_key(values_first(pattern));
	if (json_is_string(pattern) && json_string_value(pattern)[0] == '$')
		return like_variable(place, got, pattern);
	if (json_object_size(pattern) == 1 && key[0] == '$')
		return like_operator(place, got, pattern);
	if (json_is_object(pattern))
		return like_object(place, got, pattern);
	if (json_is_array(pattern) && !(is_empty(pattern) && is_empty(got)))
		return like_array(place, got, pattern);
	return json_equal(got, pattern) || (is_empty(got) && is_empty(pattern)) || differs(place, got, pattern);
}

bool values_like(json_t *variables, const json_t *got, const json_t *pattern, char *why, size_t bytes)
{
	struct place place = {.variables = variables, .why = why, .bytes = bytes};
	return like(&place, got, pattern);
}
