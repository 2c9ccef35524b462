#include "bus.h"

#include <errno.h>
#include <stdlib.h>

#include "metrics.h"
#include "peers.h"
#include "publisher.h"

struct bus {
	struct peers *peers;
	struct publisher *publisher;
};

enum pd_err bus_open(struct bus **out)
{
	struct bus *bus = calloc(1, sizeof *bus);
	if (!bus)
		abort();
	enum pd_err err = peers_new(&bus->peers, &peers_router);
	err = err ? err : publisher_new(&bus->publisher);
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
	publisher_free(bus->publisher);
	free(bus);
	errno = saved;
}

enum pd_err bus_listen(struct bus *bus, const char *endpoint)
{
	return peers_listen(bus->peers, endpoint);
}

enum pd_err bus_publish_on(struct bus *bus, const char *endpoint)
{
	return publisher_listen(bus->publisher, endpoint);
}

enum pd_err bus_start(struct bus *bus)
{
	return publisher_start(bus->publisher);
}

int bus_fd(const struct bus *bus)
{
	return peers_fd(bus->peers);
}

int bus_publish_fd(const struct bus *bus)
{
	return publisher_fd(bus->publisher);
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
	return publisher_wanted(bus->publisher);
}

void bus_publish(struct bus *bus, const char *topic, size_t topic_bytes, const void *data, size_t bytes)
{
	metrics_add(metrics.front.publications, 1);
	publisher_add(bus->publisher, topic, topic_bytes, data, bytes);
}

void bus_flush(struct bus *bus)
{
	publisher_flush(bus->publisher);
}
