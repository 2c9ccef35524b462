#include "room.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"

enum { SPARE_MAX = 256 };

/* From which descriptor on no connection is taken; how many were not. */
static _Atomic int first_spare = INT32_MAX;
static _Atomic uint64_t closed;

void room_init(struct room *room)
{
	struct rlimit files = {0};
	*room = (struct room){0};
	if (getrlimit(RLIMIT_NOFILE, &files) != 0)
		return;
	rlim_t soft = files.rlim_cur;
	files.rlim_cur = files.rlim_max;
	room->limit = setrlimit(RLIMIT_NOFILE, &files) == 0 ? files.rlim_max : soft;
	uint64_t spare = room->limit / 10 < SPARE_MAX ? room->limit / 10 : SPARE_MAX;
	atomic_store(&first_spare, room->limit - spare < INT32_MAX ? (int)(room->limit - spare) : INT32_MAX);
	log_line(LOG_INFO, "descriptors", "limit=%" PRIu64, room->limit);
}

int room_accept(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < atomic_load_explicit(&first_spare, memory_order_relaxed))
		return fd;
	close(fd);
	atomic_fetch_add(&closed, 1);
	errno = EAGAIN;
	return -1;
}

/* The lowest number that is free: near the limit there are hardly others. */
static uint64_t lowest_free(const struct room *room)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == EMFILE ? room->limit : 0;
	close(fd);
	return (uint64_t)fd;
}

/* What connections and sessions had lies between what is still in use: it would stay with us. */
static void give_back(struct room *room, uint64_t used)
{
	enum { ENDED_MIN = 1000 };
	if (used > room->most)
		room->most = used;
	if (room->most - used < ENDED_MIN || used > room->most / 2)
		return;
	malloc_trim(0);
	room->most = used;
}

void room_watch(struct room *room, size_t sessions)
{
	uint64_t used = lowest_free(room), refused = atomic_exchange(&closed, 0);
	if (refused)
		log_line(LOG_ERROR, "connections_closed", "count=%" PRIu64 " sessions=%zu descriptors=%" PRIu64,
			 refused, sessions, room->limit);
	give_back(room, used);
	bool low = used >= room->limit - room->limit / 10;
	/* It is over when there is room for some more, not for one. */
	if (low == room->low || (!low && used >= room->limit - room->limit / 5))
		return;
	room->low = low;
	log_line(low ? LOG_WARN : LOG_INFO, low ? "descriptors_nearly_used" : "descriptors_free_again",
		 "sessions=%zu used=%" PRIu64 " limit=%" PRIu64, sessions, used, room->limit);
}
