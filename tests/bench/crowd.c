/* crowd.c - so many residents are connected and listen; one notice goes to the district.
 *
 * Each of them speaks ZMTP 3.0 (https://rfc.zeromq.org/spec/23/) over a socket of its own, as a DEALER without
 * security: ten thousand sockets of libzmq would measure the machine's threads and not the broker.
 */
#include "crowd.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "broker.h"
#include "id.h"
#include "wire.h"

enum {
	DISTRICT = 1,
	STREET,
	COMMUNITY,
	GRID,
	FIRST_AREA = 1000,
	HOUSEHOLDS_EACH = 75,
	FIRST_HOUSEHOLD = 500001,
	GREETING_BYTES = 64,
	EVENTS_MAX = 512,
	PATIENCE_MS = 60000,
};

struct resident {
	int fd;
	uint32_t person;
	struct pd_buffer in;
	size_t skip; /* bytes of the broker's greeting that are still to come */
	bool greeted, welcomed, told;
};

struct run {
	const struct crowd *crowd;
	struct broker broker;
	struct wire wire;
	struct resident *residents;
	struct pd_decoder *decoder;
	int epoll;
	unsigned long welcomed, told, answered;
	uint64_t sent_us, *told_us;
};

/* ---- the registry ---- */

static struct pd_id new_id(void)
{
	uint8_t random[10];
	struct timespec wall;
	randombytes_buf(random, sizeof random);
	clock_gettime(CLOCK_REALTIME, &wall);
	return pd_id_make((uint64_t)wall.tv_sec * 1000 + (uint64_t)wall.tv_nsec / 1000000, random);
}

static void count_ok(const struct pd_message *message, void *arg)
{
	*(unsigned long *)arg += message->type == PD_MSG_ok || message->type == PD_MSG_refused;
}

static void put_resident(struct wire *wire, uint32_t id, uint32_t area)
{
	struct pd_message household = {.type = PD_MSG_put_household}, person = {.type = PD_MSG_put_person};
	household.put_household = (struct pd_put_household){
		.household = id, .area = area, .centre = id, .address = pd_text("税务街12号院3号楼2单元501")};
	person.put_person = (struct pd_put_person){
		.person = id, .post = PD_post_resident, .area = area, .household = id, .name = pd_text("王秀英")};
	wire_add(wire, &household);
	wire_add(wire, &person);
}

static void count_imported(const struct pd_message *message, void *arg)
{
	*(unsigned long *)arg += message->type == PD_MSG_imported || message->type == PD_MSG_refused;
}

static bool make_registry(struct run *run)
{
	struct wire *wire = &run->wire;
	unsigned long residents = run->crowd->residents, areas = (residents - 1) / HOUSEHOLDS_EACH + 1, answered = 0;
	struct pd_id import = new_id();
	struct pd_message begin = {.type = PD_MSG_import_begin, .import_begin = {import}},
			  commit = {.type = PD_MSG_import_commit};
	wire_add(wire, &begin);
	wire_put_area(wire, DISTRICT, 0, PD_level_district);
	wire_put_area(wire, STREET, DISTRICT, PD_level_street);
	wire_put_area(wire, COMMUNITY, STREET, PD_level_community);
	wire_put_area(wire, GRID, COMMUNITY, PD_level_grid);
	for (uint32_t i = 0; i < areas; i++)
		wire_put_area(wire, FIRST_AREA + i, GRID, PD_level_microgrid);
	for (uint32_t i = 0; i < residents; i++)
		put_resident(wire, FIRST_HOUSEHOLD + i, FIRST_AREA + i / HOUSEHOLDS_EACH);
	commit.import_commit =
		(struct pd_import_commit){.import = import, .rows = (uint32_t)(4 + areas + 2 * residents)};
	wire_add(wire, &commit);
	wire_flush(wire);
	while (answered == 0)
		wire_receive(wire, count_imported, &answered);
	return wire->refused == 0;
}

/* ---- ZMTP ---- */

/* The greeting, and READY as a DEALER. Nothing may follow before the broker's READY. */
static bool greet(const struct resident *resident)
{
	static const uint8_t signature[] = {0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0, 'N', 'U', 'L', 'L'};
	static const char ready[] = "\x04\x1c\x05READY\x0bSocket-Type\0\0\0\x06"
				    "DEALER";
	uint8_t words[GREETING_BYTES + sizeof ready - 1] = {0};
	memcpy(words, signature, sizeof signature);
	memcpy(words + GREETING_BYTES, ready, sizeof ready - 1);
	return write(resident->fd, words, sizeof words) == (ssize_t)sizeof words;
}

