#include "client.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.h>

#include "intl.h"

enum { TURNS_A_STEP = 16 };

enum pd_err client_fail(struct pd_client *client, enum pd_err err, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(client->why, sizeof client->why, format, args);
	va_end(args);
	return err;
}

const char *pd_client_why(const struct pd_client *client)
{
	return client->why;
}

/* ---- descriptors ---- */

void *client_socket(struct pd_client *client, int type)
{
	void *socket = zmq_socket(client->context, type);
	int zero = 0;
	if (!socket)
		return NULL;
	zmq_setsockopt(socket, ZMQ_LINGER, &zero, sizeof zero);
	zmq_setsockopt(socket, ZMQ_SNDHWM, &zero, sizeof zero);
	zmq_setsockopt(socket, ZMQ_RCVHWM, &zero, sizeof zero);
	return socket;
}

static int fd_of(void *socket)
{
	int fd = -1;
	size_t bytes = sizeof fd;
	return zmq_getsockopt(socket, ZMQ_FD, &fd, &bytes) ? -1 : fd;
}

static enum pd_err watch_fd(struct pd_client *client, int fd, enum client_source source)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = source};
	return epoll_ctl(client->epoll_fd, EPOLL_CTL_ADD, fd, &event) ? PD_ESYS : PD_OK;
}

enum pd_err client_watch(struct pd_client *client, void *socket, enum client_source source)
{
	client->ready |= source; /* what came before is not told */
	return watch_fd(client, fd_of(socket), source);
}

void client_unwatch(struct pd_client *client, void *socket)
{
	epoll_ctl(client->epoll_fd, EPOLL_CTL_DEL, fd_of(socket), NULL);
}

/* It cannot fail: the counter is 0 or 1. */
void client_wake(struct pd_client *client)
{
	if (client->awake)
		return;
	client->awake = true;
	if (eventfd_write(client->wake_fd, 1))
		abort();
}

static void sleep_again(struct pd_client *client)
{
	eventfd_t value;
	if (!client->awake)
		return;
	client->awake = false;
	if (eventfd_read(client->wake_fd, &value))
		abort();
}

static uint64_t deadline(const struct pd_client *client)
{
	uint64_t link = link_deadline(client), follow = follow_deadline(client);
	uint64_t resend = client->link.state == LINK_LIVE ? client->resend_ms : CLIENT_NEVER;
	uint64_t first = link < follow ? link : follow;
	return first < resend ? first : resend;
}

/* Deadlines mostly move away: the timer is set anew only when it fired, or would fire too late. */
static void arm(struct pd_client *client)
{
	uint64_t next = deadline(client), now = client_now_ms();
	if (next >= client->armed_ms && now < client->armed_ms)
		return;
	uint64_t wait_ms = next > now ? next - now : 1;
	struct itimerspec timer = {.it_value = {(time_t)(wait_ms / 1000), (long)(wait_ms % 1000) * 1000000}};
	client->armed_ms = next;
	if (timerfd_settime(client->timer_fd, 0, &timer, NULL))
		abort();
}

int pd_client_fd(const struct pd_client *client)
{
	return client->epoll_fd;
}

/* ---- lifecycle ---- */

/* "tcp://HOST:PORT" or "ipc://PATH". */
static bool endpoint_is_sound(const char *endpoint)
{
	if (strncmp(endpoint, "ipc://", 6) == 0)
		return endpoint[6] && strlen(endpoint + 6) < sizeof((struct sockaddr_un *)0)->sun_path;
	if (strncmp(endpoint, "tcp://", 6) != 0)
		return false;
	const char *colon = strrchr(endpoint + 6, ':');
	if (!colon || colon == endpoint + 6)
		return false;
	char *end;
	unsigned long port = strtoul(colon + 1, &end, 10);
	return colon[1] >= '0' && colon[1] <= '9' && *end == 0 && port >= 1 && port <= 65535;
}

static const char *or_environment(const char *endpoint, const char *variable, const char *otherwise)
{
	if (endpoint)
		return endpoint;
	const char *value = getenv(variable);
	return value && *value ? value : otherwise;
}

enum { ENDPOINT_BYTES = 300 };

/* Events are published on the port after that for commands, or in the socket beside it. Null: connect is no endpoint.
 */
static const char *endpoint_beside(const char *connect, char text[static ENDPOINT_BYTES])
{
	if (!endpoint_is_sound(connect))
		return NULL;
	if (strncmp(connect, "ipc://", 6) == 0) {
		const char *slash = strrchr(connect, '/'); /* there is one, in ipc:// */
		snprintf(text, ENDPOINT_BYTES, "%.*s/events.sock", (int)(slash - connect), connect);
	} else {
		const char *colon = strrchr(connect, ':');
		snprintf(text, ENDPOINT_BYTES, "%.*s:%lu", (int)(colon - connect), connect,
			 strtoul(colon + 1, NULL, 10) + 1);
	}
	return text;
}

__attribute__((format(printf, 2, 3))) static enum pd_err wrong(const char **why, const char *format, ...)
{
	static _Thread_local char text[300];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	*why = text;
	return PD_EINVAL;
}

/* options, with the endpoints filled in. */
static enum pd_err check_options(const struct pd_client_options *options, const char **why)
{
	const char *const endpoints[] = {options->connect, options->subscribe ? options->subscribe : options->connect};
	struct pd_message hello = {.type = PD_MSG_hello};
	struct pd_fault fault;
	char detail[PD_DETAIL_BYTES];
	for (int i = 0; i < 2; i++)
		if (!endpoint_is_sound(endpoints[i]))
			return wrong(why, _("\"%.200s\" is not an endpoint: tcp://HOST:PORT or ipc://PATH is meant"),
				     endpoints[i]);
	hello.hello = (struct pd_hello){options->person, pd_text(options->name), PD_PROTOCOL, options->language,
					options->listen};
	if (pd_validate(&hello, &fault))
		return wrong(why, _("the program's name: %s"), pd_detail_text(&fault.what, options->language, detail));
	return PD_OK;
}

