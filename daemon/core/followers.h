/* followers.h - who follows an order beside its requester, and how they rated it: members (members.h) whose owner is
 * the order.
 *
 * A follower's row: flags has FOLLOWER_FOLLOWS; numbers[0] is the rating, and numbers[1] the attempt that it rated.
 * Part of the core.
 */
#ifndef PAIDAN_FOLLOWERS_H
#define PAIDAN_FOLLOWERS_H

#include "members.h"
#include "order.h"

enum { FOLLOWER_FOLLOWS = 1, FOLLOWER_RATING = 0, FOLLOWER_ATTEMPT = 1, FOLLOWERS_MAX = 1000 };

static inline bool follower_follows(const struct member_row *row)
{
	return row && row->flags & FOLLOWER_FOLLOWS;
}

/* The rating of the order's last completion; 0: none yet. */
static inline unsigned follower_rating(const struct member_row *row, const struct order_row *order)
{
	return row->numbers[FOLLOWER_ATTEMPT] == order->attempt ? row->numbers[FOLLOWER_RATING] : 0;
}

/* What an order's followers come to. */
struct followers {
	uint32_t count, endorsements, stars;
};

static inline void followers_add(struct followers *sum, const struct member_row *row, const struct order_row *order)
{
	unsigned rating = follower_rating(row, order);
	sum->count += follower_follows(row);
	sum->endorsements += rating > 0;
	sum->stars += rating;
}

#endif
