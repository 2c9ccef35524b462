/* answers.h - what the broker owes for each message, and whether what leaves it is that, and on disk.
 *
 * The oracle expects an answer when a message is handed to the broker; each answer that leaves must be one that is
 * expected, and may tell of nothing that a crash could take back. Threads: one.
 */
#ifndef PAIDAN_SIM_ANSWERS_H
#define PAIDAN_SIM_ANSWERS_H

#include "model.h"

struct session;

/* A set of refusals. */
struct reasons {
	uint64_t bits[2];
};

static inline void reasons_add(struct reasons *reasons, enum pd_refusal refusal)
{
	reasons->bits[refusal / 64] |= UINT64_C(1) << refusal % 64;
}
static inline bool reasons_have(const struct reasons *reasons, unsigned refusal)
{
	return refusal < 128 && reasons->bits[refusal / 64] >> refusal % 64 & 1;
}
static inline bool reasons_any(const struct reasons *reasons)
{
	return reasons->bits[0] || reasons->bits[1];
}

enum wanted {
	WANT_NOTHING,  /* a row of an import */
	WANT_OK,       /* with seq and version */
	WANT_REFUSAL,  /* for one of reasons */
	WANT_EITHER,   /* ok with seq, or refused for one of reasons */
	WANT_IMPORTED, /* with seq, or refused for one of reasons */
	WANT_WELCOME,
	WANT_PONG,
	WANT_ROWS, /* and an end, or a refusal for one of reasons */
	WANT_ONE,  /* stats or digest */
};

/* What a reply says, as far as it tells which expectation it meets. */
struct said {
	uint64_t turn, seq;
	enum pd_type type;
	unsigned code;
	uint32_t version, person;
};

struct expectation {
	uint32_t peer;
	uint64_t request;
	const struct session *session;
	enum pd_type type; /* of the message */
	enum wanted wanted;
	struct reasons reasons;
	bool repeat, looked_back;
	uint64_t seq;
	uint32_t version, actor;
	uint32_t person;   /* for whom a hello says that it speaks */
	uint32_t acceptor; /* whom a refusal as taken is to name */
	struct pd_id order;
	/* of queries */
	unsigned copies; /* the query has come so many times more: what it is to tell may differ */
	unsigned owed; /* so many answers must come; others may, if a read of a session that is no more is under way */
	uint64_t looked_seq; /* what has happened when it was asked, or how old what it tells may be */
	uint64_t begin_seq, after_seq, waiting, working;
	uint32_t limit, requester, rows, story_version, area, category;
	struct model_followers followers;
	uint16_t credit;
	bool doubled, exact, story, all_events;
	enum pd_type setup;          /* the events that are listed */
	uint32_t begin_id, after_id; /* ... after this one */
	struct pd_listing listing;   /* whose side, kind and state are asked for; 0: any */
	struct pd_listing_counts counts;
	struct pd_effect effect;
	uint32_t matches, listings; /* listings that fit; those that have come */
	uint8_t state;
	/* of answers.c */
	uint64_t turn;  /* when it began, counted in messages and replies */
	uint64_t tried; /* the search that has come by it last */
	bool met;
	struct said by; /* if it is met */
	struct expectation *next;
};

void answers_init(void);
void answers_fini(void);

/* An answer is owed. */
void answers_expect(const struct expectation *expectation);
/* A frame that cannot be read has been handed over: it may be refused without having been understood. */
void answers_expect_refusal_of_frame(void);
/* A session is no more: it is owed nothing. */
void answers_forget_peer(uint32_t peer);
/* To be called often enough: which sessions are no more. */
void answers_look_at_sessions(void);
/* The broker is no more. */
void answers_forget_all(void);
/* Nothing is under way: whoever still has a session must have been answered. */
void answers_check_none_owed(void);

/* A frame leaves. */
void answers_leave(uint32_t peer, const void *data, size_t bytes);
/* Somebody is told of event seq: it must be on disk. what: by what. */
void answers_demand_durable(uint64_t seq, const char *what);

/* The last event that anybody was told of. */
uint64_t answers_promised_seq(void);

#endif
