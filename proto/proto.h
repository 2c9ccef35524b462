/* proto.h - the vocabulary of paidan in C: messages, refusals, states and words, all expanded from the .def tables.
 *
 * Everything here is made from messages.def, errors.def, states.def and enums.def; nothing is listed a second time.
 * Threads: all functions are pure and may be called from any thread.
 */
#ifndef PAIDAN_PROTO_H
#define PAIDAN_PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { PD_PROTOCOL = 1 };

/* A frame larger than this is not read, and ends its connection (ZMQ_MAXMSGSIZE). */
enum { PD_FRAME_BYTES_MAX = 64 * 1024 };

/* An operating error: 0 or negative, never ignored. */
enum pd_err {
	PD_OK = 0,
	PD_ESYS = -1,     /* the system failed us: errno says how */
	PD_EINVAL = -2,   /* an argument or input is wrong */
	PD_ENOENT = -3,   /* not there */
	PD_EEXIST = -4,   /* there already */
	PD_ECORRUPT = -5, /* stored data is damaged */
	PD_EBUSY = -6,    /* held by somebody else */
	PD_EFULL = -7,    /* no room */
	PD_ETIMEDOUT = -8,
	PD_EVERSION = -9, /* of another version of paidan */
};
#define PD_MUST_USE __attribute__((warn_unused_result))

const char *pd_err_text(enum pd_err err);

struct pd_id {
	uint8_t bytes[16];
};

/* Text is UTF-8 without a terminating zero. A slice borrows: a decoded one points into its frame and dies with it. */
struct pd_slice {
	const char *data;
	uint32_t bytes;
};

struct pd_u64s {
	const uint64_t *values;
	uint32_t count;
};

#define PD_CTYPE_U8 uint8_t
#define PD_CTYPE_U16 uint16_t
#define PD_CTYPE_U32 uint32_t
#define PD_CTYPE_U64 uint64_t
#define PD_CTYPE_I32 int32_t
#define PD_CTYPE_BOOL bool
#define PD_CTYPE_ID struct pd_id
#define PD_CTYPE_TEXT struct pd_slice
#define PD_CTYPE_BIN struct pd_slice
#define PD_CTYPE_U64S struct pd_u64s

enum pd_kind { PD_U8, PD_U16, PD_U32, PD_U64, PD_I32, PD_BOOL, PD_ID, PD_TEXT, PD_BIN, PD_U64S };
enum pd_role { PD_SESSION, PD_COMMAND, PD_QUERY, PD_REPLY, PD_PUSH, PD_EVENT };

/* PD_MSG_submit = 10, ... */
enum pd_type {
	PD_MSG_none = 0,
#define MESSAGE(name, code, role, doc) PD_MSG_##name = (code),
#define FIELD(message, name, kind, need, min, max, unit, example, doc)
#define END(name)
#include "messages.def"
};

/* struct pd_submit { struct pd_id order; ... } */
#define MESSAGE(name, code, role, doc) struct pd_##name {
#define FIELD(message, name, kind, need, min, max, unit, example, doc) PD_CTYPE_##kind name;
#define END(name)                                                                                                      \
	}                                                                                                              \
	;
#include "messages.def"

/* What every order command begins with, and what every order event does: the same fields at the same offsets. */
struct pd_order_command {
	struct pd_id order;
	uint32_t version;
};

struct pd_order_event {
	uint64_t time_ms;
	uint32_t actor;
	struct pd_id order;
	uint32_t version;
	uint32_t holder;
	uint32_t from;
	uint64_t due_ms;
};

/* What every command and every event about a listing begins with. */
struct pd_listing_command {
	struct pd_id listing;
};

struct pd_listing_event {
	uint64_t time_ms;
	uint32_t actor;
	uint32_t area;
	struct pd_id listing;
};

/* Any message. request is the request id, or an event's seq. */
struct pd_message {
	enum pd_type type;
	uint64_t request;
	union {
		struct pd_order_command order_command;
		struct pd_order_event order_event;
		struct pd_listing_command listing_command;
		struct pd_listing_event listing_event;
#define MESSAGE(name, code, role, doc) struct pd_##name name;
#define FIELD(message, name, kind, need, min, max, unit, example, doc)
#define END(name)
#include "messages.def"
	};
};

struct pd_field {
	const char *name, *unit, *example, *doc;
	enum pd_kind kind;
	bool required;
	uint16_t offset; /* in struct pd_NAME */
	int64_t min;     /* of numbers, characters, bytes or elements */
	uint64_t max;
};

