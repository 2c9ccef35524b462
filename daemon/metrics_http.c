#include "metrics_http.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "metrics.h"

/* Nobody needs many; a connection that asks for nothing is let go. */
enum { CONNECTIONS_MAX = 32, CONNECTION_MEMORY_BYTES = 32 << 10, SILENT_S = 15, BACKLOG = 32 };

struct metrics_http {
	struct MHD_Daemon *daemon;
	uint64_t start_ms;
};

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* ---- addresses ---- */

static bool parse_port(const char *text, in_port_t *port)
{
	unsigned long value = strtoul(text, NULL, 10);
	*port = htons((uint16_t)value);
	return *text && strlen(text) <= 5 && text[strspn(text, "0123456789")] == 0 && value <= UINT16_MAX;
}

static bool parse_address(const char *text, union address *address)
{
	char host[64];
	const char *colon = strrchr(text, ':');
	size_t bytes = colon ? (size_t)(colon - text) : 0;
	if (bytes == 0 || bytes >= sizeof host)
		return false;
	memcpy(host, text, bytes);
	host[bytes] = 0;
	memset(address, 0, sizeof *address);
	if (host[0] == '[' && host[bytes - 1] == ']') {
		host[bytes - 1] = 0;
		address->v6.sin6_family = AF_INET6;
		return inet_pton(AF_INET6, host + 1, &address->v6.sin6_addr) == 1 &&
		       parse_port(colon + 1, &address->v6.sin6_port);
	}
	address->v4.sin_family = AF_INET;
	return inet_pton(AF_INET, strcmp(host, "localhost") == 0 ? "127.0.0.1" : host, &address->v4.sin_addr) == 1 &&
	       parse_port(colon + 1, &address->v4.sin_port);
}

bool metrics_address_good(const char *address)
{
	union address parsed;
	return parse_address(address, &parsed);
}

static socklen_t address_bytes(const union address *address)
{
	return address->any.sa_family == AF_INET6 ? sizeof address->v6 : sizeof address->v4;
}

