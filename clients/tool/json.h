/* json.h - writing JSON (RFC 8259) to a file: values one after the other, commas and brackets set by themselves.
 *
 * Inside an object every value has a key; inside an array, and at the top, key is null. A value at the top is followed
 * by a newline. Threads: one.
 */
#ifndef PAIDAN_JSON_H
#define PAIDAN_JSON_H

#include <stdio.h>

#include "paidan.h"

enum { JSON_DEPTH_MAX = 16 };

struct json {
	FILE *out;
	unsigned depth;
	char closing[JSON_DEPTH_MAX]; /* of each open object or array */
	bool begun[JSON_DEPTH_MAX];   /* it has a value already */
	bool lines;                   /* the elements of an array at the top stand in lines of their own */
};

void json_init(struct json *json, FILE *out);
void json_object(struct json *json, const char *key);
void json_array(struct json *json, const char *key);
/* End the object or array that was opened last. */
void json_end(struct json *json);

void json_text(struct json *json, const char *key, struct pd_slice text);
void json_string(struct json *json, const char *key, const char *text);
void json_number(struct json *json, const char *key, uint64_t value);
void json_signed(struct json *json, const char *key, int64_t value);
/* With so many decimals. */
void json_real(struct json *json, const char *key, double value, int decimals);
void json_bool(struct json *json, const char *key, bool value);
void json_null(struct json *json, const char *key);
/* The empty text for one that is all zero, which stands for none. */
void json_id(struct json *json, const char *key, const struct pd_id *id);
void json_hex(struct json *json, const char *key, struct pd_slice bytes);

#endif
