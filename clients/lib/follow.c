#include "follow.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <zmq.h>

#include "client.h"
#include "intl.h"

enum {
	PAGE_EVENTS = 500,
	RETRY_MS = 1000, /* after a refusal */
	HELD_BYTES_MAX = 4 * 1024 * 1024,
	RECONNECT_MS = 100,
	RECONNECT_MS_MAX = 5000,
	ZMTP_PING_MS = 10000,
	ZMTP_SILENCE_MS = 30000,
};

/* A publication that waits for the end of filling; the message follows, then padding to 8 bytes. */
struct held {
	uint64_t count;
	uint32_t bytes, step; /* of the message; from here to the next */
};

static void fill(struct pd_client *client);
static void release_held(struct pd_client *client);

/* ---- giving on ---- */

static void give_event(struct pd_client *client, const struct pd_message *event)
{
	if (event->request <= client->follow.seen)
		return;
	client->follow.seen = event->request;
	if (client->options.on_event)
		client->options.on_event(client, event, client->options.arg);
}

/* ---- asking ---- */

static void ask(struct pd_client *client, enum follow_state state, struct pd_message *message, pd_answer_fn *fn)
{
	client->follow.state = state;
	client->follow.retry_ms = 0;
	client->follow.request = client_post(client, CALL_OWN, message, fn, &client->follow)->request;
}

/* The query came to nothing: try again in a while. */
static void put_off(struct follow *follow)
{
	follow->state = FOLLOW_ABSENT;
	follow->retry_ms = client_now_ms() + RETRY_MS;
}

static void unsubscribe(struct follow *follow)
{
	if (follow->topic[0])
		zmq_setsockopt(follow->sub, ZMQ_UNSUBSCRIBE, follow->topic, strlen(follow->topic));
	follow->topic[0] = 0;
}

/* Whether a refusal may pass: the area is not there yet, or the broker cannot answer at the moment. */
static bool passes(const struct pd_message *answer)
{
	return answer->type != PD_MSG_refused || answer->refused.code == PD_REFUSED_unknown_area ||
	       answer->refused.code == PD_REFUSED_busy || answer->refused.code == PD_REFUSED_read_failed;
}

/* A query was not answered by what it asked for. */
static void refused(struct pd_client *client, const struct pd_message *answer)
{
	struct follow *follow = &client->follow;
	if (passes(answer)) {
		put_off(follow);
		return;
	}
	unsubscribe(follow);
	follow->held.count = 0;
	follow->state = FOLLOW_OFF;
	if (client->options.on_follow_refused)
		client->options.on_follow_refused(client, answer, client->options.arg);
}

static void settle(struct pd_client *client, uint64_t count)
{
	struct follow *follow = &client->follow;
	follow->state = FOLLOW_LIVE;
	follow->count = count;
	follow->quiet_ms = client_now_ms();
	if (follow->again) {
		follow->again = false;
		fill(client);
	} else {
		release_held(client);
	}
}

static void page_ended(struct pd_client *client, const struct pd_end *end)
{
	struct follow *follow = &client->follow;
	bool onwards = end->seq > follow->seen || end->count > 0;
	if (end->seq > follow->seen)
		follow->seen = end->seq; /* there is nothing of this area in between */
	if (!end->more)
		settle(client, end->publications);
	else if (onwards)
		fill(client);
	else
		put_off(follow);
}

static void on_page(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct follow *follow = arg;
	struct pd_fault fault;
	struct pd_message event;
	size_t off = 0;
	if (answer->request != follow->request)
		return; /* on_event has begun to follow something else */
	if (answer->type == PD_MSG_past) {
		struct pd_slice bytes = answer->past.event;
		if (!pd_decode(client->event_decoder, bytes.data, bytes.bytes, &off, &event, &fault))
			give_event(client, &event);
		pd_decoder_reset(client->event_decoder);
		return;
	}
	assert(last);
	follow->request = 0;
	if (answer->type == PD_MSG_end)
		page_ended(client, &answer->end);
	else
		refused(client, answer);
}

static void fill(struct pd_client *client)
{
	struct pd_message message = {.type = PD_MSG_read_events};
	message.read_events = (struct pd_read_events){
		.after_seq = client->follow.seen,
		.limit = PAGE_EVENTS,
		.area = client->follow.area,
	};
	ask(client, FOLLOW_FILLING, &message, on_page);
}

