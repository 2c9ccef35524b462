/* routes.h - where an order comes from and who is to hold it, as PROTOCOL.md's "Routing" has it; not as the core has
 * it. Threads: one. */
#ifndef PAIDAN_SIM_ROUTES_H
#define PAIDAN_SIM_ROUTES_H

#include "answers.h"
#include "registry.h"

/* What an order says of where it is. */
struct route_said {
	uint32_t household, area, requester, category;
	struct pd_slice place;
	int32_t lon_e7, lat_e7; /* 0, 0: not said */
};

/* The area it comes from, and what told it; null: it is refused for one of reasons. */
const struct area *route_area(const struct registry *registry, const struct route_said *said, uint32_t *household,
			      enum pd_route_step *step, struct reasons *reasons);
/* Who holds it, and the rule that says so, 0: none. */
const struct area *route_holder(const struct registry *registry, const struct pd_submitted *submitted, uint32_t *rule);

#endif
