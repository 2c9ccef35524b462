#include "publisher.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <linux/sockios.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "endpoint.h"
#include "interests.h"
#include "log.h"
#include "metrics.h"
#include "peers.h"
#include "tape.h"
#include "zmtp.h"

enum { TURN_FRAMES_MAX = 4096, SECOND_MS = 1000 };
/* Pieces that may wait for one subscriber, and how long one gets by joining neighbours: a piece that has been begun is
 * kept for a subscriber that loses all others. */
enum { PIECES_MAX = 4096, PIECE_BYTES_MAX = 64 << 10 };
/* May lie in a socket of the machine's own, which the system doubles: of what it gives unasked, every second long piece
 * was taken in part. Four times as much leaves the cache before it is read. */
enum { SOCKET_BYTES = 208 << 10 };
/* So many messages, or bytes, are given out before it is tried to write them. */
enum { TRY_AFTER = 1024, TRY_AFTER_BYTES = 1 << 20 };
/* What may wait to be taken over; a buffer that has been larger than usual is given back. */
enum { HANDED_BYTES_MAX = 64 << 20, USUAL_BYTES = 1 << 20 };
/* Who is so far ahead of the mean of those who are behind waits for them. Who is nearer than this to what is new is not
 * behind, nor who had all a try ago; and who is farther off than that must not wait, or would lose it all. */
enum { TOGETHER_BYTES = 512 << 10, FRESH_BYTES = 2 * TRY_AFTER_BYTES, WAITING_BYTES_MAX = TAPE_BYTES / 4 };
/* When the tape is full, those who are in this oldest part of it lose what waits for them. */
enum { FAR_BEHIND_BYTES = TAPE_BYTES / 8 };
/* Orders come first: when all processors are busy, who watches sees them a moment later. */
enum { NICENESS = 10 };
/* So long what nobody subscribes to any more is made all the same: who connects anew misses nothing by it. */
enum { STILL_WANTED_MS = 10000 };

/* Stands before each message that is handed over. */
struct entry {
	uint32_t topic_at, topic_bytes; /* in the message */
	uint32_t bytes;
};

enum list { NONE, DUE, BEHIND };

struct subscriber {
	uint32_t number; /* of the peer */
	struct peer *peer;
	size_t socket_bytes; /* that may lie in its socket; 0: nobody knows */
	size_t lies_bytes;   /* lie there at most, as far as is known, without what the system needs for them */
	enum list list;
	struct interested interested;
	bool full;               /* it lost what waited, and gets nothing until the rest is gone */
	bool begun;              /* the first piece has left in part */
	uint64_t reach;          /* end of what it was given last */
	size_t piece_at;         /* so many bytes of pieces are done with */
	struct pd_buffer pieces; /* of struct tape_piece: on the tape, and not taken yet */
	struct pd_buffer rest;   /* of a piece that is not on the tape any more */
	size_t rest_at;
	TAILQ_ENTRY(subscriber) of_list;
};

TAILQ_HEAD(subscribers, subscriber);

struct publisher {
	/* The thread's. */
	struct peers *peers;
	struct tape *tape;
	struct interests interests;
	struct table by_number;
	struct subscribers due, behind; /* those to write to now; those who must take bytes first */
	struct pd_buffer taken;         /* what was handed over */
	uint64_t put_at;                /* of the message in hand */
	size_t put_bytes;
	bool put_wanted;
	uint64_t look_at; /* end of the tape from which on it is looked what can be released */
	uint64_t tick_ms, topics_until_ms, gathered_until_ms;
	uint64_t until_ms; /* when stopping: the end */

	/* Both threads'. */
	pthread_t thread;
	bool started;
	int wake, news; /* eventfds: to the thread, to the front */
	_Atomic bool topics_wanted, gathered_wanted;
	pthread_mutex_t lock; /* of what follows */
	struct pd_buffer handed;
	bool lost;   /* something did not fit */
	bool asleep; /* it must be woken */
	bool stopping;

	/* The front's. */
	struct pd_buffer adding;
};

static uint64_t now_ms(void)
{
	return metrics_clock_ns() / 1000000;
}