/* A message as a frame of its own, which is short. */
static bool send_message(const struct resident *resident, const struct pd_message *message)
{
	struct pd_buffer out = {0};
	pd_buffer_add(&out, "\0", 2);
	pd_encode(message, &out);
	out.data[1] = (char)(out.count - 2);
	bool good = write(resident->fd, out.data, out.count) == (ssize_t)out.count;
	pd_buffer_fini(&out);
	return good;
}

static bool say_hello(const struct resident *resident)
{
	struct pd_message hello = {.type = PD_MSG_hello, .request = 1};
	hello.hello = (struct pd_hello){resident->person, pd_text("bench"), PD_PROTOCOL, 0, true};
	return send_message(resident, &hello);
}

static bool connect_one(struct run *run, struct resident *resident)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = resident};
	snprintf(address.sun_path, sizeof address.sun_path, "%.100s", run->broker.endpoint + strlen("ipc://"));
	resident->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	resident->skip = GREETING_BYTES;
	bool good = resident->fd >= 0 && connect(resident->fd, (struct sockaddr *)&address, sizeof address) == 0 &&
		    greet(resident) && epoll_ctl(run->epoll, EPOLL_CTL_ADD, resident->fd, &event) == 0;
	if (!good)
		fprintf(stderr, "paidan-bench: connecting: %s\n", strerror(errno));
	return good;
}

static void on_message(struct run *run, struct resident *resident, const struct pd_message *message)
{
	if (message->type == PD_MSG_welcome && !resident->welcomed) {
		resident->welcomed = true;
		run->welcomed++;
	} else if (message->type == PD_MSG_notice_push && !resident->told) {
		resident->told = true;
		run->told_us[run->told++] = bench_now_us() - run->sent_us;
	} else if (message->type == PD_MSG_ok) {
		run->answered++;
	}
}

/* Take a whole frame off the beginning of the bytes; false: there is none yet. */
static bool take_frame(struct run *run, struct resident *resident)
{
	const uint8_t *at = (const uint8_t *)resident->in.data;
	size_t have = resident->in.count, head, bytes = 0;
	if (have < 2)
		return false;
	head = at[0] & 2 ? 9 : 2;
	if (have < head)
		return false;
	for (size_t i = 1; i < head; i++)
		bytes = bytes << 8 | at[i];
	if (have < head + bytes)
		return false;
	bool command = at[0] & 4; /* of ZMTP itself: the first one is READY */
	if (command && !resident->greeted)
		resident->greeted = say_hello(resident);
	for (size_t off = 0; !command && off < bytes;) {
		struct pd_message message;
		struct pd_fault fault;
		pd_decoder_reset(run->decoder);
		if (pd_decode(run->decoder, resident->in.data + head, bytes, &off, &message, &fault))
			break;
		on_message(run, resident, &message);
	}
	memmove(resident->in.data, resident->in.data + head + bytes, have - head - bytes);
	resident->in.count = have - head - bytes;
	return true;
}

static bool receive_one(struct run *run, struct resident *resident)
{
	char bytes[8192];
	ssize_t got = read(resident->fd, bytes, sizeof bytes);
	if (got <= 0)
		return false;
	size_t skip = (size_t)got < resident->skip ? (size_t)got : resident->skip;
	resident->skip -= skip;
	pd_buffer_add(&resident->in, bytes + skip, (size_t)got - skip);
	while (take_frame(run, resident))
		;
	return true;
}

/* Until *count has come to wanted. */
static bool receive_until(struct run *run, const unsigned long *count, unsigned long wanted)
{
	struct epoll_event events[EVENTS_MAX];
	while (*count < wanted) {
		int n = epoll_wait(run->epoll, events, EVENTS_MAX, PATIENCE_MS);
		for (int i = 0; i < n; i++)
			if (!receive_one(run, events[i].data.ptr))
				n = 0;
		if (n <= 0) {
			fprintf(stderr, "paidan-bench: %lu of %lu have come\n", *count, wanted);
			return false;
		}
	}
	return true;
}

/* ---- one notice ---- */

static struct pd_id send_notice(struct run *run, double *bytes)
{
	struct timespec wall;
	struct pd_message notify = {.type = PD_MSG_notify, .request = 1};
	unsigned long answered = 0;
	struct pd_buffer event = {0};
	clock_gettime(CLOCK_REALTIME, &wall);
	notify.notify = (struct pd_notify){.notice = new_id(),
					   .area = DISTRICT,
					   .kind = PD_notice_kind_notice,
					   .want = PD_want_confirmation,
					   .sort = PD_member_sort_household,
					   .text = pd_text("明日8时至12时停水，请提前储水。"),
					   .until_ms = (uint64_t)wall.tv_sec * 1000 + 86400000};
	pd_encode(&notify, &event);
	*bytes = (double)event.count;
	pd_buffer_fini(&event);
	run->sent_us = bench_now_us();
	wire_add(&run->wire, &notify);
	wire_flush(&run->wire);
	wire_receive(&run->wire, count_ok, &answered);
	return notify.notify.notice;
}