static void subscribe(struct pd_client *client)
{
	struct follow *follow = &client->follow;
	if (strcmp(follow->topic, follow->topic_next) == 0)
		return;
	unsubscribe(follow);
	memcpy(follow->topic, follow->topic_next, sizeof follow->topic);
	zmq_setsockopt(follow->sub, ZMQ_SUBSCRIBE, follow->topic, strlen(follow->topic));
	client->ready |= CLIENT_SUB; /* it is a send, too */
	/* "/1/2/": two ids, and the area's count is the second. */
	unsigned slashes = 0;
	for (const char *p = follow->topic; *p; p++)
		slashes += *p == '/';
	follow->depth = slashes < 2 ? 0 : slashes - 2;
}

static void on_area(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct follow *follow = arg;
	if (answer->type == PD_MSG_area && answer->area.area == follow->area) {
		assert(answer->area.path.bytes < sizeof follow->topic_next);
		memcpy(follow->topic_next, answer->area.path.data, answer->area.path.bytes);
		follow->topic_next[answer->area.path.bytes] = 0;
	}
	if (!last)
		return;
	follow->request = 0;
	if (follow->topic_next[0]) {
		subscribe(client);
		fill(client);
	} else {
		refused(client, answer);
	}
}

/* Ask for the area's path: in the order of ids, the first after the id before it is the area itself, or not there. */
static void locate(struct pd_client *client)
{
	struct follow *follow = &client->follow;
	struct pd_message message = {.type = PD_MSG_list_areas};
	if (follow->area == 0) {
		memcpy(follow->topic_next, "*", 2); /* everything, gathered */
		subscribe(client);
		fill(client);
		return;
	}
	follow->topic_next[0] = 0;
	message.list_areas = (struct pd_list_areas){.area = follow->area, .limit = 1, .after = follow->area - 1};
	ask(client, FOLLOW_LOCATING, &message, on_area);
}

static void on_start(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct follow *follow = arg;
	assert(last);
	follow->request = 0;
	if (answer->type != PD_MSG_stats) {
		refused(client, answer);
		return;
	}
	if (follow->from_now) {
		follow->from_now = false;
		follow->seen = answer->stats.seq;
	}
	locate(client);
}

/* From when on is it to be followed? This is the first question of all: what the program sends after pd_client_follow
 * is done after it, and its events are after this seq. */
static void begin(struct pd_client *client)
{
	struct pd_message message = {.type = PD_MSG_get_stats, .get_stats = {.orders_only = true}};
	if (client->follow.from_now)
		ask(client, FOLLOW_STARTING, &message, on_start);
	else
		locate(client);
}

/* ---- what is published ---- */

/* Whether a publication goes on from what is known: the next one, or one whose event was given already. */
static bool follows_on(const struct follow *follow, uint64_t count, const struct pd_message *message)
{
	bool is_event = message->type != PD_MSG_stats;
	uint64_t seq = is_event ? message->request : message->stats.seq;
	/* Who follows everything sees it by the seqs, all of them; what belongs to no area has no counts. */
	if (follow->area == 0)
		return seq <= follow->seen + is_event;
	return count == follow->count + 1 || (count <= follow->count && seq <= follow->seen);
}

/* A publication's message. What cannot be read is an event of a newer broker: of type PD_MSG_none, it is counted, and
 * goes to nobody. False: where the next message begins is not known. */
static bool decode(struct pd_decoder *decoder, const char *frame, size_t frame_bytes, size_t *off,
		   struct pd_message *message)
{
	struct pd_fault fault;
	if (!pd_decode(decoder, frame, frame_bytes, off, message, &fault))
		return true;
	message->type = PD_MSG_none;
	message->request = fault.request;
	return !fault.lost;
}

/* Take a publication in LIVE, and what is missing before it first: then the journal has it, too. */
static void take(struct pd_client *client, uint64_t count, const struct pd_message *message)
{
	struct follow *follow = &client->follow;
	if (!follows_on(follow, count, message)) {
		fill(client);
		return;
	}
	if (count > follow->count)
		follow->count = count;
	if (message->type == PD_MSG_none && message->request > follow->seen)
		follow->seen = message->request;
	else if (message->type != PD_MSG_none && message->type != PD_MSG_stats)
		give_event(client, message);
}