static char *copy(const char *text)
{
	char *copied = strdup(text);
	if (!copied)
		abort();
	return copied;
}

static enum pd_err open_descriptors(struct pd_client *client)
{
	client->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	client->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	client->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (client->epoll_fd < 0 || client->timer_fd < 0 || client->wake_fd < 0)
		return PD_ESYS;
	enum pd_err err = watch_fd(client, client->timer_fd, CLIENT_OTHER);
	return err ? err : watch_fd(client, client->wake_fd, CLIENT_OTHER);
}

static enum pd_err open_all(struct pd_client *client)
{
	client->frame_decoder = pd_decoder_new_client();
	client->row_decoder = pd_decoder_new_client();
	client->event_decoder = pd_decoder_new_client();
	client->kept_decoder = pd_decoder_new_client();
	if (!client->frame_decoder || !client->row_decoder || !client->event_decoder || !client->kept_decoder)
		return PD_ESYS;
	client->context = zmq_ctx_new();
	if (!client->context)
		return PD_ESYS;
	enum pd_err err = open_descriptors(client);
	if (!err)
		err = link_open(client);
	if (!err)
		arm(client);
	return err;
}

static struct pd_client *client_new(const struct pd_client_options *options)
{
	struct pd_client *client = calloc(1, sizeof *client);
	if (!client)
		abort();
	client->options = *options;
	client->options.connect = copy(options->connect);
	client->options.subscribe = copy(options->subscribe);
	client->options.name = copy(options->name);
	if (!client->options.resend_ms)
		client->options.resend_ms = CLIENT_RESEND_MS;
	client->epoll_fd = client->timer_fd = client->wake_fd = -1;
	client->resend_ms = CLIENT_NEVER;
	calls_init(&client->calls);
	return client;
}

enum pd_err pd_client_open(struct pd_client **opened, const struct pd_client_options *options, const char **why)
{
	struct pd_client_options filled = *options;
	char beside[ENDPOINT_BYTES];
	const char *unused;
	if (!why)
		why = &unused;
	assert(options->name);
	*opened = NULL;
	filled.connect = or_environment(options->connect, "PAIDAN_CONNECT", PD_CONNECT_DEFAULT);
	filled.subscribe = or_environment(options->subscribe, "PAIDAN_SUBSCRIBE", NULL);
	if (!filled.subscribe)
		filled.subscribe = endpoint_beside(filled.connect, beside);
	enum pd_err err = check_options(&filled, why);
	if (err)
		return err;
	if (sodium_init() < 0) {
		*why = _("libsodium finds no source of randomness");
		return PD_ESYS;
	}
	struct pd_client *client = client_new(&filled);
	err = open_all(client);
	if (err) {
		int saved = errno;
		pd_client_close(client);
		errno = saved;
		*why = _(zmq_strerror(saved));
		return err;
	}
	*opened = client;
	return PD_OK;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void pd_client_close(struct pd_client *client)
{
	if (!client)
		return;
	assert(!client->stepping);
	link_close(client);
	follow_close(client);
	if (client->context)
		zmq_ctx_term(client->context);
	close_fd(client->wake_fd);
	close_fd(client->timer_fd);
	close_fd(client->epoll_fd);
	calls_fini(&client->calls);
	pd_decoder_free(client->frame_decoder);
	pd_decoder_free(client->row_decoder);
	pd_decoder_free(client->event_decoder);
	pd_decoder_free(client->kept_decoder);
	pd_buffer_fini(&client->out);
	pd_buffer_fini(&client->kept);
	free((char *)client->options.connect);
	free((char *)client->options.subscribe);
	free((char *)client->options.name);
	free(client);
}

/* ---- the loop ---- */

/* Wait for the descriptors, and note which sockets have something. */
static enum pd_err wait_ready(struct pd_client *client, int timeout_ms)
{
	struct epoll_event events[8];
	int count = epoll_wait(client->epoll_fd, events, 8, timeout_ms);
	if (count < 0 && errno != EINTR)
		return client_fail(client, PD_ESYS, _("epoll_wait: %s"), intl_error(errno));
	for (int i = 0; i < count; i++)
		client->ready |= events[i].data.u32;
	return PD_OK;
}

/* One round over all that can have happened. */
static void turn(struct pd_client *client)
{
	if (client->ready & CLIENT_DEALER)
		link_receive(client);
	if (client->ready & CLIENT_SUB)
		follow_receive(client);
	/* After the frames: the last words of a connection come before the news of its end. */
	if (client->ready & CLIENT_MONITOR)
		link_observe(client);
	link_tick(client);
	follow_tick(client);
	client_resend_due(client);
	pd_client_flush(client);
}

static bool is_busy(const struct pd_client *client)
{
	return client->ready || client->link.lost || client->out.count;
}

enum pd_err pd_client_step(struct pd_client *client, int timeout_ms)
{
	assert(!client->stepping);
	client->stepping = true;
	bool now = client->awake || is_busy(client);
	sleep_again(client);
	enum pd_err err = wait_ready(client, now ? 0 : timeout_ms);
	int turns = 0;
	do
		turn(client);
	while (is_busy(client) && ++turns < TURNS_A_STEP);
	client->stepping = false;
	if (is_busy(client))
		client_wake(client);
	arm(client);
	return err;
}
