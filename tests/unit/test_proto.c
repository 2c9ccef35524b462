/* test_proto.c - the tables hold together; ids, words, buffers, examples. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "buffer.h"
#include "codec.h"
#include "example.h"
#include "id.h"

#define expect(condition, ...)                                                                                         \
	do {                                                                                                           \
		if (!(condition))                                                                                      \
			fail_msg(__VA_ARGS__);                                                                         \
	} while (0)

static void for_each_message(void (*check)(const struct pd_message_info *info))
{
	size_t count;
	const struct pd_message_info *messages = pd_messages(&count);
	for (size_t i = 0; i < count; i++)
		check(&messages[i]);
}

static void for_each_field(void (*check)(const struct pd_message_info *info, const struct pd_field *field))
{
	size_t count;
	const struct pd_message_info *messages = pd_messages(&count);
	for (size_t i = 0; i < count; i++)
		for (unsigned f = 0; f < messages[i].field_count; f++)
			check(&messages[i], &messages[i].fields[f]);
}

static bool is_sentence(const char *text)
{
	size_t bytes = strlen(text);
	return bytes > 3 && text[0] >= 'A' && text[0] <= 'Z' && text[bytes - 1] == '.';
}

/* ---- messages ---- */

static void codes_and_names_are_unique(void **state)
{
	(void)state;
	size_t count;
	const struct pd_message_info *m = pd_messages(&count);
	for (size_t i = 0; i < count; i++) {
		expect(pd_message_info(m[i].type) == &m[i], "%s: pd_message_info(%u) is another message", m[i].name,
		       m[i].type);
		for (size_t k = 0; k < i; k++) {
			expect(m[i].type != m[k].type, "%s and %s have the code %u", m[i].name, m[k].name, m[i].type);
			expect(strcmp(m[i].name, m[k].name) != 0, "two messages are called %s", m[i].name);
		}
	}
	assert_null(pd_message_info(0));
	assert_null(pd_message_info(99));
	assert_null(pd_message_info(256));
	assert_null(pd_message_info(UINT32_MAX));
}

static void check_role(const struct pd_message_info *info)
{
	/* Each role has its codes, and further ones for when they run out. */
	static const struct {
		unsigned from, to, also_from, also_to;
	} codes[] = {[PD_SESSION] = {1, 9, 0, 0},       [PD_COMMAND] = {10, 49, 80, 99}, [PD_QUERY] = {50, 79, 0, 0},
		     [PD_REPLY] = {100, 119, 130, 149}, [PD_PUSH] = {120, 129, 0, 0},    [PD_EVENT] = {200, 255, 0, 0}};
	unsigned from = codes[info->role].from, to = codes[info->role].to;
	unsigned also_from = codes[info->role].also_from, also_to = codes[info->role].also_to;
	expect((info->type >= from && info->type <= to) || (info->type >= also_from && info->type <= also_to),
	       "%s: code %u, those of its role are %u to %u and %u to %u", info->name, info->type, from, to, also_from,
	       also_to);
	expect(is_sentence(info->doc), "%s: its doc is not a sentence: %s", info->name, info->doc);
}

static void roles_have_their_codes_and_docs(void **state)
{
	(void)state;
	for_each_message(check_role);
}

static void check_names(const struct pd_message_info *info)
{
	unsigned required = 0;
	for (unsigned f = 0; f < info->field_count; f++) {
		const struct pd_field *field = &info->fields[f];
		for (unsigned k = 0; k < f; k++)
			expect(strcmp(field->name, info->fields[k].name) != 0, "%s has two fields %s", info->name,
			       field->name);
		expect(!field->required || required == f, "%s.%s is required, and stands behind an optional field",
		       info->name, field->name);
		required += field->required;
	}
	expect(info->required_count == required, "%s: required_count is %u, %u are required", info->name,
	       info->required_count, required);
}

static void required_fields_come_first(void **state)
{
	(void)state;
	for_each_message(check_names);
}

