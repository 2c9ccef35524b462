/* ground.h - the map of the simulated district: squares, mostly side by side, and how far a place is from them; found
 * by looking at all of them, not as the broker does it. Threads: one. */
#ifndef PAIDAN_SIM_GROUND_H
#define PAIDAN_SIM_GROUND_H

#include "registry.h"
#include "route.h"

/* Coordinates lie between 0 and this, in degrees * 10^7; a coordinate outside all squares is near one within so many
 * metres. */
enum { GROUND_E7 = 1000000, GROUND_NEAR_M = 300 };

/* Polygons for some area: a square, or what is to be refused. They live until the next call. */
void ground_draw(struct pd_put_shape *put);
/* Where the registry's shapes have a place. */
void ground_find(const struct registry *registry, int32_t lon_e7, int32_t lat_e7, struct core_place *place);

#endif
