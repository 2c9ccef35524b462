#include "peers.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "buffer.h"
#include "endpoint.h"
#include "room.h"
#include "table.h"
#include "zmtp.h"

enum { EVENTS_MAX = 256, ACCEPTS_MAX = 64, READ_BYTES = 256 << 10 };
/* Where malloc puts what is large, 16 bytes into a page, some processors copy several times as slowly. */
enum { READ_ALIGN = 64 };
/* So often epoll is looked at in a turn: what comes while the first are dealt with still comes along, but those who
 * come without end do not keep the others waiting. */
enum { WAITS_MAX = 2 };
/* What may wait for one peer. Who does not read so much is told no more; what it says is read all the same. */
enum { WAITING_BYTES_MAX = 16 << 20 };

/* Who subscribes says little: a topic, and no long one. */
enum { SUBSCRIPTION_BYTES_MAX = 1024 };

const struct peers_kind peers_router = {"ROUTER", {"DEALER", "REQ", "ROUTER"}, PD_FRAME_BYTES_MAX, false};
const struct peers_kind peers_xpub = {"XPUB", {"SUB", "XSUB"}, SUBSCRIPTION_BYTES_MAX, true};

enum state { GREETING, READYING, OPEN };

struct peer {
	uint32_t number;
	int fd;
	uint8_t state; /* enum state */
	bool chosen;   /* it has an identity of its own */
	bool writing;  /* it is to be told when it takes bytes again */
	bool awaited;  /* its owner wants to write, and is told then */
	bool deaf;     /* it takes nothing any more; what it still says is read */
	size_t out_at; /* so much of out has left */
	uint64_t since_ms;
	struct pd_buffer in;  /* what has come of a frame that is not whole */
	struct pd_buffer out; /* what it has not taken */
	TAILQ_ENTRY(peer) of_greeting;
};

/* What epoll tells: a peer's number, or LISTENER and which. */
#define LISTENER ((uint64_t)1 << 32)

struct peers {
	const struct peers_kind *kind;
	int epoll;
	uint32_t last; /* number that was given */
	bool full;     /* no descriptor was left for a connection: the listeners rest */
	struct table by_number;
	TAILQ_HEAD(, peer) greeting; /* those that are not open, oldest first */
	struct endpoint listeners[PEERS_LISTENERS_MAX];
	int listener_count;
	struct epoll_event events[EVENTS_MAX];
	int event_count, event_at;
	int waits;                      /* looks at epoll since peers_receive last found nothing */
	struct peer *current;           /* whose bytes are in the buffer; null: nobody's */
	size_t at, end;                 /* of them, those that were not taken yet */
	char *buffer;                   /* READ_BYTES */
	char pong[ZMTP_PONG_BYTES_MAX]; /* for the current peer's last PING; when its bytes have been taken, it leaves
					 */
	size_t pong_bytes;
	char opening[ZMTP_OPENING_BYTES_MAX];
	size_t opening_bytes;
};

static uint64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

struct peer *peers_find(const struct peers *peers, uint32_t number)
{
	return table_find(&peers->by_number, &number);
}

static bool watch(struct peers *peers, int operation, int fd, uint32_t events, uint64_t what)
{
	struct epoll_event event = {.events = events, .data.u64 = what};
	return epoll_ctl(peers->epoll, operation, fd, &event) == 0;
}

/* ---- life ---- */

enum pd_err peers_new(struct peers **out, const struct peers_kind *kind)
{
	struct peers *peers = calloc(1, sizeof *peers);
	if (!peers || !(peers->buffer = aligned_alloc(READ_ALIGN, READ_BYTES)))
		abort();
	uint64_t seed;
	randombytes_buf(&seed, sizeof seed);
	peers->kind = kind;
	TAILQ_INIT(&peers->greeting);
	table_init(&peers->by_number, offsetof(struct peer, number), sizeof(uint32_t), seed);
	peers->opening_bytes = zmtp_opening(peers->opening, kind->ours);
	peers->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (peers->epoll < 0) {
		int saved = errno;
		peers_free(peers);
		errno = saved;
		return PD_ESYS;
	}
	*out = peers;
	return PD_OK;
}

static void free_peer(struct peer *peer)
{
	close(peer->fd);
	pd_buffer_fini(&peer->in);
	pd_buffer_fini(&peer->out);
	free(peer);
}

static void drop(struct peers *peers, struct peer *peer)
{
	if (peers->current == peer)
		peers->current = NULL;
	if (peer->state != OPEN)
		TAILQ_REMOVE(&peers->greeting, peer, of_greeting);
	table_remove(&peers->by_number, &peer->number);
	free_peer(peer);
}

