#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trace.h"

enum { PATH_BYTES = 400, PATHS = 4 };

static char place[PATH_BYTES / 2];

void place_make(void)
{
	const char *top = getenv("TMPDIR");
	if (!top || access(top, W_OK) != 0)
		top = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	snprintf(place, sizeof place, "%s/paidan-sim-XXXXXX", top);
	if (!mkdtemp(place))
		trace_system(place);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status;
	(void)type;
	return ftw->level > 0 ? remove(path) : 0;
}

void place_clear(void)
{
	nftw(place, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void place_remove(void)
{
	if (place[0] == 0)
		return;
	place_clear();
	rmdir(place);
	place[0] = 0;
}

const char *place_path(const char *name)
{
	static char paths[PATHS][PATH_BYTES];
	static unsigned turn;
	char *path = paths[turn++ % PATHS];
	snprintf(path, PATH_BYTES, "%s/%s", place, name);
	return path;
}

void place_copy(const char *from, const char *to)
{
	char buffer[64 * 1024];
	int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	if (in < 0 || out < 0)
		trace_system(in < 0 ? from : to);
	ssize_t got;
	while ((got = read(in, buffer, sizeof buffer)) > 0)
		if (write(out, buffer, (size_t)got) != got)
			trace_system(to);
	if (got < 0)
		trace_system(from);
	close(in);
	close(out);
}