static void ring(int eventfd)
{
	uint64_t one = 1;
	ssize_t n = write(eventfd, &one, sizeof one);
	(void)n; /* that it is full would be enough, too */
}

static void hush(int eventfd)
{
	uint64_t count;
	ssize_t n = read(eventfd, &count, sizeof count);
	(void)n; /* nobody may have rung */
}

/* ---- from the front ---- */

int publisher_fd(const struct publisher *publisher)
{
	return publisher->news;
}

struct bus_wanted publisher_wanted(struct publisher *publisher)
{
	hush(publisher->news);
	return (struct bus_wanted){atomic_load(&publisher->topics_wanted), atomic_load(&publisher->gathered_wanted)};
}

void publisher_add(struct publisher *publisher, const char *topic, size_t topic_bytes, const void *data, size_t bytes)
{
	char topic_head[ZMTP_HEAD_BYTES_MAX], head[ZMTP_HEAD_BYTES_MAX];
	size_t topic_head_bytes = zmtp_head(topic_head, topic_bytes), head_bytes = zmtp_head(head, bytes);
	struct entry entry = {(uint32_t)topic_head_bytes, (uint32_t)topic_bytes,
			      (uint32_t)(topic_head_bytes + topic_bytes + head_bytes + bytes)};
	topic_head[0] |= ZMTP_MORE;
	pd_buffer_add(&publisher->adding, &entry, sizeof entry);
	pd_buffer_add(&publisher->adding, topic_head, topic_head_bytes);
	pd_buffer_add(&publisher->adding, topic, topic_bytes);
	pd_buffer_add(&publisher->adding, head, head_bytes);
	pd_buffer_add(&publisher->adding, data, bytes);
}

static void empty(struct pd_buffer *buffer)
{
	buffer->count = 0;
	if (buffer->capacity > USUAL_BYTES)
		pd_buffer_fini(buffer);
}

void publisher_flush(struct publisher *publisher)
{
	struct pd_buffer *adding = &publisher->adding, *handed = &publisher->handed;
	if (adding->count == 0)
		return;
	pthread_mutex_lock(&publisher->lock);
	bool wake = publisher->asleep;
	publisher->asleep = false;
	if (handed->count == 0) {
		struct pd_buffer swapped = *handed;
		*handed = *adding;
		*adding = swapped;
	} else if (handed->count + adding->count <= HANDED_BYTES_MAX) {
		pd_buffer_add(handed, adding->data, adding->count);
	} else {
		publisher->lost = true;
	}
	pthread_mutex_unlock(&publisher->lock);
	if (wake)
		ring(publisher->wake);
	empty(adding);
}

/* ---- subscribers ---- */

static struct subscribers *list_of(struct publisher *publisher, enum list list)
{
	return list == DUE ? &publisher->due : &publisher->behind;
}

static void move(struct publisher *publisher, struct subscriber *subscriber, enum list list)
{
	if (subscriber->list == list)
		return;
	if (subscriber->list != NONE)
		TAILQ_REMOVE(list_of(publisher, subscriber->list), subscriber, of_list);
	if (list != NONE)
		TAILQ_INSERT_TAIL(list_of(publisher, list), subscriber, of_list);
	subscriber->list = list;
}

static struct subscriber *find(const struct publisher *publisher, uint32_t number)
{
	return table_find(&publisher->by_number, &number);
}

/* How much a socket of the machine's own holds. Over tcp the system finds out by itself how much may be under way, as
 * long as nobody tells it. */
static size_t widen(int socket)
{
	int domain = 0, given = 0, bytes = SOCKET_BYTES;
	socklen_t size = sizeof domain;
	if (getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0 || domain != AF_UNIX ||
	    getsockopt(socket, SOL_SOCKET, SO_SNDBUF, &given, &size) != 0)
		return 0;
	if (given < 2 * SOCKET_BYTES) {
		setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes); /* or it stays as it is */
		getsockopt(socket, SOL_SOCKET, SO_SNDBUF, &given, &size);
	}
	return given > 0 ? (size_t)given : 0;
}