void peers_drop(struct peers *peers, uint32_t number)
{
	struct peer *peer = peers_find(peers, number);
	if (peer)
		drop(peers, peer);
}

enum pd_err peers_listen(struct peers *peers, const char *endpoint)
{
	if (peers->listener_count == PEERS_LISTENERS_MAX) {
		errno = EMFILE;
		return PD_ESYS;
	}
	int i = peers->listener_count;
	enum pd_err err = endpoint_listen(&peers->listeners[i], endpoint);
	if (err)
		return err;
	peers->listener_count++;
	return watch(peers, EPOLL_CTL_ADD, peers->listeners[i].fd, EPOLLIN, LISTENER | (unsigned)i) ? PD_OK : PD_ESYS;
}

int peers_fd(const struct peers *peers)
{
	return peers->epoll;
}

/* ---- sending ---- */

static size_t waiting(const struct peer *peer)
{
	return peer->out.count - peer->out_at;
}

/* Once it has been told what the system holds for it, it finds the end of the stream. Whoever sends much and leaves
 * without reading has it all read: a write that fails says nothing of that. */
static void stop_telling(struct peers *peers, struct peer *peer)
{
	peer->deaf = true;
	peer->awaited = false;
	pd_buffer_fini(&peer->out);
	peer->out_at = 0;
	shutdown(peer->fd, SHUT_WR);
	if (peer->writing)
		watch(peers, EPOLL_CTL_MOD, peer->fd, EPOLLIN, peer->number);
	peer->writing = false;
}

/* Be told when the peer takes bytes, or not any more. */
static void watch_writing(struct peers *peers, struct peer *peer)
{
	bool more = waiting(peer) || peer->awaited;
	if (more != peer->writing &&
	    !watch(peers, EPOLL_CTL_MOD, peer->fd, more ? EPOLLIN | EPOLLOUT : EPOLLIN, peer->number))
		return stop_telling(peers, peer);
	peer->writing = more;
}

