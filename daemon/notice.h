/* notice.h - notices as replies: what the front and its reads say in the same words. */
#ifndef PAIDAN_NOTICE_H
#define PAIDAN_NOTICE_H

#include "core.h"

void notice_describe(const struct notice_row *row, struct pd_slice text, struct pd_slice labels,
		     struct pd_message *reply);

/* The arrays that a progress message points to. */
struct notice_numbers {
	uint64_t answers[NOTICE_ANSWERS], sums[MEMBER_NUMBERS];
};
void notice_describe_progress(const struct notice_row *row, const struct notice_count *sum,
			      struct notice_numbers *numbers, struct pd_message *reply);

#endif
