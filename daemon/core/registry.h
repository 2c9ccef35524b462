/* registry.h - the areas, households, people, categories, rules and shapes of a district.
 *
 * Invariants: (1) an area's level is below its parent's, hence there are no loops; (2) a household that is in use
 * belongs to a micro-grid and its centre household is in use, of the same micro-grid, and its own centre; (3) counts in
 * an area are those of what is in use. Retired things stay, for what has happened names them. Part of the core.
 */
#ifndef PAIDAN_REGISTRY_H
#define PAIDAN_REGISTRY_H

#include <bsd/sys/tree.h>

#include "detail.h"

struct holder;

/* What all kinds begin with. An entity keeps the event that last set it as a message: its texts point into it, the book
 * stores it, the digest hashes it. seen: named by the import under way. */
#define ENTITY_FIELDS                                                                                                  \
	uint32_t id, event_bytes;                                                                                      \
	char *event;                                                                                                   \
	bool retired, seen
struct entity {
	ENTITY_FIELDS;
};
#define ENTITY                                                                                                         \
	union {                                                                                                        \
		struct entity entity;                                                                                  \
		struct {                                                                                               \
			ENTITY_FIELDS;                                                                                 \
		};                                                                                                     \
	}

/* How many publications had the area in their topics. */
struct area_publications {
	uint64_t uncounted;          /* neither here nor above yet */
	struct area *next_uncounted; /* of the areas with such */
	uint64_t count;
};

struct area {
	ENTITY;
	uint8_t level, kind;
	/* What each order's events look at stands together. */
	struct area *parent;
	struct holder *holder;                 /* its queue and figures (order.h); null in a registry that is a trial */
	uint32_t plan_on;                      /* the plan that is on from here down; 0: none (modes.h) */
	struct area_publications publications; /* the front's, not the core's (publish.h) */
	uint32_t children, households;         /* in use */
	uint32_t centres,
		posts[PD_post_administrator + 1]; /* in use, of those here: centre households; people by post */
	struct pd_slice name;
	uint64_t waiting_below; /* as core_mark_waiting found it */
};

struct household {
	ENTITY;
	uint32_t area, centre;
	int32_t lon_e7, lat_e7;
	uint8_t priority; /* enum household_priority; 0: none */
	struct pd_slice address;
	RB_ENTRY(household) by_address; /* addresses.c */
};

struct person {
	ENTITY;
	uint32_t area, household;
	uint8_t post;
	struct pd_slice name, phone;
};

struct category {
	ENTITY;
	uint32_t accept_within_s, complete_within_s, idle_within_s, ladder; /* ladder: 0: none */
	uint32_t area; /* where its orders are when nothing says more; 0: nowhere in particular */
	uint8_t level, urgency, accept_clock, complete_clock;
	bool emergency_only; /* see mode_takes */
	struct pd_slice name;
};

/* By which orders get another holder: its id is its rank (rules.h). */
struct rule {
	ENTITY;
	uint32_t category, area, holder;
	uint16_t from_min, to_min;
	uint8_t post, weekdays, level;
	struct pd_slice name, keyword;
};

/* An area's polygons: its id is the area's. What rings are: proto/rings.h. */
struct shape {
	ENTITY;
	struct pd_slice rings;
};

/* The book stores these numbers. */
enum registry_kind {
	REGISTRY_AREAS,
	REGISTRY_HOUSEHOLDS,
	REGISTRY_PEOPLE,
	REGISTRY_CATEGORIES,
	REGISTRY_CALENDARS,
	REGISTRY_LADDERS,
	REGISTRY_RULES,
	REGISTRY_SHAPES,
	REGISTRY_DUTIES,
	REGISTRY_PLANS,
	REGISTRY_MODES, /* where plans are on; by the plan's id */
	REGISTRY_KINDS
};

struct registry;

