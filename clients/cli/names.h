/* names.h - the names behind ids: of areas, people and categories, looked up when they are needed and then kept.
 *
 * Whoever shows many rows says names_want for each id first and then names_settle: the questions go out together. Names
 * that cannot be looked up (retired long ago, broker gone) stand as "#1001". Threads: one.
 */
#ifndef PAIDAN_NAMES_H
#define PAIDAN_NAMES_H

#include "cli.h"

struct names;

/* Plans are known when they have been learnt: nobody can be asked for a single one. */
enum name_kind { NAME_AREA, NAME_PERSON, NAME_CATEGORY, NAME_PLAN };

struct name {
	uint32_t id;
	enum name_kind kind;
	bool asked, known;
	uint32_t above; /* of an area: the one above; of a person: where the post is held */
	uint8_t code;   /* of an area its level, of a person the post */
	char text[64 * 4 + 1];
};

struct names *names_new(void);
void names_free(struct names *names);

/* Ask for a name, unless it is known or id is 0. */
void names_want(struct cli *cli, struct pd_client *client, enum name_kind kind, uint32_t id);
/* Ask for what stands behind each id of message, by the units of its fields. */
void names_want_all(struct cli *cli, struct pd_client *client, const struct pd_message *message);
/* Wait for the answers, at most cli->timeout_ms. */
void names_settle(struct cli *cli, struct pd_client *client);
/* The name, after asking for it if need be. It lives as long as names. */
const struct name *names_get(struct cli *cli, struct pd_client *client, enum name_kind kind, uint32_t id);
/* Take a name from what came for another reason: area, person, category, area_set, person_set, category_set, plan_set;
 * others are left alone. */
void names_learn(struct names *names, const struct pd_message *message);

/* "城东街道 / 税务街社区第一网格": an area's name behind those above it, without the district's and those that the next
 * one begins with. Returns text. */
char *names_path(struct cli *cli, struct pd_client *client, uint32_t area, char *text, size_t text_bytes);

/* The area that text means: an id, or a name that only one area has. CLI_OK, or else stderr says why, with the
 * candidates: CLI_REFUSED when there is none or several, as the broker says of a household. */
PD_MUST_USE int names_find_area(struct cli *cli, struct pd_client *client, const char *text, uint32_t *area);
/* The same for a category. */
PD_MUST_USE int names_find_category(struct cli *cli, struct pd_client *client, const char *text, uint32_t *category);
/* The same for a plan, of those that have been learnt. */
PD_MUST_USE int names_find_plan(struct cli *cli, struct pd_client *client, const char *text, uint32_t *plan);

#endif
