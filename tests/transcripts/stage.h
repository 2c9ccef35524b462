/* stage.h - a core as a script drives it: what was applied is kept, as the journal would, and the log says what
 * happened. */
#ifndef PAIDAN_STAGE_H
#define PAIDAN_STAGE_H

#include "cast.h"
#include "core.h"

struct stage;

struct stage *stage_new(struct cast *cast);
void stage_free(struct stage *stage);

struct core *stage_core(struct stage *stage);
uint64_t stage_now_ms(const struct stage *stage);
/* What holds at first. */
struct core_periods stage_periods(void);
void stage_set_periods(struct stage *stage, const struct core_periods *periods);
/* A quiet stage tells only of what it refuses. */
void stage_set_quiet(struct stage *stage, bool quiet);
/* Refusals so far. */
unsigned stage_refusals(const struct stage *stage);

/* Let time pass to ms: what becomes due on the way happens at its time. ms must not be before now. */
void stage_pass(struct stage *stage, uint64_t ms);
/* Send a command now, as actor; tells what came of it. */
void stage_send(struct stage *stage, const struct pd_message *command, uint32_t actor);
/* Send the last command again, just as it was. False: there was none. */
bool stage_again(struct stage *stage);
/* The order's version as everybody knows it; 1 when there is no such order. */
uint32_t stage_version(struct stage *stage, const struct pd_id *id);

/* Ended orders leave memory, as when the book has them; a command that names one brings it back. */
void stage_forget(struct stage *stage);
/* An order as it stands, also when it was forgotten; null when there is none. */
const struct order_row *stage_row(struct stage *stage, const struct pd_id *id);

/* Whether a replay of all events makes the same state; tells so. */
bool stage_replay(struct stage *stage);

#endif