static struct subscriber *add_subscriber(struct publisher *publisher, uint32_t number)
{
	struct subscriber *subscriber = calloc(1, sizeof *subscriber);
	if (!subscriber)
		abort();
	subscriber->number = number;
	subscriber->peer = peers_find(publisher->peers, number);
	subscriber->socket_bytes = widen(peers_socket(subscriber->peer));
	table_add(&publisher->by_number, subscriber);
	return subscriber;
}

static void free_subscriber(struct publisher *publisher, struct subscriber *subscriber)
{
	interests_cancel_all(&publisher->interests, &subscriber->interested);
	pd_buffer_fini(&subscriber->pieces);
	pd_buffer_fini(&subscriber->rest);
	free(subscriber);
}

static void forget(struct publisher *publisher, struct subscriber *subscriber)
{
	move(publisher, subscriber, NONE);
	table_remove(&publisher->by_number, &subscriber->number);
	free_subscriber(publisher, subscriber);
}

/* ---- what waits for them ---- */

static size_t piece_count(const struct subscriber *subscriber)
{
	return (subscriber->pieces.count - subscriber->piece_at) / sizeof(struct tape_piece);
}

static struct tape_piece *first_piece(const struct subscriber *subscriber)
{
	return (struct tape_piece *)(void *)(subscriber->pieces.data + subscriber->piece_at);
}

static struct tape_piece *last_piece(const struct subscriber *subscriber)
{
	return first_piece(subscriber) + piece_count(subscriber) - 1;
}

static size_t rest_bytes(const struct subscriber *subscriber)
{
	return subscriber->rest.count - subscriber->rest_at;
}

/* Of those that are done with no more are kept than of those that wait. */
static void add_piece(struct subscriber *subscriber, const struct tape_piece *piece)
{
	struct pd_buffer *pieces = &subscriber->pieces;
	if (subscriber->piece_at > pieces->count / 2) {
		pieces->count -= subscriber->piece_at;
		memmove(pieces->data, pieces->data + subscriber->piece_at, pieces->count);
		subscriber->piece_at = 0;
	}
	pd_buffer_add(pieces, piece, sizeof *piece);
}

static void clear_pieces(struct subscriber *subscriber)
{
	subscriber->begun = false;
	subscriber->piece_at = subscriber->pieces.count = 0;
	if (subscriber->pieces.capacity > 16 * sizeof(struct tape_piece))
		pd_buffer_fini(&subscriber->pieces);
}

/* It loses what waits, but for the rest of what it is reading. The tape does not wait for it any more. */
static void overflow(struct publisher *publisher, struct subscriber *subscriber)
{
	if (subscriber->begun) {
		const struct tape_piece *piece = first_piece(subscriber);
		pd_buffer_add(&subscriber->rest, tape_at(publisher->tape, piece->at), piece->bytes);
	}
	clear_pieces(subscriber);
	subscriber->full = true;
	if (subscriber->list == BEHIND)
		move(publisher, subscriber, NONE);
	metrics_add(metrics.publisher.overflows, 1);
}

/* So many bytes have left. */
static void take_off(struct subscriber *subscriber, size_t bytes)
{
	if (rest_bytes(subscriber)) {
		subscriber->rest_at += bytes;
		if (rest_bytes(subscriber) == 0) {
			pd_buffer_fini(&subscriber->rest);
			subscriber->rest_at = 0;
		}
		return;
	}
	while (bytes) {
		struct tape_piece *piece = first_piece(subscriber);
		size_t of_it = bytes < piece->bytes ? bytes : piece->bytes;
		bytes -= of_it;
		piece->at += of_it;
		piece->bytes -= of_it;
		subscriber->begun = piece->bytes > 0;
		subscriber->piece_at += piece->bytes ? 0 : sizeof *piece;
	}
	if (piece_count(subscriber) == 0)
		clear_pieces(subscriber);
}

/* Of a socket is told when three quarters of it are empty. */
static size_t told_bytes(const struct subscriber *subscriber)
{
	return subscriber->socket_bytes ? subscriber->socket_bytes / 4 - 1 : 0;
}

static void is_told(struct subscriber *subscriber)
{
	size_t at_most = told_bytes(subscriber);
	subscriber->lies_bytes = subscriber->lies_bytes < at_most ? subscriber->lies_bytes : at_most;
}

