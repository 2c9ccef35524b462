/* tell.h - messages told: to programs as JSON objects, to people as a line for each event.
 *
 * The JSON is made from the tables of proto, so that no field is left out and nothing is listed a second time.
 * Threads: one.
 */
#ifndef PAIDAN_TELL_H
#define PAIDAN_TELL_H

#include "cli.h"
#include "json.h"

/* A message as an object: its fields under their names; an id as text; a number from enums.def as its word; beside a
 * number that means an area, a person or a category, NAME_name. Of an event, "seq" and "type" come first. */
void tell_json(struct json *json, const char *key, struct cli *cli, struct pd_client *client,
	       const struct pd_message *message);

enum { TELL_STORY, TELL_WATCH };

/* An event in one line on stdout: when, what, by whom, and the words that came with it. TELL_STORY: of an order that is
 * known; TELL_WATCH: with area and order. was_due_ms: when the order was due until this event; 0: that is not known. */
void tell_event(struct cli *cli, struct pd_client *client, const struct pd_message *event, int how,
		uint64_t was_due_ms);

/* "王秀英 (leader)"; "the operator" for 0. Returns text. */
char *tell_person(struct cli *cli, struct pd_client *client, uint32_t person, char *text, size_t text_bytes);

/* How an offer or a need stands, in words. */
const char *tell_listing_state(const struct pd_listing *listing);

#endif
