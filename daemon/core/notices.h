/* notices.h - notices, roll-calls and rounds of visits: one mechanism. Each goes to an area and all below it, wants
 * something of each of its members, and ends at a set time. What members have received and answered are their rows
 * (members.h), whose owner is the notice.
 *
 * Invariants: (1) an open notice and all its members' rows are in memory; (2) its counts are those of its members'
 * rows, each in the area that the row names; (3) by_until holds the open ones, the one that ends first at its head;
 * pending those of them whose orders are not all handed out. Part of the core.
 */
#ifndef PAIDAN_NOTICES_H
#define PAIDAN_NOTICES_H

#include "members.h"
#include "registry.h"

enum {
	NOTICE_ENDED = 1,
	NOTICE_HANDED_OUT = 2, /* every micro-grid has its order, or none is to be made */
	NOTICE_PLAN_ENDED = 4, /* it has ended before its time, with the plan that had sent it */
};

/* What the book stores of a notice, in this layout, little-endian; the event notified stands behind it, as a message.
 */
struct notice_row {
	struct pd_id id;
	uint64_t seq, last_seq;               /* of its first and last event, answers not counted */
	uint64_t first_at, last_at;           /* their places in the journal */
	uint64_t time_ms, until_ms, ended_ms; /* ended_ms 0: it is open */
	uint64_t reminded_seq;                /* of its last missing_reminded */
	uint32_t area, actor, category;
	uint32_t cursor, orders; /* the micro-grid to which the last order was handed out, in the order of their ids;
				    how many were */
	uint32_t reminders;
	uint32_t members, delivered, read, confirmed,
		answered; /* at its end; answered: who had given what was wanted */
	uint32_t ended_by;
	uint32_t number; /* of those that hand out orders: by which these name it, see lapse.h; 0 */
	uint8_t kind, want, sort;
	uint8_t marks; /* NOTICE_ */
	uint16_t event_bytes;
	uint16_t posts; /* of people: only these, 1 << enum pd_post; 0: any */
	uint32_t zero;
};
_Static_assert(sizeof(struct notice_row) == 144, "the book stores this layout");

/* Answers that are none of delivered, read and confirmed: NOTICE_ANSWERS of them, from done on. */
enum { NOTICE_RECEIPTS = PD_answer_kind_confirmed, NOTICE_ANSWERS = PD_answer_kind_visited - NOTICE_RECEIPTS };

/* What members of one area have received and answered, areas below it not counted in; or sums of such. */
struct notice_count {
	uint32_t area;
	uint32_t members;                  /* of sums alone: households or people now */
	uint32_t reached[NOTICE_RECEIPTS]; /* who has got so far or further */
	uint32_t answers[NOTICE_ANSWERS];
	uint32_t answered, satisfied; /* with an answer; who have given what is wanted */
	uint64_t sums[MEMBER_NUMBERS];
};

struct notice {
	struct notice_row row;
	char *event;                  /* notified, as a message: row.event_bytes */
	struct pd_slice text, labels; /* point into it */
	uint32_t plan;                /* that sent it; 0: somebody did */
	struct table counts; /* struct notice_count by area; empty in one that has ended and was fetched back */
	TAILQ_ENTRY(notice) by_until; /* among the open or the ended ones */
	TAILQ_ENTRY(notice) of_pending;
	bool changed;
	struct notice *next_changed;
};
TAILQ_HEAD(notice_list, notice);

struct notices {
	struct table by_id;
	struct notice_list open, pending, ended; /* ended: in memory still, in the order of their ends */
	struct notice *changed;
	uint64_t hash_seed;
	bool plan_ended; /* a plan has, since it was last seen that none of the open ones outlives its own */
};

void notices_init(struct notices *notices, uint64_t hash_seed);
void notices_fini(struct notices *notices);

static inline bool notice_open(const struct notice *notice)
{
	return !(notice->row.marks & NOTICE_ENDED);
}

/* Whether a member's row gives what the notice wants. */
bool notice_satisfied(unsigned want, const struct member_row *row);
/* Add a member's row to a count, or take it away. */
void notice_count_row(struct notice_count *count, unsigned want, const struct member_row *row, int sign);
void notice_count_add(struct notice_count *sum, const struct notice_count *count);

/* Whether somebody is a member of a notice to top, of people to those with one of posts (0: any): *area gets where
 * they count. */
bool notice_has_household(const struct registry *registry, const struct area *top, const struct household *household,
			  const struct area **area);
bool notice_has_person(const struct registry *registry, unsigned posts, const struct area *top,
		       const struct person *person, const struct area **area);
/* The member of the notice that a person is, or their household; 0: they are none. */
uint32_t notice_member_of(const struct registry *registry, const struct notice_row *row, uint32_t person);
/* A hash of what an answer says, by which its repeat is recognised. */
uint32_t notice_content(unsigned answer, const struct pd_u64s *numbers, struct pd_slice text);
/* The micro-grid in use within top whose id follows cursor; null: there is none. */
const struct area *notice_next_grid(const struct registry *registry, const struct area *top, uint32_t cursor);

#endif
