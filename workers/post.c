#include "post.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

unsigned post_working(void)
{
	unsigned posts = 0;
	for (unsigned level = PD_level_district; level <= PD_level_microgrid; level++)
		for (const uint8_t *post = roster_posts(level); *post; post++)
			posts |= 1u << *post;
	return posts;
}

static enum pd_err read_registry(struct post *post, struct roster *roster, struct pd_client *client, const char *area)
{
	enum pd_err err = roster_load_areas(roster, client, POST_QUERY_MS);
	if (!err)
		err = roster_load_categories(roster, client, POST_QUERY_MS);
	if (!err)
		err = roster_find_area(roster, area, &post->area);
	return err ? err : roster_load_people(roster, client, post->area->id, post_working(), POST_QUERY_MS);
}

static int choose_person(struct post *post, struct roster *roster, const struct args *args, const char *as)
{
	if (as && roster_find_person(roster, as, post->area->id, &post->person))
		return args_fail(args, EXIT_USAGE, "%s", roster_why(roster));
	if (!as)
		post->person = roster_leader(roster, post->area);
	if (post->person)
		return 0;
	return args_fail(args, EXIT_USAGE,
			 "nobody holds a post in area %" PRIu32 " %s that accepts its orders; see 'paidan people'",
			 post->area->id, post->area->name);
}

int post_take(struct post *post, struct roster *roster, struct shift *shift, struct worker *worker, const char *area,
	      const char *as)
{
	struct pd_client *client = worker_client(worker);
	enum pd_err err;
	*post = (struct post){0};
	do {
		err = shift_until_up(shift, client);
		if (!err && !shift->stops)
			err = read_registry(post, roster, client, area);
	} while (err == PD_ETIMEDOUT && !shift->stops);
	if (shift->stops)
		return 0;
	if (err == PD_ESYS)
		return args_fail(shift->args, EXIT_SYSTEM, "%s", strerror(errno));
	if (err)
		return args_fail(shift->args, EXIT_USAGE, "%s", roster_why(roster));
	return choose_person(post, roster, shift->args, as);
}

enum pd_err post_adopt(struct shift *shift, struct worker *worker, uint32_t area,
		       void (*each)(struct worker *worker, struct worker_order *order, void *arg), size_t *count)
{
	enum pd_err err;
	do {
		err = shift_until_up(shift, worker_client(worker));
		if (!err && !shift->stops)
			err = worker_adopt_all(worker, area, POST_QUERY_MS, each, count);
	} while (err == PD_ETIMEDOUT && !shift->stops);
	return shift->stops ? PD_OK : err;
}
