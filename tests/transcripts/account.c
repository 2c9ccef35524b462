#include "account.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "script.h"
#include "verbs_notice.h"

static const char indent[] = "    ";

/* ---- events ---- */

static void print_state(struct cast *cast, const struct order_row *row)
{
	char due[SCRIPT_TIME_BYTES];
	const char *holder = cast_name(cast, CAST_AREA, row->holder),
		   *acceptor = cast_name(cast, CAST_PERSON, row->acceptor);
	script_time(row->due_ms, due);
	switch (row->state) {
	case PD_STATE_waiting:
		if (row->due_ms)
			printf("waits at %s, to be accepted by %s", holder, due);
		else
			printf("waits at %s, past its last time", holder);
		break;
	case PD_STATE_suspended: printf("put off by %s at %s, goes on %s", acceptor, holder, due); break;
	case PD_STATE_accepted: printf("in the hands of %s at %s, to be completed by %s", acceptor, holder, due); break;
	case PD_STATE_completed:
		printf("completed by %s, closes by itself on %s", row->acceptor ? acceptor : "nobody here", due);
		break;
	case PD_STATE_closed:
		if (row->rating)
			printf("closed, rated %u of 5", row->rating);
		else
			printf("closed, without a rating");
		break;
	case PD_STATE_merged: printf("merged"); break;
	default: printf("cancelled"); break;
	}
	if (row->attempt > 1)
		printf(" (attempt %u)", row->attempt);
}

static const char *why_of(const struct pd_message *event)
{
	return event->type == PD_MSG_escalated ? pd_word("escalation", event->escalated.why) : NULL;
}

/* What told where the order comes from, if it was not said, and who chose its holder. */
static void print_route(struct cast *cast, const struct pd_message *event)
{
	const struct pd_submitted *submitted = &event->submitted;
	if (event->type == PD_MSG_rerouted)
		printf("it is of %s now; ", cast_name(cast, CAST_AREA, event->rerouted.area));
	if (event->type != PD_MSG_submitted)
		return;
	if (submitted->route > PD_route_step_area && submitted->route != PD_route_step_requester)
		printf("from %s by %s; ", cast_name(cast, CAST_AREA, submitted->area),
		       pd_word("route_step", submitted->route));
	if (submitted->duty)
		printf("by duty %u, for %s; ", submitted->duty, cast_name(cast, CAST_AREA, submitted->area));
	if (submitted->rule)
		printf("by rule %u; ", submitted->rule);
}

/* What residents and neighbours do. */
static void print_resident(struct cast *cast, const struct pd_message *event)
{
	const char *actor = cast_name(cast, CAST_PERSON, event->order_event.actor);
	switch (event->type) {
	case PD_MSG_urged: printf("%s asks for haste, %u by now; ", actor, event->urged.urges); break;
	case PD_MSG_followed: printf("%s follows; ", actor); break;
	case PD_MSG_unfollowed: printf("%s follows no more; ", actor); break;
	case PD_MSG_merged: printf("%s goes on instead; ", cast_order_name(cast, &event->merged.into)); break;
	case PD_MSG_endorsed: printf("%s agrees, %u of 5; ", actor, event->endorsed.rating); break;
	default: break;
	}
}

static void print_order_event(struct cast *cast, const struct pd_message *event, const struct order_row *row)
{
	printf("%s v%u: ", cast_order_name(cast, &row->id), row->version);
	if (event->type == PD_MSG_noted)
		printf("a note; ");
	if (why_of(event))
		printf("%s; ", why_of(event));
	if (event->type == PD_MSG_lapsed)
		printf("%s is over; ", cast_order_name(cast, &event->lapsed.notice));
	print_route(cast, event);
	print_resident(cast, event);
	print_state(cast, row);
}

static const char *if_retired(bool retired)
{
	return retired ? "retired" : "in use";
}

