#include "detail.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "id.h"

static const struct {
	const char *english, *chinese;
	unsigned arguments;
} forms[PD_DETAIL_end] = {
	[PD_DETAIL_none] = {"", "", 0},
#define DETAIL(name, arguments, english, chinese) [PD_DETAIL_##name] = {english, chinese, arguments},
#include "details.def"
};

const char *pd_detail_form(enum pd_detail_name name, unsigned language)
{
	assert(name < PD_DETAIL_end);
	return language == PD_language_chinese ? forms[name].chinese : forms[name].english;
}

unsigned pd_detail_arguments(enum pd_detail_name name)
{
	assert(name < PD_DETAIL_end);
	return forms[name].arguments;
}

const char *pd_word_in(unsigned language, const char *set, unsigned code)
{
	size_t count;
	const struct pd_word *words = pd_words(&count);
	for (size_t i = 0; i < count && language == PD_language_chinese; i++)
		if (words[i].code == code && strcmp(words[i].set, set) == 0)
			return words[i].zh;
	return pd_word(set, code);
}

const char *pd_move_in(unsigned language, enum pd_type type)
{
	const struct pd_move *move = pd_move_of(type);
	if (!move)
		return "?";
	return language == PD_language_chinese ? move->zh : move->event;
}

const char *pd_command_in(unsigned language, enum pd_type type)
{
	const struct pd_move *move = pd_move_of(type);
	if (!move)
		return "?";
	return language == PD_language_chinese ? move->zh : move->command;
}

/* ---- rendering ---- */

struct rendering {
	char *text;
	size_t used;
	unsigned language;
	bool cut; /* what does not fit is left out whole, so that no character is cut in two */
};

static void put(struct rendering *to, const char *bytes, size_t count)
{
	if (to->cut || to->used + count >= PD_DETAIL_BYTES) {
		to->cut = true;
		return;
	}
	memcpy(to->text + to->used, bytes, count);
	to->used += count;
}

static void put_text(struct rendering *to, const char *text)
{
	put(to, text, strlen(text));
}

static void put_states(struct rendering *to, unsigned left)
{
	bool chinese = to->language == PD_language_chinese, first = true;
	for (unsigned state = 1; state < PD_STATE_count; state++) {
		if (!(left & 1u << state))
			continue;
		left &= ~(1u << state);
		if (!first && chinese)
			put_text(to, left ? "、" : "或");
		else if (!first)
			put_text(to, left ? ", " : " or ");
		put_text(to, pd_word_in(to->language, "state", state));
		first = false;
	}
}

static void put_degrees(struct rendering *to, int64_t e7)
{
	enum { WHOLE = 10000000 };
	char text[48];
	int64_t size = e7 < 0 ? -e7 : e7;
	size_t length = (size_t)snprintf(text, sizeof text, "%s%" PRId64 ".%07" PRId64, e7 < 0 ? "-" : "", size / WHOLE,
					 size % WHOLE);
	while (text[length - 1] == '0')
		length--;
	put(to, text, text[length - 1] == '.' ? length - 1 : length);
}

static void put_argument(struct rendering *to, const struct pd_detail_arg *arg)
{
	char text[PD_ID_TEXT_BYTES];
	switch (arg->kind) {
	case PD_ARG_NUMBER:
		snprintf(text, sizeof text, "%" PRIu64, arg->number);
		put_text(to, text);
		break;
	case PD_ARG_SIGNED:
		snprintf(text, sizeof text, "%" PRId64, arg->negative);
		put_text(to, text);
		break;
	case PD_ARG_DEGREES: put_degrees(to, arg->negative); break;
	case PD_ARG_TEXT: put_text(to, arg->text); break;
	case PD_ARG_ID: put_text(to, pd_id_print(&arg->id, text)); break;
	case PD_ARG_STATES: put_states(to, (unsigned)arg->number); break;
	case PD_ARG_COMMAND: put_text(to, pd_command_in(to->language, (enum pd_type)arg->number)); break;
	case PD_ARG_EVENT: put_text(to, pd_move_in(to->language, (enum pd_type)arg->number)); break;
	case PD_ARG_NONE: break;
	}
}

char *pd_detail_text(const struct pd_detail *detail, unsigned language, char text[static PD_DETAIL_BYTES])
{
	struct rendering to = {.text = text, .language = language};
	const char *form = pd_detail_form(detail->name, language);
	while (*form) {
		size_t plain = strcspn(form, "{");
		put(&to, form, plain);
		form += plain;
		if (*form) { /* {1} */
			put_argument(&to, &detail->args[form[1] - '1']);
			form += 3;
		}
	}
	text[to.used] = 0;
	return text;
}

struct pd_message pd_refuse(enum pd_refusal refusal, const struct pd_detail *detail, unsigned language,
			    char text[static PD_DETAIL_BYTES])
{
	const struct pd_refusal_info *info = pd_refusal_info(refusal);
	struct pd_message message = {.type = PD_MSG_refused};
	message.refused = (struct pd_refused){.code = (uint16_t)refusal,
					      .name = pd_text(info->name),
					      .sentence = pd_text(info->sentence),
					      .detail = pd_text(pd_detail_text(detail, language, text))};
	return message;
}
