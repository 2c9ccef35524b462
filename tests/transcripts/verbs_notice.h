/* verbs_notice.h - notices, roll-calls and visits in scripts. */
#ifndef PAIDAN_VERBS_NOTICE_H
#define PAIDAN_VERBS_NOTICE_H

#include "verbs.h"

/* WHO notifies NOTICE KIND to AREA "text" [wants WANT] [people] [by CATEGORY] [labels "a,b"] until TIME
 * WHO answers NOTICE self|MEMBER ANSWER [numbers N...] ["text"] [corrects]
 * WHO reminds NOTICE [nth N] [in AREA]
 * WHO ends NOTICE ["reason"]
 *
 * False: the next word is none of these verbs. The order of a roll-call NOTICE for AREA is called NOTICE@AREA; what
 * plan 1 sends, notice@plan1 and roll_call@plan1. */
bool verbs_notice(struct script *script, struct cast *cast, struct stage *stage, struct pd_message *command);

/* `show progress NOTICE [AREA]`, `show missing NOTICE [AREA]`. False: the next word is none of these. */
bool show_notice(struct script *script, struct cast *cast, const struct core *core);

/* An event of a notice, behind its name: who, what. */
void account_notice_event(struct cast *cast, const struct pd_message *event, unsigned sort);
/* An order was handed out by a notice: it gets its name. */
void account_handed_out(struct cast *cast, const struct pd_submitted *submitted);
/* The same for a notice that a plan sent. */
void account_sent_by_plan(struct cast *cast, const struct pd_notified *notified);

#endif
