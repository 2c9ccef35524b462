#include "gcj02.h"

#include <math.h>

/* The ellipsoid of Krasovsky. */
static const double axis_m = 6378245.0, eccentricity2 = 0.00669342162296594323;
enum { ROUNDS_MAX = 20 };

static double bends(double x)
{
	return 20.0 * sin(6.0 * x * M_PI) + 20.0 * sin(2.0 * x * M_PI);
}

static double waves(double x, double twelfth, double thirtieth)
{
	return 20.0 * sin(x * M_PI) + 40.0 * sin(x / 3.0 * M_PI) + twelfth * sin(x / 12.0 * M_PI) +
	       thirtieth * sin(x / 30.0 * M_PI);
}

/* By how many degrees GCJ-02 differs there. */
static void shift(double lon, double lat, double *lon_by, double *lat_by)
{
	double x = lon - 105.0, y = lat - 35.0, root = sqrt(fabs(x));
	double north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root;
	double east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root;
	north += (bends(x) + waves(y, 160.0, 320.0)) * 2.0 / 3.0;
	east += (bends(x) + waves(x, 150.0, 300.0)) * 2.0 / 3.0;
	double radians = lat / 180.0 * M_PI, sine = sin(radians), magic = 1 - eccentricity2 * sine * sine;
	*lat_by = north * 180.0 / (axis_m * (1 - eccentricity2) / (magic * sqrt(magic)) * M_PI);
	*lon_by = east * 180.0 / (axis_m / sqrt(magic) * cos(radians) * M_PI);
}

static bool in_china(double lon, double lat)
{
	return lon >= 72.004 && lon <= 137.8347 && lat >= 0.8293 && lat <= 55.8271;
}

struct pd_point gcj02_from_wgs84(struct pd_point wgs84)
{
	double lon = wgs84.lon_e7 / 1e7, lat = wgs84.lat_e7 / 1e7, lon_by, lat_by;
	if (!in_china(lon, lat))
		return wgs84;
	shift(lon, lat, &lon_by, &lat_by);
	return (struct pd_point){(int32_t)lround((lon + lon_by) * 1e7), (int32_t)lround((lat + lat_by) * 1e7)};
}

/* The shift hardly changes over its own length: each round leaves a hundredth of the error. */
struct pd_point gcj02_to_wgs84(struct pd_point gcj02)
{
	double lon = gcj02.lon_e7 / 1e7, lat = gcj02.lat_e7 / 1e7, at_lon = lon, at_lat = lat, error = 1;
	if (!in_china(lon, lat))
		return gcj02;
	for (int round = 0; round < ROUNDS_MAX && error > 1e-9; round++) {
		double lon_by, lat_by;
		shift(at_lon, at_lat, &lon_by, &lat_by);
		error = fabs(lon - lon_by - at_lon) + fabs(lat - lat_by - at_lat);
		at_lon = lon - lon_by;
		at_lat = lat - lat_by;
	}
	return (struct pd_point){(int32_t)lround(at_lon * 1e7), (int32_t)lround(at_lat * 1e7)};
}