/* Of what waits as much as the peer takes. */
static void write_out(struct peers *peers, struct peer *peer)
{
	while (waiting(peer)) {
		ssize_t n = send(peer->fd, peer->out.data + peer->out_at, waiting(peer), MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return stop_telling(peers, peer);
		if (n < 0 && errno == EAGAIN)
			break;
		peer->out_at += n < 0 ? 0 : (size_t)n;
	}
	if (!waiting(peer)) {
		pd_buffer_fini(&peer->out);
		peer->out_at = 0;
	}
	watch_writing(peers, peer);
}

/* Behind what waits already; bytes that have left are not kept for long. */
static void keep(struct peer *peer, const char *data, size_t bytes)
{
	if (peer->out_at > peer->out.count / 2) {
		memmove(peer->out.data, peer->out.data + peer->out_at, waiting(peer));
		peer->out.count -= peer->out_at;
		peer->out_at = 0;
	}
	pd_buffer_add(&peer->out, data, bytes);
}

/* Two pieces, one after the other. */
static void put(struct peers *peers, struct peer *peer, const char *head, size_t head_bytes, const char *data,
		size_t bytes)
{
	size_t taken = 0;
	if (peer->deaf)
		return;
	if (!waiting(peer)) {
		struct iovec pieces[2] = {{(char *)head, head_bytes}, {(char *)data, bytes}};
		struct msghdr message = {.msg_iov = pieces, .msg_iovlen = bytes ? 2 : 1};
		ssize_t n = sendmsg(peer->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return stop_telling(peers, peer);
		taken = n < 0 ? 0 : (size_t)n;
		if (taken == head_bytes + bytes)
			return;
	}
	size_t of_head = taken < head_bytes ? taken : head_bytes;
	keep(peer, head + of_head, head_bytes - of_head);
	keep(peer, data + (taken - of_head), bytes - (taken - of_head));
	write_out(peers, peer);
}

enum pd_err peers_send(struct peers *peers, uint32_t number, const void *data, size_t bytes)
{
	char head[ZMTP_HEAD_BYTES_MAX];
	struct peer *peer = peers_find(peers, number);
	if (!peer)
		return PD_ENOENT;
	if (waiting(peer) + bytes > WAITING_BYTES_MAX) {
		stop_telling(peers, peer);
		return PD_EFULL;
	}
	put(peers, peer, head, zmtp_head(head, bytes), data, bytes);
	return PD_OK;
}

int peers_socket(const struct peer *peer)
{
	return peer->deaf || waiting(peer) ? -1 : peer->fd;
}

void peers_await(struct peers *peers, struct peer *peer)
{
	if (peer->deaf)
		return;
	peer->awaited = true;
	watch_writing(peers, peer);
}

/* All at once, so that who does not read takes nobody's time. */
static void linger(struct peers *peers)
{
	uint64_t until_ms = now_ms() + ENDPOINT_LINGER_MS, now;
	size_t at = 0, left = 0;
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	for (struct peer *peer; epoll >= 0 && (peer = table_next(&peers->by_number, &at));) {
		struct epoll_event event = {.events = EPOLLOUT, .data.ptr = peer};
		left += waiting(peer) && epoll_ctl(epoll, EPOLL_CTL_ADD, peer->fd, &event) == 0;
	}
	while (left && (now = now_ms()) < until_ms) {
		int count = epoll_wait(epoll, peers->events, EVENTS_MAX, (int)(until_ms - now));
		for (int i = 0; i < count; i++) {
			struct peer *peer = peers->events[i].data.ptr;
			write_out(peers, peer);
			if (!waiting(peer)) {
				epoll_ctl(epoll, EPOLL_CTL_DEL, peer->fd, NULL);
				left--;
			}
		}
	}
	if (epoll >= 0)
		close(epoll);
}

void peers_free(struct peers *peers)
{
	if (!peers)
		return;
	size_t at = 0;
	linger(peers);
	for (struct peer *peer; (peer = table_next(&peers->by_number, &at));)
		free_peer(peer);
	table_fini(&peers->by_number);
	for (int i = 0; i < peers->listener_count; i++)
		endpoint_close(&peers->listeners[i]);
	if (peers->epoll >= 0)
		close(peers->epoll);
	free(peers->buffer);
	free(peers);
}

/* ---- coming ---- */

static void add_peer(struct peers *peers, int fd)
{
	struct peer *peer = calloc(1, sizeof *peer);
	if (!peer)
		abort();
	peer->fd = fd;
	peer->since_ms = now_ms();
	do
		peer->number = ++peers->last;
	while (peers_find(peers, peer->number));
	table_add(&peers->by_number, peer);
	TAILQ_INSERT_TAIL(&peers->greeting, peer, of_greeting);
	if (watch(peers, EPOLL_CTL_ADD, fd, EPOLLIN, peer->number))
		put(peers, peer, peers->opening, peers->opening_bytes, NULL, 0);
	else
		drop(peers, peer);
}

static void rest(struct peers *peers, bool full)
{
	peers->full = full;
	for (int i = 0; i < peers->listener_count; i++) {
		bool good =
			watch(peers, EPOLL_CTL_MOD, peers->listeners[i].fd, full ? 0 : EPOLLIN, LISTENER | (unsigned)i);
		assert(good); /* they were added */
		(void)good;
	}
}

static void accept_some(struct peers *peers, int listener)
{
	for (int i = 0; i < ACCEPTS_MAX; i++) {
		int fd = room_accept(listener);
		if (fd >= 0) {
			add_peer(peers, fd);
		} else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			return rest(peers, true);
		} else if (errno != ECONNABORTED && errno != EINTR) {
			return;
		}
	}
}

void peers_tick(struct peers *peers)
{
	struct peer *peer;
	uint64_t now = now_ms();
	if (peers->full)
		rest(peers, false);
	while ((peer = TAILQ_FIRST(&peers->greeting)) && now - peer->since_ms > ENDPOINT_GREETING_MS)
		drop(peers, peer);
}

/* ---- receiving ---- */

enum taken { NOTHING, FRAME, LOST, TAKES };

/* What is left in the buffer is the beginning of something. */
static enum taken keep_rest(struct peers *peers, struct peer *peer)
{
	peer->in.count = 0;
	if (peers->at < peers->end)
		pd_buffer_add(&peer->in, peers->buffer + peers->at, peers->end - peers->at);
	else
		pd_buffer_fini(&peer->in);
	/* Who asks without end whether we are there is told once for all that has come, and not what it does not read.
	 */
	if (peers->pong_bytes && !waiting(peer) && !peer->awaited)
		put(peers, peer, peers->pong, peers->pong_bytes, NULL, 0);
	peers->current = NULL;
	return NOTHING;
}

static bool may_speak_with_us(const struct peers_kind *kind, struct pd_slice type)
{
	for (const char *const *theirs = kind->theirs; *theirs; theirs++)
		if (type.bytes == strlen(*theirs) && memcmp(type.data, *theirs, type.bytes) == 0)
			return true;
	return false;
}

/* FRAME: it is for who asked. */
static enum taken on_command(struct peers *peers, struct peer *peer, const struct zmtp_frame *command)
{
	struct zmtp_ready ready;
	if (peer->state == OPEN) {
		size_t bytes = zmtp_pong(command, peers->pong);
		peers->pong_bytes = bytes ? bytes : peers->pong_bytes;
		return peers->kind->commands && !bytes ? FRAME : NOTHING;
	}
	if (!zmtp_read_ready(command, &ready) || !may_speak_with_us(peers->kind, ready.socket_type))
		return LOST;
	TAILQ_REMOVE(&peers->greeting, peer, of_greeting);
	peer->state = OPEN;
	peer->chosen = ready.identity.bytes > 0;
	return NOTHING;
}

/* A message may come when it is open, a command at all times. */
static enum taken on_frame(struct peers *peers, struct peer *peer, const struct zmtp_frame *frame,
			   struct bus_frame *out)
{
	bool command = frame->flags & ZMTP_COMMAND;
	enum taken taken = command ? on_command(peers, peer, frame) : peer->state == OPEN ? FRAME : LOST;
	if (taken == FRAME)
		*out = (struct bus_frame){peer->number, peer->chosen, false, frame->data, frame->bytes, command, false};
	return taken;
}

/* Go on in the bytes that have come from the current peer. */
static enum taken take(struct peers *peers, struct bus_frame *out)
{
	struct peer *peer = peers->current;
	for (;;) {
		const char *bytes = peers->buffer + peers->at;
		size_t count = peers->end - peers->at, used = ZMTP_GREETING_BYTES;
		struct zmtp_frame frame = {0};
		bool greeting = peer->state == GREETING;
		enum pd_err err = greeting ? zmtp_take_greeting(bytes, count)
					   : zmtp_take(bytes, count, peers->kind->frame_bytes_max, &frame, &used);
		if (err == PD_ENOENT)
			return keep_rest(peers, peer);
		if (err)
			return LOST;
		peers->at += used;
		enum taken taken = NOTHING;
		if (greeting)
			peer->state = READYING;
		else
			taken = on_frame(peers, peer, &frame, out);
		if (taken != NOTHING)
			return taken;
	}
}

/* The peer is the current one, with what has come of it; false: it is gone. */
static bool read_from(struct peers *peers, struct peer *peer)
{
	size_t before = peer->in.count;
	assert(before < READ_BYTES);
	if (before)
		memcpy(peers->buffer, peer->in.data, before);
	ssize_t n = read(peer->fd, peers->buffer + before, READ_BYTES - before);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	peers->current = peer;
	peers->pong_bytes = 0;
	peers->at = 0;
	peers->end = before + (size_t)n;
	return n > 0;
}

/* The peer takes bytes. True: it is its owner's turn to write. */
static bool takes(struct peers *peers, struct peer *peer)
{
	/* Its owner knows since the first look of this turn, and will await it anew, more often than not. */
	if (!peer->awaited && !waiting(peer) && peers->waits == WAITS_MAX)
		return false;
	write_out(peers, peer);
	bool told = peer->awaited && !waiting(peer);
	peer->awaited = peer->awaited && !told;
	return told;
}

/* The next peer that has something to say is the current one; or *found is LOST or TAKES. NOTHING: nobody has, or not
 * now. */
static enum taken next_event(struct peers *peers, struct peer **found)
{
	while (!peers->current) {
		if (peers->event_at == peers->event_count) {
			peers->event_at = peers->event_count = 0;
			int count =
				peers->waits++ < WAITS_MAX ? epoll_wait(peers->epoll, peers->events, EVENTS_MAX, 0) : 0;
			if (count <= 0) {
				peers->waits = 0;
				return NOTHING;
			}
			peers->event_count = count;
		}
		const struct epoll_event *event = &peers->events[peers->event_at++];
		if (event->data.u64 & LISTENER) {
			accept_some(peers, peers->listeners[(uint32_t)event->data.u64].fd);
			continue;
		}
		struct peer *peer = peers_find(peers, (uint32_t)event->data.u64);
		*found = peer;
		if (peer && event->events & EPOLLOUT && takes(peers, peer))
			return TAKES; /* what it says is told of again */
		if (peer && event->events & ~(uint32_t)EPOLLOUT && !read_from(peers, peer))
			return LOST;
	}
	return FRAME;
}

enum pd_err peers_receive(struct peers *peers, struct bus_frame *frame)
{
	for (;;) {
		struct peer *peer = peers->current;
		bool was_current = peer;
		enum taken taken = peer ? take(peers, frame) : next_event(peers, &peer);
		if (taken == LOST || taken == TAKES) {
			*frame = (struct bus_frame){
				.peer = peer->number, .gone = taken == LOST, .takes = taken == TAKES};
			if (taken == LOST)
				drop(peers, peer);
			return PD_OK;
		}
		if (was_current && taken == FRAME)
			return PD_OK;
		if (!was_current && taken == NOTHING)
			return PD_ENOENT;
	}
}

bool peers_at_hand(const struct peers *peers)
{
	return peers->current || peers->event_at < peers->event_count;
}
