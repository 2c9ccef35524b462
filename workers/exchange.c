/* exchange.c - the steps, each of which begins the next when it is answered and some time has passed:
 *
 *   OFFER -> NEED -> MATCH -> CLAIM -> FULFIL -> (pause) -> OFFER
 *
 * What is refused begins anew after the pause.
 */
#include "exchange.h"

#include <stdlib.h>

#include "agenda.h"

enum { PAUSE_MS = 15000, STEP_MS = 1500, OFFERED = 6, NEEDED_MAX = 4 };
#define VALID_MS (24 * UINT64_C(3600000))

enum step { OFFER, NEED, MATCH, CLAIM, FULFIL };

/* What organisations offer, what communities need, and what came of it. */
static const struct {
	enum pd_listing_kind kind;
	const char *offer, *need, *result;
} things[] = {
	{PD_listing_kind_skill, "党员志愿者，周末可上门理发", "几位行动不便的老人想理发", "已上门理发，老人很高兴"},
	{PD_listing_kind_volunteers, "志愿者可协助清扫楼道", "楼道大扫除缺人手", "楼道已清扫，杂物已清运"},
	{PD_listing_kind_goods, "捐赠血压计和常用药箱", "活动室想添血压计", "血压计已送到活动室"},
	{PD_listing_kind_place, "会议室周末可开放使用", "读书会想借个场地", "读书会已在会议室举办"},
	{PD_listing_kind_service, "免费检查水表和水管", "老旧楼院想检查水管", "水管已检查，渗漏处已修好"},
	{PD_listing_kind_activity, "社工可带领亲子活动", "假期想给孩子办活动", "亲子活动已办，来了二十多人"},
};
enum { THINGS = sizeof things / sizeof things[0] };

struct exchange {
	struct pd_client *client;
	struct roster *roster;
	struct chance *chance;
	double speed;
	uint64_t count;
	enum step step;
	bool asked; /* the step's command is not answered yet */
	uint64_t due_ms;
	unsigned thing;
	struct pd_id need, claim, offer; /* offer: the one that fits */
	uint32_t by;                     /* whose offer it is */
	uint32_t needed, left;           /* left: of that offer */
};

struct exchange *exchange_new(struct pd_client *client, struct roster *roster, struct chance *chance, double speed)
{
	struct exchange *exchange = calloc(1, sizeof *exchange);
	if (!exchange)
		abort();
	*exchange = (struct exchange){.client = client, .roster = roster, .chance = chance, .speed = speed};
	return exchange;
}

void exchange_free(struct exchange *exchange)
{
	free(exchange);
}

uint64_t exchange_count(const struct exchange *exchange)
{
	return exchange->count;
}

static void go_to(struct exchange *exchange, enum step step, unsigned wait_ms)
{
	exchange->step = step;
	exchange->due_ms = agenda_now_ms() + (uint64_t)(wait_ms / exchange->speed);
}

/* ---- who ---- */

static bool is_organisation(const struct roster_area *area)
{
	return area->kind > PD_area_kind_dedicated;
}

static bool is_community(const struct roster_area *area)
{
	return area->level == PD_level_community && !is_organisation(area);
}

/* One of those that fit and have somebody who may act for them; null: a few draws found none. */
static const struct roster_area *draw_area(struct exchange *exchange, bool (*fits)(const struct roster_area *area))
{
	size_t count, fitting = 0;
	const struct roster_area *areas = roster_areas(exchange->roster, &count);
	for (size_t i = 0; i < count; i++)
		fitting += fits(&areas[i]);
	if (!fitting)
		return NULL;
	uint32_t drawn = chance_below(exchange->chance, (uint32_t)fitting);
	for (size_t i = 0; i < count; i++)
		if (fits(&areas[i]) && drawn-- == 0)
			return roster_leader(exchange->roster, &areas[i]) ? &areas[i] : NULL;
	return NULL;
}

static uint32_t actor_of(struct exchange *exchange, uint32_t id)
{
	const struct roster_area *area = roster_area(exchange->roster, id);
	const struct roster_person *person = area ? roster_leader(exchange->roster, area) : NULL;
	return person ? person->id : 0;
}