static void check_limits(const struct pd_message_info *info, const struct pd_field *field)
{
	static const uint64_t most[] = {
		[PD_U8] = UINT8_MAX,           [PD_U16] = UINT16_MAX, [PD_U32] = UINT32_MAX, [PD_U64] = UINT64_MAX,
		[PD_I32] = INT32_MAX,          [PD_BOOL] = 1,         [PD_ID] = 0,           [PD_TEXT] = 16000,
		[PD_BIN] = PD_FRAME_BYTES_MAX, [PD_U64S] = 512};
	expect(field->max <= most[field->kind], "%s.%s: max %llu does not fit its kind", info->name, field->name,
	       (unsigned long long)field->max);
	expect(field->min >= (field->kind == PD_I32 ? INT32_MIN : 0), "%s.%s: min %lld does not fit its kind",
	       info->name, field->name, (long long)field->min);
	expect(field->min <= 0 || (uint64_t)field->min <= field->max, "%s.%s: min is above max", info->name,
	       field->name);
	expect(field->required || field->min <= 0,
	       "%s.%s is optional, but zero, what it is when left out, is not allowed", info->name, field->name);
	expect(strlen(field->doc) > 2, "%s.%s has no doc", info->name, field->name);
}

static void limits_fit_their_kinds(void **state)
{
	(void)state;
	for_each_field(check_limits);
}

static unsigned greatest_code(const char *set)
{
	size_t count;
	unsigned greatest = 0;
	const struct pd_word *words = pd_words(&count);
	for (size_t i = 0; i < count; i++)
		if (strcmp(words[i].set, set) == 0 && words[i].code > greatest)
			greatest = words[i].code;
	return greatest;
}

static void check_unit(const struct pd_message_info *info, const struct pd_field *field)
{
	if (strncmp(field->unit, "enum ", 5) != 0 || strcmp(field->unit, "enum error") == 0)
		return;
	unsigned greatest = greatest_code(field->unit + 5);
	expect(greatest > 0, "%s.%s: there is no %s", info->name, field->name, field->unit);
	expect(field->max == greatest, "%s.%s: max is %llu, the greatest code of %s is %u", info->name, field->name,
	       (unsigned long long)field->max, field->unit, greatest);
}

static void units_of_enums_exist(void **state)
{
	(void)state;
	for_each_field(check_unit);
}

static void check_unit_suffix(const struct pd_message_info *info, const struct pd_field *field)
{
	size_t bytes = strlen(field->name);
	bool ms = bytes > 3 && strcmp(field->name + bytes - 3, "_ms") == 0;
	expect(ms == (strncmp(field->unit, "ms", 2) == 0), "%s.%s has the unit \"%s\"", info->name, field->name,
	       field->unit);
}

static void names_of_times_say_so(void **state)
{
	(void)state;
	for_each_field(check_unit_suffix);
}

static void expect_field(const struct pd_message_info *info, unsigned f, const char *name, enum pd_kind kind,
			 size_t offset)
{
	expect(f < info->field_count && strcmp(info->fields[f].name, name) == 0, "%s: field %u is not %s", info->name,
	       f, name);
	expect(info->fields[f].kind == kind && info->fields[f].offset == offset, "%s.%s: kind or offset differ",
	       info->name, name);
	expect(info->fields[f].required, "%s.%s is optional", info->name, name);
}

static void check_head(const struct pd_message_info *info)
{
	if (pd_is_move(info->type) || info->type == PD_MSG_submit)
		expect_field(info, 0, "order", PD_ID, offsetof(struct pd_order_command, order));
	if (pd_is_move(info->type))
		expect_field(info, 1, "version", PD_U32, offsetof(struct pd_order_command, version));
	if (info->role == PD_EVENT && info->type != PD_MSG_published) {
		expect_field(info, 0, "time_ms", PD_U64, offsetof(struct pd_order_event, time_ms));
		expect_field(info, 1, "actor", PD_U32, offsetof(struct pd_order_event, actor));
	}
	if (pd_is_order_event(info->type)) {
		expect_field(info, 2, "order", PD_ID, offsetof(struct pd_order_event, order));
		expect_field(info, 3, "version", PD_U32, offsetof(struct pd_order_event, version));
		expect_field(info, 4, "holder", PD_U32, offsetof(struct pd_order_event, holder));
		expect_field(info, 5, "from", PD_U32, offsetof(struct pd_order_event, from));
		expect_field(info, 6, "due_ms", PD_U64, offsetof(struct pd_order_event, due_ms));
	}
}

