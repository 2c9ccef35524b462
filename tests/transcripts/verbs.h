/* verbs.h - from the words of a line to a command: the moves of states.def, and the entries of the registry. */
#ifndef PAIDAN_VERBS_H
#define PAIDAN_VERBS_H

#include "cast.h"
#include "script.h"
#include "stage.h"

/* area NAME ID LEVEL [of NAME] [KIND] "name" [retired]
 * household NAME ID in AREA [centre NAME] "address" [retired]          without a centre: its own
 * person NAME ID POST in AREA [at HOUSEHOLD] "name" [retired]
 * category NAME ID for LEVEL URGENCY accept TIME complete TIME "name" [retired]
 *
 * kind is the first word, which has been taken. False: it is none of these. */
bool verbs_entry(struct script *script, struct cast *cast, const char *kind, struct pd_message *command);

/* WHO submits ORDER CATEGORY "text" [for WHO] [household NAME] [area NAME] [urgency WORD] [place "text"]
 * WHO accepts ORDER                    WHO confirms ORDER STARS ["text"]
 * WHO declines ORDER "reason"          WHO reopens ORDER "reason"
 * WHO transfers ORDER to AREA "reason" WHO cancels ORDER ["reason"]
 * WHO completes ORDER "result"         WHO notes ORDER "text"
 * WHO offers | needs LISTING QUANTITY KIND in AREA "text" [for TIME]
 * WHO claims CLAIM QUANTITY of LISTING for AREA [with LISTING]
 * WHO fulfils CLAIM QUANTITY of LISTING "result"
 * WHO withdraws LISTING ["reason"]
 * WHO switches on PLAN [in AREA]       WHO switches off PLAN ["reason"]
 * WHO puts ENTRY                       each but submits and puts: [version N], else the order's version now
 *
 * The rest of a line that begins with a time. Ends the program when it is none of these. */
void verbs_command(struct script *script, struct cast *cast, struct stage *stage, struct pd_message *command,
		   uint32_t *actor);

/* The id behind the next word. */
uint32_t verbs_need(struct script *script, const struct cast *cast, enum cast_kind kind);

/* What a submit says behind its order: `CATEGORY "text" [for WHO] [household H] [area A] [place "..."] [at EAST
 * NORTH]`. */
void verbs_submit(struct script *script, struct cast *cast, struct pd_submit *submit);

#endif