/* Everybody says that it was delivered. */
static bool answer_all(struct run *run, const struct pd_id *notice)
{
	for (unsigned long i = 0; i < run->crowd->residents; i++) {
		struct pd_message answer = {.type = PD_MSG_answer, .request = 2};
		answer.answer = (struct pd_answer){.notice = *notice, .answer = PD_answer_kind_delivered};
		if (!send_message(&run->residents[i], &answer))
			return false;
	}
	return receive_until(run, &run->answered, run->crowd->residents);
}

/* ---- all of it ---- */

static bool connect_all(struct run *run)
{
	enum { AT_ONCE = 1000 };
	for (unsigned long i = 0; i < run->crowd->residents; i++) {
		run->residents[i].person = FIRST_HOUSEHOLD + (uint32_t)i;
		if (!connect_one(run, &run->residents[i]) ||
		    (i % AT_ONCE == AT_ONCE - 1 && !receive_until(run, &run->welcomed, i + 1)))
			return false;
	}
	return receive_until(run, &run->welcomed, run->crowd->residents);
}

static void disconnect_all(struct run *run)
{
	for (unsigned long i = 0; i < run->crowd->residents; i++) {
		if (run->residents[i].fd > 0)
			close(run->residents[i].fd);
		run->residents[i].fd = 0;
	}
}

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

/* The journal is measured with the daemon at rest: before the notice, after it, and after all receipts. */
static double journal_bytes(struct run *run)
{
	return broker_journal_bytes(&run->broker);
}

static int measure(struct run *run)
{
	unsigned long n = run->crowd->residents;
	double command_bytes;
	wire_open(&run->wire, run->broker.endpoint);
	if (!make_registry(run) || !connect_all(run))
		return 111;
	double before = journal_bytes(run);
	struct pd_id notice = send_notice(run, &command_bytes);
	if (!receive_until(run, &run->told, n))
		return 111;
	uint64_t last_us = run->told_us[n - 1];
	double after = journal_bytes(run);
	uint64_t begun_us = bench_now_us();
	if (!answer_all(run, &notice))
		return 111;
	double receipts_s = (double)(bench_now_us() - begun_us) / 1e6, answered = journal_bytes(run);
	wire_close(&run->wire);
	disconnect_all(run);
	int code = broker_stop(&run->broker);
	qsort(run->told_us, n, sizeof *run->told_us, compare_u64);
	uint64_t p50_us = run->told_us[n / 2];
	printf(run->crowd->json
		       ? "{\"residents\": %lu, \"all_told_ms\": %.1f, \"told_p50_ms\": %.1f, \"journal_bytes_notice\": "
			 "%.0f, \"receipts_s\": %.2f, \"journal_bytes_per_receipt\": %.0f}\n"
		       : "residents=%lu all_told_ms=%.1f told_p50_ms=%.1f journal_bytes_notice=%.0f receipts_s=%.2f "
			 "journal_bytes_per_receipt=%.0f\n",
	       n, (double)last_us / 1e3, (double)p50_us / 1e3, after - before, receipts_s,
	       (answered - after) / (double)n);
	return code;
}

static void allow_files(void)
{
	struct rlimit files;
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
}

int crowd_run(const struct crowd *crowd)
{
	struct run run = {.crowd = crowd, .decoder = pd_decoder_new(), .epoll = epoll_create1(EPOLL_CLOEXEC)};
	run.residents = calloc(crowd->residents, sizeof *run.residents);
	run.told_us = calloc(crowd->residents, sizeof *run.told_us);
	if (!run.decoder || !run.residents || !run.told_us)
		abort();
	int code = 111;
	if (sodium_init() >= 0 && run.epoll >= 0) {
		allow_files();
		if (broker_start(&run.broker, crowd->program, crowd->paidand, crowd->dir))
			code = measure(&run);
		broker_remove(&run.broker);
	}
	disconnect_all(&run);
	for (unsigned long i = 0; i < crowd->residents; i++)
		pd_buffer_fini(&run.residents[i].in);
	pd_decoder_free(run.decoder);
	free(run.residents);
	free(run.told_us);
	close(run.epoll);
	return code;
}