/* A socket that listens there, or -1. *address gets the port that was chosen. */
static int listen_on(union address *address)
{
	socklen_t bytes = address_bytes(address);
	int one = 1, fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one); /* connections of before do not keep the port */
	if (bind(fd, &address->any, bytes) == 0 && listen(fd, BACKLOG) == 0 &&
	    getsockname(fd, &address->any, &bytes) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* ---- what is taken at the time ---- */

static void read_memory(struct metrics_here *here)
{
	unsigned long pages = 0, resident = 0;
	uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
	FILE *file = fopen("/proc/self/statm", "re");
	if (file && fscanf(file, "%lu %lu", &pages, &resident) == 2) {
		here->virtual[0] = pages * page_bytes;
		here->resident[0] = resident * page_bytes;
	}
	if (file)
		fclose(file);
}

static void count_descriptors(struct metrics_here *here)
{
	struct rlimit limit;
	DIR *dir = opendir("/proc/self/fd");
	for (const struct dirent *entry; dir && (entry = readdir(dir));)
		here->descriptors[0] += entry->d_name[0] != '.';
	if (dir) {
		here->descriptors[0]--; /* that of the folder */
		closedir(dir);
	}
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		here->descriptors_max[0] = limit.rlim_cur;
}

static void look_here(const struct metrics_http *http, struct metrics_here *here)
{
	char why[160];
	uint64_t now_ns = metrics_clock_ns(), turned_ns = metrics_get(&metrics.front.turned_ns);
	struct timespec cpu;
	*here = (struct metrics_here){.build = {1}, .start = {http->start_ms}};
	here->ready[0] = metrics_ready(now_ns, why);
	here->silent[0] = turned_ns && now_ns > turned_ns ? now_ns - turned_ns : 0;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
	here->cpu[0] = (uint64_t)cpu.tv_sec * 1000000000 + (uint64_t)cpu.tv_nsec;
	read_memory(here);
	count_descriptors(here);
}

/* ---- answering ---- */

static const char plain[] = "text/plain; charset=utf-8";

static enum MHD_Result respond(struct MHD_Connection *connection, unsigned code, const char *type,
			       struct MHD_Response *response)
{
	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	if (code == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	enum MHD_Result result = MHD_queue_response(connection, code, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result respond_text(struct MHD_Connection *connection, unsigned code, const char *text)
{
	return respond(connection, code, plain,
		       MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_MUST_COPY));
}

static enum MHD_Result respond_health(struct MHD_Connection *connection, bool good, const char *why)
{
	char line[200];
	snprintf(line, sizeof line, "%s\n", why);
	return respond_text(connection, good ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE, line);
}

static enum MHD_Result respond_metrics(const struct metrics_http *http, struct MHD_Connection *connection)
{
	struct metrics_here here;
	struct metrics_seen *seen = malloc(sizeof *seen);
	struct pd_buffer text = {0};
	if (!seen)
		abort();
	metrics_seen_get(seen);
	look_here(http, &here);
	metrics_render(seen, &here, &text);
	free(seen);
	return respond(connection, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8",
		       MHD_create_response_from_buffer(text.count, text.data, MHD_RESPMEM_MUST_FREE));
}

static const char index_text[] = "paidand " PAIDAN_VERSION "\n"
				 "/metrics   figures, for Prometheus\n"
				 "/healthz   200 while it is alive, else 503\n"
				 "/readyz    200 while it takes orders, else 503\n";

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *path, const char *method,
				  const char *version, const char *upload, size_t *upload_bytes, void **state)
{
	char why[160];
	static const char *const paths[] = {"/metrics", "/healthz", "/readyz", "/"};
	enum { METRICS, HEALTHZ, READYZ, INDEX, PATHS };
	(void)version, (void)upload;
	bool reads = strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
	if (reads && (!*state || *upload_bytes)) {
		/* To be called again when all has come: an answer before that would end the connection. */
		*state = connection;
		*upload_bytes = 0;
		return MHD_YES;
	}
	unsigned i = 0;
	while (i < PATHS && strcmp(path, paths[i]) != 0)
		i++;
	if (i == PATHS)
		return respond_text(connection, MHD_HTTP_NOT_FOUND,
				    "not here; there are /metrics, /healthz and /readyz\n");
	if (!reads)
		return respond_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD are answered\n");
	switch (i) {
	case METRICS: return respond_metrics(arg, connection);
	case HEALTHZ: return respond_health(connection, metrics_alive(metrics_clock_ns(), why), why);
	case READYZ: return respond_health(connection, metrics_ready(metrics_clock_ns(), why), why);
	default: return respond_text(connection, MHD_HTTP_OK, index_text);
	}
}

__attribute__((format(printf, 2, 0))) static void on_log(void *arg, const char *format, va_list args)
{
	char text[300];
	struct log_quoted quoted;
	(void)arg;
	vsnprintf(text, sizeof text, format, args);
	log_line(LOG_DEBUG, "http", "text=%s", log_quote(text, (unsigned)strlen(text), &quoted));
}

/* ---- life ---- */

static void tell_where(const union address *address)
{
	char host[INET6_ADDRSTRLEN] = "";
	bool v6 = address->any.sa_family == AF_INET6;
	inet_ntop(address->any.sa_family, v6 ? (const void *)&address->v6.sin6_addr : &address->v4.sin_addr, host,
		  sizeof host);
	log_line(LOG_INFO, "serving_metrics", v6 ? "url=http://[%s]:%u/metrics" : "url=http://%s:%u/metrics", host,
		 ntohs(v6 ? address->v6.sin6_port : address->v4.sin_port));
}

enum pd_err metrics_http_start(struct metrics_http **out, const char *text)
{
	union address address;
	struct timespec now;
	errno = EINVAL;
	int fd = parse_address(text, &address) ? listen_on(&address) : -1;
	if (fd < 0)
		return PD_ESYS;
	struct metrics_http *http = calloc(1, sizeof *http);
	if (!http)
		abort();
	clock_gettime(CLOCK_REALTIME, &now);
	http->start_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
	http->daemon = MHD_start_daemon(
		MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, http,
		MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY_BYTES,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SILENT_S, MHD_OPTION_END);
	if (!http->daemon) {
		int error = errno ? errno : ENOMEM;
		close(fd);
		free(http);
		errno = error;
		return PD_ESYS;
	}
	tell_where(&address);
	*out = http;
	return PD_OK;
}

void metrics_http_stop(struct metrics_http *http)
{
	if (!http)
		return;
	MHD_stop_daemon(http->daemon);
	free(http);
}
