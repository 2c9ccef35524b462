/* roster.h - what a worker knows of the registry: areas, the people who work, categories, and addresses as they are
 * needed.
 *
 * Read once at the start, by queries of 500 rows; what changes in the registry later is not seen until the next start,
 * for the broker checks every command against the registry as it is. Invariant: areas, people and categories are in the
 * order of their ids. Threads: one.
 */
#ifndef PAIDAN_ROSTER_H
#define PAIDAN_ROSTER_H

#include "paidan.h"

struct roster;

struct roster_area {
	uint32_t id, parent;
	uint8_t level, kind;
	char *name;
};

struct roster_person {
	uint32_t id, area, household;
	uint8_t post;
	char *name;
};

struct roster_category {
	uint32_t id;
	uint8_t level, urgency;
	bool emergency_only;
	char *name;
};

struct roster *roster_new(void);
void roster_free(struct roster *roster);

/* Read what is in use, at most timeout_ms an answer. PD_ETIMEDOUT: no answer. PD_EINVAL: the broker refused
 * (pd_client_why says nothing; roster_why does). May be repeated: what was read is read anew. */
PD_MUST_USE enum pd_err roster_load_areas(struct roster *roster, struct pd_client *client, int timeout_ms);
PD_MUST_USE enum pd_err roster_load_categories(struct roster *roster, struct pd_client *client, int timeout_ms);
/* People of area and below (0: anywhere) who hold one of posts (bit 1 << post). Adds to those that are there. */
PD_MUST_USE enum pd_err roster_load_people(struct roster *roster, struct pd_client *client, uint32_t area,
					   unsigned posts, int timeout_ms);
/* Have roster_person know this one too, whatever their post. Waits at most timeout_ms; errors as pd_client_query. Who
 * is not in the registry stays unknown, which is no error. */
PD_MUST_USE enum pd_err roster_meet(struct roster *roster, struct pd_client *client, uint32_t person, int timeout_ms);
const char *roster_why(const struct roster *roster);

const struct roster_area *roster_areas(const struct roster *roster, size_t *count);
const struct roster_person *roster_people(const struct roster *roster, size_t *count);
const struct roster_category *roster_categories(const struct roster *roster, size_t *count);

/* Whether the area is top, or stands below it. */
bool roster_within(const struct roster *roster, uint32_t area, uint32_t top);

/* Null when it is not there. */
const struct roster_area *roster_area(const struct roster *roster, uint32_t id);
const struct roster_person *roster_person(const struct roster *roster, uint32_t id);
const struct roster_category *roster_category(const struct roster *roster, uint32_t id);

/* The area of this id or name, or of the only name of which text is a part. PD_ENOENT, PD_EINVAL: none, or several;
 * roster_why tells, and names what is like it. */
PD_MUST_USE enum pd_err roster_find_area(struct roster *roster, const char *text, const struct roster_area **area);
/* The person of this id, or of this name with a post in area. The same errors. */
PD_MUST_USE enum pd_err roster_find_person(struct roster *roster, const char *text, uint32_t area,
					   const struct roster_person **person);

/* The posts that may accept orders of an area of level, best first, ended by 0. */
const uint8_t *roster_posts(unsigned level);
/* Who leads area: with the first of roster_posts that anybody there holds, the lowest id. Null: nobody. */
const struct roster_person *roster_leader(const struct roster *roster, const struct roster_area *area);

/* The address of a household that belongs to area: asked for with its whole area, and kept. Waits at most timeout_ms;
 * with a null client not at all. Null: unknown. */
const char *roster_address(struct roster *roster, struct pd_client *client, uint32_t area, uint32_t household,
			   int timeout_ms);

#endif
