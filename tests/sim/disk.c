#include "disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "place.h"
#include "sim.h"
#include "trace.h"

enum { SECTOR_BYTES = 512, NAME_BYTES = 64, RENAMES_MAX = 64 };

struct sector {
	uint64_t file; /* its inode */
	uint64_t number;
	bool forgotten; /* the kernel takes it for clean, after a sync that failed */
	bool lost;      /* with the power */
	uint8_t before[SECTOR_BYTES];
};

struct renaming {
	int dir_fd;
	char from[NAME_BYTES], to[NAME_BYTES];
	bool replaced; /* a file that stood there before is kept under a spare name */
	unsigned spare;
};

static struct {
	struct dice *dice;
	struct sector *sectors;
	size_t count, capacity;
	struct renaming renamings[RENAMES_MAX];
	size_t renaming_count;
	unsigned spares;
	unsigned until_cut, until_error; /* 0: never */
	int error;
	bool off, failed;
} disk;

ssize_t __real_pwrite(int fd, const void *data, size_t bytes, off_t offset);
int __real_fdatasync(int fd);
int __real_fsync(int fd);
int __real_renameat(int from_fd, const char *from, int to_fd, const char *to);
int __real_unlinkat(int dir_fd, const char *path, int flags);
ssize_t __wrap_pwrite(int fd, const void *data, size_t bytes, off_t offset);
int __wrap_fdatasync(int fd);
int __wrap_fsync(int fd);
int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to);
int __wrap_unlinkat(int dir_fd, const char *path, int flags);

void disk_init(struct dice *dice)
{
	disk_fini();
	disk.dice = dice;
}

void disk_fini(void)
{
	free(disk.sectors);
	memset(&disk, 0, sizeof disk);
}

void disk_cut_power_after(unsigned calls)
{
	disk.until_cut = calls;
}

void disk_fail_after(unsigned calls, int error)
{
	disk.until_error = calls;
	disk.error = error;
}

void disk_be_well(void)
{
	disk.until_cut = disk.until_error = 0;
	disk.failed = false;
}

bool disk_has_power(void)
{
	return !disk.off;
}

bool disk_failed(void)
{
	return disk.failed;
}

static size_t contents_of(int dir_fd, const char *name, uint64_t file)
{
	size_t found = 0;
	int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
	for (size_t i = 0; fd >= 0 && i < disk.count; i++) {
		uint8_t now[SECTOR_BYTES] = {0};
		static const uint8_t zeros[SECTOR_BYTES];
		if (disk.sectors[i].file != file)
			continue;
		if (pread(fd, now, SECTOR_BYTES, (off_t)(disk.sectors[i].number * SECTOR_BYTES)) < 0)
			trace_system(name);
		found += memcmp(now, zeros, SECTOR_BYTES) != 0;
	}
	if (fd >= 0)
		close(fd);
	return found;
}

/* Sum up what each says of the regular files in a folder. */
static size_t each_file(const char *dir, size_t (*each)(int dir_fd, const char *name, uint64_t file))
{
	size_t sum = 0;
	DIR *folder = opendir(dir);
	for (struct dirent *entry; folder && (entry = readdir(folder));) {
		struct stat status;
		if (fstatat(dirfd(folder), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode))
			sum += each(dirfd(folder), entry->d_name, status.st_ino);
	}
	if (folder)
		closedir(folder);
	return sum;
}

size_t disk_unsafe(const char *dir)
{
	return disk.count ? each_file(dir, contents_of) : 0;
}

/* ---- what goes wrong ---- */

enum trouble { NONE, ERROR, OFF };

static enum trouble trouble(const char *call)
{
	if (disk.until_cut && --disk.until_cut == 0) {
		trace_line("disk: the power fails before %s", call);
		disk.off = true;
	}
	if (disk.off) {
		errno = EIO;
		return OFF;
	}
	if (disk.until_error && --disk.until_error == 0) {
		trace_line("disk: %s fails, %s", call, strerror(disk.error));
		disk.failed = true;
		errno = disk.error;
		return ERROR;
	}
	return NONE;
}

/* ---- sectors ---- */

static uint64_t file_of(int fd)
{
	struct stat status;
	if (fstat(fd, &status))
		trace_system("fstat");
	return status.st_ino;
}

