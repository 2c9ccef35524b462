/* route.h - where an order comes from, and who is to hold it.
 *
 * Where it comes from is told by the first of these that can: the household it names, the area it names, the polygon in
 * which its coordinate lies or the nearest one, the households whose addresses begin as its place does, its category's
 * area, its requester's household or post, the district. An area that is named goes before a coordinate: somebody has
 * decided, and the coordinate only says where exactly. Who holds it is told by the first rule that matches, else by the
 * category's level. Both are explained by the code that decides. Part of the core.
 */
#ifndef PAIDAN_ROUTE_H
#define PAIDAN_ROUTE_H

#include "detail.h"
#include "registry.h"

enum place_how { PLACE_NOWHERE, PLACE_INSIDE, PLACE_BORDER, PLACE_NEAREST };

/* What the polygons say of a coordinate. */
struct core_place {
	enum place_how how;
	uint32_t area;   /* 0: nowhere */
	uint32_t metres; /* how far it is; 0: it is in it */
};

/* Who knows the polygons: the core asks when an order is to be routed by its coordinate, and keeps the answer in the
 * event. Without a find, no coordinate is anywhere. */
struct core_map {
	void (*find)(void *arg, int32_t lon_e7, int32_t lat_e7, struct core_place *place);
	void *arg;
};

/* What an order says of where it belongs; the texts are borrowed. */
struct route_asked {
	const struct registry *registry;
	const struct core_map *map;
	const struct person *requester; /* null: nobody that is known */
	const struct category *category;
	uint32_t household, area; /* 0: not named */
	int32_t lon_e7, lat_e7;   /* 0, 0: not said */
	struct pd_slice place, text;
	uint64_t now_ms;
};

struct route_found {
	enum pd_refusal refusal; /* what it names is not there, or there is no district; then nothing else is filled */
	struct pd_detail detail;
	uint32_t household; /* 0: none */
	const struct area *area, *holder;
	enum pd_route_step step; /* which told the area */
	uint32_t rule;           /* which chose the holder; 0: the category's level did */
};

/* Gets each step, in the order in which they are tried. The name lives until it returns. */
typedef void route_tell(const struct pd_route *row, void *arg);

/* tell may be null: then nothing is looked at beyond what decides. */
void route_find(const struct route_asked *asked, struct route_found *found, route_tell *tell, void *arg);
/* Where it comes from alone: found's holder is the category's level's. */
void route_origin(const struct route_asked *asked, struct route_found *found, route_tell *tell, void *arg);

#endif