static void check_replies(const struct pd_message_info *asked, const char *names)
{
	for (size_t bytes; (bytes = strcspn(names, " ")) > 0; names += bytes + (names[bytes] == ' ')) {
		size_t count;
		const struct pd_message_info *info = pd_messages(&count), *found = NULL;
		for (size_t i = 0; i < count; i++)
			if (strlen(info[i].name) == bytes && memcmp(info[i].name, names, bytes) == 0)
				found = &info[i];
		if (!found || found->role != PD_REPLY)
			fail_msg("%s: \"%s\" does not begin with the name of a reply", asked->name, names);
	}
}

/* What a client sends has a last answer, and what answers it are replies; nothing else is answered. */
static void check_answers(const struct pd_message_info *info)
{
	assert_true((info->role <= PD_QUERY) == (*info->last != 0));
	assert_true(*info->last || !*info->rows);
	check_replies(info, info->rows);
	check_replies(info, info->last);
}

static void answers_are_replies(void **state)
{
	(void)state;
	for_each_message(check_answers);
}

static void heads_are_the_same(void **state)
{
	(void)state;
	for_each_message(check_head);
}

static void what_is_said_is_found(void **state)
{
	(void)state;
	struct pd_message message = {.type = PD_MSG_submit};
	message.submit.text = pd_text("灯不亮");
	message.submit.place = pd_text("三号楼");
	assert_ptr_equal(pd_said(&message).data, message.submit.text.data);
	message = (struct pd_message){.type = PD_MSG_transferred};
	message.transferred.reason = pd_text("x");
	assert_ptr_equal(pd_said(&message).data, message.transferred.reason.data);
	message = (struct pd_message){.type = PD_MSG_complete};
	message.complete.result = pd_text("y");
	assert_ptr_equal(pd_said(&message).data, message.complete.result.data);
	message = (struct pd_message){.type = PD_MSG_accepted};
	assert_int_equal(pd_said(&message).bytes, 0);
	message = (struct pd_message){.type = PD_MSG_area_set};
	message.area_set.name = pd_text("a name is nothing said");
	assert_int_equal(pd_said(&message).bytes, 0);
}

static void check_actor(const struct pd_message_info *info)
{
	int16_t found = -1;
	for (unsigned f = 0; f < info->field_count; f++)
		if (info->role == PD_COMMAND && strcmp(info->fields[f].name, "actor") == 0)
			found = (int16_t)info->fields[f].offset;
	expect(info->actor_offset == found, "%s: actor_offset is %d, should be %d", info->name, info->actor_offset,
	       found);
	expect(info->role != PD_COMMAND || info->type == PD_MSG_import_begin || found >= 0, "%s has no actor",
	       info->name);
}

static void commands_name_their_actor(void **state)
{
	(void)state;
	for_each_message(check_actor);
}

static void check_example(const struct pd_message_info *info)
{
	struct pd_example example;
	struct pd_fault fault;
	pd_example_init(&example, info->type);
	expect(pd_validate(&example.message, &fault) == PD_OK, "the example of %s: %s", info->name, fault.detail);
	pd_example_fini(&example);
}

static void examples_keep_to_the_limits(void **state)
{
	(void)state;
	for_each_message(check_example);
}

