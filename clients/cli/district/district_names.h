/* district_names.h - words for a made-up district: names of people, shops, roads, communities and villages, Chinese
 * numerals.
 *
 * All lists are made up or common knowledge; who bears such a name does so by chance.
 */
#ifndef PAIDAN_DISTRICT_NAMES_H
#define PAIDAN_DISTRICT_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "prng.h"

enum { DISTRICT_NAME_BYTES = 64, DISTRICT_URBAN = 41, DISTRICT_ROADS = 72, DISTRICT_MARKETS = 11 };

extern const char *const district_urban[DISTRICT_URBAN]; /* without 社区; each is a road, too, if it ends like one */
extern const char *const district_roads[DISTRICT_ROADS];
extern const char *const district_markets[DISTRICT_MARKETS]; /* markets and trade streets */

/* A person's name. */
void district_names_person(struct prng *prng, char name[static DISTRICT_NAME_BYTES]);
/* A shop's name, e.g. 永顺五金. */
void district_names_shop(struct prng *prng, char name[static DISTRICT_NAME_BYTES]);
/* How many different villages there are names for, and each one's name, with 村. */
size_t district_names_villages(void);
void district_names_village(size_t i, char name[static DISTRICT_NAME_BYTES]);
/* 1 to 99: 一, ..., 九十九. */
void district_names_numeral(unsigned number, char text[static DISTRICT_NAME_BYTES]);

#endif