static struct sector *find_sector(uint64_t file, uint64_t number)
{
	for (size_t i = disk.count; i-- > 0;)
		if (disk.sectors[i].file == file && disk.sectors[i].number == number)
			return &disk.sectors[i];
	return NULL;
}

/* A stretch of a file that is to be written. */
struct stretch {
	const uint8_t *data;
	uint64_t from, to; /* offsets in the file */
};

/* Whether writing changes nothing of the sector. */
static bool same_bytes(const struct stretch *stretch, const struct sector *sector)
{
	uint64_t begin = sector->number * SECTOR_BYTES, end = begin + SECTOR_BYTES;
	uint64_t from = stretch->from > begin ? stretch->from : begin, to = stretch->to < end ? stretch->to : end;
	return memcmp(stretch->data + (from - stretch->from), sector->before + (from - begin), to - from) == 0;
}

static void remember_sector(int fd, uint64_t file, uint64_t number, const struct stretch *stretch)
{
	struct sector *sector = find_sector(file, number);
	if (sector) {
		sector->forgotten = false;
		return;
	}
	if (disk.count == disk.capacity) {
		disk.capacity = disk.capacity ? disk.capacity * 2 : 256;
		disk.sectors = realloc(disk.sectors, disk.capacity * sizeof *disk.sectors);
		if (!disk.sectors)
			trace_system("memory");
	}
	sector = &disk.sectors[disk.count];
	*sector = (struct sector){.file = file, .number = number};
	ssize_t got = pread(fd, sector->before, SECTOR_BYTES, (off_t)(number * SECTOR_BYTES));
	if (got < 0)
		trace_system("pread");
	/* What is the same before and after is safe; but where the file grows, its size is not. */
	disk.count += got < SECTOR_BYTES || !same_bytes(stretch, sector);
}

/* A sync has saved the file's sectors, but for those that the kernel takes for clean. all: the file is gone. */
static void forget_sectors(uint64_t file, bool all)
{
	size_t kept = 0;
	for (size_t i = 0; i < disk.count; i++)
		if (disk.sectors[i].file != file || (disk.sectors[i].forgotten && !all))
			disk.sectors[kept++] = disk.sectors[i];
	disk.count = kept;
}

/* The file by a descriptor that can be read: what stood in it must be known. */
static int readable(int fd)
{
	char path[32];
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return open(path, O_RDONLY | O_CLOEXEC);
}

ssize_t __wrap_pwrite(int fd, const void *data, size_t bytes, off_t offset)
{
	enum trouble what = trouble("pwrite");
	if (what == OFF)
		return -1;
	int flags = fcntl(fd, F_GETFL), eye = (flags & O_ACCMODE) == O_WRONLY ? readable(fd) : fd;
	uint64_t file = file_of(fd), from = (uint64_t)offset;
	if (what == ERROR) /* some of it may have been written */
		bytes = dice_below(disk.dice, (uint32_t)bytes + 1);
	struct stretch stretch = {data, from, from + bytes};
	for (uint64_t i = from / SECTOR_BYTES; bytes > 0 && i <= (from + bytes - 1) / SECTOR_BYTES; i++)
		remember_sector(eye, file, i, &stretch);
	if (eye != fd)
		close(eye);
	ssize_t written = bytes ? __real_pwrite(fd, data, bytes, offset) : 0;
	if (what == NONE && flags & O_DSYNC)
		forget_sectors(file, false);
	if (what == ERROR) {
		errno = disk.error;
		return -1;
	}
	return written;
}

static int sync_file(int fd, const char *call)
{
	enum trouble what = trouble(call);
	uint64_t file = file_of(fd);
	if (what == NONE)
		forget_sectors(file, false);
	/* That it forgets the zeros by which a start cuts off a torn record is a third fault on top of two: not asked
	 * of the journal. */
	for (size_t i = 0; what == ERROR && sim.front && i < disk.count; i++)
		if (disk.sectors[i].file == file)
			disk.sectors[i].forgotten = true;
	return what == NONE ? 0 : -1;
}

int __wrap_fdatasync(int fd)
{
	return sync_file(fd, "fdatasync");
}

/* ---- names ---- */

static const char *spare_path(unsigned spare)
{
	char name[NAME_BYTES];
	snprintf(name, sizeof name, "spare.%u", spare);
	return place_path(name);
}