static void examples_can_be_changed(void **state)
{
	(void)state;
	struct pd_example example;
	pd_example_init(&example, PD_MSG_stats);
	assert_int_equal(pd_example_set(&example, "waiting", "18446744073709551615"), PD_OK);
	assert_true(example.message.stats.waiting == UINT64_MAX);
	assert_int_equal(pd_example_set(&example, "waiting", "18446744073709551616"), PD_EINVAL);
	assert_int_equal(pd_example_set(&example, "waiting", "1x"), PD_EINVAL);
	assert_int_equal(pd_example_set(&example, "waiting", ""), PD_EINVAL);
	assert_int_equal(pd_example_set(&example, "workers", "4294967296"), PD_EINVAL);
	assert_int_equal(pd_example_set(&example, "accept_ms", "[1, 2,3]"), PD_OK);
	assert_int_equal(example.message.stats.accept_ms.count, 3);
	assert_int_equal(example.message.stats.accept_ms.values[2], 3);
	assert_int_equal(pd_example_set(&example, "accept_ms", "[1, 2"), PD_EINVAL);
	assert_int_equal(pd_example_set(&example, "nothing", "1"), PD_ENOENT);
	pd_example_fini(&example);
	pd_example_init(&example, PD_MSG_put_household);
	assert_int_equal(pd_example_set(&example, "lon_e7", "-1800000000"), PD_OK);
	assert_int_equal(example.message.put_household.lon_e7, -1800000000);
	assert_int_equal(pd_example_set(&example, "lon_e7", "-1800000001"), PD_EINVAL);
	assert_int_equal(pd_example_set(&example, "lon_e7", "99999999999"), PD_EINVAL);
	assert_int_equal(pd_example_set(&example, "retired", "true"), PD_OK);
	assert_true(example.message.put_household.retired);
	assert_int_equal(pd_example_set(&example, "retired", "yes"), PD_EINVAL);
	pd_example_fini(&example);
	pd_example_init(&example, PD_MSG_digest);
	assert_int_equal(pd_example_set(&example, "hash", "00ff"), PD_EINVAL); /* two bytes, not 32 */
	assert_int_equal(pd_example_set(&example, "hash", "0"), PD_EINVAL);
	assert_int_equal(pd_example_set(&example, "hash", "zz"), PD_EINVAL);
	pd_example_fini(&example);
	pd_example_init(&example, PD_MSG_past);
	assert_int_equal(pd_example_set(&example, "event", "noted"), PD_OK);
	assert_int_equal(pd_example_set(&example, "event", "no such message"), PD_EINVAL);
	pd_example_fini(&example);
}

static void examples_have_their_ids(void **state)
{
	(void)state;
	static const struct {
		enum pd_type type;
		uint64_t request;
	} rows[] = {{PD_MSG_accept, 7},       {PD_MSG_ok, 7},          {PD_MSG_push, 0},
		    {PD_MSG_submitted, 4711}, {PD_MSG_accepted, 4712}, {PD_MSG_area_set, 4711}};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct pd_example example;
		pd_example_init(&example, rows[i].type);
		assert_int_equal(example.message.request, rows[i].request);
		pd_example_fini(&example);
	}
}

/* ---- moves ---- */

static void moves_name_commands_events_and_states(void **state)
{
	(void)state;
	size_t count;
	const struct pd_move *moves = pd_moves(&count);
	for (size_t i = 0; i < count; i++) {
		const struct pd_message_info *event = pd_message_info(moves[i].event_type);
		expect(event && strcmp(event->name, moves[i].event) == 0, "%s: there is no event %s", moves[i].command,
		       moves[i].event);
		expect(pd_is_order_event(moves[i].event_type), "%s is not an order's event", moves[i].event);
		expect(pd_move_of(moves[i].event_type) == &moves[i], "pd_move_of(%s) is another move", moves[i].event);
		expect((moves[i].from >> PD_STATE_count) == 0 && !(moves[i].from & 1),
		       "%s: from has a bit that is no state", moves[i].command);
		expect(moves[i].to < PD_STATE_count, "%s leads nowhere", moves[i].command);
		expect(*moves[i].doc && *moves[i].who, "%s has no doc", moves[i].command);
		bool by_broker = strcmp(moves[i].command, "close") == 0 || strcmp(moves[i].command, "escalate") == 0 ||
				 strcmp(moves[i].command, "remind") == 0 || strcmp(moves[i].command, "reroute") == 0 ||
				 strcmp(moves[i].command, "redate") == 0 || strcmp(moves[i].command, "lapse") == 0;
		if (by_broker) {
			assert_int_equal(moves[i].command_type, PD_MSG_none); /* the broker's own */
			continue;
		}
		const struct pd_message_info *command = pd_message_info(moves[i].command_type);
		expect(command && command->role == PD_COMMAND && strcmp(command->name, moves[i].command) == 0,
		       "there is no command %s", moves[i].command);
		expect(pd_move_of(moves[i].command_type) == &moves[i], "pd_move_of(%s) is another move",
		       moves[i].command);
	}
}

