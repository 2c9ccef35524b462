/* district.h - the small made district: how it begins, and how those who keep the registry change it, often wrongly.
 * Threads: one. */
#ifndef PAIDAN_SIM_DISTRICT_H
#define PAIDAN_SIM_DISTRICT_H

#include "registry.h"

enum { DISTRICT_ROWS_MAX = 1000 };

/* The rows of the district as it begins, parents first; their number. Texts live until the next call of any function
 * here. */
size_t district_begin(struct pd_message rows[static DISTRICT_ROWS_MAX]);
/* Whether there is something of every kind. */
bool district_there(const struct registry *registry);
/* A put_ message that changes something, or is wrong, or is of no effect. */
void district_change(const struct registry *registry, struct pd_message *put);
/* The registry as it is, row by row, with changes; some are left out, some may be wrong. */
size_t district_import(const struct registry *registry, struct pd_message rows[static DISTRICT_ROWS_MAX]);

/* An area that the last district_import left out though it is in use, as nobody needs it; 0: none. */
uint32_t district_left_out(void);

/* Some entity's id, in use or not; now and then one that is not there. */
uint32_t district_area(const struct registry *registry);
uint32_t district_household(const struct registry *registry);
uint32_t district_person(const struct registry *registry);
uint32_t district_category(const struct registry *registry);
/* What is or begins some household's address, or goes on behind it. */
struct pd_slice district_place(const struct registry *registry);
/* Somebody in use with a post of work in the very area; 0: nobody. */
uint32_t district_person_of(const struct registry *registry, uint32_t area);
/* Somebody in use with that post; 0: nobody. */
uint32_t district_person_with(const struct registry *registry, unsigned post);

#endif