static void hold(struct follow *follow, uint64_t count, const char *bytes, size_t byte_count)
{
	size_t padded = (byte_count + 7) / 8 * 8;
	struct held held = {count, (uint32_t)byte_count, (uint32_t)(sizeof held + padded)};
	if (follow->held.count + held.step > HELD_BYTES_MAX)
		return; /* a gap, to be seen in the counts when this filling is over */
	char *at = pd_buffer_room(&follow->held, held.step);
	memcpy(at, &held, sizeof held);
	memcpy(at + sizeof held, bytes, byte_count);
}

/* Take what was held back, until all is taken, or another gap begins, or a callback follows something else. */
static void release_held(struct pd_client *client)
{
	struct follow *follow = &client->follow;
	uint32_t generation = follow->generation;
	size_t at = 0;
	while (at < follow->held.count && follow->state == FOLLOW_LIVE) {
		struct held held;
		struct pd_message message;
		size_t off = 0;
		memcpy(&held, follow->held.data + at, sizeof held);
		const char *bytes = follow->held.data + at + sizeof held;
		at += held.step;
		if (decode(client->event_decoder, bytes, held.bytes, &off, &message))
			take(client, held.count, &message);
		pd_decoder_reset(client->event_decoder);
		if (follow->generation != generation)
			return; /* held is another one's now */
	}
	if (at == 0)
		return;
	memmove(follow->held.data, follow->held.data + at, follow->held.count - at);
	follow->held.count -= at;
}

/* A publication's message, with its count. Figures are of the moment and wait for nothing; but they count. */
static void published(struct pd_client *client, uint64_t count, const struct pd_message *message, const char *bytes,
		      size_t byte_count)
{
	struct follow *follow = &client->follow;
	uint32_t generation = follow->generation;
	if (message->type == PD_MSG_stats && client->options.on_stats)
		client->options.on_stats(client, message, client->options.arg);
	if (follow->generation != generation)
		return;
	if (follow->state == FOLLOW_LIVE)
		take(client, count, message);
	else
		hold(follow, count, bytes, byte_count);
}

static void read_publication(struct pd_client *client, const char *frame, size_t frame_bytes)
{
	struct follow *follow = &client->follow;
	uint32_t generation = follow->generation;
	uint64_t count = 0;
	for (size_t off = 0; off < frame_bytes && follow->generation == generation;) {
		struct pd_message message;
		size_t start = off;
		if (!decode(client->frame_decoder, frame, frame_bytes, &off, &message))
			break;
		/* Of another run, whose counts begin anew: after its welcome, filling brings it. */
		if (message.type == PD_MSG_published && message.published.instance &&
		    message.published.instance != client->link.instance)
			break;
		if (message.type == PD_MSG_published)
			count = follow->depth < message.published.counts.count
					? message.published.counts.values[follow->depth]
					: 0;
		else
			published(client, count, &message, frame + start, off - start);
		pd_decoder_reset(client->frame_decoder);
	}
}

static bool has_more(void *socket)
{
	int more = 0;
	size_t bytes = sizeof more;
	return zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &bytes) == 0 && more;
}

/* One message of a topic and its payload. False: there is none. */
static bool receive_one(struct pd_client *client)
{
	struct follow *follow = &client->follow;
	zmq_msg_t part;
	zmq_msg_init(&part);
	if (zmq_msg_recv(&part, follow->sub, ZMQ_DONTWAIT) < 0)
		return false;
	size_t topic_bytes = strlen(follow->topic);
	/* What was subscribed to before may still come. */
	bool ours = topic_bytes && zmq_msg_size(&part) >= topic_bytes &&
		    memcmp(zmq_msg_data(&part), follow->topic, topic_bytes) == 0;
	while (has_more(follow->sub) && zmq_msg_recv(&part, follow->sub, ZMQ_DONTWAIT) >= 0)
		if (ours)
			read_publication(client, zmq_msg_data(&part), zmq_msg_size(&part));
	zmq_msg_close(&part);
	follow->quiet_ms = client_now_ms();
	return true;
}

