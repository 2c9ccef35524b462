#include "moved.h"

#include "codec.h"

struct telling {
	const struct moved *moved;
	const struct session *by;
	struct pd_message message;
	uint64_t seq;
};

/* Each session is told once, in how many ways ever it is concerned. */
static void tell(struct session *session, void *arg)
{
	struct telling *telling = arg;
	if (session == telling->by || !session->listens || session->told_seq == telling->seq)
		return;
	session->told_seq = telling->seq;
	session_send(telling->moved->sessions, session, telling->moved->round, &telling->message);
}

static void tell_person(struct telling *telling, uint32_t person)
{
	const struct session_list *list = person ? listen_of(telling->moved->listeners, person) : NULL;
	struct session *session;
	if (list)
		LIST_FOREACH(session, list, of_person)
	tell(session, telling);
}

void moved_tell(const struct moved *moved, const struct core *core, const struct order *order,
		const struct pd_message *event, const char *bytes, size_t event_bytes, const struct session *by)
{
	struct telling telling = {.moved = moved,
				  .by = by,
				  .message = {.type = PD_MSG_moved, .moved = {{bytes, (uint32_t)event_bytes}}},
				  .seq = event->request};
	const struct member_list *list = core_members(core, &order->row.id);
	const struct member *member;
	tell_person(&telling, order->row.requester);
	if (list)
		LIST_FOREACH(member, list, of_owner)
	if (follower_follows(&member->row))
		tell_person(&telling, member->row.key.member);
	if (event->type == PD_MSG_urged || event->type == PD_MSG_lapsed)
		tell_person(&telling, order->row.acceptor);
	if (event->type == PD_MSG_urged)
		push_each_session(moved->push, order->row.holder, tell, &telling);
}
