#include "bus.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.h>

#include "metrics.h"

/* What one peer may have waiting: frames of at most 64 KiB. Beyond it a peer that does not read is dropped. */
enum { PEER_FRAMES_MAX = 1000, SUBSCRIBER_MESSAGES_MAX = 8192, BACKLOG = 4096 };

/* Each socket's connections have a thread of their own: what goes to a hundred supervisors does not keep the commands
 * waiting. */
enum { IO_THREADS = 2, ROUTER_THREAD = 1, PUBLISHER_THREAD = 2 };

struct bus {
	void *context, *router, *publisher;
	zmq_msg_t identity, frame;
	bool more; /* further frames of the last message are still to come */
	uint32_t peer;
	bool chosen;
	struct bus_wanted wanted;
};

static enum pd_err set(void *socket, int option, int value)
{
	return zmq_setsockopt(socket, option, &value, sizeof value) ? PD_ESYS : PD_OK;
}

static enum pd_err set_common(void *socket, int messages_max, uint64_t threads)
{
	int64_t frame_max = PD_FRAME_BYTES_MAX;
	enum pd_err err = set(socket, ZMQ_LINGER, 1000);
	err = err ? err : set(socket, ZMQ_SNDHWM, messages_max);
	err = err ? err : set(socket, ZMQ_RCVHWM, messages_max);
	err = err ? err : set(socket, ZMQ_BACKLOG, BACKLOG);
	/* A peer that is gone without a word is found by TCP: ZeroMQ's own heartbeats look through the timers of all
	 * connections for each answer, which is the whole of a processor with twenty thousand of them. */
	err = err ? err : set(socket, ZMQ_TCP_KEEPALIVE, 1);
	err = err ? err : set(socket, ZMQ_TCP_KEEPALIVE_IDLE, 15);
	err = err ? err : set(socket, ZMQ_TCP_KEEPALIVE_INTVL, 5);
	err = err ? err : set(socket, ZMQ_TCP_KEEPALIVE_CNT, 3);
	err = err ? err : set(socket, ZMQ_TCP_MAXRT, 30000);
	err = err ? err : set(socket, ZMQ_HANDSHAKE_IVL, 5000);
	if (!err && zmq_setsockopt(socket, ZMQ_AFFINITY, &threads, sizeof threads))
		err = PD_ESYS;
	if (!err && zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &frame_max, sizeof frame_max))
		err = PD_ESYS;
	return err;
}

static enum pd_err open_sockets(struct bus *bus)
{
	/* ZeroMQ's automatic identities start from rand(). */
	srand(randombytes_random());
	bus->context = zmq_ctx_new();
	if (!bus->context)
		return PD_ESYS;
	zmq_ctx_set(bus->context, ZMQ_MAX_SOCKETS, 16);
	zmq_ctx_set(bus->context, ZMQ_IO_THREADS, IO_THREADS);
	bus->router = zmq_socket(bus->context, ZMQ_ROUTER);
	bus->publisher = zmq_socket(bus->context, ZMQ_XPUB);
	if (!bus->router || !bus->publisher)
		return PD_ESYS;
	enum pd_err err = set_common(bus->router, PEER_FRAMES_MAX, ROUTER_THREAD);
	err = err ? err : set_common(bus->publisher, SUBSCRIBER_MESSAGES_MAX, PUBLISHER_THREAD);
	err = err ? err : set(bus->publisher, ZMQ_XPUB_NODROP, 1);
	return err ? err : set(bus->router, ZMQ_ROUTER_MANDATORY, 1);
}

enum pd_err bus_open(struct bus **out)
{
	struct bus *bus = calloc(1, sizeof *bus);
	if (!bus)
		abort();
	zmq_msg_init(&bus->identity);
	zmq_msg_init(&bus->frame);
	enum pd_err err = open_sockets(bus);
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
	zmq_msg_close(&bus->identity);
	zmq_msg_close(&bus->frame);
	if (bus->router)
		zmq_close(bus->router);
	if (bus->publisher)
		zmq_close(bus->publisher);
	if (bus->context)
		zmq_ctx_term(bus->context);
	free(bus);
	errno = saved;
}

