#include "post.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "intl.h"

enum { BUSY_MS = 50 };

unsigned post_working(void)
{
	unsigned posts = 0;
	for (unsigned level = PD_level_district; level <= PD_level_microgrid; level++)
		for (const uint8_t *post = roster_posts(level); *post; post++)
			posts |= 1u << *post;
	return posts;
}

int post_open(struct shift *shift, struct cli *cli, bool children, struct worker **worker,
	      const struct worker_handler *handler, void *arg)
{
	char name[64];
	const char *why;
	if (shift_begin(shift, cli, children))
		return cli_fail(cli, CLI_SYSTEM, _("signals: %s"), intl_error(errno));
	snprintf(name, sizeof name, "paidan-worker %s " PAIDAN_VERSION, cli->command->name);
	enum pd_err err = worker_open(worker, cli->connect, cli->subscribe, name, handler, arg, &why);
	return err ? cli_fail(cli, cli_exit_of(err), "%s", why) : 0;
}

enum pd_err post_ask(struct shift *shift, struct pd_client *client, post_ask_fn *fn, void *arg)
{
	enum pd_err err;
	do {
		err = shift_until_up(shift, client);
		if (err)
			return err;
		if (!shift->stops)
			err = fn(arg);
		if (err == PD_EBUSY && shift_wait(shift, client, BUSY_MS, NULL, 0))
			return PD_ESYS;
	} while ((err == PD_ETIMEDOUT || err == PD_EBUSY) && !shift->stops);
	return shift->stops ? PD_OK : err;
}

int post_fail(const struct cli *cli, const struct roster *roster, enum pd_err err)
{
	if (err == PD_ESYS)
		return cli_fail(cli, CLI_SYSTEM, "%s", intl_error(errno));
	if (err == PD_ETIMEDOUT)
		return cli_fail(cli, CLI_SYSTEM, _("no paidand answers at %s"), cli_endpoint(cli));
	return cli_fail(cli, CLI_USAGE, "%s", roster_why(roster));
}

/* ---- taking a post ---- */

struct taking {
	struct post *post;
	struct roster *roster;
	struct pd_client *client;
	const char *area;
};

static enum pd_err read_registry(void *arg)
{
	const struct taking *taking = arg;
	struct post *post = taking->post;
	enum pd_err err = roster_load_areas(taking->roster, taking->client, POST_QUERY_MS);
	if (!err)
		err = roster_load_categories(taking->roster, taking->client, POST_QUERY_MS);
	if (!err)
		err = roster_find_area(taking->roster, taking->area, &post->area);
	return err ? err
		   : roster_load_people(taking->roster, taking->client, post->area->id, post_working(), POST_QUERY_MS);
}

static int choose_person(struct post *post, struct roster *roster, const struct cli *cli, const char *as)
{
	if (as && roster_find_person(roster, as, post->area->id, &post->person))
		return cli_fail(cli, CLI_USAGE, "%s", roster_why(roster));
	if (!as)
		post->person = roster_leader(roster, post->area);
	if (post->person)
		return 0;
	return cli_fail(cli, CLI_USAGE,
			_("nobody holds a post in area %" PRIu32 " %s that accepts its orders; see 'paidan people'"),
			post->area->id, post->area->name);
}

int post_take(struct post *post, struct roster *roster, struct shift *shift, struct worker *worker, const char *area,
	      const char *as)
{
	struct taking taking = {post, roster, worker_client(worker), area};
	*post = (struct post){0};
	enum pd_err err = post_ask(shift, taking.client, read_registry, &taking);
	if (shift->stops)
		return 0;
	return err ? post_fail(shift->cli, roster, err) : choose_person(post, roster, shift->cli, as);
}

struct adopting {
	struct worker *worker;
	uint32_t area;
	void (*each)(struct worker *worker, struct worker_order *order, void *arg);
	size_t *count;
};

static enum pd_err adopt(void *arg)
{
	const struct adopting *adopting = arg;
	return worker_adopt_all(adopting->worker, adopting->area, POST_QUERY_MS, adopting->each, adopting->count);
}

enum pd_err post_adopt(struct shift *shift, struct worker *worker, uint32_t area,
		       void (*each)(struct worker *worker, struct worker_order *order, void *arg), size_t *count)
{
	struct adopting adopting = {worker, area, each, count};
	return post_ask(shift, worker_client(worker), adopt, &adopting);
}
