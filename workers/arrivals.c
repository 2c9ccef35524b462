/* arrivals.c - orders come as a Poisson process: who orders, where, and what. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "crowd.h"
#include "phrases.h"
#include "post.h"
#include "text.h"

#define CANCEL_MEDIAN_MS 700.0
#define CANCEL_SIGMA 0.6
#define URGE_MEDIAN_MS 9000.0
#define URGE_SIGMA 0.3
#define CANCELS 0.01
#define FREQUENT 0.5
#define OUTDOORS 0.05
#define BY_COURIERS 0.5
#define DUPLICATES 0.01
#define FOLLOWS 0.02
#define EMERGENCIES 0.1

enum { CATCH_UP_MS = 1000, FREQUENT_PART = 5, SPOTS = 40, SPOT_HOUSEHOLDS = 25 };

/* ---- beginning ---- */

static void weigh_categories(struct crowd *crowd)
{
	static const double by_urgency[] = {
		[PD_urgency_emergency] = 1, [PD_urgency_high] = 4, [PD_urgency_normal] = 10, [PD_urgency_low] = 5};
	size_t count;
	const struct roster_category *categories = roster_categories(crowd->roster, &count);
	crowd->weights = calloc(count + 1, sizeof *crowd->weights);
	if (!crowd->weights)
		abort();
	for (size_t i = 0; i < count; i++) {
		unsigned urgency = categories[i].urgency < PD_urgency_end ? categories[i].urgency : PD_urgency_normal;
		if (categories[i].emergency_only)
			continue;
		crowd->weights[i] = ldexp(by_urgency[urgency], (int)categories[i].level - PD_level_microgrid);
		crowd->weights_total += crowd->weights[i];
	}
}

static void choose_people(struct crowd *crowd)
{
	size_t count;
	const struct roster_person *people = roster_people(crowd->roster, &count);
	for (uint32_t i = 0; i < count; i++) {
		if (chance_below(&crowd->chance, FREQUENT_PART) == 0)
			pd_buffer_add(&crowd->frequent, &i, sizeof i);
		if (people[i].post == PD_post_courier)
			pd_buffer_add(&crowd->couriers, &i, sizeof i);
	}
}

static void on_household(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct crowd *crowd = arg;
	(void)client;
	(void)last;
	if (answer->type != PD_MSG_household || (!answer->household.lon_e7 && !answer->household.lat_e7))
		return;
	struct spot spot = {answer->household.lon_e7, answer->household.lat_e7};
	pd_buffer_add(&crowd->spots, &spot, sizeof spot);
}

enum pd_err arrivals_find_spots(struct crowd *crowd)
{
	size_t count;
	enum pd_err err = PD_OK;
	const struct roster_person *people = roster_people(crowd->roster, &count);
	crowd->spots.count = 0;
	for (unsigned i = 0; i < SPOTS && count && !err; i++) {
		const struct roster_person *person = &people[chance_below(&crowd->chance, (uint32_t)count)];
		struct pd_message list = {.type = PD_MSG_list_households}, end;
		list.list_households.limit = SPOT_HOUSEHOLDS;
		list.list_households.after = person->household ? person->household - 1 : 0;
		err = pd_client_query(crowd->client, &list, on_household, crowd, &end, POST_QUERY_MS);
	}
	return err;
}

void arrivals_prepare(struct crowd *crowd)
{
	weigh_categories(crowd);
	choose_people(crowd);
}

/* ---- who and what ---- */

static const struct roster_person *draw_requester(struct crowd *crowd)
{
	size_t count;
	const struct roster_person *people = roster_people(crowd->roster, &count);
	const uint32_t *frequent = (const uint32_t *)crowd->frequent.data;
	size_t frequent_count = crowd->frequent.count / sizeof *frequent;
	if (frequent_count && chance_happens(&crowd->chance, FREQUENT))
		return &people[frequent[chance_below(&crowd->chance, (uint32_t)frequent_count)]];
	return &people[chance_below(&crowd->chance, (uint32_t)count)];
}

static const struct roster_person *draw_courier(struct crowd *crowd)
{
	size_t count;
	const uint32_t *couriers = (const uint32_t *)crowd->couriers.data;
	size_t couriers_count = crowd->couriers.count / sizeof *couriers;
	if (!couriers_count || !chance_happens(&crowd->chance, BY_COURIERS))
		return draw_requester(crowd);
	return &roster_people(crowd->roster, &count)[couriers[chance_below(&crowd->chance, (uint32_t)couriers_count)]];
}

static const struct roster_category *draw_category(struct crowd *crowd)
{
	size_t count;
	const struct roster_category *categories = roster_categories(crowd->roster, &count);
	return &categories[chance_weighted(&crowd->chance, crowd->weights, count, crowd->weights_total)];
}

/* Who lives next door, by the order of the ids; null: nobody of the same micro-grid. */
static const struct roster_person *neighbour_of(const struct crowd *crowd, const struct roster_person *person)
{
	size_t count;
	const struct roster_person *people = roster_people(crowd->roster, &count), *next = person + 1;
	return next < people + count && next->area == person->area && next->household ? next : NULL;
}

