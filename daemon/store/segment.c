#include "segment.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NUMBER_DIGITS = 8, NUMBER_MAX = 99999999, CHUNK_BYTES = 1 << 20 };
static const char suffix[] = ".seg";
static const mode_t file_mode = 0640;

enum pd_err segment_error(void)
{
	return errno == ENOSPC || errno == EDQUOT ? PD_EFULL : PD_ESYS;
}

void segment_name(size_t index, char name[static SEGMENT_NAME_BYTES])
{
	snprintf(name, SEGMENT_NAME_BYTES, "%0*u%s", NUMBER_DIGITS, (unsigned)(index + 1), suffix);
}

/* The number in a segment's name, 0 when it is none. */
static size_t number_of(const char *name)
{
	if (strspn(name, "0123456789") != NUMBER_DIGITS || strcmp(name + NUMBER_DIGITS, suffix) != 0)
		return 0;
	return strtoul(name, NULL, 10);
}

enum pd_err segment_count(int dir_fd, size_t *count)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		if (fd >= 0)
			close(fd);
		return PD_ESYS;
	}
	*count = 0;
	errno = 0;
	for (struct dirent *entry; (entry = readdir(dir));) {
		size_t number = number_of(entry->d_name);
		if (number > *count)
			*count = number;
	}
	int error = errno;
	closedir(dir);
	errno = error;
	return error ? PD_ESYS : PD_OK;
}

enum pd_err segment_open(int dir_fd, size_t index, int flags, int *fd, uint64_t *bytes)
{
	char name[SEGMENT_NAME_BYTES];
	segment_name(index, name);
	*fd = openat(dir_fd, name, flags | O_CLOEXEC);
	if (*fd < 0)
		return errno == ENOENT ? PD_ENOENT : PD_ESYS;
	struct stat status;
	enum pd_err err = PD_OK;
	if (fstat(*fd, &status))
		err = PD_ESYS;
	else if (!S_ISREG(status.st_mode) || status.st_size == 0 || status.st_size % SEGMENT_ALIGN)
		err = PD_ECORRUPT;
	if (err) {
		close(*fd);
		*fd = -1;
		return err;
	}
	*bytes = (uint64_t)status.st_size;
	return PD_OK;
}

void segment_direct(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	int rc = flags < 0 ? flags : fcntl(fd, F_SETFL, flags | O_DIRECT);
	(void)rc; /* then it goes through the page cache */
}

/* Back to the page cache: the filesystem turned out not to be able, or stopped within a page. False: it was there. */
static bool stop_direct(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	return flags >= 0 && flags & O_DIRECT && fcntl(fd, F_SETFL, flags & ~O_DIRECT) == 0;
}

enum pd_err segment_write(int fd, const void *data, size_t bytes, uint64_t offset)
{
	while (bytes > 0) {
		ssize_t written = pwrite(fd, data, bytes, (off_t)offset);
		if (written < 0 && (errno == EINTR || (errno == EINVAL && stop_direct(fd))))
			continue;
		if (written < 0)
			return segment_error();
		if (written == 0) { /* a disk that takes nothing and gives no reason */
			errno = EIO;
			return PD_ESYS;
		}
		if (written % SEGMENT_ALIGN)
			stop_direct(fd);
		data = (const char *)data + written;
		bytes -= (size_t)written;
		offset += (uint64_t)written;
	}
	return PD_OK;
}

/* Push a stretch to the disk. Piece by piece, so that the one sync of the file does not hold the disk for long, which
 * would hold up the records that are synced meanwhile. Filesystems that cannot do it leave everything to that sync. */
static enum pd_err push_out(int fd, uint64_t offset, uint64_t bytes)
{
	unsigned flags = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
	if (sync_file_range(fd, (off_t)offset, (off_t)bytes, flags) == 0 || errno == ENOSYS || errno == EINVAL ||
	    errno == ESPIPE)
		return PD_OK;
	return segment_error();
}

enum pd_err segment_zero(int fd, uint64_t from, uint64_t to)
{
	char *zeros = aligned_alloc(SEGMENT_ALIGN, CHUNK_BYTES); /* as O_DIRECT wants it */
	if (!zeros)
		return PD_ESYS;
	memset(zeros, 0, CHUNK_BYTES);
	enum pd_err err = PD_OK;
	while (!err && from < to) {
		size_t bytes = to - from < CHUNK_BYTES ? (size_t)(to - from) : CHUNK_BYTES;
		err = segment_write(fd, zeros, bytes, from);
		if (!err)
			err = push_out(fd, from, bytes);
		from += bytes;
	}
	free(zeros);
	return err;
}

enum pd_err segment_make(int dir_fd, const char *temporary, uint64_t bytes)
{
	int fd = openat(dir_fd, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, file_mode);
	if (fd < 0)
		return segment_error();
	segment_direct(fd); /* zeros cost no copying then, and push nothing else out of the page cache */
	enum pd_err err = segment_zero(fd, 0, bytes);
	if (!err && fdatasync(fd))
		err = segment_error();
	int error = errno;
	if (close(fd) && !err) {
		error = errno;
		err = segment_error();
	}
	if (err)
		unlinkat(dir_fd, temporary, 0);
	errno = error;
	return err;
}

enum pd_err segment_publish(int dir_fd, const char *temporary, size_t index)
{
	char name[SEGMENT_NAME_BYTES];
	if (index >= NUMBER_MAX) {
		errno = EFBIG;
		return PD_ESYS;
	}
	segment_name(index, name);
	if (renameat(dir_fd, temporary, dir_fd, name) || fsync(dir_fd))
		return segment_error();
	return PD_OK;
}
