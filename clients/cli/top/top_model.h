/* top_model.h - what a supervisor's live view knows: areas and their figures, rates by second, newest events; which
 * area is opened, how its children are sorted, which of them is chosen.
 *
 * It is fed with messages as they come and with the time, and gives a view: a picture of what is to be seen, which the
 * screen draws and which does not change by itself. Knows no terminal and no clock.
 *
 * Invariants: (1) the opened area is the top or below it; (2) what is chosen is a child of the opened area, or nothing;
 * (3) memory is bounded by the number of areas and categories. Threads: one.
 */
#ifndef PAIDAN_TOP_MODEL_H
#define PAIDAN_TOP_MODEL_H

#include "proto.h"

enum {
	TOP_SECONDS = 160,     /* rates are kept so long */
	TOP_EVENTS = 4096,     /* newest events that are kept */
	TOP_VIEW_EVENTS = 128, /* ... and that a view has at most */
	TOP_VIEW_SLOW = 64,
	TOP_DEPTH = 8,
	TOP_NAME_BYTES = 64 * 4 + 1,
	TOP_TEXT_BYTES = 160, /* of an event's words; longer ones are cut */
	TOP_SLOW_ORDERS = 3,  /* an area that has accepted fewer is not called slow */
	TOP_NOT_YET_MS = 2000 /* figures come once a second: of the last seconds something may be missing */
};

enum top_stage { TOP_SUBMITTED, TOP_ACCEPTED, TOP_COMPLETED, TOP_CLOSED, TOP_STAGES };

/* By what the children are sorted. Names from the first on, numbers from the greatest on, unless it is reversed. */
enum top_sort {
	TOP_BY_NAME,
	TOP_BY_WAITING,
	TOP_BY_OLDEST,
	TOP_BY_WORKING,
	TOP_BY_RATE,
	TOP_BY_ACCEPT,
	TOP_BY_COMPLETE,
	TOP_SORTS
};

/* p50, p90, p99 in ms; all 0: nothing was counted. */
enum { TOP_P50, TOP_P90, TOP_P99, TOP_PERCENTILES };

/* An area as a row of a view. Texts are the model's, and live as long as it. */
struct top_row {
	uint32_t area;
	const char *name;
	bool opens;            /* has areas below it */
	bool counted;          /* its figures have come */
	uint64_t waiting;      /* orders, now */
	uint64_t working;      /* accepted and not completed, now */
	uint64_t oldest_ms;    /* how long the oldest has waited; 0: none waits */
	uint64_t workers;      /* there now */
	uint64_t escalated;    /* times that an order climbed because a time passed, ever */
	uint32_t plan;         /* the emergency plan that is on there or above; 0: none */
	uint32_t plans_below;  /* how many are on further down */
	float rate_per_minute; /* submitted within the last minute */
	uint64_t accepted;     /* ever */
	uint64_t accept_ms[TOP_PERCENTILES], complete_ms[TOP_PERCENTILES];
};

struct top_event {
	uint64_t seq, time_ms;
	enum pd_type type;
	uint32_t area, other; /* where it happened; where else it is seen (0: nowhere) */
	uint32_t category;    /* 0: not known, or of no order */
	char text[TOP_TEXT_BYTES];
};

/* An event as a row of a view. */
struct top_event_row {
	uint64_t time_ms;
	enum pd_type type;
	const char *area, *category; /* names; empty: none */
	char text[TOP_TEXT_BYTES];
};

struct top_view {
	struct top_row opened;                  /* the opened area itself */
	const char *path[TOP_DEPTH];            /* names from the top down to it */
	unsigned path_count;                    /* ... 1 at the top */
	float rates[TOP_STAGES];                /* orders a second, of the last five */
	float seconds[TOP_STAGES][TOP_SECONDS]; /* orders in each second, the last one last */
	struct top_row *rows;                   /* its children, sorted */
	size_t row_count, row_capacity;
	size_t chosen;                      /* of rows; 0 when there are none */
	struct top_row slow[TOP_VIEW_SLOW]; /* areas without areas below, by p90 of the time to accept */
	size_t slow_count;
	struct top_event_row events[TOP_VIEW_EVENTS]; /* newest first */
	size_t event_count;
	uint64_t now_ms; /* of the broker's clock; 0: not known yet */
	enum top_sort sort;
	bool reversed;
};

struct top_model;

/* top: the area above which nobody can go; 0: everything. */
struct top_model *top_model_new(uint32_t top);
void top_model_free(struct top_model *model);
/* Lie under the only area that has none above it, if there is one alone; to be said when all areas have been learnt. */
void top_model_settle(struct top_model *model);
/* The top, as it is now. */
uint32_t top_model_top(const struct top_model *model);

/* ---- what comes; what is of no use is left alone ---- */

/* The time by a clock that never goes back. */
void top_model_tick(struct top_model *model, uint64_t now_ms);
/* Names, and which area is below which: area, category, area_set, category_set. */
void top_model_learn(struct top_model *model, const struct pd_message *message);
/* Figures. Published ones come each second in which something changed; others may be of any time. */
void top_model_stats(struct top_model *model, const struct pd_stats *stats, bool published);
void top_model_event(struct top_model *model, const struct pd_message *event);
/* Call fn for the id of each area that is at the top or below it. */
void top_model_each(struct top_model *model, void (*fn)(uint32_t area, void *arg), void *arg);

/* ---- what is wanted ---- */

/* Open a child; an area that is not below the top is left alone. */
void top_model_open(struct top_model *model, uint32_t area);
/* Back to the area above; the one that was left is chosen. */
void top_model_up(struct top_model *model);
void top_model_sort(struct top_model *model, enum top_sort sort);
void top_model_reverse(struct top_model *model);

/* ---- what is seen ---- */

/* Draw up view, which is zero at first and used again afterwards. */
void top_model_view(struct top_model *model, struct top_view *view);
void top_view_fini(struct top_view *view);
/* Choose another row, so many further down (or up); at the ends it stays. */
void top_model_choose(struct top_model *model, struct top_view *view, long rows);

#endif