/* The pieces that its socket has room for, or so many as go in one call: what it is offered and does not take is work
 * for nothing. It takes one as long as there is any room; but of those that leave together none without the others, or
 * this subscriber would be out of step with all who get them. */
static size_t fitting(const struct subscriber *subscriber)
{
	const struct tape_piece *pieces = first_piece(subscriber);
	size_t count = piece_count(subscriber), fits = 0;
	for (size_t bytes = subscriber->lies_bytes;
	     fits < count && fits < TAPE_PIECES_MAX && bytes < subscriber->socket_bytes;)
		bytes += pieces[fits++].bytes;
	bool told = subscriber->lies_bytes <= told_bytes(subscriber);
	return told || subscriber->begun || fits >= tape_together(pieces, count) ? fits : 0;
}

/* The rest of a piece, or what one call takes of the next count pieces. False: it takes no more, or errno. */
static bool write_next(struct publisher *publisher, struct subscriber *subscriber, int socket, size_t count)
{
	size_t rest = rest_bytes(subscriber), sent;
	bool all;
	if (rest) {
		ssize_t n =
			send(socket, subscriber->rest.data + subscriber->rest_at, rest, MSG_NOSIGNAL | MSG_DONTWAIT);
		all = n >= 0;
		sent = all ? (size_t)n : 0;
	} else {
		all = tape_send(publisher->tape, socket, first_piece(subscriber), count, subscriber->begun, &sent);
	}
	int saved = errno;
	subscriber->lies_bytes += sent;
	if (!all && subscriber->lies_bytes < subscriber->socket_bytes)
		subscriber->lies_bytes = subscriber->socket_bytes;
	take_off(subscriber, sent);
	errno = saved;
	return all;
}

/* How many pieces to write now, or 1 for the rest of one. What lies in the socket is known from what was written; how
 * much of it has been taken since is asked only if nothing would fit. */
static size_t next_count(struct subscriber *subscriber, int socket)
{
	int lies = 0;
	if (socket < 0)
		return 0;
	if (rest_bytes(subscriber))
		return 1;
	if (subscriber->socket_bytes == 0)
		return piece_count(subscriber);
	size_t fits = fitting(subscriber);
	if (fits)
		return fits;
	subscriber->lies_bytes = ioctl(socket, SIOCOUTQ, &lies) == 0 ? (size_t)lies : 0;
	return fitting(subscriber);
}

/* As much as it takes. */
static void write_to(struct publisher *publisher, struct subscriber *subscriber)
{
	int socket = peers_socket(subscriber->peer);
	while (rest_bytes(subscriber) || piece_count(subscriber)) {
		size_t count = next_count(subscriber, socket);
		if (count && (write_next(publisher, subscriber, socket, count) || errno == EINTR))
			continue;
		if (count == 0 || errno == EAGAIN) {
			peers_await(publisher->peers, subscriber->peer);
			return move(publisher, subscriber, piece_count(subscriber) ? BEHIND : NONE);
		}
		peers_drop(publisher->peers, subscriber->number);
		return forget(publisher, subscriber);
	}
	subscriber->full = false;
	move(publisher, subscriber, NONE);
}

static uint64_t place_of(const struct subscriber *subscriber)
{
	return first_piece(subscriber)->at;
}

/* Who sees what is new, would lose something by it, or has pieces by which nothing is spared, does not wait for those
 * who are behind. */
static bool may_wait(const struct publisher *publisher, const struct subscriber *subscriber)
{
	size_t count = piece_count(subscriber);
	uint64_t behind = count ? tape_end(publisher->tape) - place_of(subscriber) : 0;
	return behind > FRESH_BYTES && behind <= WAITING_BYTES_MAX && count <= PIECES_MAX / 4 &&
	       first_piece(subscriber)->bytes >= TAPE_REFER_BYTES_MIN;
}

/* To those who are due; who is far ahead of the others stays so. The pieces of the tape are made ready once for all who
 * are at the same place. The hindmost is never above the mean, so there is always one who does not stay. */