void follow_receive(struct pd_client *client)
{
	for (int frames = 0; client->follow.sub && frames < CLIENT_FRAMES_A_TURN; frames++)
		if (!receive_one(client)) {
			client->ready &= ~(unsigned)CLIENT_SUB;
			return;
		}
}

/* ---- beginning and end ---- */

/* A socket that has been trying for a while does so more and more seldom: begin anew, the broker is there. */
static void reconnect_sub(struct pd_client *client)
{
	zmq_disconnect(client->follow.sub, client->options.subscribe);
	zmq_connect(client->follow.sub, client->options.subscribe);
	client->ready |= CLIENT_SUB;
}

static enum pd_err open_sub(struct pd_client *client)
{
	int first = RECONNECT_MS, most = RECONNECT_MS_MAX, ping = ZMTP_PING_MS, silence = ZMTP_SILENCE_MS;
	void *sub = client_socket(client, ZMQ_SUB);
	if (!sub)
		return PD_ESYS;
	zmq_setsockopt(sub, ZMQ_RECONNECT_IVL, &first, sizeof first);
	zmq_setsockopt(sub, ZMQ_RECONNECT_IVL_MAX, &most, sizeof most);
	zmq_setsockopt(sub, ZMQ_HEARTBEAT_IVL, &ping, sizeof ping);
	zmq_setsockopt(sub, ZMQ_HEARTBEAT_TIMEOUT, &silence, sizeof silence);
	if (zmq_connect(sub, client->options.subscribe) || client_watch(client, sub, CLIENT_SUB)) {
		int saved = errno;
		zmq_close(sub);
		errno = saved;
		return PD_ESYS;
	}
	client->follow.sub = sub;
	return PD_OK;
}

/* Forget the query under way: its answer would be about something else. */
static void forget_request(struct pd_client *client)
{
	struct call *call = calls_find(&client->calls, client->follow.request);
	if (call)
		calls_drop(&client->calls, call);
	client->follow.request = 0;
}

enum pd_err follow_start(struct pd_client *client, uint32_t area, uint64_t after_seq)
{
	struct follow *follow = &client->follow;
	if (!follow->sub && open_sub(client))
		return client_fail(client, PD_ESYS, _("the socket for events: %s"), _(zmq_strerror(errno)));
	forget_request(client);
	follow->area = area;
	follow->from_now = after_seq == UINT64_MAX;
	follow->seen = follow->from_now ? 0 : after_seq;
	follow->again = false;
	follow->held.count = 0;
	follow->generation++;
	follow->state = FOLLOW_WAITING;
	if (client->link.state == LINK_LIVE)
		begin(client);
	return PD_OK;
}

void follow_close(struct pd_client *client)
{
	struct follow *follow = &client->follow;
	if (follow->sub) {
		client_unwatch(client, follow->sub);
		zmq_close(follow->sub);
		follow->sub = NULL;
	}
	pd_buffer_fini(&follow->held);
}

void follow_link_up(struct pd_client *client, bool restarted)
{
	struct follow *follow = &client->follow;
	if (follow->state == FOLLOW_OFF)
		return;
	follow->held.count = 0; /* it may count as another run of the broker did */
	reconnect_sub(client);
	if (follow->from_now || (restarted && client->link.seq < follow->seen)) {
		/* The second: a broker with another journal. What was seen there says nothing here. */
		follow->from_now = false;
		follow->seen = client->link.seq;
	}
	if (follow->request)
		follow->again = true; /* it is sent again by itself */
	else
		begin(client);
}

static uint64_t due_ms(const struct pd_client *client)
{
	const struct follow *follow = &client->follow;
	if (client->link.state != LINK_LIVE)
		return CLIENT_NEVER;
	if (follow->state == FOLLOW_ABSENT)
		return follow->retry_ms;
	if (follow->state == FOLLOW_LIVE)
		return follow->quiet_ms + 3 * (uint64_t)client->link.heartbeat_ms;
	return CLIENT_NEVER;
}

/* So long a silence may also be a socket that has lost its broker, or an area that was moved: look. */
void follow_tick(struct pd_client *client)
{
	if (due_ms(client) <= client_now_ms())
		begin(client);
}

uint64_t follow_deadline(const struct pd_client *client)
{
	return due_ms(client);
}