struct pd_message_info {
	enum pd_type type;
	enum pd_role role;
	const char *name, *doc;
	const struct pd_field *fields;
	uint16_t body_bytes; /* sizeof (struct pd_NAME) */
	uint8_t field_count, required_count;
	int16_t actor_offset; /* of the field actor, in struct pd_NAME; -1 where there is none */
	const char *rows; /* names of what answers it before the last answer, with blanks between them; "": nothing */
	const char *last; /* of what may be the last answer, but for refused, which always may; "": it has no answers */
	int16_t said_offset; /* of the field text, reason or result of a command or event; -1 */
};

/* Null when there is no such type. */
const struct pd_message_info *pd_message_info(unsigned type);
/* All messages, in the order of messages.def; *count gets their number. */
const struct pd_message_info *pd_messages(size_t *count);

/* What a move, or its event, says in free words: its text, reason or result; empty where it has none. */
struct pd_slice pd_said(const struct pd_message *message);

/* The codes up to the registry's are those of orders: 10 to 29 of commands, 200 to 229 of events. */
static inline bool pd_is_order_event(enum pd_type type)
{
	return type >= PD_MSG_submitted && type < PD_MSG_area_set;
}

static inline bool pd_is_order_command(enum pd_type type)
{
	return type >= PD_MSG_submit && type < PD_MSG_put_area;
}

/* Notices, roll-calls and visits: the commands 42 to 45, whose first field is the notice, and the events 240 to 243, in
 * which it stands behind time and actor. */
static inline bool pd_is_notice_command(enum pd_type type)
{
	return type >= PD_MSG_notify && type <= PD_MSG_end_notice;
}

static inline bool pd_is_notice_event(enum pd_type type)
{
	return type >= PD_MSG_notified && type <= PD_MSG_notice_ended;
}

/* Whether an order begins with this event. */
static inline bool pd_is_first_event(enum pd_type type)
{
	return type == PD_MSG_submitted || type == PD_MSG_recorded;
}

/* A command that moves an order which is there. */
static inline bool pd_is_move(enum pd_type type)
{
	return type >= PD_MSG_accept && type < PD_MSG_put_area && type != PD_MSG_record;
}

/* About what is offered and needed. */
static inline bool pd_is_listing_command(enum pd_type type)
{
	return type >= PD_MSG_put_listing && type <= PD_MSG_withdraw_listing;
}

static inline bool pd_is_listing_event(enum pd_type type)
{
	return type >= PD_MSG_listed && type <= PD_MSG_withdrawn;
}

/* PD_REFUSED_stale = 43, ... */
enum pd_refusal {
	PD_REFUSED_none = 0,
#define REFUSAL(code, name, sentence, advice) PD_REFUSED_##name = (code),
#include "errors.def"
};

struct pd_refusal_info {
	enum pd_refusal code;
	const char *name, *sentence, *advice;
};

/* Null when there is no such code. */
const struct pd_refusal_info *pd_refusal_info(unsigned code);
const struct pd_refusal_info *pd_refusals(size_t *count);
/* The sentence for a refusal's code; never null. */
const char *pd_strerror(unsigned code);

/* PD_STATE_waiting = 1, ... */
enum pd_state {
	PD_STATE_none = 0,
#define STATE(name, code, zh, doc) PD_STATE_##name = (code),
#include "states.def"
	PD_STATE_count
};

struct pd_move {
	const char *command, *event, *zh, *who, *doc; /* zh: of both, in Chinese */
	enum pd_type command_type, event_type;
	unsigned from;    /* bit 1 << state for each state it is allowed in */
	enum pd_state to; /* PD_STATE_none: the state stays */
};

/* The move behind a command or an event; null when it is none. */
const struct pd_move *pd_move_of(enum pd_type type);
const struct pd_move *pd_moves(size_t *count);

/* PD_level_microgrid = 5, PD_post_leader = 4, ... */
#define ENUM(name, doc)                                                                                                \
	enum pd_##name                                                                                                 \
	{
#define WORD(set, name, code, zh, doc) PD_##set##_##name = (code),
#define ENUM_END(name)                                                                                                 \
	PD_##name##_end                                                                                                \
	}                                                                                                              \
	;
#include "enums.def"

struct pd_word {
	const char *set, *name, *zh, *doc;
	unsigned code;
};

/* All words of enums.def and the states (set "state"). */
const struct pd_word *pd_words(size_t *count);
/* The word for a number, e.g. ("post", 4) -> "leader"; its digits when it is not known here, up to 255; "?" for 0. */
const char *pd_word(const char *set, unsigned code);
/* The number for a word, in English or Chinese; 0 when there is none. */
unsigned pd_word_code(const char *set, const char *word);

static inline struct pd_slice pd_text(const char *text)
{
	struct pd_slice slice = {text, (uint32_t)__builtin_strlen(text)};
	return slice;
}

#ifdef __cplusplus
}
#endif

#endif