static void print_listing_event(struct cast *cast, const struct pd_message *event)
{
	const struct pd_listing_event *e = &event->listing_event;
	printf("%s of %s: ", cast_order_name(cast, &e->listing), cast_name(cast, CAST_AREA, e->area));
	switch (event->type) {
	case PD_MSG_listed:
		printf("%u, %s, %s", event->listed.quantity, pd_word("listing_side", event->listed.side),
		       pd_word("listing_kind", event->listed.kind));
		break;
	case PD_MSG_claimed:
		printf("%u for %s", event->claimed.quantity, cast_name(cast, CAST_AREA, event->claimed.by));
		if (cast_order_name(cast, &event->claimed.other)[0] != '?')
			printf(", matched with %s", cast_order_name(cast, &event->claimed.other));
		printf("; %u left", event->claimed.left);
		break;
	case PD_MSG_fulfilled: printf("%u done; %u left", event->fulfilled.quantity, event->fulfilled.left); break;
	default:
		printf("%s, %u were left", event->withdrawn.expired ? "its time has passed" : "taken back",
		       event->withdrawn.quantity);
		break;
	}
}

static void print_registry_event(struct cast *cast, const struct pd_message *event)
{
	char time[SCRIPT_TIME_BYTES];
	switch (event->type) {
	case PD_MSG_area_set:
		printf("%s: a %s of %s, %s", cast_name(cast, CAST_AREA, event->area_set.area),
		       pd_word("level", event->area_set.level),
		       event->area_set.parent ? cast_name(cast, CAST_AREA, event->area_set.parent) : "nothing",
		       if_retired(event->area_set.retired));
		break;
	case PD_MSG_household_set:
		printf("%s: in %s, centre %s, %s", cast_name(cast, CAST_HOUSEHOLD, event->household_set.household),
		       cast_name(cast, CAST_AREA, event->household_set.area),
		       cast_name(cast, CAST_HOUSEHOLD, event->household_set.centre),
		       if_retired(event->household_set.retired));
		break;
	case PD_MSG_person_set:
		printf("%s: %s in %s, %s", cast_name(cast, CAST_PERSON, event->person_set.person),
		       pd_word("post", event->person_set.post), cast_name(cast, CAST_AREA, event->person_set.area),
		       if_retired(event->person_set.retired));
		break;
	case PD_MSG_calendar_set:
		printf("%u: %u holidays, %u working weekend days, %s", event->calendar_set.calendar,
		       event->calendar_set.holidays.count, event->calendar_set.workdays.count,
		       if_retired(event->calendar_set.retired));
		break;
	case PD_MSG_rule_set:
		printf("rule %u: to %s, %s", event->rule_set.rule,
		       event->rule_set.holder ? cast_name(cast, CAST_AREA, event->rule_set.holder)
					      : pd_word("level", event->rule_set.level),
		       if_retired(event->rule_set.retired));
		break;
	case PD_MSG_shape_set:
		printf("the ground of %s, %s", cast_name(cast, CAST_AREA, event->shape_set.area),
		       if_retired(event->shape_set.retired));
		break;
	case PD_MSG_plan_set:
		printf("plan %u: times of %u%% and %u%%, running ones %s, in %s, %s", event->plan_set.plan,
		       event->plan_set.accept_percent, event->plan_set.complete_percent,
		       pd_word("running", event->plan_set.running), cast_name(cast, CAST_AREA, event->plan_set.area),
		       if_retired(event->plan_set.retired));
		break;
	case PD_MSG_duty_set:
		printf("duty %u: in %s, %s", event->duty_set.duty, cast_name(cast, CAST_AREA, event->duty_set.area),
		       if_retired(event->duty_set.retired));
		break;
	case PD_MSG_mode_begun:
		printf("plan %u in %s, until %s", event->mode_begun.plan,
		       cast_name(cast, CAST_AREA, event->mode_begun.area),
		       script_time(event->mode_begun.until_ms, time));
		break;
	case PD_MSG_mode_ended:
		printf("plan %u in %s%s", event->mode_ended.plan, cast_name(cast, CAST_AREA, event->mode_ended.area),
		       event->mode_ended.expired ? ", its time has passed" : "");
		break;
	case PD_MSG_ladder_set:
		printf("%s: %u steps, %s", cast_name(cast, CAST_LADDER, event->ladder_set.ladder),
		       event->ladder_set.steps.count / 2, if_retired(event->ladder_set.retired));
		break;
	default:
		printf("%s: for the %s, %s, accept in %u s, complete in %u s, %s",
		       cast_name(cast, CAST_CATEGORY, event->category_set.category),
		       pd_word("level", event->category_set.level), pd_word("urgency", event->category_set.urgency),
		       event->category_set.accept_within_s, event->category_set.complete_within_s,
		       if_retired(event->category_set.retired));
		break;
	}
}

