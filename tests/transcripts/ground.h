/* ground.h - the map of a script: rectangles, on a grid of some ten metres a step east or north of house50.
 *
 * The broker looks its polygons up with GEOS; for stories, rectangles do.
 */
#ifndef PAIDAN_GROUND_H
#define PAIDAN_GROUND_H

#include "core.h"

enum { GROUND_STEP_E7 = 1000, GROUND_STEP_M = 10, GROUND_NEAR_M = 300 };

int32_t ground_lon_e7(int east);
int32_t ground_lat_e7(int north);
/* As bytes, kept until the next call. */
struct pd_slice ground_rings(int west, int south, int east, int north);
/* Of the core's registry: arg is the core. */
void ground_find(void *core, int32_t lon_e7, int32_t lat_e7, struct core_place *place);

#endif
