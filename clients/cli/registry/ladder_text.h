/* ladder_text.h - the steps of a ladder as people write them: "microgrid 30m > community 1h > district 4h".
 *
 * Levels are words of proto/enums.def, in English or Chinese; times are as moment.h says; between steps stands > or →.
 */
#ifndef PAIDAN_LADDER_TEXT_H
#define PAIDAN_LADDER_TEXT_H

#include "buffer.h"
#include "proto.h"

enum { LADDER_TEXT_NUMBERS_MAX = 10 }; /* of the field steps */

/* Levels and seconds by turns, as put_ladder has them. False: *wrong is the part that is no step, or one too many. */
bool ladder_text_read(struct pd_slice text, uint64_t numbers[static LADDER_TEXT_NUMBERS_MAX], uint32_t *count,
		      struct pd_slice *wrong);

/* Append the steps; word gives a level's word: pd_word, or intl_word for people. */
void ladder_text_print(struct pd_u64s steps, const char *(*word)(const char *set, unsigned code),
		       struct pd_buffer *out);

#endif
