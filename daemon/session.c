#include "session.h"

#include <stdlib.h>

#include "codec.h"

void sessions_init(struct sessions *sessions, uint64_t hash_seed)
{
	*sessions = (struct sessions){0};
	LIST_INIT(&sessions->left);
	table_init(&sessions->by_peer, offsetof(struct session, peer), sizeof(uint32_t), hash_seed);
}

static void free_session(struct session *session)
{
	for (int round = 0; round < 2; round++) {
		pd_buffer_fini(&session->out[round].bytes);
		pd_buffer_fini(&session->out[round].cuts);
	}
	free(session);
}

void sessions_fini(struct sessions *sessions)
{
	size_t at = 0;
	for (struct session *session; (session = table_next(&sessions->by_peer, &at));)
		free_session(session);
	table_fini(&sessions->by_peer);
}

struct session *sessions_find(const struct sessions *sessions, uint32_t peer)
{
	return table_find(&sessions->by_peer, &peer);
}

struct session *sessions_new(struct sessions *sessions, uint32_t peer, uint32_t heartbeat_ms, uint64_t now_ms)
{
	struct session *session = calloc(1, sizeof *session);
	if (!session)
		abort();
	session->peer = peer;
	session->heartbeat_ms = heartbeat_ms;
	session->seen_ms = now_ms;
	session->reads_tail = &session->reads_waiting;
	LIST_INIT(&session->workers);
	table_add(&sessions->by_peer, session);
	return session;
}

static void free_if_over(struct session *session)
{
	if (session->closed && !session->out[0].listed && !session->out[1].listed)
		free_session(session);
}

void sessions_set_left(struct sessions *sessions, struct session *session, bool left)
{
	if (left && !session->left)
		LIST_INSERT_HEAD(&sessions->left, session, of_left);
	else if (!left && session->left)
		LIST_REMOVE(session, of_left);
	session->left = left;
}

void sessions_close(struct sessions *sessions, struct session *session)
{
	sessions_set_left(sessions, session, false);
	table_remove(&sessions->by_peer, &session->peer);
	session->closed = true;
	free_if_over(session);
}

static size_t last_cut(const struct outbox *out)
{
	size_t cut = 0;
	if (out->cuts.count)
		memcpy(&cut, out->cuts.data + out->cuts.count - sizeof cut, sizeof cut);
	return cut;
}

/* The outbox holds whole messages up to before, and one more now: the frame ends before it, if it is too long. */
static void added(struct sessions *sessions, struct session *session, int round, size_t before)
{
	struct outbox *out = &session->out[round];
	if (!out->listed) {
		out->listed = true;
		out->next = sessions->listed[round];
		sessions->listed[round] = session;
	}
	size_t cut = last_cut(out);
	if (out->bytes.count - cut > PD_FRAME_BYTES_MAX && before > cut)
		pd_buffer_add(&out->cuts, &before, sizeof before);
	sessions->pending_bytes[round] += out->bytes.count - before;
}

void session_send_bytes(struct sessions *sessions, struct session *session, int round, const void *data, size_t bytes)
{
	struct pd_buffer *out = &session->out[round].bytes;
	size_t before = out->count;
	if (session->closed)
		return;
	pd_buffer_add(out, data, bytes);
	added(sessions, session, round, before);
}

void session_send(struct sessions *sessions, struct session *session, int round, const struct pd_message *message)
{
	struct pd_buffer *out = &session->out[round].bytes;
	size_t before = out->count;
	if (session->closed)
		return;
	pd_encode(message, out);
	added(sessions, session, round, before);
}

bool sessions_pending(const struct sessions *sessions, int round)
{
	return sessions->listed[round] != NULL;
}

static enum pd_err send_frames(const struct outbox *out, uint32_t peer, struct bus *bus)
{
	size_t start = 0;
	for (size_t at = 0; at <= out->cuts.count; at += sizeof start) {
		size_t end = out->bytes.count;
		if (at < out->cuts.count)
			memcpy(&end, out->cuts.data + at, sizeof end);
		enum pd_err err = end > start ? bus_send(bus, peer, out->bytes.data + start, end - start) : PD_OK;
		if (err)
			return err;
		start = end;
	}
	return PD_OK;
}

void sessions_flush(struct sessions *sessions, int round, struct bus *bus,
		    void (*failed)(struct session *session, enum pd_err err, void *arg), void *arg)
{
	struct session *session = sessions->listed[round];
	sessions->listed[round] = NULL;
	sessions->pending_bytes[round] = 0;
	while (session) {
		struct outbox *out = &session->out[round];
		struct session *next = out->next;
		enum pd_err err = session->closed ? PD_OK : send_frames(out, session->peer, bus);
		out->bytes.count = out->cuts.count = 0;
		out->listed = false;
		if (session->closed)
			free_if_over(session);
		else if (err)
			failed(session, err, arg);
		session = next;
	}
}

static void trim(struct session *session)
{
	for (int round = 0; round < 2; round++)
		if (!session->out[round].listed) {
			pd_buffer_fini(&session->out[round].bytes);
			pd_buffer_fini(&session->out[round].cuts);
		}
}

/* A walk through all of them at once would keep the others waiting, when they are many. */
void sessions_sweep(struct sessions *sessions, uint64_t now_ms, unsigned parts,
		    void (*over)(struct session *session, void *arg), void *arg)
{
	struct session *session;
	size_t *at = &sessions->swept;
	while ((session = LIST_FIRST(&sessions->left)))
		over(session, arg);
	if (*at >= sessions->by_peer.capacity)
		*at = 0;
	size_t end = *at + sessions->by_peer.capacity / parts + 1;
	while (*at < end && (session = table_next(&sessions->by_peer, at))) {
		uint64_t silent_ms = now_ms > session->seen_ms ? now_ms - session->seen_ms : 0;
		if (silent_ms > session->heartbeat_ms)
			trim(session);
		if (silent_ms <= 3 * (uint64_t)session->heartbeat_ms)
			continue;
		over(session, arg);
		*at = *at ? *at - 1 : 0; /* removing may have moved another into its slot */
	}
}