void account_event(struct cast *cast, const struct core *core, const struct pd_message *event,
		   const struct order *order, bool dated)
{
	char time[SCRIPT_TIME_BYTES];
	fputs(indent, stdout);
	if (dated)
		printf("%s: ", script_time(event->area_set.time_ms, time));
	printf("#%" PRIu64 " %s: ", event->request, pd_message_info(event->type)->name);
	static const struct pd_id none;
	if (event->type == PD_MSG_submitted && memcmp(&event->submitted.notice, &none, sizeof none) != 0)
		account_handed_out(cast, &event->submitted);
	if (event->type == PD_MSG_notified && event->notified.plan)
		account_sent_by_plan(cast, &event->notified);
	if (order)
		print_order_event(cast, event, &order->row);
	else if (pd_is_notice_event(event->type))
		account_notice_event(cast, event, core_notice(core, &event->notified.notice)->row.sort);
	else if (pd_is_listing_event(event->type))
		print_listing_event(cast, event);
	else
		print_registry_event(cast, event);
	putchar('\n');
}

void account_warning(struct cast *cast, uint64_t now_ms, const struct order_row *row, enum pd_warning why)
{
	char time[SCRIPT_TIME_BYTES];
	printf("%s%s: %s is told of %s: %s\n", indent, script_time(now_ms, time),
	       cast_name(cast, CAST_AREA, row->holder), cast_order_name(cast, &row->id), pd_word("warning", why));
}

/* ---- answers ---- */

void account_refused(struct cast *cast, const struct core_decision *decision)
{
	const struct pd_refusal_info *info = pd_refusal_info(decision->refusal);
	printf("%srefused, %s: %s", indent, info->name, info->sentence);
	if (decision->detail.name) {
		char text[PD_DETAIL_BYTES];
		fputs(" [", stdout);
		cast_print(cast, pd_detail_text(&decision->detail, PD_language_english, text));
		putchar(']');
	}
	putchar('\n');
}

void account_repeated(const struct core_decision *decision, bool looked_back)
{
	if (decision->seq == 0)
		printf("%sok: it is so already, nothing was recorded\n", indent);
	else
		printf("%sok, as at first: #%" PRIu64 ", v%u%s\n", indent, decision->seq, decision->version,
		       looked_back ? " (found in the order's story)" : "");
}

void account_forgotten(size_t count)
{
	printf("%s%zu %s left memory\n", indent, count,
	       count == 1 ? "order that is done has" : "orders that are done have");
}

void account_replay(uint64_t events, bool same)
{
	printf("\n----\n%" PRIu64 " events; a replay of them makes %s.\n", events,
	       same ? "the same state" : "ANOTHER STATE");
}

static unsigned count_in_use(const struct registry *registry, enum registry_kind kind)
{
	size_t count;
	unsigned in_use = 0;
	void *const *entities = registry_sorted(registry, kind, &count);
	for (size_t i = 0; i < count; i++)
		in_use += !((const struct entity *)entities[i])->retired;
	return in_use;
}

void account_registry(const struct registry *registry)
{
	printf("%s%u areas, %u households, %u people, %u categories\n", indent, count_in_use(registry, REGISTRY_AREAS),
	       count_in_use(registry, REGISTRY_HOUSEHOLDS), count_in_use(registry, REGISTRY_PEOPLE),
	       count_in_use(registry, REGISTRY_CATEGORIES));
}

/* ---- looking ---- */