static void write_due(struct publisher *publisher)
{
	struct subscriber *subscriber, *next;
	uint64_t count = 0, sum = 0;
	TAILQ_FOREACH(subscriber, &publisher->due, of_list)
	{
		bool counts = may_wait(publisher, subscriber);
		sum += counts ? place_of(subscriber) : 0;
		count += counts;
	}
	uint64_t mean = count ? sum / count : 0;
	for (subscriber = TAILQ_FIRST(&publisher->due); subscriber; subscriber = next) {
		next = TAILQ_NEXT(subscriber, of_list);
		if (!may_wait(publisher, subscriber) || place_of(subscriber) <= mean + TOGETHER_BYTES)
			write_to(publisher, subscriber);
	}
}

/* ---- the tape ---- */

static uint64_t first_needed(const struct subscribers *subscribers, uint64_t first)
{
	const struct subscriber *subscriber;
	TAILQ_FOREACH(subscriber, subscribers, of_list)
	if (piece_count(subscriber) && first_piece(subscriber)->at < first)
		first = first_piece(subscriber)->at;
	return first;
}

static void release(struct publisher *publisher)
{
	uint64_t end = tape_end(publisher->tape),
		 first = first_needed(&publisher->due, first_needed(&publisher->behind, end));
	tape_release(publisher->tape, first);
	metrics_set(metrics.publisher.behind_bytes, end - first);
	publisher->look_at = end + USUAL_BYTES;
}

static void overflow_those_before(struct publisher *publisher, struct subscribers *subscribers, uint64_t at)
{
	struct subscriber *subscriber, *next;
	for (subscriber = TAILQ_FIRST(subscribers); subscriber; subscriber = next) {
		next = TAILQ_NEXT(subscriber, of_list);
		if (piece_count(subscriber) && first_piece(subscriber)->at < at)
			overflow(publisher, subscriber);
	}
}

/* There is always some: who is behind gives way. */
static uint64_t make_room(struct publisher *publisher, size_t bytes)
{
	uint64_t at;
	while (!tape_room(publisher->tape, bytes, &at)) {
		uint64_t from = tape_begin(publisher->tape) + FAR_BEHIND_BYTES;
		overflow_those_before(publisher, &publisher->behind, from);
		overflow_those_before(publisher, &publisher->due, from);
		release(publisher);
	}
	return at;
}

/* ---- publishing ---- */

/* The message in hand goes to a subscriber. */
static void give(struct interested *who, void *arg)
{
	struct publisher *publisher = arg;
	struct subscriber *subscriber =
		(struct subscriber *)(void *)((char *)who - offsetof(struct subscriber, interested));
	uint64_t at = publisher->put_at, reach = at + publisher->put_bytes;
	if (subscriber->full || subscriber->reach == reach)
		return;
	if (subscriber->list == NONE)
		move(publisher, subscriber, DUE);
	size_t count = piece_count(subscriber);
	struct tape_piece *last = count ? last_piece(subscriber) : NULL;
	bool begun = count == 1 && subscriber->begun;
	if (last && !begun && subscriber->reach == at && last->bytes + publisher->put_bytes <= PIECE_BYTES_MAX)
		last->bytes += publisher->put_bytes;
	else if (count < PIECES_MAX)
		add_piece(subscriber, &(struct tape_piece){at, publisher->put_bytes});
	else
		return overflow(publisher, subscriber);
	subscriber->reach = reach;
	publisher->put_wanted = true;
}

static void publish(struct publisher *publisher, const struct entry *entry, const char *message)
{
	publisher->put_at = make_room(publisher, entry->bytes);
	publisher->put_bytes = entry->bytes;
	publisher->put_wanted = false;
	interests_match(&publisher->interests, message + entry->topic_at, entry->topic_bytes, give, publisher);
	if (publisher->put_wanted)
		tape_put(publisher->tape, publisher->put_at, message, entry->bytes);
}

