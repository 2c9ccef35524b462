#include "history_file.h"

#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "intl.h"

static int map_file(struct history_file *file, const struct cli *cli, int fd, const char *path)
{
	struct stat status;
	if (fstat(fd, &status))
		return cli_fail(cli, CLI_REFUSED, _("%s: cannot be read: %s"), path, intl_error(errno));
	if (!S_ISREG(status.st_mode))
		return cli_fail(cli, CLI_REFUSED, _("%s is not a file"), path);
	if (status.st_size == 0)
		return cli_fail(cli, CLI_REFUSED, _("%s is empty: its first row names the columns"), path);
	void *text = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (text == MAP_FAILED)
		return cli_fail(cli, CLI_SYSTEM, _("%s: cannot be read: %s"), path, intl_error(errno));
	file->text = text;
	file->bytes = (size_t)status.st_size;
	return CLI_OK;
}

static uint64_t line_of(const struct history_file *file, size_t at)
{
	uint64_t line = 1;
	for (const char *p = file->text; (p = memchr(p, '\n', (size_t)(file->text + at - p))); p++)
		line++;
	return line;
}

/* Where the first line that is not UTF-8 begins; bytes when all are. */
static size_t first_wrong_line(const struct history_file *file)
{
	for (size_t at = 0, end; at < file->bytes; at = end) {
		const char *newline = memchr(file->text + at, '\n', file->bytes - at);
		end = newline ? (size_t)(newline - file->text) + 1 : file->bytes;
		if (!pd_utf8_valid(file->text + at, end - at))
			return at;
	}
	return file->bytes;
}

static int check_utf8(const struct history_file *file, const struct cli *cli, const char *path)
{
	bool utf16 =
		file->bytes >= 2 && (memcmp(file->text, "\xff\xfe", 2) == 0 || memcmp(file->text, "\xfe\xff", 2) == 0);
	if (utf16)
		return cli_fail(cli, CLI_REFUSED,
				_("%s is UTF-16, not UTF-8: say encoding = utf-16 in [source] of the map"), path);
	size_t at = first_wrong_line(file);
	if (at == file->bytes)
		return CLI_OK;
	return cli_fail(cli, CLI_REFUSED,
			_("%s:%" PRIu64
			  ": this is not UTF-8: say in [source] of the map which encoding it is, e.g. encoding = "
			  "gb18030"),
			path, line_of(file, at));
}

static bool write_all(int fd, const char *data, size_t bytes)
{
	while (bytes) {
		ssize_t written = write(fd, data, bytes);
		if (written < 0)
			return false;
		data += written;
		bytes -= (size_t)written;
	}
	return true;
}

/* The whole of from as UTF-8 into a file that has no name. */
static int convert(iconv_t iconv_, const struct history_file *from, const struct cli *cli, const char *path,
		   const char *encoding, int fd)
{
	char *in = (char *)from->text, out[64 * 1024];
	size_t left = from->bytes;
	bool ended = false;
	while (!ended) {
		char *to = out;
		size_t room = sizeof out;
		size_t done = left ? iconv(iconv_, &in, &left, &to, &room) : iconv(iconv_, NULL, NULL, &to, &room);
		int error = errno;
		if (!write_all(fd, out, (size_t)(to - out)))
			return cli_fail(cli, CLI_SYSTEM, _("%s: cannot be converted: %s"), path, intl_error(errno));
		if (done == (size_t)-1 && error != E2BIG)
			return cli_fail(cli, CLI_REFUSED, _("%s:%" PRIu64 ": this is not %s, which the map says it is"),
					path, line_of(from, from->bytes - left), encoding);
		ended = left == 0 && done != (size_t)-1 && to == out;
	}
	return CLI_OK;
}

static int open_converted(struct history_file *file, const struct cli *cli, const char *path, const char *encoding)
{
	struct history_file converted = {0};
	iconv_t iconv_ = iconv_open("UTF-8", encoding);
	if ((intptr_t)iconv_ == -1)
		return cli_fail(cli, CLI_REFUSED, _("there is no encoding \"%s\"; iconv -l lists them"), encoding);
	FILE *copy = tmpfile();
	int code = copy ? convert(iconv_, file, cli, path, encoding, fileno(copy))
			: cli_fail(cli, CLI_SYSTEM, _("cannot make a temporary file: %s"), intl_error(errno));
	if (code == CLI_OK)
		code = map_file(&converted, cli, fileno(copy), path);
	if (copy)
		fclose(copy);
	iconv_close(iconv_);
	if (code == CLI_OK) {
		history_file_close(file);
		*file = converted;
	}
	return code;
}

int history_file_open(struct history_file *file, const struct cli *cli, const char *path, const char *encoding)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	*file = (struct history_file){0};
	if (fd < 0)
		return cli_fail(cli, CLI_REFUSED, _("%s: cannot be read: %s"), path, intl_error(errno));
	int code = map_file(file, cli, fd, path);
	close(fd);
	if (code != CLI_OK)
		return code;
	bool utf8 = strcasecmp(encoding, "utf-8") == 0 || strcasecmp(encoding, "utf8") == 0;
	code = utf8 ? check_utf8(file, cli, path) : open_converted(file, cli, path, encoding);
	if (code != CLI_OK)
		history_file_close(file);
	return code;
}

void history_file_close(struct history_file *file)
{
	if (file->text)
		munmap((void *)file->text, file->bytes);
	*file = (struct history_file){0};
}
