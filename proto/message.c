/* message.c - the tables of proto.h, expanded from the .def files. */
#include "proto.h"

#include <stdio.h>
#include <string.h>

#include "intl.h"

#define MESSAGE(name, code, role, doc) static const struct pd_field fields_##name[] = {
#define FIELD(message, name, kind, need, min, max, unit, example, doc)                                                 \
	{#name, unit, example, doc, PD_##kind, PD_NEED_##need, offsetof(struct pd_##message, name), min, max},
#define END(name)                                                                                                      \
	{                                                                                                              \
		0                                                                                                      \
	}                                                                                                              \
	}                                                                                                              \
	;
#define PD_NEED_REQUIRED true
#define PD_NEED_OPTIONAL false
#include "messages.def"

#define MESSAGE(name, code, role, doc)                                                                                 \
	{PD_MSG_##name,                                                                                                \
	 PD_##role,                                                                                                    \
	 #name,                                                                                                        \
	 doc,                                                                                                          \
	 fields_##name,                                                                                                \
	 sizeof(struct pd_##name),                                                                                     \
	 sizeof fields_##name / sizeof fields_##name[0] - 1,                                                           \
	 0,                                                                                                            \
	 -1,                                                                                                           \
	 "",                                                                                                           \
	 "",                                                                                                           \
	 -1},
#define FIELD(message, name, kind, need, min, max, unit, example, doc)
#define END(name)
static struct pd_message_info messages[] = {
#include "messages.def"
};
enum { MESSAGES = sizeof messages / sizeof messages[0], TYPE_MAX = 255 };
#define MESSAGE(name, code, role, doc) _Static_assert((code) > 0 && (code) <= TYPE_MAX, "the code of " #name);
#define FIELD(message, name, kind, need, min, max, unit, example, doc)
#define END(name)
#include "messages.def"
static const struct pd_message_info *by_type[TYPE_MAX + 1];

static const struct {
	enum pd_type type;
	const char *rows, *last;
} answers[] = {
#define MESSAGE(name, code, role, doc)
#define FIELD(message, name, kind, need, min, max, unit, example, doc)
#define END(name)
#define ANSWERS(message, rows, last) {PD_MSG_##message, rows, last},
#include "messages.def"
};

/* The order commands and events share their beginning, on which pd_order_command and pd_order_event rely. */
#define SAME_START(a, b, field) _Static_assert(offsetof(struct a, field) == offsetof(struct b, field), #field)
SAME_START(pd_order_command, pd_accept, version);
SAME_START(pd_order_event, pd_submitted, order);
SAME_START(pd_order_event, pd_submitted, holder);
SAME_START(pd_order_event, pd_noted, due_ms);
/* Of any notice command or event the notice may be read as of these; of the latter time and actor as an order event's.
 */
SAME_START(pd_notify, pd_answer, notice);
SAME_START(pd_notify, pd_remind_missing, notice);
SAME_START(pd_notify, pd_end_notice, notice);
SAME_START(pd_notified, pd_answered, notice);
SAME_START(pd_notified, pd_missing_reminded, notice);
SAME_START(pd_notified, pd_notice_ended, notice);
SAME_START(pd_order_event, pd_notified, actor);
/* recorded begins as submitted does, up to the coordinate. */
SAME_START(pd_submitted, pd_recorded, requester);
SAME_START(pd_submitted, pd_recorded, urgency);
SAME_START(pd_submitted, pd_recorded, text);
SAME_START(pd_submitted, pd_recorded, lat_e7);
/* So do those of listings. */
SAME_START(pd_listing_command, pd_put_listing, listing);
SAME_START(pd_listing_command, pd_claim, listing);
SAME_START(pd_listing_command, pd_fulfil, listing);
SAME_START(pd_listing_command, pd_withdraw_listing, listing);
SAME_START(pd_listing_event, pd_listed, area);
SAME_START(pd_listing_event, pd_listed, listing);
SAME_START(pd_listing_event, pd_claimed, listing);
SAME_START(pd_listing_event, pd_fulfilled, listing);
SAME_START(pd_listing_event, pd_withdrawn, listing);

static bool is_said(const struct pd_field *field)
{
	return field->kind == PD_TEXT && (strcmp(field->name, "text") == 0 || strcmp(field->name, "reason") == 0 ||
					  strcmp(field->name, "result") == 0);
}

/* What follows from the rows is worked out once, before main. */
__attribute__((constructor)) static void index_messages(void)
{
	for (size_t i = 0; i < MESSAGES; i++) {
		struct pd_message_info *info = &messages[i];
		for (size_t a = 0; a < sizeof answers / sizeof answers[0]; a++) {
			if (answers[a].type != info->type)
				continue;
			info->rows = answers[a].rows;
			info->last = answers[a].last;
		}
		by_type[info->type] = info;
		for (unsigned f = 0; f < info->field_count; f++) {
			info->required_count += info->fields[f].required;
			if (info->role == PD_COMMAND && strcmp(info->fields[f].name, "actor") == 0)
				info->actor_offset = (int16_t)info->fields[f].offset;
			if ((info->role == PD_COMMAND || info->role == PD_EVENT) && info->said_offset < 0 &&
			    is_said(&info->fields[f]))
				info->said_offset = (int16_t)info->fields[f].offset;
		}
	}
}

const struct pd_message_info *pd_message_info(unsigned type)
{
	return type <= TYPE_MAX ? by_type[type] : NULL;
}

struct pd_slice pd_said(const struct pd_message *message)
{
	const struct pd_message_info *info = pd_message_info(message->type);
	struct pd_slice said = {"", 0};
	if (info && info->said_offset >= 0)
		memcpy(&said, (const char *)&message->ok + info->said_offset, sizeof said);
	return said;
}

const struct pd_message_info *pd_messages(size_t *count)
{
	*count = MESSAGES;
	return messages;
}

#define REFUSAL(code, name, sentence, advice) {PD_REFUSED_##name, #name, sentence, advice},
static const struct pd_refusal_info refusals[] = {
#include "errors.def"
};
enum { REFUSALS = sizeof refusals / sizeof refusals[0] };

const struct pd_refusal_info *pd_refusal_info(unsigned code)
{
	for (size_t i = 0; i < REFUSALS; i++)
		if (refusals[i].code == code)
			return &refusals[i];
	return NULL;
}

const struct pd_refusal_info *pd_refusals(size_t *count)
{
	*count = REFUSALS;
	return refusals;
}

const char *pd_strerror(unsigned code)
{
	const struct pd_refusal_info *info = pd_refusal_info(code);
	return info ? info->sentence : "Refused for a reason that this version does not know.";
}

#define S(state) (1u << PD_STATE_##state)
#define PD_STATE_SAME PD_STATE_none
/* Moves of the broker alone have no command. */
#define PD_MSG_close PD_MSG_none
#define PD_MSG_escalate PD_MSG_none
#define PD_MSG_remind PD_MSG_none
#define PD_MSG_reroute PD_MSG_none
#define PD_MSG_redate PD_MSG_none
#define PD_MSG_lapse PD_MSG_none
#define MOVE(command, event, zh, from, to, who, doc)                                                                   \
	{#command, #event, zh, who, doc, PD_MSG_##command, PD_MSG_##event, from, PD_STATE_##to},
static const struct pd_move moves[] = {
#include "states.def"
};
enum { MOVES = sizeof moves / sizeof moves[0] };
static const struct pd_move *move_by_type[TYPE_MAX + 1];

__attribute__((constructor)) static void index_moves(void)
{
	for (const struct pd_move *move = moves; move < moves + MOVES; move++) {
		if (move->command_type)
			move_by_type[move->command_type] = move;
		move_by_type[move->event_type] = move;
	}
}

const struct pd_move *pd_move_of(enum pd_type type)
{
	return (unsigned)type <= TYPE_MAX ? move_by_type[type] : NULL;
}

const struct pd_move *pd_moves(size_t *count)
{
	*count = MOVES;
	return moves;
}

static const struct pd_word words[] = {
#define ENUM(name, doc)
#define WORD(set, name, code, zh, doc) {#set, #name, zh, doc, code},
#define ENUM_END(name)
#include "enums.def"
#define STATE(name, code, zh, doc) {"state", #name, zh, doc, code},
#include "states.def"
};
enum { WORDS = sizeof words / sizeof words[0] };

const struct pd_word *pd_words(size_t *count)
{
	*count = WORDS;
	return words;
}

/* For words of a newer broker. */
static char digits[256][4];

__attribute__((constructor)) static void write_digits(void)
{
	for (unsigned i = 1; i < 256; i++)
		snprintf(digits[i], sizeof digits[i], "%u", i);
}

const char *pd_word(const char *set, unsigned code)
{
	for (size_t i = 0; i < WORDS; i++)
		if (words[i].code == code && strcmp(words[i].set, set) == 0)
			return words[i].name;
	return code > 0 && code < 256 ? digits[code] : "?";
}

unsigned pd_word_code(const char *set, const char *word)
{
	for (size_t i = 0; i < WORDS; i++)
		if (strcmp(words[i].set, set) == 0 &&
		    (strcmp(words[i].name, word) == 0 || strcmp(words[i].zh, word) == 0))
			return words[i].code;
	return 0;
}

const char *pd_err_text(enum pd_err err)
{
	switch (err) {
	case PD_OK: return N_("no error");
	case PD_ESYS: return N_("the system reported an error");
	case PD_EINVAL: return N_("an argument or input is wrong");
	case PD_ENOENT: return N_("it is not there");
	case PD_EEXIST: return N_("it is there already");
	case PD_ECORRUPT: return N_("stored data is damaged");
	case PD_EBUSY: return N_("somebody else holds it");
	case PD_EFULL: return N_("there is no room");
	case PD_ETIMEDOUT: return N_("the time ran out");
	case PD_EVERSION: return N_("it is of another version of paidan");
	}
	return N_("unknown error");
}