static void take_over(struct publisher *publisher)
{
	pthread_mutex_lock(&publisher->lock);
	struct pd_buffer swapped = publisher->handed;
	publisher->handed = publisher->taken;
	publisher->taken = swapped;
	bool lost = publisher->lost;
	publisher->lost = false;
	publisher->asleep = false;
	pthread_mutex_unlock(&publisher->lock);
	if (lost)
		metrics_add(metrics.publisher.overflows, 1);
	const struct pd_buffer *taken = &publisher->taken;
	for (size_t off = 0, count = 0, tried = 0; off < taken->count;) {
		struct entry entry;
		memcpy(&entry, taken->data + off, sizeof entry);
		publish(publisher, &entry, taken->data + off + sizeof entry);
		off += sizeof entry + entry.bytes;
		if (++count % TRY_AFTER && off - tried < TRY_AFTER_BYTES)
			continue;
		write_due(publisher); /* who reads must not lose anything because nobody wrote */
		tried = off;
	}
	empty(&publisher->taken);
	write_due(publisher);
	if (tape_end(publisher->tape) >= publisher->look_at)
		release(publisher);
}

/* ---- what subscribers say ---- */

/* All else that they say means nothing. */
static void on_frame(struct publisher *publisher, const struct bus_frame *frame)
{
	struct zmtp_subscription subscription;
	const struct zmtp_frame said = {frame->data, frame->bytes, frame->command ? ZMTP_COMMAND : 0};
	struct subscriber *subscriber = find(publisher, frame->peer);
	if (!zmtp_read_subscription(&said, &subscription))
		return;
	if (subscription.cancels) {
		if (subscriber)
			interests_cancel(&publisher->interests, &subscriber->interested, subscription.topic);
		return;
	}
	if (!subscriber)
		subscriber = add_subscriber(publisher, frame->peer);
	if (interests_add(&publisher->interests, &subscriber->interested, subscription.topic) == PD_OK)
		return;
	log_line(LOG_WARN, "subscriber_dropped", "peer=%08" PRIx32 " subscriptions=%u subscriptions_max=%d",
		 frame->peer, subscriber->interested.count, INTERESTS_EACH_MAX);
	peers_drop(publisher->peers, frame->peer);
	forget(publisher, subscriber);
}

static void receive(struct publisher *publisher)
{
	struct bus_frame frame;
	for (int i = 0; i < TURN_FRAMES_MAX && peers_receive(publisher->peers, &frame) == PD_OK; i++) {
		struct subscriber *subscriber = frame.gone || frame.takes ? find(publisher, frame.peer) : NULL;
		if (subscriber && frame.takes)
			is_told(subscriber);
		if (!frame.gone && !frame.takes)
			on_frame(publisher, &frame);
		else if (subscriber && frame.gone)
			forget(publisher, subscriber);
		else if (subscriber && piece_count(subscriber) && !subscriber->begun)
			move(publisher, subscriber, DUE);
		else if (subscriber) /* a PONG may leave now, and must not get into the middle of a message */
			write_to(publisher, subscriber);
	}
}

/* What is wanted is told at once, what is not wanted any more after a while. */
static void tell(struct publisher *publisher, uint64_t now)
{
	if (interests_any(&publisher->interests, '/'))
		publisher->topics_until_ms = now + STILL_WANTED_MS;
	if (interests_any(&publisher->interests, BUS_GATHERED[0]))
		publisher->gathered_until_ms = now + STILL_WANTED_MS;
	bool topics = now < publisher->topics_until_ms, gathered = now < publisher->gathered_until_ms;
	if (topics == publisher->topics_wanted && gathered == publisher->gathered_wanted)
		return;
	atomic_store(&publisher->topics_wanted, topics);
	atomic_store(&publisher->gathered_wanted, gathered);
	ring(publisher->news);
}

/* ---- the thread ---- */

/* Whether anybody has not taken what is his. */
static bool anything_waits(const struct publisher *publisher)
{
	size_t at = 0;
	for (const struct subscriber *one; (one = table_next(&publisher->by_number, &at));)
		if (rest_bytes(one) || piece_count(one))
			return true;
	return false;
}

