/* detail.h - what a refusal or fault says in particular: a row of details.def with its arguments, rendered only when
 * somebody is to read it, in their language.
 *
 *   PD_DETAIL(accepted_by, PD_NUMBER(7))  ->  "person 7 accepted it", "人员 7 已接单"
 *
 * The number of arguments is checked when it is compiled. Threads: pure functions.
 */
#ifndef PAIDAN_DETAIL_H
#define PAIDAN_DETAIL_H

#include "proto.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { PD_DETAIL_ARGS = 4, PD_DETAIL_BYTES = 200 };

enum pd_detail_name {
	PD_DETAIL_none = 0, /* nothing more is to be said: renders as the empty text */
#define DETAIL(name, arguments, english, chinese) PD_DETAIL_##name,
#include "details.def"
	PD_DETAIL_end
};

enum {
#define DETAIL(name, arguments, english, chinese) PD_DETAIL_ARGS_##name = (arguments),
#include "details.def"
};

enum pd_arg_kind {
	PD_ARG_NONE,
	PD_ARG_NUMBER,
	PD_ARG_SIGNED,
	PD_ARG_DEGREES,
	PD_ARG_TEXT,
	PD_ARG_ID,
	PD_ARG_STATES,
	PD_ARG_COMMAND,
	PD_ARG_EVENT
};

struct pd_detail_arg {
	enum pd_arg_kind kind;
	union {
		uint64_t number;
		int64_t negative;
		const char *text;
		struct pd_id id;
	};
};

struct pd_detail {
	enum pd_detail_name name; /* with PD_DETAIL_none the rest has no meaning */
	struct pd_detail_arg args[PD_DETAIL_ARGS];
};

#define PD_NUMBER(value)                                                                                               \
	{                                                                                                              \
		.kind = PD_ARG_NUMBER, .number = (value)                                                               \
	}
#define PD_SIGNED(value)                                                                                               \
	{                                                                                                              \
		.kind = PD_ARG_SIGNED, .negative = (value)                                                             \
	}
/* A coordinate in degrees * 10^7: "117.875". */
#define PD_DEGREES(value)                                                                                              \
	{                                                                                                              \
		.kind = PD_ARG_DEGREES, .negative = (value)                                                            \
	}
/* A name of the tables: the text is borrowed for as long as the detail lives. */
#define PD_NAME(value)                                                                                                 \
	{                                                                                                              \
		.kind = PD_ARG_TEXT, .text = (value)                                                                   \
	}
#define PD_ID_ARG(value)                                                                                               \
	{                                                                                                              \
		.kind = PD_ARG_ID, .id = (value)                                                                       \
	}
/* States, a bit 1 << state each: "waiting, accepted or completed". */
#define PD_STATES(bits)                                                                                                \
	{                                                                                                              \
		.kind = PD_ARG_STATES, .number = (bits)                                                                \
	}
/* What is done with an order: "accept", and what was done with it: "accepted"; 接单 for both. */
#define PD_COMMAND_ARG(type)                                                                                           \
	{                                                                                                              \
		.kind = PD_ARG_COMMAND, .number = (type)                                                               \
	}
#define PD_EVENT_ARG(type)                                                                                             \
	{                                                                                                              \
		.kind = PD_ARG_EVENT, .number = (type)                                                                 \
	}

#define PD_DETAIL_FITS(name, ...)                                                                                      \
	(0 * sizeof(char[sizeof((struct pd_detail_arg[]){__VA_ARGS__}) ==                                              \
					 PD_DETAIL_ARGS_##name * sizeof(struct pd_detail_arg)                          \
				 ? 1                                                                                   \
				 : -1]))
#define PD_DETAIL(name, ...)                                                                                           \
	((struct pd_detail){(enum pd_detail_name)(PD_DETAIL_##name + PD_DETAIL_FITS(name, __VA_ARGS__)), {__VA_ARGS__}})
#define PD_NO_DETAIL ((struct pd_detail){.name = PD_DETAIL_none})

/* Render in a language (enum pd_language; any other number: English). Returns text, which is valid UTF-8. */
char *pd_detail_text(const struct pd_detail *detail, unsigned language, char text[PD_DETAIL_BYTES]);
/* A refusal as a message to be sent, with its detail rendered into text. */
struct pd_message pd_refuse(enum pd_refusal refusal, const struct pd_detail *detail, unsigned language,
			    char text[PD_DETAIL_BYTES]);
/* The text with its {1} as it stands in details.def. */
const char *pd_detail_form(enum pd_detail_name name, unsigned language);
/* How many arguments it has. */
unsigned pd_detail_arguments(enum pd_detail_name name);

/* The word for a number in a language: ("post", 4) -> "leader" or 微网格长; as pd_word when there is none. */
const char *pd_word_in(unsigned language, const char *set, unsigned code);
/* What was done with an order, in a language: "accepted", 接单; "?" when the type is no move's. */
const char *pd_move_in(unsigned language, enum pd_type type);
/* What is to be done with it: "accept", 接单. */
const char *pd_command_in(unsigned language, enum pd_type type);

#ifdef __cplusplus
}
#endif

#endif