/* ZeroMQ would take the place of whoever listens on an ipc endpoint, without a word. */
static bool ipc_in_use(const char *endpoint)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (strncmp(endpoint, "ipc://", 6) != 0 || strlen(endpoint + 6) >= sizeof address.sun_path)
		return false;
	memcpy(address.sun_path, endpoint + 6, strlen(endpoint + 6) + 1);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bool used = fd >= 0 && (connect(fd, (struct sockaddr *)&address, sizeof address) == 0 || errno == EAGAIN);
	if (fd >= 0)
		close(fd);
	return used;
}

static enum pd_err bind_to(void *socket, const char *endpoint)
{
	if (ipc_in_use(endpoint)) {
		errno = EADDRINUSE;
		return PD_ESYS;
	}
	return zmq_bind(socket, endpoint) ? PD_ESYS : PD_OK;
}

enum pd_err bus_listen(struct bus *bus, const char *endpoint)
{
	return bind_to(bus->router, endpoint);
}

enum pd_err bus_publish_on(struct bus *bus, const char *endpoint)
{
	return bind_to(bus->publisher, endpoint);
}

static int descriptor(void *socket)
{
	int fd = -1;
	size_t bytes = sizeof fd;
	zmq_getsockopt(socket, ZMQ_FD, &fd, &bytes);
	return fd;
}

int bus_fd(const struct bus *bus)
{
	return descriptor(bus->router);
}

int bus_publish_fd(const struct bus *bus)
{
	return descriptor(bus->publisher);
}

bool bus_readable(struct bus *bus)
{
	int events = 0;
	size_t bytes = sizeof events;
	zmq_getsockopt(bus->router, ZMQ_EVENTS, &events, &bytes);
	return bus->more || events & ZMQ_POLLIN;
}

/* ZeroMQ's own identities are a zero byte and a number; those that peers choose may not begin with zero. */
static void read_identity(struct bus *bus)
{
	const uint8_t *id = zmq_msg_data(&bus->identity);
	bus->chosen = zmq_msg_size(&bus->identity) != 5 || id[0] != 0;
	if (!bus->chosen)
		memcpy(&bus->peer, id + 1, sizeof bus->peer);
}

enum pd_err bus_receive(struct bus *bus, struct bus_frame *frame)
{
	if (!bus->more) {
		if (zmq_msg_recv(&bus->identity, bus->router, ZMQ_DONTWAIT) < 0)
			return PD_ENOENT;
		if (!zmq_msg_more(&bus->identity))
			return PD_ENOENT;
		read_identity(bus);
	}
	/* All frames of a message come together. */
	if (zmq_msg_recv(&bus->frame, bus->router, ZMQ_DONTWAIT) < 0)
		return PD_ENOENT;
	bus->more = zmq_msg_more(&bus->frame);
	*frame = (struct bus_frame){bus->peer, bus->chosen, zmq_msg_data(&bus->frame), zmq_msg_size(&bus->frame)};
	return PD_OK;
}

static enum pd_err send_to(struct bus *bus, const void *id, size_t id_bytes, const void *data, size_t bytes)
{
	if (zmq_send(bus->router, id, id_bytes, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0)
		return errno == EHOSTUNREACH ? PD_ENOENT : PD_EFULL;
	return zmq_send(bus->router, data, bytes, ZMQ_DONTWAIT) < 0 ? PD_EFULL : PD_OK;
}

enum pd_err bus_send(struct bus *bus, uint32_t peer, const void *data, size_t bytes)
{
	uint8_t id[5] = {0};
	memcpy(id + 1, &peer, sizeof peer);
	return send_to(bus, id, sizeof id, data, bytes);
}

void bus_send_back(struct bus *bus, const void *data, size_t bytes)
{
	enum pd_err err = send_to(bus, zmq_msg_data(&bus->identity), zmq_msg_size(&bus->identity), data, bytes);
	(void)err; /* it was told as well as it can be */
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
