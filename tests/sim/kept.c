#include "kept.h"

#include "codec.h"
#include "trace.h"

static struct pd_decoder *decoders[REGISTRY_KINDS];

bool kept_event(const struct registry *registry, enum registry_kind kind, uint32_t id, struct pd_message *event)
{
	const struct entity *entity = id ? registry_find(registry, kind, id) : NULL;
	struct pd_fault fault;
	size_t off = 0;
	*event = (struct pd_message){0};
	if (!entity || !entity->event)
		return false;
	if (!decoders[kind])
		decoders[kind] = pd_decoder_new();
	if (!decoders[kind])
		trace_system("memory");
	pd_decoder_reset(decoders[kind]);
	if (pd_decode(decoders[kind], entity->event, entity->event_bytes, &off, event, &fault))
		trace_fail("what entity %u of kind %u keeps cannot be read: %s", id, (unsigned)kind, fault.detail);
	return true;
}

void kept_fini(void)
{
	for (enum registry_kind kind = 0; kind < REGISTRY_KINDS; kind++) {
		pd_decoder_free(decoders[kind]);
		decoders[kind] = NULL;
	}
}
