/* rules.h - the rules by which an order gets another holder than its category's level: which of them match.
 *
 * Rules are looked through by id. Times of day and days of the week are the district's. Part of the core.
 */
#ifndef PAIDAN_RULES_H
#define PAIDAN_RULES_H

#include "registry.h"

/* What an order says that a rule may ask for. */
struct rule_asked {
	const struct area *area; /* where it comes from */
	uint32_t category;
	uint8_t post; /* its requester's; 0: nobody's */
	struct pd_slice text;
	uint16_t minute; /* of the day */
	uint8_t weekday; /* 0 Monday to 6 Sunday */
};

/* Whether the rule matches: PD_route_why_decided, or the first thing that does not fit. */
enum pd_route_why rule_try(const struct registry *registry, const struct rule *rule, const struct rule_asked *asked);
/* Whether first matches whatever second does. */
bool rule_covers(const struct registry *registry, const struct rule *first, const struct rule *second);
/* Whether a rule may be what put says: refused when it says nobody to hold the orders, names what is not there, or
 * could never match, or another could not behind it; that last is left to rules_check when bulk. */
void rule_check(const struct registry *registry, const struct pd_put_rule *put, bool bulk,
		struct registry_decision *decision);
/* Whether every rule can match; if not, *id names one that cannot, and *detail says why. */
enum pd_refusal rules_check(const struct registry *registry, uint32_t *id, struct pd_detail *detail);

#endif
