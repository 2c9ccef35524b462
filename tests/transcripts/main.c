/* paidan-transcript - plays a script to a core and logs what happens: `paidan-transcript FILE.script`.
 *
 * A script is read line by line, and each stands in the log, with what came of it indented below. verbs.h lists the
 * commands; all else:
 *
 *   use FILE                     take in another script's entries, without a word
 *   ENTRY                        of the registry (verbs.h), put by the operator
 *   confirm-within TIME          completed orders close by themselves after it; 7d unless said otherwise
 *   urge-every TIME              an order can be urged once in it; 1h unless said otherwise
 *   reopen-within TIME           15d unless said otherwise
 *   order NAME is UUID           an order's id; one that is not given is made when the name is first used
 *   at TIME                      time passes until then: 09:30, 09:30:05, or day 3 09:30
 *   at TIME WHO VERB ...         ... and then someone sends a command
 *   at TIME again                ... and then the last command is sent again, just as it was
 *   show ORDER, followers ORDER, queue AREA, figures AREA
 *   show route WHO CATEGORY "text" ...: where such an order would go, and why
 *   forget                       orders that are done leave memory
 *   # ...                        a remark
 *
 * At the end the events are replayed, and must make the same state. Exits 0, 1 when they do not, 100 when the script is
 * wrong.
 */
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "id.h"
#include "verbs_notice.h"

struct play {
	struct script script;
	struct cast *cast;
	struct stage *stage;
	struct core_periods periods;
};

static void use(struct play *play);

/* ---- what stands without a time ---- */

static void set_periods(struct play *play, uint64_t *period_ms)
{
	*period_ms = script_need_duration_s(&play->script, "a time") * UINT64_C(1000);
	script_need_end(&play->script);
	stage_set_periods(play->stage, &play->periods);
}

static void name_order(struct play *play)
{
	struct script *script = &play->script;
	const char *name = script_need(script, "an order's name");
	struct pd_id id;
	if (!script_take_if(script, "is") || pd_id_parse(script_need(script, "the id"), &id))
		script_fail(script, "an order's id is given as `order NAME is 01234567-89ab-7cde-8f01-23456789abcd`");
	if (cast_find_order(play->cast, name, &(struct pd_id){{0}}))
		script_fail(script, "the order %s has an id already", name);
	cast_add_order(play->cast, name, &id);
	script_need_end(script);
}

static void show_route(struct play *play)
{
	struct pd_submit submit = {0};
	struct pd_detail detail;
	uint32_t person = verbs_need(&play->script, play->cast, CAST_PERSON);
	verbs_submit(&play->script, play->cast, &submit);
	struct pd_explain_route asked = {.category = submit.category,
					 .household = submit.household,
					 .area = submit.area,
					 .requester = submit.requester,
					 .lon_e7 = submit.lon_e7,
					 .lat_e7 = submit.lat_e7,
					 .place = submit.place,
					 .text = submit.text};
	core_explain_route(stage_core(play->stage), &asked, person, stage_now_ms(play->stage), account_step, play->cast,
			   &detail);
}

static void show(struct play *play)
{
	struct script *script = &play->script;
	struct core *core = stage_core(play->stage);
	if (script_take_if(script, "queue")) {
		uint32_t area = verbs_need(script, play->cast, CAST_AREA);
		account_queue(play->cast, area, core_holder(core, area));
	} else if (script_take_if(script, "figures")) {
		const struct area *area = registry_area(core_registry(core), verbs_need(script, play->cast, CAST_AREA));
		if (!area)
			script_fail(script, "there is no such area in the registry");
		account_figures(play->cast, core, area);
	} else if (script_take_if(script, "route")) {
		show_route(play);
	} else if (!show_notice(script, play->cast, core)) {
		bool followers = script_take_if(script, "followers");
		const char *name = script_need(script, "an order's name, followers, queue or figures");
		struct pd_id id;
		const struct order_row *row =
			cast_find_order(play->cast, name, &id) ? stage_row(play->stage, &id) : NULL;
		if (!row)
			script_fail(script,
				    "there is no order \"%s\": show ORDER, show queue AREA, show figures AREA, show "
				    "progress "
				    "NOTICE [AREA] or show missing NOTICE [AREA]",
				    name);
		if (followers)
			account_followers(play->cast, core, row);
		else
			account_order(play->cast, row);
	}
	script_need_end(script);
}