static void forget_renamings(void)
{
	for (size_t i = 0; i < disk.renaming_count; i++) {
		if (disk.renamings[i].replaced)
			unlink(spare_path(disk.renamings[i].spare));
		close(disk.renamings[i].dir_fd);
	}
	disk.renaming_count = 0;
}

int __wrap_fsync(int fd)
{
	struct stat status;
	if (fstat(fd, &status) == 0 && !S_ISDIR(status.st_mode))
		return sync_file(fd, "fsync");
	enum trouble what = trouble("fsync of the folder");
	if (what == NONE)
		forget_renamings();
	return what == NONE ? 0 : -1;
}

int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	if (trouble("renameat") != NONE)
		return -1;
	if (disk.renaming_count == RENAMES_MAX)
		trace_fail("the folder of the journal was not synced after %d renames", RENAMES_MAX);
	struct renaming *renaming = &disk.renamings[disk.renaming_count];
	*renaming = (struct renaming){.dir_fd = dup(to_fd), .spare = disk.spares++};
	snprintf(renaming->from, NAME_BYTES, "%s", from);
	snprintf(renaming->to, NAME_BYTES, "%s", to);
	renaming->replaced = linkat(to_fd, to, AT_FDCWD, spare_path(renaming->spare), 0) == 0;
	disk.renaming_count++;
	return __real_renameat(from_fd, from, to_fd, to);
}

int __wrap_unlinkat(int dir_fd, const char *path, int flags)
{
	struct stat status;
	if (disk.off) {
		errno = EIO;
		return -1;
	}
	if (fstatat(dir_fd, path, &status, 0) == 0 && status.st_nlink == 1)
		forget_sectors(status.st_ino, true);
	return __real_unlinkat(dir_fd, path, flags);
}

/* ---- the loss of power ---- */

/* Undo the renames from some on: the folder is written in order. */
static void lose_renames(void)
{
	size_t kept = dice_below(disk.dice, (uint32_t)disk.renaming_count + 1);
	for (size_t i = disk.renaming_count; i-- > kept;) {
		const struct renaming *renaming = &disk.renamings[i];
		trace_line("disk: %s loses its name, it is %s again", renaming->to, renaming->from);
		if (__real_renameat(renaming->dir_fd, renaming->to, renaming->dir_fd, renaming->from))
			trace_system("undoing a rename");
		if (renaming->replaced &&
		    linkat(AT_FDCWD, spare_path(renaming->spare), renaming->dir_fd, renaming->to, 0))
			trace_system("undoing a rename");
	}
	forget_renamings();
}

/* Which of the sectors that are not safe are on the disk all the same. */
enum pattern { ALL, NOTHING, EACH_BY_CHANCE, THE_FIRST, THE_LAST, PATTERNS };

static bool survives(enum pattern pattern, size_t i, size_t turning_point)
{
	switch (pattern) {
	case ALL: return true;
	case NOTHING: return false;
	case THE_FIRST: return i < turning_point;
	case THE_LAST: return i >= turning_point;
	default: return dice_below(disk.dice, 2);
	}
}

static size_t put_back(int dir_fd, const char *name, uint64_t file)
{
	size_t lost = 0, all = 0;
	int fd = openat(dir_fd, name, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		trace_system(name);
	for (size_t i = 0; i < disk.count; i++) {
		const struct sector *sector = &disk.sectors[i];
		all += sector->file == file;
		if (sector->file != file || !sector->lost)
			continue;
		if (__real_pwrite(fd, sector->before, SECTOR_BYTES, (off_t)(sector->number * SECTOR_BYTES)) < 0)
			trace_system(name);
		lost++;
	}
	close(fd);
	if (all)
		trace_line("disk: %s loses %zu of %zu unsafe sectors", name, lost, all);
	return lost;
}

static void lose_sectors(void)
{
	enum pattern pattern = dice_below(disk.dice, PATTERNS);
	size_t turning_point = dice_below(disk.dice, (uint32_t)disk.count + 1);
	for (size_t i = 0; i < disk.count; i++) {
		bool written = !disk.sectors[i].forgotten || dice_permille(disk.dice, 250);
		disk.sectors[i].lost = !written || !survives(pattern, i, turning_point);
	}
}

void disk_lose_power(const char *dir)
{
	disk.off = false;
	disk_be_well();
	lose_renames();
	lose_sectors();
	each_file(dir, put_back);
	disk.count = 0;
}
