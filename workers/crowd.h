/* crowd.h - residents of a district, as the parts of paidan-worker residents share them: residents.c watches orders and
 * does what their requesters do, arrivals.c has new ones come. Threads: one.
 */
#ifndef PAIDAN_CROWD_H
#define PAIDAN_CROWD_H

#include "agenda.h"
#include "chance.h"
#include "readers.h"
#include "roster.h"
#include "shift.h"
#include "tally.h"
#include "telling.h"

/* What the requester knows of the order's state. */
enum stage { SUBMITTED, WAITING, ACCEPTED, COMPLETED, CLOSED };

/* entry stands first: the agenda's entry is cast to its order. */
struct watched {
	struct agenda_entry entry;
	struct pd_id id;
	struct watched *newer, *older;
	struct crowd *crowd;
	uint32_t requester, version;
	uint8_t stage;
	uint8_t command; /* enum pd_type under way; 0: none */
	bool over;       /* to be forgotten when the command is answered */
	bool cancels, urged;
	bool regrets;      /* rated badly, to be reopened */
	uint32_t follower; /* a neighbour, who agrees when it is done; 0: none */
	bool follows;      /* the follower has said so */
};

/* Somewhere outdoors where something is reported. */
struct spot {
	int32_t lon_e7, lat_e7;
};

struct counts {
	uint64_t submitted, taken, confirmed, reopened, cancelled, dropped, held_back;
	uint64_t urged, followed, endorsed;
	struct tally refused;
};

struct crowd {
	struct cli *cli;
	struct shift shift;
	bool blind; /* the broker does not tell what happens */
	struct pd_client *client;
	struct roster *roster;
	struct agenda agenda;
	struct chance chance;
	struct counts counts;
	struct pd_buffer text;
	struct pd_buffer frequent; /* uint32_t: places in the roster of those who order often, */
	struct pd_buffer couriers; /* and of couriers */
	struct pd_buffer spots;    /* struct spot */
	struct roster *workers;    /* those of CALLED_OUT */
	struct readers *readers, *called_out;
	struct telling *telling; /* null: nothing is told */
	double tell_s;
	uint32_t emergency; /* the area where a plan is on; 0: none is, or it takes no category of its own */
	double *weights, weights_total;
	void *orders; /* tsearch of struct watched by id */
	struct watched *newest, *oldest;
	size_t watched_count;
	double rate, next_ms;   /* next_ms: when the next order arrives */
	uint64_t orders_max;    /* 0: no end */
	bool said[TALLY_CODES]; /* which refusals of orders were told */
};

/* Watch an order that requester submits. Null: too much is unanswered. */
struct watched *crowd_watch(struct crowd *crowd, const struct pd_id *id, uint32_t requester);
/* No longer; one under a command is freed when that is answered. */
void crowd_forget(struct watched *order);
/* Have the requester do the next thing after so long. */
void crowd_schedule(struct watched *order, double wait_ms);
/* Send a command about the order, which is not under one. Errors as pd_client_send. */
PD_MUST_USE enum pd_err crowd_send(struct watched *order, struct pd_message *message);

/* Find places outdoors, in front of some households. Errors as pd_client_query. */
PD_MUST_USE enum pd_err arrivals_find_spots(struct crowd *crowd);
/* Choose who orders often, and weigh the categories. The roster is read. */
void arrivals_prepare(struct crowd *crowd);
/* Submit all whose time has come; more than a second behind (the process was stopped), the clock begins anew. */
void arrivals_take(struct crowd *crowd);
/* Whether all orders that were wanted are submitted. */
bool arrivals_over(const struct crowd *crowd);

#endif