/* ---- steps ---- */

static void on_answer(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct exchange *exchange = arg;
	(void)client;
	if (exchange->step == MATCH && answer->type == PD_MSG_listing && !exchange->by &&
	    pd_id_compare(&answer->listing.listing, &exchange->need) != 0) {
		exchange->offer = answer->listing.listing;
		exchange->by = answer->listing.area;
		exchange->left = answer->listing.left;
	}
	if (!last)
		return;
	exchange->asked = false;
	bool done = answer->type == PD_MSG_ok || (answer->type == PD_MSG_end && exchange->by);
	exchange->count += done && exchange->step == FULFIL;
	if (done && exchange->step != FULFIL)
		go_to(exchange, exchange->step + 1, exchange->step == CLAIM ? 3 * STEP_MS : STEP_MS);
	else
		go_to(exchange, OFFER, PAUSE_MS);
}

/* False: nobody is there to list it. */
static bool list(struct exchange *exchange, struct pd_message *message)
{
	bool offer = exchange->step == OFFER;
	const struct roster_area *area = draw_area(exchange, offer ? is_organisation : is_community);
	if (offer)
		exchange->thing = chance_below(exchange->chance, THINGS);
	else
		exchange->needed = 1 + chance_below(exchange->chance, NEEDED_MAX);
	if (!area)
		return false;
	struct pd_id id = pd_client_new_id(exchange->client);
	if (!offer)
		exchange->need = id;
	message->type = PD_MSG_put_listing;
	message->put_listing = (struct pd_put_listing){
		.listing = id,
		.side = offer ? PD_listing_side_offer : PD_listing_side_need,
		.kind = (uint8_t)things[exchange->thing].kind,
		.area = area->id,
		.text = pd_text(offer ? things[exchange->thing].offer : things[exchange->thing].need),
		.quantity = offer ? OFFERED : exchange->needed,
		.until_ms = pd_id_time_ms(&id) + VALID_MS,
		.actor = actor_of(exchange, area->id)};
	return true;
}

static void claim(struct exchange *exchange, struct pd_message *message)
{
	exchange->claim = pd_client_new_id(exchange->client);
	if (exchange->needed > exchange->left)
		exchange->needed = exchange->left;
	message->type = PD_MSG_claim;
	message->claim = (struct pd_claim){.listing = exchange->need,
					   .claim = exchange->claim,
					   .quantity = exchange->needed,
					   .by = exchange->by,
					   .other = exchange->offer,
					   .actor = actor_of(exchange, exchange->by)};
}

static void fulfil(struct exchange *exchange, struct pd_message *message)
{
	message->type = PD_MSG_fulfil;
	message->fulfil = (struct pd_fulfil){.listing = exchange->need,
					     .claim = exchange->claim,
					     .quantity = exchange->needed,
					     .result = pd_text(things[exchange->thing].result),
					     .actor = actor_of(exchange, exchange->by)};
}

static bool step_message(struct exchange *exchange, struct pd_message *message)
{
	switch (exchange->step) {
	case OFFER:
	case NEED: return list(exchange, message);
	case MATCH:
		exchange->by = 0;
		message->type = PD_MSG_list_matches;
		message->list_matches = (struct pd_list_matches){.listing = exchange->need, .limit = 1};
		return true;
	case CLAIM: claim(exchange, message); return true;
	case FULFIL: fulfil(exchange, message); return true;
	}
	return false;
}

int exchange_run(struct exchange *exchange, uint64_t now_ms, int most_ms)
{
	struct pd_message message = {0};
	if (exchange->asked)
		return most_ms;
	if (exchange->due_ms <= now_ms) {
		exchange->asked = step_message(exchange, &message) &&
				  pd_client_send(exchange->client, &message, on_answer, exchange) == PD_OK;
		if (exchange->asked)
			return most_ms;
		go_to(exchange, OFFER, PAUSE_MS);
	}
	uint64_t wait_ms = exchange->due_ms > now_ms ? exchange->due_ms - now_ms : 0;
	return wait_ms < (uint64_t)most_ms ? (int)wait_ms : most_ms;
}
