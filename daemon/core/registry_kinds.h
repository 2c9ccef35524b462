/* registry_kinds.h - what the registry's files share. Nobody else includes this. */
#ifndef PAIDAN_REGISTRY_KINDS_H
#define PAIDAN_REGISTRY_KINDS_H

#include "registry.h"

/* The event that says what put says; its head is empty. */
void registry_event_of(const struct pd_message *put, struct pd_message *event);
/* Give event the head of the entity's event: seq, time and actor. */
void registry_head_of(const struct registry *registry, const struct entity *entity, struct pd_message *event);
/* Entities of a kind one by one, in no order: start with *at = 0; null at the end. */
void *registry_next(const struct registry *registry, enum registry_kind kind, size_t *at);

#endif