struct registry *registry_new(uint64_t hash_seed);
void registry_free(struct registry *registry);
/* A trial: the same entities, without holders. */
struct registry *registry_clone(const struct registry *registry);
/* Rises with every event that was applied. */
uint64_t registry_version(const struct registry *registry);
/* Rises with every event of the kind. */
uint64_t registry_kind_version(const struct registry *registry, enum registry_kind kind);

/* Null when there is none; retired ones are found, too. */
struct area *registry_area(const struct registry *registry, uint32_t id);
struct household *registry_household(const struct registry *registry, uint32_t id);
struct person *registry_person(const struct registry *registry, uint32_t id);
struct category *registry_category(const struct registry *registry, uint32_t id);
/* Whether there is such an area, not retired. */
bool registry_in_use(const struct registry *registry, uint32_t area);
/* The area above all others, in use; null when there is none yet. */
const struct area *registry_root(const struct registry *registry);

/* The kind that a put_ command or a _set event is about; REGISTRY_KINDS: it is about none. */
enum registry_kind registry_kind_of(enum pd_type type);
/* The put_ command that says of an entity what its event says. What it borrows is there until the next call. */
void registry_put_of(const struct registry *registry, enum registry_kind kind, const struct entity *entity,
		     struct pd_message *put);
/* Its field retired. */
bool *registry_put_retired(struct pd_message *put);

/* Null when there is none; retired ones are found, too. */
struct entity *registry_find(const struct registry *registry, enum registry_kind kind, uint32_t id);
/* All entities of a kind, by id, retired ones too: pointers to the structs above. Valid until the registry changes. */
void *const *registry_sorted(const struct registry *registry, enum registry_kind kind, size_t *count);

/* Whether area is top or below it. A null top is above everything. */
static inline bool area_within(const struct area *area, const struct area *top)
{
	while (area && area != top)
		area = area->parent;
	return area == top;
}
/* Agencies, social organisations, property companies and teams of volunteers: they have a queue and people, and neither
 * ground nor households. */
static inline bool area_is_organisation(const struct area *area)
{
	return area->kind >= PD_area_kind_agency && area->kind <= PD_area_kind_volunteers;
}
/* The lowest area that both are or are below; null: they have none in common. */
const struct area *area_common(const struct area *a, const struct area *b);
/* The area at level, or the nearest above it, on the way up from area. */
const struct area *area_at_level(const struct area *area, unsigned level);
/* Its topic, e.g. "/370304/370304001/101/1001/"; returns the length. */
enum { AREA_PATH_BYTES = 72 };
size_t area_path(const struct area *area, char path[static AREA_PATH_BYTES]);

/* The lowest area of all households in use whose addresses begin as place does, as far as any does, but never in the
 * middle of a number: "税务街12号院门口" finds those of 税务街12号院, and none of 税务街120号. *bytes gets how much of
 * place was found. Null: fewer than three characters were, or addresses all over the district begin so. (addresses.c)
 */
const struct area *registry_match_address(const struct registry *registry, struct pd_slice place, uint32_t *bytes);

/* ---- changing it ---- */

enum registry_effect {
	REGISTRY_ADDED,
	REGISTRY_CHANGED,
	REGISTRY_MOVED,
	REGISTRY_RETIRED,
	REGISTRY_UNCHANGED,
	REGISTRY_EFFECTS
};

struct registry_decision {
	enum pd_refusal refusal;
	struct pd_detail detail;
	enum registry_effect effect;
	struct pd_message event; /* borrows the texts of the command; of no meaning when refused or unchanged */
};

/* What a put_ message does to the registry as it is. bulk: relations that a later row may still mend are left to
 * registry_check. */
void registry_decide(const struct registry *registry, const struct pd_message *put, bool bulk,
		     struct registry_decision *decision);
/* Take in a _set event. */
void registry_apply(struct registry *registry, const struct pd_message *event);
/* Whether the whole is sound after a bulk change; if not, *kind and *id name an entity at fault. */
enum pd_refusal registry_check(const struct registry *registry, enum registry_kind *kind, uint32_t *id);

#endif