/* Until something has been handed over or has come, or a second is over; false: it is time to end. */
static bool await(struct publisher *publisher)
{
	struct pollfd fds[2] = {{.fd = publisher->wake, .events = POLLIN},
				{.fd = peers_fd(publisher->peers), .events = POLLIN}};
	uint64_t now = now_ms();
	bool at_hand = !TAILQ_EMPTY(&publisher->due) || peers_at_hand(publisher->peers);
	pthread_mutex_lock(&publisher->lock);
	bool handed = publisher->handed.count > 0, stopping = publisher->stopping;
	publisher->asleep = !handed && !at_hand;
	pthread_mutex_unlock(&publisher->lock);
	if (stopping && publisher->until_ms == 0)
		publisher->until_ms = now + ENDPOINT_LINGER_MS;
	if (stopping && !handed && (now >= publisher->until_ms || !anything_waits(publisher)))
		return false;
	uint64_t until_ms = stopping ? publisher->until_ms : publisher->tick_ms;
	if (poll(fds, 2, handed || at_hand || now >= until_ms ? 0 : (int)(until_ms - now)) > 0 && fds[0].revents)
		hush(publisher->wake);
	return true;
}

static void *run(void *arg)
{
	struct publisher *publisher = arg;
	pthread_setname_np(pthread_self(), "paidand-events");
	(void)!nice(NICENESS); /* on Linux it is the thread's own; it is never refused */
	while (await(publisher)) {
		uint64_t now = now_ms();
		receive(publisher);
		take_over(publisher);
		if (now >= publisher->tick_ms) {
			peers_tick(publisher->peers);
			release(publisher);
			publisher->tick_ms = now + SECOND_MS;
		}
		tell(publisher, now);
	}
	return NULL;
}

/* ---- life ---- */

enum pd_err publisher_new(struct publisher **out)
{
	struct publisher *publisher = calloc(1, sizeof *publisher);
	if (!publisher)
		abort();
	uint64_t seed;
	randombytes_buf(&seed, sizeof seed);
	TAILQ_INIT(&publisher->due);
	TAILQ_INIT(&publisher->behind);
	table_init(&publisher->by_number, offsetof(struct subscriber, number), sizeof(uint32_t), seed);
	interests_init(&publisher->interests);
	pthread_mutex_init(&publisher->lock, NULL);
	publisher->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	publisher->news = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	enum pd_err err = publisher->wake >= 0 && publisher->news >= 0 ? PD_OK : PD_ESYS;
	err = err ? err : peers_new(&publisher->peers, &peers_xpub);
	err = err ? err : tape_new(&publisher->tape);
	if (err) {
		int saved = errno;
		publisher_free(publisher);
		errno = saved;
		return err;
	}
	*out = publisher;
	return PD_OK;
}

enum pd_err publisher_listen(struct publisher *publisher, const char *endpoint)
{
	return peers_listen(publisher->peers, endpoint);
}

/* No signal is its own: they are the front's, and a SIGPIPE, which splice knows no way not to send, means nothing. */
enum pd_err publisher_start(struct publisher *publisher)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(&publisher->thread, NULL, run, publisher);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	publisher->started = error == 0;
	errno = error ? error : errno;
	return error ? PD_ESYS : PD_OK;
}

static void stop(struct publisher *publisher)
{
	publisher_flush(publisher);
	pthread_mutex_lock(&publisher->lock);
	publisher->stopping = true;
	pthread_mutex_unlock(&publisher->lock);
	ring(publisher->wake);
	pthread_join(publisher->thread, NULL);
}

void publisher_free(struct publisher *publisher)
{
	if (!publisher)
		return;
	if (publisher->started)
		stop(publisher);
	size_t at = 0;
	for (struct subscriber *one; (one = table_next(&publisher->by_number, &at));)
		free_subscriber(publisher, one);
	table_fini(&publisher->by_number);
	interests_fini(&publisher->interests);
	peers_free(publisher->peers);
	tape_free(publisher->tape);
	pd_buffer_fini(&publisher->taken);
	pd_buffer_fini(&publisher->handed);
	pd_buffer_fini(&publisher->adding);
	pthread_mutex_destroy(&publisher->lock);
	if (publisher->wake >= 0)
		close(publisher->wake);
	if (publisher->news >= 0)
		close(publisher->news);
	free(publisher);
}