void account_order(struct cast *cast, const struct order_row *row)
{
	char time[SCRIPT_TIME_BYTES];
	printf("%s%s v%u: ", indent, cast_order_name(cast, &row->id), row->version);
	print_state(cast, row);
	printf("; %s, %s, for %s", cast_name(cast, CAST_CATEGORY, row->category), pd_word("urgency", row->urgency),
	       row->requester ? cast_name(cast, CAST_PERSON, row->requester) : "nobody");
	if (row->household)
		printf(" of %s", cast_name(cast, CAST_HOUSEHOLD, row->household));
	printf(", from %s since %s\n", cast_name(cast, CAST_AREA, row->area), script_time(row->submitted_ms, time));
}

/* The member of list with the least id from id on; null: there is none. */
static const struct member *next_member(const struct member_list *list, uint32_t id)
{
	const struct member *member, *next = NULL;
	if (list)
		LIST_FOREACH(member, list, of_owner)
	if (member->row.key.member >= id && (!next || member->row.key.member < next->row.key.member))
		next = member;
	return next;
}

void account_followers(struct cast *cast, const struct core *core, const struct order_row *row)
{
	const struct member_list *list = core_members(core, &row->id);
	const struct member *member;
	const char *before = " is followed by ";
	printf("%s%s", indent, cast_order_name(cast, &row->id));
	for (uint32_t id = 1; (member = next_member(list, id)); id = member->row.key.member + 1) {
		unsigned rating = follower_rating(&member->row, row);
		if (!follower_follows(&member->row))
			continue;
		printf("%s%s", before, cast_name(cast, CAST_PERSON, member->row.key.member));
		if (rating)
			printf(" (%u of 5)", rating);
		before = ", ";
	}
	puts(before[0] == ',' ? "" : " is followed by nobody");
}

static void print_queue(struct cast *cast, struct order_queue *queue)
{
	struct order *order;
	const char *before = "";
	if (RB_EMPTY(queue))
		fputs("nothing", stdout);
	RB_FOREACH(order, order_queue, queue)
	{
		printf("%s%s (%s)", before, cast_order_name(cast, &order->row.id),
		       pd_word("urgency", order->row.urgency));
		before = ", ";
	}
	putchar('\n');
}

void account_queue(struct cast *cast, uint32_t area, struct holder *holder)
{
	const char *name = cast_name(cast, CAST_AREA, area);
	struct order_queue none = {0};
	printf("%s%s waits for: ", indent, name);
	print_queue(cast, holder ? &holder->waiting : &none);
	printf("%s%s works on: ", indent, name);
	print_queue(cast, holder ? &holder->working : &none);
}

void account_figures(struct cast *cast, const struct core *core, const struct area *area)
{
	struct core_sums sums;
	core_sum(core, area, &sums);
	const struct figures *f = &sums.figures;
	printf("%s%s and below: %" PRIu64 " submitted, %" PRIu64 " accepted, %" PRIu64 " completed, %" PRIu64
	       " closed, %" PRIu64 " cancelled, %" PRIu64 " reopened, %" PRIu64 " declined or transferred; %" PRIu64
	       " waiting, %" PRIu64 " worked on; %" PRIu64 " due, %" PRIu64 " late, %" PRIu64 " duplicate",
	       indent, cast_name(cast, CAST_AREA, area->id), f->submitted, f->accepted, f->completed, f->closed,
	       f->cancelled, f->reopened, f->declined, sums.waiting, sums.working, f->due, f->late, f->duplicate);
	if (f->urged || f->merged)
		printf("; %" PRIu64 " urged, %" PRIu64 " merged", f->urged, f->merged);
	putchar('\n');
}

void account_step(const struct pd_route *row, void *arg)
{
	struct cast *cast = arg;
	printf("%s%s", indent, pd_word("route_step", row->step));
	if (row->rule && row->step == PD_route_step_rule)
		printf(" %u", row->rule);
	printf(": %s", pd_word("route_why", row->why));
	if (row->area)
		printf(", %s", cast_name(cast, CAST_AREA, row->area));
	if (row->metres)
		printf(", %u m away", row->metres);
	if (row->name.bytes)
		printf(" (%.*s)", (int)row->name.bytes, row->name.data);
	putchar('\n');
}
