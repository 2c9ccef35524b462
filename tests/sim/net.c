#include "net.h"

#include <stdlib.h>
#include <string.h>

#include "actors.h"
#include "answers.h"
#include "bus.h"
#include "check.h"
#include "codec.h"
#include "publications.h"
#include "sim.h"
#include "tally.h"
#include "trace.h"

struct packet {
	uint64_t at_ms, turn; /* of those that arrive at once, the lower turn is first */
	uint32_t peer;
	bool to_broker;
	size_t bytes;
	char *data;
};

struct bus {
	int nothing;
};

static struct {
	struct packet *flying;
	size_t count, capacity;
	struct packet *inbox; /* at the broker's socket */
	size_t inbox_count, inbox_capacity, inbox_taken;
	struct packet in_hand; /* the frame that bus_receive gave last */
	uint32_t peers;
	uint64_t turns;
	bool subscribed;
	unsigned until_death; /* so many frames; 0: never */
	struct pd_decoder *decoder;
} net;

void net_init(void)
{
	net_fini();
	net.subscribed = true;
	net.decoder = pd_decoder_new();
	if (!net.decoder)
		trace_system("memory");
}

static void free_packets(struct packet *packets, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(packets[i].data);
	free(packets);
}

void net_fini(void)
{
	free_packets(net.flying, net.count);
	free_packets(net.inbox, net.inbox_count);
	free(net.in_hand.data);
	pd_decoder_free(net.decoder);
	memset(&net, 0, sizeof net);
}

uint32_t net_connect(void)
{
	return ++net.peers;
}

void net_die_sending(unsigned frames)
{
	net.until_death = frames;
}

void net_toggle_subscriber(void)
{
	net.subscribed = !net.subscribed;
	trace_line("a subscriber %s", net.subscribed ? "comes" : "goes");
}

static struct packet *add(struct packet **packets, size_t *count, size_t *capacity)
{
	if (*count == *capacity) {
		*capacity = *capacity ? *capacity * 2 : 64;
		*packets = realloc(*packets, *capacity * sizeof **packets);
		if (!*packets)
			trace_system("memory");
	}
	return &(*packets)[(*count)++];
}

static void fly(uint32_t peer, bool to_broker, const void *data, size_t bytes, uint64_t delay_ms)
{
	struct packet *packet = add(&net.flying, &net.count, &net.capacity);
	*packet = (struct packet){sim.mono_ms + delay_ms, net.turns++, peer, to_broker, bytes, malloc(bytes + 1)};
	if (!packet->data)
		trace_system("memory");
	memcpy(packet->data, data, bytes);
}

static uint64_t delay(void)
{
	const struct profile *profile = &sim.profile;
	if (dice_permille(&sim.dice, profile->slow_permille))
		return dice_below(&sim.dice, 200 * (profile->delay_ms_max + 1));
	return dice_below(&sim.dice, profile->delay_ms_max + 1);
}

static void send_on_its_way(uint32_t peer, bool to_broker, const void *data, size_t bytes)
{
	if (sim.closing)
		return fly(peer, to_broker, data, bytes, 1);
	if (dice_permille(&sim.dice, sim.profile.loss_permille))
		return tally_add(TALLY_LOST);
	fly(peer, to_broker, data, bytes, delay());
	if (dice_permille(&sim.dice, sim.profile.repeat_permille)) {
		tally_add(TALLY_DOUBLED);
		fly(peer, to_broker, data, bytes, delay());
	}
}

void net_send(uint32_t peer, const void *data, size_t bytes, bool sure)
{
	if (sure)
		fly(peer, true, data, bytes, 1);
	else
		send_on_its_way(peer, true, data, bytes);
}

/* ---- arriving ---- */

static bool earlier(const struct packet *a, const struct packet *b)
{
	return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->turn < b->turn;
}

/* Take the packet out that arrives first, if it has by now. */
static bool take_first(struct packet *packet)
{
	size_t first = 0;
	for (size_t i = 1; i < net.count; i++)
		if (earlier(&net.flying[i], &net.flying[first]))
			first = i;
	if (net.count == 0 || net.flying[first].at_ms > sim.mono_ms)
		return false;
	*packet = net.flying[first];
	net.flying[first] = net.flying[--net.count];
	return true;
}