static void check_move(const struct pd_message_info *info)
{
	bool moves = pd_is_order_event(info->type) || pd_is_move(info->type) || info->type == PD_MSG_submit ||
		     info->type == PD_MSG_record;
	expect(moves == (pd_move_of(info->type) != NULL), "%s: pd_move_of says otherwise", info->name);
}

static void only_moves_are_moves(void **state)
{
	(void)state;
	for_each_message(check_move);
	assert_null(pd_move_of(PD_MSG_none));
	assert_null(pd_move_of((enum pd_type)1000));
}

/* DESIGN, the life of an order: what must not be allowed. */
static void ended_orders_stay_ended(void **state)
{
	(void)state;
	size_t count;
	const struct pd_move *moves = pd_moves(&count);
	for (size_t i = 0; i < count; i++) {
		bool agrees = moves[i].command_type == PD_MSG_endorse && moves[i].to == PD_STATE_none;
		expect(!(moves[i].from & (1u << PD_STATE_cancelled | 1u << PD_STATE_merged)),
		       "%s: a cancelled or merged order moves", moves[i].command);
		expect(!(moves[i].from & 1u << PD_STATE_closed) || agrees || moves[i].command_type == PD_MSG_reopen,
		       "%s: a closed order moves", moves[i].command);
	}
}

/* ---- refusals, words, errors ---- */

static void refusals_are_unique_and_say_what_to_do(void **state)
{
	(void)state;
	size_t count;
	const struct pd_refusal_info *r = pd_refusals(&count);
	for (size_t i = 0; i < count; i++) {
		expect(r[i].code > 0 && r[i].code <= 999, "%s: code %u", r[i].name, r[i].code);
		expect(i == 0 || r[i].code > r[i - 1].code, "%s: codes rise", r[i].name);
		for (size_t k = 0; k < i; k++)
			expect(strcmp(r[i].name, r[k].name) != 0, "two refusals are called %s", r[i].name);
		expect(is_sentence(r[i].sentence), "%s: not a sentence: %s", r[i].name, r[i].sentence);
		expect(is_sentence(r[i].advice), "%s: not a sentence: %s", r[i].name, r[i].advice);
		expect(pd_refusal_info(r[i].code) == &r[i], "pd_refusal_info(%u) is another", r[i].code);
		assert_string_equal(pd_strerror(r[i].code), r[i].sentence);
	}
	assert_null(pd_refusal_info(0));
	assert_null(pd_refusal_info(999));
	assert_true(is_sentence(pd_strerror(999)));
}

static void words_are_unique_and_found(void **state)
{
	(void)state;
	size_t count;
	const struct pd_word *w = pd_words(&count);
	for (size_t i = 0; i < count; i++) {
		expect(*w[i].zh && *w[i].doc, "%s %s lacks its Chinese or its doc", w[i].set, w[i].name);
		for (size_t k = 0; k < i; k++) {
			bool same_set = strcmp(w[i].set, w[k].set) == 0;
			expect(!same_set || w[i].code != w[k].code, "%s: %s and %s have one code", w[i].set, w[i].name,
			       w[k].name);
			expect(!same_set || strcmp(w[i].name, w[k].name) != 0, "%s: %s stands twice", w[i].set,
			       w[i].name);
			expect(!same_set || strcmp(w[i].zh, w[k].zh) != 0, "%s: %s stands twice", w[i].set, w[i].zh);
		}
		assert_string_equal(pd_word(w[i].set, w[i].code), w[i].name);
		assert_int_equal(pd_word_code(w[i].set, w[i].name), w[i].code);
		assert_int_equal(pd_word_code(w[i].set, w[i].zh), w[i].code);
	}
	assert_string_equal(pd_word("post", 4), "leader");
	assert_int_equal(pd_word_code("post", "leader"), PD_post_leader);
	assert_int_equal(pd_word_code("level", "微网格"), PD_level_microgrid);
	assert_int_equal(pd_word_code("state", "待接单"), PD_STATE_waiting);
	assert_string_equal(pd_word("post", 0), "?");
	assert_string_equal(pd_word("post", 77), "77");
	assert_string_equal(pd_word("post", 300), "?");
	assert_int_equal(pd_word_code("post", "waiting"), 0);
	assert_int_equal(pd_word_code("nothing", "leader"), 0);
}

