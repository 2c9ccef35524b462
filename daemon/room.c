#include "room.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/resource.h>
#include <unistd.h>

#include "log.h"

enum { SPARE_MAX = 256 };

void room_init(struct room *room)
{
	struct rlimit files = {0};
	*room = (struct room){0};
	if (getrlimit(RLIMIT_NOFILE, &files) != 0)
		return;
	rlim_t soft = files.rlim_cur;
	files.rlim_cur = files.rlim_max;
	room->limit = setrlimit(RLIMIT_NOFILE, &files) == 0 ? files.rlim_max : soft;
	log_line(LOG_INFO, "descriptors", "limit=%" PRIu64, room->limit);
}

static uint64_t spare(const struct room *room)
{
	return room->limit / 4 < SPARE_MAX ? room->limit / 4 : SPARE_MAX;
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

void room_watch(struct room *room, struct bus *bus, size_t sessions)
{
	uint64_t fd = lowest_free(room);
	room->looked_at = sessions;
	if (!room->full && fd + spare(room) >= room->limit) {
		room->full = true;
		bus_shut(bus);
		log_line(LOG_ERROR, "no_more_connections", "sessions=%zu descriptors=%" PRIu64, sessions, room->limit);
	} else if (room->full && fd + 2 * spare(room) < room->limit) {
		enum pd_err err = bus_reopen(bus);
		room->full = err != PD_OK;
		log_line(err ? LOG_ERROR : LOG_INFO, err ? "not_listening" : "connections_again",
			 "sessions=%zu descriptors=%" PRIu64, sessions, room->limit);
	}
}
