/* registry_kinds.h - what the registry's files share. Nobody else includes this. */
#ifndef PAIDAN_REGISTRY_KINDS_H
#define PAIDAN_REGISTRY_KINDS_H

#include "registry.h"
#include "table.h"

RB_HEAD(address_tree, household);

struct registry {
	struct table tables[REGISTRY_KINDS];
	uint64_t version, versions[REGISTRY_KINDS];
	uint32_t modes_on;          /* plans that are on */
	struct pd_decoder *decoder; /* for kept events */
	/* By id, made again when something was added since. */
	void **sorted[REGISTRY_KINDS];
	size_t sorted_count[REGISTRY_KINDS];
	struct area *root;
	struct address_tree addresses; /* of the households in use, if addressed: it is made when first asked for */
	bool addressed;
};

/* The event that says what put says; its head is empty. */
void registry_event_of(const struct pd_message *put, struct pd_message *event);
/* The event that the entity keeps. What it borrows is there until the next call. */
void registry_event_kept(const struct registry *registry, const struct entity *entity, struct pd_message *event);
/* Give event the head of the entity's event: seq, time and actor. */
void registry_head_of(const struct registry *registry, const struct entity *entity, struct pd_message *event);
/* Put into the event what the entity (null: there is none) keeps of its own, whatever is set. */
void registry_merge(const struct registry *registry, const struct entity *entity, struct pd_message *event);
/* Have the entity's kept event say what the entity keeps of its own, which has changed. */
void registry_keep_merged(struct registry *registry, enum registry_kind kind, struct entity *entity);
/* Where text stands in the kept event: texts are copied into it byte for byte. */
struct pd_slice registry_kept_text(const struct entity *entity, struct pd_slice text);
/* Entities of a kind one by one, in no order: start with *at = 0; null at the end. */
void *registry_next(const struct registry *registry, enum registry_kind kind, size_t *at);

/* A household's address is about to change, or has changed. (addresses.c) */
void addresses_remove(struct registry *registry, struct household *household);
void addresses_add(struct registry *registry, struct household *household);

#endif
