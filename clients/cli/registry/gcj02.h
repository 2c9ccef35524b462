/* gcj02.h - coordinates of Chinese web maps (GCJ-02) and WGS84.
 *
 * GCJ-02 is WGS84 shifted by some hundred metres, by a formula that was never published and is known all the same
 * (source: the eviltransform library). It is inverted by iteration, to better than a centimetre. Outside China the two
 * are the same. All in degrees * 10^7. Threads: pure functions.
 */
#ifndef PAIDAN_GCJ02_H
#define PAIDAN_GCJ02_H

#include "rings.h"

struct pd_point gcj02_from_wgs84(struct pd_point wgs84);
struct pd_point gcj02_to_wgs84(struct pd_point gcj02);

#endif
