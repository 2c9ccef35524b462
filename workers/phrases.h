/* phrases.h - what the simulated people write: orders that fit a category by its name, reasons, results and words of
 * thanks.
 *
 * Threads: as the chance that is drawn from. What is appended is at most 400 bytes of valid UTF-8 and never empty.
 */
#ifndef PAIDAN_PHRASES_H
#define PAIDAN_PHRASES_H

#include "buffer.h"
#include "chance.h"
#include "proto.h"

/* A request about something of category, e.g. 公共照明. A category whose name fits no theme gets a general one that
 * names it. */
void phrases_order(struct pd_buffer *out, struct chance *chance, const char *category);
/* What was done about it. */
void phrases_result(struct pd_buffer *out, struct chance *chance, const char *category);

/* One phrase of a list; it lives for ever. */
struct pd_slice phrases_decline(struct chance *chance);
struct pd_slice phrases_note(struct chance *chance);
struct pd_slice phrases_reopen(struct chance *chance);
struct pd_slice phrases_cancel(struct chance *chance);
struct pd_slice phrases_urge(struct chance *chance);
struct pd_slice phrases_merge(struct chance *chance);
/* Words that go with a rating of 1 to 5 stars. */
struct pd_slice phrases_thanks(struct chance *chance, unsigned rating);

#endif
