/* people.h - the residents and leaders of a year: who submits when, who answers and who does not.
 *
 * A leader looks at what waits at an area some minutes after it came, unless nobody is there that day; takes most of it
 * on, sometimes says no, or gives it on; does the work in its time, sometimes late or never. Residents confirm, or do
 * not, and reopen what was done badly. All by the dice. Threads: one.
 */
#ifndef PAIDAN_YEAR_PEOPLE_H
#define PAIDAN_YEAR_PEOPLE_H

#include "agenda.h"
#include "world.h"

/* Acts of people; others may plan acts of further kinds in the same agenda. */
enum people_act {
	PEOPLE_SUBMIT, /* the next order of the district */
	PEOPLE_LOOK,   /* somebody of the holder looks at the order */
	PEOPLE_FINISH, /* its acceptor has done it */
	PEOPLE_SAY,    /* its acceptor says something of it */
	PEOPLE_ANSWER, /* its requester confirms or reopens it */
	PEOPLE_URGE,   /* its requester is impatient */
	PEOPLE_ACTS,
};

struct people;

/* orders: how many are submitted from from_ms to until_ms, about. */
struct people *people_new(struct world *world, struct agenda *agenda, uint64_t from_ms, uint64_t until_ms,
			  uint32_t orders);
void people_free(struct people *people);

/* What somebody planned comes to be done. */
void people_act(struct people *people, const struct act *act);
/* An order has moved: whoever it concerns makes plans. */
void people_hear(struct people *people, const struct pd_message *event, const struct order *order);

/* People with a post of work in this very area; returns how many, at most max. */
size_t people_of(const struct people *people, uint32_t area, uint32_t *persons, size_t max);
/* Whether somebody answers at the area on the day of now. */
bool people_are_there(const struct people *people, uint32_t area);

#endif
