/* lead.h - a leader's session, as its parts share it: lead.c talks to the broker, lead_lines.c takes what is typed,
 * lead_notices.c has notices and roll-calls. Threads: one. */
#ifndef PAIDAN_LEAD_H
#define PAIDAN_LEAD_H

#include "entries.h"
#include "post.h"
#include "roster.h"
#include "shift.h"

struct lead {
	struct cli *cli;
	const char *area; /* as it was named */
	struct shift shift;
	struct worker *worker;
	struct roster *roster;
	struct post post;
	struct entries entries;
	struct pd_buffer input;
	struct pd_client *ear;  /* the person's own connection, to which notices are pushed */
	struct pd_buffer heard; /* the notices that were shown, in the order of their numbers: see lead_notices.c */
	struct pd_decoder *decoder;
	double wait_s;
	uint64_t wait_until_ms; /* of a script's command that waits for its order; 0: none does */
	unsigned answer_for;    /* the entry whose command is under way; 0: none */
	uint16_t credit;
	bool terminal; /* stdin is one; otherwise a script */
	bool prompted; /* the prompt stands at the end of the screen */
	bool ended;    /* no more input */
	bool quit, failed;
	bool blind; /* the broker does not tell what happens */
};

/* Begin to say something: what is said stands on lines of its own. */
void lead_begin(struct lead *lead);
/* Say on stdout that a command cannot be done, and what would be right; a script has then failed. */
__attribute__((format(printf, 2, 3))) void lead_wrong(struct lead *lead, const char *format, ...);
void lead_refused(struct lead *lead, unsigned number, const char *what, const struct pd_refused *refused);

/* Be told of notices from now on, and show them as they come. Errors as pd_client_open. */
PD_MUST_USE enum pd_err lead_listen(struct lead *lead, const char **why);
/* What is done about notices and roll-calls, as lead_lines.c runs it: say that a notice is read, or confirmed; list who
 * is missing; answer for one. */
enum pd_err lead_run_read(struct lead *lead, struct entry *entry, struct pd_slice text);
enum pd_err lead_run_confirm(struct lead *lead, struct entry *entry, struct pd_slice text);
enum pd_err lead_run_missing(struct lead *lead, struct entry *entry, struct pd_slice text);
enum pd_err lead_run_tick(struct lead *lead, struct entry *entry, struct pd_slice text);

/* The next word of *rest, cut off; empty at the end. */
struct pd_slice lead_word(struct pd_slice *rest);
/* 0: it is not a number from 1 on. */
unsigned lead_number(struct pd_slice word);

/* Read what stdin has, if anything; at its end lead->ended is set. */
void lead_read(struct lead *lead);
/* Do the lines that were read, until one has to wait for an answer or its order. */
void lead_take_lines(struct lead *lead);

#endif
