#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "district.h"
#include "intl.h"
#include "registry_csv.h"

static char *path_of(const char *dir, enum rows_kind kind, const char *ending)
{
	char *path = NULL;
	if (asprintf(&path, "%s/%s%s", dir, rows_file(kind), ending) < 0)
		abort();
	return path;
}

/* Make dir and what is missing above it. False: errno. */
static bool make_dir(const char *dir)
{
	char *path = strdup(dir);
	bool made = path;
	for (char *slash = path; made && slash;) {
		slash = strchr(slash + 1, '/');
		if (slash)
			*slash = 0;
		made = mkdir(path, 0777) == 0 || errno == EEXIST;
		if (slash)
			*slash = '/';
	}
	free(path);
	return made;
}

/* The first of the files that is there already; null when none is. To be freed. */
static char *file_there(const char *dir)
{
	for (enum rows_kind kind = 0; kind < ROWS_KINDS; kind++) {
		char *path = path_of(dir, kind, "");
		if (access(path, F_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}

/* False: errno. */
static bool write_all(int fd, const struct pd_buffer *text)
{
	for (size_t done = 0; done < text->count;) {
		ssize_t n = write(fd, text->data + done, text->count - done);
		if (n < 0 && errno != EINTR)
			return false;
		done += n > 0 ? (size_t)n : 0;
	}
	return true;
}

/* Write a file under another name first, so that under its own it is whole or not there. */
static int write_file(const struct cli *cli, const char *dir, enum rows_kind kind, const struct pd_buffer *text)
{
	char *path = path_of(dir, kind, ""), *other = path_of(dir, kind, ".new");
	int code = CLI_OK, fd = open(other, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	bool written = fd >= 0 && write_all(fd, text);
	if (fd >= 0 && close(fd))
		written = false;
	if (!written || rename(other, path)) {
		code = cli_fail(cli, CLI_SYSTEM, _("cannot write %s: %s"), path, intl_error(errno));
		if (fd >= 0)
			(void)unlink(other);
	}
	free(path);
	free(other);
	return code;
}

/* counts: gets how many rows each file has. */
static int write_files(const struct cli *cli, const char *dir, const struct rows *rows,
		       size_t counts[static ROWS_KINDS])
{
	int code = CLI_OK;
	if (!make_dir(dir))
		return cli_fail(cli, CLI_SYSTEM, _("cannot make the folder %s: %s"), dir, intl_error(errno));
	for (enum rows_kind kind = 0; kind < ROWS_KINDS && code == CLI_OK; kind++) {
		struct pd_buffer text = {0};
		counts[kind] = registry_csv_print(rows, kind, &text);
		code = write_file(cli, dir, kind, &text);
		pd_buffer_fini(&text);
	}
	return code;
}

static void print_counts(const struct cli *cli, const char *dir, const size_t counts[static ROWS_KINDS])
{
	for (enum rows_kind kind = 0; kind < ROWS_KINDS; kind++) {
		const char *file = rows_file(kind);
		if (cli->json)
			printf("%s\"%.*s\":%zu%s", kind ? "," : "{", (int)strcspn(file, "."), file, counts[kind],
			       kind + 1 == ROWS_KINDS ? "}\n" : "");
		else
			printf(_("%8zu rows in %s/%s\n"), counts[kind], dir, file);
	}
}

static int unknown_preset(const struct cli *cli, const char *preset)
{
	char list[200] = "";
	size_t used = 0;
	for (const char *const *name = district_presets(); *name && used < sizeof list; name++)
		used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", *name);
	const char *nearest = cli_nearest(preset, district_presets());
	if (nearest)
		return cli_fail(cli, CLI_USAGE, _("there is no preset %s; did you mean %s? The presets are: %s"),
				preset, nearest, list);
	return cli_fail(cli, CLI_USAGE, _("there is no preset %s; the presets are: %s"), preset, list);
}

int cmd_district(struct cli *cli, int argc, char **argv)
{
	const char *preset = "boshan", *seed_text = "1", *dir;
	uint64_t seed;
	bool force = false;
	const struct cli_option options[] = {
		{"preset", "NAME", N_("which district: boshan (the default)"), &preset, NULL},
		{"seed", "N", N_("another seed makes another district; the same one the same, byte for byte (1)"),
		 &seed_text, NULL},
		{"force", NULL, N_("overwrite files that are there already"), NULL, &force},
		{0},
	};
	if (cli_args(cli, argc, argv, options, &dir, 1, 1) < 0)
		return (int)cli->exit;
	if (!cli_number("--seed", seed_text, 0, UINT64_MAX, &seed))
		return CLI_USAGE;
	char *there = force ? NULL : file_there(dir);
	if (there) {
		int code =
			cli_fail(cli, CLI_REFUSED,
				 _("%s is there already: name another folder, or say --force to overwrite it"), there);
		free(there);
		return code;
	}
	struct rows *rows = district_make(preset, seed);
	if (!rows)
		return unknown_preset(cli, preset);
	size_t counts[ROWS_KINDS] = {0};
	int code = write_files(cli, dir, rows, counts);
	if (code == CLI_OK)
		print_counts(cli, dir, counts);
	rows_free(rows);
	return code;
}