/* ---- what stands after a time ---- */

static void at(struct play *play)
{
	struct script *script = &play->script;
	uint64_t now_ms = stage_now_ms(play->stage), ms = script_need_time_ms(script, now_ms);
	struct pd_message command;
	uint32_t actor;
	if (ms < now_ms)
		script_fail(script, "this time is past already");
	stage_pass(play->stage, ms);
	if (script->taken == script->count)
		return;
	if (script_take_if(script, "again")) {
		script_need_end(script);
		if (!stage_again(play->stage))
			script_fail(script, "there is no command that could be sent again");
		return;
	}
	verbs_command(script, play->cast, play->stage, &command, &actor);
	stage_send(play->stage, &command, actor);
}

static void statement(struct play *play)
{
	struct script *script = &play->script;
	struct pd_message entry;
	const char *first = script_take(script);
	if (!first)
		return;
	if (strcmp(first, "at") == 0)
		at(play);
	else if (strcmp(first, "show") == 0)
		show(play);
	else if (strcmp(first, "use") == 0)
		use(play);
	else if (strcmp(first, "order") == 0)
		name_order(play);
	else if (strcmp(first, "forget") == 0)
		stage_forget(play->stage);
	else if (strcmp(first, "confirm-within") == 0)
		set_periods(play, &play->periods.confirm_within_ms);
	else if (strcmp(first, "reopen-within") == 0)
		set_periods(play, &play->periods.reopen_within_ms);
	else if (strcmp(first, "urge-every") == 0)
		set_periods(play, &play->periods.urge_every_ms);
	else if (verbs_entry(script, play->cast, first, &entry))
		stage_send(play->stage, &entry, 0);
	else
		script_fail(script,
			    "a line begins with at, show, use, order, forget, confirm-within, reopen-within, an entry "
			    "or #, not \"%s\"",
			    first);
}

/* ---- scripts ---- */

/* A file beside the script. What it puts must be in order: it is the ground on which the story stands. */
static void use(struct play *play)
{
	const struct script outer = play->script;
	char path[SCRIPT_LINE_BYTES];
	const char *name = script_need(&play->script, "a file"), *slash = strrchr(outer.path, '/');
	snprintf(path, sizeof path, "%.*s%s", slash ? (int)(slash - outer.path) + 1 : 0, outer.path, name);
	script_need_end(&play->script);
	script_open(&play->script, path);
	stage_set_quiet(play->stage, true);
	while (script_next(&play->script)) {
		statement(play);
		if (stage_refusals(play->stage))
			script_fail(&play->script, "this was refused");
	}
	script_close(&play->script);
	stage_set_quiet(play->stage, false);
	play->script = outer;
	account_registry(core_registry(stage_core(play->stage)));
}

static bool play_file(struct play *play, const char *path)
{
	script_open(&play->script, path);
	while (script_next(&play->script)) {
		puts(play->script.line);
		statement(play);
	}
	script_close(&play->script);
	return stage_replay(play->stage);
}

int main(int argc, char **argv)
{
	if (argc != 2 || argv[1][0] == '-') {
		fprintf(stderr, "usage: paidan-transcript FILE.script\n");
		return 100;
	}
	struct play play = {.cast = cast_new(), .periods = stage_periods()};
	play.stage = stage_new(play.cast);
	bool same = play_file(&play, argv[1]);
	stage_free(play.stage);
	cast_free(play.cast);
	return same ? 0 : 1;
}
