/* query_listings.c - answering queries about what is offered and needed. */
#include <stdlib.h>
#include <string.h>

#include "front.h"

static bool may_read(struct front *front, struct session *session, uint64_t request)
{
	if (core_may_read(front->core, session->person))
		return true;
	front_refuse(front, session, request, PD_REFUSED_not_allowed, PD_DETAIL(only_working_lists));
	return false;
}

static void answer_counts(struct front *front, struct session *session, uint64_t request, const struct area *area)
{
	struct listing_counts counts;
	uint64_t open[PD_listing_side_need + 1];
	core_count_listings(front->core, area, &counts, open);
	struct pd_message reply = {.type = PD_MSG_listing_counts};
	reply.listing_counts = (struct pd_listing_counts){.area = area ? area->id : 0,
							  .offered = counts.offered,
							  .needed = counts.needed,
							  .claimed = counts.claimed,
							  .fulfilled = counts.fulfilled,
							  .failed = counts.failed,
							  .withdrawn = counts.withdrawn,
							  .expired = counts.expired,
							  .open_offers = open[PD_listing_side_offer],
							  .open_needs = open[PD_listing_side_need]};
	front_reply(front, session, request, &reply);
}

/* The area, and each one directly below it; of all, those below the district. */
static void answer_all_counts(struct front *front, struct session *session, uint64_t request, const struct area *top)
{
	size_t count;
	uint32_t answers = 1;
	void *const *areas = registry_sorted(core_registry(front->core), REGISTRY_AREAS, &count);
	answer_counts(front, session, request, top);
	for (size_t i = 0; i < count; i++) {
		const struct area *area = areas[i];
		const struct area *above = area->parent;
		if (!above || area->retired || (top ? above != top : above->parent != NULL))
			continue;
		answer_counts(front, session, request, area);
		session->looked += core_holder_count(front->core);
		answers++;
	}
	front_answer_end(front, session, request, answers, false, 0);
}

void front_list_listings(struct front *front, struct session *session, const struct pd_message *query)
{
	const struct pd_list_listings *list = &query->list_listings;
	const struct area *area;
	if (!may_read(front, session, query->request) ||
	    !front_find_area(front, session, query->request, list->area, &area))
		return;
	if (list->counts) {
		answer_all_counts(front, session, query->request, area);
		return;
	}
	struct read *read = front_new_read(front, session, READ_LISTINGS, query->request);
	if (!read)
		return;
	uint64_t last = core_last_seq(front->core);
	read->after_seq = list->after_seq < last ? list->after_seq : last;
	read->listings.side = list->side;
	read->listings.kind = list->kind;
	read->listings.state = list->state;
	read->listings.limit = front_limit(list->limit);
	if (list->cursor.bytes)
		memcpy(read->listings.cursor, list->cursor.data, list->cursor.bytes);
	read->listings.cursor_bytes = list->cursor.bytes;
	if (area)
		read->areas = front_subtree(front, area, &read->area_count);
	front_read(front, read);
}

/* The rows as they are now: the listing's, then those of what fits it. */
static void find_matches(struct front *front, struct session *session, const struct listing_entry *listing,
			 unsigned limit, struct read *read)
{
	const struct listing_entry **found = malloc(limit * sizeof(struct listing_entry *));
	read->rows = malloc((limit + 1) * sizeof *read->rows);
	if (!found || !read->rows)
		abort();
	size_t count = core_matches(front->core, listing, found, limit);
	session->looked += core_listing_count(front->core);
	read->row_known = true;
	read->rows[0] = listing->row;
	for (size_t i = 0; i < count; i++)
		read->rows[i + 1] = found[i]->row;
	read->row_count = count + 1;
	free(found);
}

void front_list_matches(struct front *front, struct session *session, const struct pd_message *query)
{
	const struct pd_list_matches *list = &query->list_matches;
	if (!may_read(front, session, query->request))
		return;
	struct read *read = front_new_read(front, session, READ_MATCHES, query->request);
	if (!read)
		return;
	const struct listing_entry *listing = core_listing(front->core, &list->listing);
	read->order = list->listing;
	read->after_seq = core_last_seq(front->core); /* claims are read from the book */
	if (listing)
		find_matches(front, session, listing, front_limit(list->limit), read);
	front_read(front, read);
}
