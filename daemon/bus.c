#include "bus.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "endpoint.h"
#include "metrics.h"
#include "peers.h"

/* What may wait for a subscriber. */
enum { SUBSCRIBER_MESSAGES_MAX = 8192 };

struct bus {
	struct peers *peers;
	void *context, *publisher;
	struct bus_wanted wanted;
};

static enum pd_err set(void *socket, int option, int value)
{
	return zmq_setsockopt(socket, option, &value, sizeof value) ? PD_ESYS : PD_OK;
}

/* A subscriber that is gone without a word is found by TCP: ZeroMQ's own heartbeats look through the timers of all
 * connections for each answer. */
static enum pd_err open_publisher(struct bus *bus)
{
	static const struct {
		int name, value;
	} options[] = {
		{ZMQ_LINGER, ENDPOINT_LINGER_MS},
		{ZMQ_SNDHWM, SUBSCRIBER_MESSAGES_MAX},
		{ZMQ_BACKLOG, ENDPOINT_BACKLOG},
		{ZMQ_TCP_KEEPALIVE, 1},
		{ZMQ_TCP_KEEPALIVE_IDLE, ENDPOINT_KEEPALIVE_IDLE_S},
		{ZMQ_TCP_KEEPALIVE_INTVL, ENDPOINT_KEEPALIVE_INTERVAL_S},
		{ZMQ_TCP_KEEPALIVE_CNT, ENDPOINT_KEEPALIVE_PROBES},
		{ZMQ_TCP_MAXRT, ENDPOINT_UNANSWERED_MS},
		{ZMQ_HANDSHAKE_IVL, ENDPOINT_GREETING_MS},
		{ZMQ_XPUB_NODROP, 1},
	};
	int64_t frame_max = PD_FRAME_BYTES_MAX;
	bus->context = zmq_ctx_new();
	if (!bus->context)
		return PD_ESYS;
	zmq_ctx_set(bus->context, ZMQ_MAX_SOCKETS, 16);
	bus->publisher = zmq_socket(bus->context, ZMQ_XPUB);
	if (!bus->publisher || zmq_setsockopt(bus->publisher, ZMQ_MAXMSGSIZE, &frame_max, sizeof frame_max))
		return PD_ESYS;
	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		if (set(bus->publisher, options[i].name, options[i].value))
			return PD_ESYS;
	return PD_OK;
}

enum pd_err bus_open(struct bus **out)
{
	struct bus *bus = calloc(1, sizeof *bus);
	if (!bus)
		abort();
	enum pd_err err = peers_new(&bus->peers);
	err = err ? err : open_publisher(bus);
	if (err) {
		bus_close(bus);
		return err;
	}
	*out = bus;
	return PD_OK;
}

void bus_close(struct bus *bus)
{
	if (!bus)
		return;
	int saved = errno;
	peers_free(bus->peers);
	if (bus->publisher)
		zmq_close(bus->publisher);
	if (bus->context)
		zmq_ctx_term(bus->context);
	free(bus);
	errno = saved;
}

enum pd_err bus_listen(struct bus *bus, const char *endpoint)
{
	return peers_listen(bus->peers, endpoint);
}

enum pd_err bus_publish_on(struct bus *bus, const char *endpoint)
{
	if (endpoint_in_use(endpoint)) {
		errno = EADDRINUSE;
		return PD_ESYS;
	}
	return zmq_bind(bus->publisher, endpoint) ? PD_ESYS : PD_OK;
}

int bus_fd(const struct bus *bus)
{
	return peers_fd(bus->peers);
}

int bus_publish_fd(const struct bus *bus)
{
	int fd = -1;
	size_t bytes = sizeof fd;
	zmq_getsockopt(bus->publisher, ZMQ_FD, &fd, &bytes);
	return fd;
}

bool bus_at_hand(const struct bus *bus)
{
	return peers_at_hand(bus->peers);
}

void bus_tick(struct bus *bus)
{
	peers_tick(bus->peers);
}

enum pd_err bus_receive(struct bus *bus, struct bus_frame *frame)
{
	return peers_receive(bus->peers, frame);
}

enum pd_err bus_send(struct bus *bus, uint32_t peer, const void *data, size_t bytes)
{
	return peers_send(bus->peers, peer, data, bytes);
}

struct bus_wanted bus_wanted(struct bus *bus)
{
	char topic[256];
	int bytes;
	while ((bytes = zmq_recv(bus->publisher, topic, sizeof topic, ZMQ_DONTWAIT)) >= 0) {
		if (bytes == 0 || topic[0] != 1)
			continue;
		bool gathered = (size_t)bytes == sizeof BUS_GATHERED && memcmp(topic + 1, BUS_GATHERED, bytes - 1) == 0;
		*(gathered ? &bus->wanted.gathered : &bus->wanted.topics) = true;
	}
	return bus->wanted;
}

static bool publish(struct bus *bus, const char *topic, size_t topic_bytes, const void *data, size_t bytes)
{
	return zmq_send(bus->publisher, topic, topic_bytes, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0 &&
	       zmq_send(bus->publisher, data, bytes, ZMQ_DONTWAIT) >= 0;
}

void bus_publish(struct bus *bus, const char *topic, size_t topic_bytes, const void *data, size_t bytes)
{
	metrics_add(metrics.front.publications, 1);
	if (publish(bus, topic, topic_bytes, data, bytes))
		return;
	/* Somebody is too slow, and XPUB, which would drop for them without a word, has been told to say so, once until
	 * they have read some. All others get it, and they notice by the counts and read what they missed. */
	metrics_add(metrics.front.overflows, 1);
	enum pd_err err = set(bus->publisher, ZMQ_XPUB_NODROP, 0);
	if (err == PD_OK && publish(bus, topic, topic_bytes, data, bytes))
		err = set(bus->publisher, ZMQ_XPUB_NODROP, 1);
	(void)err; /* the option is known, or the socket would not have been opened */
}
