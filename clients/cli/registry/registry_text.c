#include "registry_text.h"

#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "intl.h"
#include "registry_csv.h"

enum { STEP_BYTES = 64 * 1024, SPARE_BYTES = 16 * 1024 };
static const size_t FILE_BYTES_MAX = (size_t)REGISTRY_CSV_FILE_MIB_MAX * 1024 * 1024;

/* Read from fd to its end; 0, or the errno of what failed. */
static int read_all(int fd, struct pd_buffer *text)
{
	struct stat status;
	if (fstat(fd, &status))
		return errno;
	if (S_ISDIR(status.st_mode))
		return EISDIR;
	size_t step =
		status.st_size > 0 && (size_t)status.st_size < FILE_BYTES_MAX ? (size_t)status.st_size + 1 : STEP_BYTES;
	while (text->count <= FILE_BYTES_MAX) {
		if (text->capacity - text->count < step)
			pd_buffer_grow(text, step);
		ssize_t n = read(fd, text->data + text->count, text->capacity - text->count);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		if (n == 0)
			return 0;
		text->count += (size_t)n;
		step = STEP_BYTES;
	}
	return EFBIG;
}

static bool read_file(const char *path, enum rows_kind kind, struct problems *problems, struct pd_buffer *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int error = fd < 0 ? errno : read_all(fd, text);
	if (fd >= 0)
		close(fd);
	if (error == EFBIG)
		problems_add(problems, kind, 0, _("the file is larger than %d MiB: a registry's files are far smaller"),
			     REGISTRY_CSV_FILE_MIB_MAX);
	else if (error && rows_optional(kind))
		problems_add(problems, kind, 0, _("cannot be read: %s"), intl_error(error));
	else if (error)
		problems_add(problems, kind, 0,
			     _("cannot be read: %s: the folder must hold areas.csv, households.csv, people.csv and "
			       "categories.csv, readable for you"),
			     intl_error(error));
	return !error;
}

/* Whether bytes can be read as GB18030, which Chinese spreadsheets often write. */
static bool looks_like_gb18030(char *bytes, size_t count)
{
	iconv_t conversion = iconv_open("UTF-8", "GB18030");
	if (conversion == (iconv_t)-1) /* NOLINT(performance-no-int-to-ptr): iconv is made so */
		return false;
	bool sound = true;
	while (sound && count) {
		char spare[SPARE_BYTES], *to = spare;
		size_t room = sizeof spare;
		sound = iconv(conversion, &bytes, &count, &to, &room) != (size_t)-1 || errno == E2BIG;
	}
	iconv_close(conversion);
	return sound;
}

static uint32_t line_at(const char *text, const char *at)
{
	uint32_t line = 1;
	for (const char *c = text; (c = memchr(c, '\n', (size_t)(at - c))); c++)
		line++;
	return line;
}

/* The first line that is not UTF-8: no byte of a longer sequence is a line feed, so each line can be judged alone. */
static uint32_t bad_line(const char *text, size_t bytes)
{
	uint32_t line = 1;
	for (size_t at = 0, end; at < bytes; at = end, line++) {
		const char *newline = memchr(text + at, '\n', bytes - at);
		end = newline ? (size_t)(newline - text) + 1 : bytes;
		if (!pd_utf8_valid(text + at, end - at))
			break;
	}
	return line;
}

static bool is_text(enum rows_kind kind, struct problems *problems, struct pd_buffer *text, size_t start)
{
	char *at = text->data + start;
	size_t bytes = text->count - start;
	const char *nul = bytes ? memchr(at, 0, bytes) : NULL;
	if (bytes >= 2 && (memcmp(at, "\xff\xfe", 2) == 0 || memcmp(at, "\xfe\xff", 2) == 0))
		problems_add(problems, kind, 1,
			     _("the file is UTF-16: save it as UTF-8 (in a spreadsheet: CSV UTF-8)"));
	else if (nul)
		problems_add(problems, kind, line_at(at, nul),
			     _("a NUL byte: a text file has none; save it again as CSV in UTF-8"));
	else if (bytes && !pd_utf8_valid(at, bytes))
		problems_add(problems, kind, bad_line(at, bytes),
			     looks_like_gb18030(at, bytes)
				     ? _("not valid UTF-8, looks like GB18030?: save the file as UTF-8 (in a "
					 "spreadsheet: CSV UTF-8)")
				     : _("not valid UTF-8: save the file as UTF-8 (in a spreadsheet: CSV UTF-8)"));
	else
		return true;
	return false;
}

bool registry_text_read(const char *path, enum rows_kind kind, struct problems *problems, struct pd_buffer *text,
			size_t *start)
{
	if (!read_file(path, kind, problems, text))
		return false;
	*start = text->count >= 3 && memcmp(text->data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	return is_text(kind, problems, text, *start);
}