void net_arrive(void)
{
	struct packet packet;
	while (take_first(&packet)) {
		if (!packet.to_broker) {
			actors_receive(packet.peer, packet.data, packet.bytes);
			free(packet.data);
		} else if (sim.front) {
			*add(&net.inbox, &net.inbox_count, &net.inbox_capacity) = packet;
		} else {
			free(packet.data); /* nobody listens; NOLINT(clang-analyzer-unix.Malloc): each is taken once */
		}
	}
}

bool net_waiting(void)
{
	return net.inbox_taken < net.inbox_count;
}

static void drop_in_hand(void)
{
	check_after_frame();
	free(net.in_hand.data);
	net.in_hand.data = NULL;
}

void net_broker_gone(void)
{
	for (size_t i = net.inbox_taken; i < net.inbox_count; i++)
		free(net.inbox[i].data);
	net.inbox_count = net.inbox_taken = 0;
	net.until_death = 0;
	free(net.in_hand.data);
	net.in_hand.data = NULL;
}

/* ---- what the front calls ---- */

int bus_fd(const struct bus *bus)
{
	(void)bus;
	return -1;
}

int bus_publish_fd(const struct bus *bus)
{
	(void)bus;
	return -1;
}

bool bus_at_hand(const struct bus *bus)
{
	(void)bus;
	return net_waiting();
}

/* What of a frame cannot be understood is refused as such. */
static void expect_refusals(const struct packet *packet, bool chosen)
{
	if (chosen || packet->bytes == 0)
		answers_expect_refusal_of_frame();
	for (size_t off = 0; !chosen && off < packet->bytes;) {
		struct pd_message message;
		struct pd_fault fault;
		pd_decoder_reset(net.decoder);
		if (pd_decode(net.decoder, packet->data, packet->bytes, &off, &message, &fault) == PD_OK)
			continue;
		answers_expect_refusal_of_frame();
		if (fault.lost)
			return;
	}
}

enum pd_err bus_receive(struct bus *bus, struct bus_frame *frame)
{
	(void)bus;
	drop_in_hand();
	if (!net_waiting()) {
		net.inbox_count = net.inbox_taken = 0;
		return PD_ENOENT;
	}
	net.in_hand = net.inbox[net.inbox_taken++];
	bool chosen = !sim.closing && dice_permille(&sim.dice, 1);
	*frame = (struct bus_frame){.peer = net.in_hand.peer,
				    .chosen_identity = chosen,
				    .data = net.in_hand.data,
				    .bytes = net.in_hand.bytes};
	expect_refusals(&net.in_hand, chosen);
	check_before_frame();
	return PD_OK;
}

enum pd_err bus_send(struct bus *bus, uint32_t peer, const void *data, size_t bytes)
{
	(void)bus;
	if (!sim.end && !sim.closing && net.until_death && --net.until_death == 0) {
		trace_line("the broker dies while it sends");
		sim.end = dice_below(&sim.dice, 2) ? END_KILLED : END_POWER;
	}
	if (sim.end)
		return PD_OK; /* the process is dead: nothing leaves */
	if (!sim.closing && dice_permille(&sim.dice, 2)) {
		trace_line("peer %u is gone", peer);
		actors_disconnected(peer);
		answers_forget_peer(peer);
		return dice_below(&sim.dice, 2) ? PD_ENOENT : PD_EFULL;
	}
	answers_leave(peer, data, bytes);
	send_on_its_way(peer, false, data, bytes);
	return PD_OK;
}

void bus_tick(struct bus *bus)
{
	(void)bus;
}

struct bus_wanted bus_wanted(struct bus *bus)
{
	(void)bus;
	return (struct bus_wanted){net.subscribed, net.subscribed};
}

void bus_publish(struct bus *bus, const char *topic, size_t topic_bytes, const void *data, size_t bytes)
{
	(void)bus;
	if (!sim.end)
		publications_leave(topic, topic_bytes, data, bytes);
}

void bus_flush(struct bus *bus)
{
	(void)bus;
}