static void errors_have_texts(void **state)
{
	(void)state;
	for (int err = PD_EVERSION; err <= PD_OK; err++) {
		expect(strcmp(pd_err_text((enum pd_err)err), "unknown error") != 0, "error %d has no text", err);
		for (int other = PD_EVERSION; other < err; other++)
			assert_string_not_equal(pd_err_text((enum pd_err)err), pd_err_text((enum pd_err)other));
	}
	assert_string_equal(pd_err_text((enum pd_err) - 99), "unknown error");
}

/* ---- ids ---- */

/* RFC 9562, appendix A.6: 2022-02-22 19:22:22 UTC, rand_a 0xCC3, rand_b 0b01 and 0x8C4DC0C0C07398F. */
static const char RFC_TEXT[] = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
static const uint64_t RFC_MS = 1645557742000;

static void ids_are_as_in_the_rfc(void **state)
{
	(void)state;
	static const uint8_t random[10] = {0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f};
	static const uint8_t ones[10] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	char text[PD_ID_TEXT_BYTES];
	struct pd_id id = pd_id_make(RFC_MS, random);
	assert_string_equal(pd_id_print(&id, text), RFC_TEXT);
	assert_true(pd_id_time_ms(&id) == RFC_MS);
	assert_true(pd_id_valid(&id));
	id = pd_id_make(UINT64_MAX, ones); /* version and variant hold, whatever the rest */
	assert_string_equal(pd_id_print(&id, text), "ffffffff-ffff-7fff-bfff-ffffffffffff");
	assert_true(pd_id_valid(&id));
	assert_true(pd_id_time_ms(&id) == (UINT64_C(1) << 48) - 1);
}

static void ids_are_parsed(void **state)
{
	(void)state;
	static const char *const good[] = {RFC_TEXT, "017F22E2-79B0-7CC3-98C4-DC0C0C07398F",
					   "017f22e279b07cc398c4dc0c0c07398f", "017f22e2-79b07CC398c4dc0c0c07398f"};
	static const char *const bad[] = {"",
					  "017f22e2",
					  "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
					  "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0",
					  "017f22e2-79b0-7cc3-98c4-dc0c0c07398f-",
					  "-017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
					  "017f22e2--79b0-7cc3-98c4-dc0c0c07398f",
					  "017f22-e279b0-7cc3-98c4-dc0c0c07398f",
					  "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
					  " 017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
					  "017f22e2-79b0-7cc3-98c4-dc0c0c07398f ",
					  "{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}"};
	struct pd_id expected =
		pd_id_make(RFC_MS, (const uint8_t[10]){0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f});
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		struct pd_id id;
		expect(pd_id_parse(good[i], &id) == PD_OK, "not parsed: %s", good[i]);
		expect(pd_id_compare(&id, &expected) == 0, "parsed as another id: %s", good[i]);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct pd_id id = expected;
		expect(pd_id_parse(bad[i], &id) == PD_EINVAL, "parsed: \"%s\"", bad[i]);
		expect(pd_id_compare(&id, &expected) == 0, "the id was touched by \"%s\"", bad[i]);
	}
}