static struct watched *send_order(struct crowd *crowd, struct pd_submit *submit)
{
	struct pd_message message = {.type = PD_MSG_submit, .submit = *submit};
	message.submit.order = pd_client_new_id(crowd->client);
	struct watched *order = crowd_watch(crowd, &message.submit.order, submit->actor);
	if (!order || crowd_send(order, &message)) {
		crowd->counts.held_back++;
		if (order)
			crowd_forget(order);
		return NULL;
	}
	crowd->counts.submitted++;
	order->cancels = chance_happens(&crowd->chance, CANCELS);
	if (order->cancels)
		crowd_schedule(order, chance_lognormal(&crowd->chance, CANCEL_MEDIAN_MS, CANCEL_SIGMA));
	else
		crowd_schedule(order, chance_lognormal(&crowd->chance, URGE_MEDIAN_MS, URGE_SIGMA));
	return order;
}

static void write_order(struct crowd *crowd, struct pd_submit *submit, const struct roster_category *category)
{
	crowd->text.count = 0;
	phrases_order(&crowd->text, &crowd->chance, category->name);
	submit->category = category->id;
	submit->text = text_slice(&crowd->text);
}

/* At home: some neighbours want to hear of it, and some say the same. */
static void submit_at_home(struct crowd *crowd)
{
	const struct roster_person *requester = draw_requester(crowd), *neighbour = neighbour_of(crowd, requester);
	struct pd_submit submit = {.household = requester->household, .actor = requester->id};
	write_order(crowd, &submit, draw_category(crowd));
	struct watched *order = send_order(crowd, &submit);
	if (!order || !neighbour || !requester->household)
		return;
	if (chance_happens(&crowd->chance, FOLLOWS)) {
		order->follower = neighbour->id;
	} else if (chance_happens(&crowd->chance, DUPLICATES)) {
		submit.household = neighbour->household;
		submit.actor = neighbour->id;
		send_order(crowd, &submit);
	}
}

/* On the way: where it is says a coordinate; couriers take a picture. */
static void submit_outdoors(struct crowd *crowd)
{
	const struct roster_person *requester = draw_courier(crowd);
	const struct spot *spots = (const struct spot *)crowd->spots.data;
	const struct spot *spot = &spots[chance_below(&crowd->chance, (uint32_t)(crowd->spots.count / sizeof *spots))];
	struct pd_submit submit = {.lon_e7 = spot->lon_e7, .lat_e7 = spot->lat_e7, .actor = requester->id};
	char picture[64];
	if (requester->post == PD_post_courier) {
		snprintf(picture, sizeof picture, "https://pictures.invalid/%08" PRIx32 ".jpg",
			 chance_below(&crowd->chance, UINT32_MAX));
		submit.picture = pd_text(picture);
	}
	write_order(crowd, &submit, draw_category(crowd));
	send_order(crowd, &submit);
}

static const struct roster_category *emergency_category(const struct crowd *crowd)
{
	size_t count;
	const struct roster_category *categories = roster_categories(crowd->roster, &count);
	for (size_t i = 0; i < count; i++)
		if (categories[i].emergency_only)
			return &categories[i];
	return NULL;
}

/* Somebody where a plan is on, of a category that is taken only there. False: there is nobody, or no category. */
static bool submit_in_emergency(struct crowd *crowd)
{
	enum { TRIES = 200 };
	const struct roster_category *category = emergency_category(crowd);
	for (unsigned i = 0; category && i < TRIES; i++) {
		const struct roster_person *person = draw_requester(crowd);
		if (!person->household || !roster_within(crowd->roster, person->area, crowd->emergency))
			continue;
		struct pd_submit submit = {.household = person->household, .actor = person->id};
		write_order(crowd, &submit, category);
		send_order(crowd, &submit);
		return true;
	}
	return false;
}

static void submit(struct crowd *crowd)
{
	if (crowd->emergency && chance_happens(&crowd->chance, EMERGENCIES) && submit_in_emergency(crowd))
		return;
	if (crowd->spots.count && chance_happens(&crowd->chance, OUTDOORS))
		submit_outdoors(crowd);
	else
		submit_at_home(crowd);
}

bool arrivals_over(const struct crowd *crowd)
{
	return crowd->orders_max && crowd->counts.submitted >= crowd->orders_max;
}

void arrivals_take(struct crowd *crowd)
{
	double now_ms = (double)agenda_now_ms();
	if (!crowd->shift.up || arrivals_over(crowd))
		return;
	if (now_ms - crowd->next_ms > CATCH_UP_MS)
		crowd->next_ms = now_ms + chance_exponential(&crowd->chance, 1000 / crowd->rate);
	while (crowd->next_ms <= now_ms && !arrivals_over(crowd)) {
		submit(crowd);
		crowd->next_ms += chance_exponential(&crowd->chance, 1000 / crowd->rate);
	}
}
