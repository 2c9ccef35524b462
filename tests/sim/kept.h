/* kept.h - entities of the registry by the events that they keep, not by what the core has made of them. Threads: one.
 */
#ifndef PAIDAN_SIM_KEPT_H
#define PAIDAN_SIM_KEPT_H

#include "registry.h"

/* The event that last set the entity; what it borrows is there until another one of its kind is read. False: there is
 * none. */
bool kept_event(const struct registry *registry, enum registry_kind kind, uint32_t id, struct pd_message *event);
void kept_fini(void);

#endif