static void other_uuids_are_not_valid(void **state)
{
	(void)state;
	static const char *const others[] = {"919108f7-52d1-4320-9bac-f847db4148a8" /* version 4 */,
					     "017f22e2-79b0-7cc3-18c4-dc0c0c07398f" /* variant 0 */,
					     "017f22e2-79b0-7cc3-d8c4-dc0c0c07398f" /* variant 110 */,
					     "00000000-0000-0000-0000-000000000000",
					     "ffffffff-ffff-ffff-ffff-ffffffffffff"};
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		struct pd_id id;
		assert_int_equal(pd_id_parse(others[i], &id), PD_OK);
		expect(!pd_id_valid(&id), "a valid UUIDv7: %s", others[i]);
	}
}

static void ids_sort_by_time(void **state)
{
	(void)state;
	static const uint8_t low[10], high[10] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	struct pd_id earlier = pd_id_make(RFC_MS, high), later = pd_id_make(RFC_MS + 1, low);
	assert_true(pd_id_compare(&earlier, &later) < 0);
	assert_true(pd_id_compare(&later, &earlier) > 0);
	assert_int_equal(pd_id_compare(&later, &later), 0);
}

/* ---- buffers ---- */

static void long_bytes_are_added_whole(void **state)
{
	(void)state;
	static char bytes[3 * 4096 + 2];
	static const size_t counts[] = {1, 4095, 4096, 4097, 8192, sizeof bytes};
	struct pd_buffer buffer = {0};
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)(i * 31 + i / 4096);
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		buffer.count = 0;
		pd_buffer_add(&buffer, "two", 3);
		pd_buffer_add(&buffer, bytes, counts[i]);
		assert_int_equal(buffer.count, 3 + counts[i]);
		assert_memory_equal(buffer.data + 3, bytes, counts[i]);
	}
	pd_buffer_fini(&buffer);
}

static void buffers_grow(void **state)
{
	(void)state;
	struct pd_buffer buffer = {0};
	pd_buffer_add(&buffer, NULL, 0);
	assert_null(buffer.data);
	for (unsigned i = 0; i < 1000; i++)
		pd_buffer_add(&buffer, &i, sizeof i);
	assert_int_equal(buffer.count, 1000 * sizeof(unsigned));
	assert_true(buffer.count <= buffer.capacity);
	memset(pd_buffer_room(&buffer, 100000), 7, 100000);
	assert_int_equal(buffer.count, 1000 * sizeof(unsigned) + 100000);
	for (unsigned i = 0; i < 1000; i++)
		assert_memory_equal(buffer.data + i * sizeof i, &i, sizeof i);
	assert_int_equal(buffer.data[buffer.count - 1], 7);
	pd_buffer_fini(&buffer);
	assert_null(buffer.data);
	assert_int_equal(buffer.capacity, 0);
	pd_buffer_fini(&buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_and_names_are_unique),
		cmocka_unit_test(roles_have_their_codes_and_docs),
		cmocka_unit_test(required_fields_come_first),
		cmocka_unit_test(limits_fit_their_kinds),
		cmocka_unit_test(units_of_enums_exist),
		cmocka_unit_test(names_of_times_say_so),
		cmocka_unit_test(heads_are_the_same),
		cmocka_unit_test(answers_are_replies),
		cmocka_unit_test(what_is_said_is_found),
		cmocka_unit_test(commands_name_their_actor),
		cmocka_unit_test(examples_keep_to_the_limits),
		cmocka_unit_test(examples_can_be_changed),
		cmocka_unit_test(examples_have_their_ids),
		cmocka_unit_test(moves_name_commands_events_and_states),
		cmocka_unit_test(only_moves_are_moves),
		cmocka_unit_test(ended_orders_stay_ended),
		cmocka_unit_test(refusals_are_unique_and_say_what_to_do),
		cmocka_unit_test(words_are_unique_and_found),
		cmocka_unit_test(errors_have_texts),
		cmocka_unit_test(ids_are_as_in_the_rfc),
		cmocka_unit_test(ids_are_parsed),
		cmocka_unit_test(other_uuids_are_not_valid),
		cmocka_unit_test(ids_sort_by_time),
		cmocka_unit_test(buffers_grow),
		cmocka_unit_test(long_bytes_are_added_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
