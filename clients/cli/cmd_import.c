/* cmd_import.c - paidan import, import-rules, import-shapes. */
#include <errno.h>
#include <sys/stat.h>

#include "importing.h"
#include "intl.h"
#include "registry_csv.h"
#include "registry_relations.h"
#include "registry_shapes.h"

int cmd_import(struct cli *cli, int argc, char **argv)
{
	const char *dir;
	bool dry_run = false;
	const struct cli_option options[] = {
		{"dry-run", NULL, N_("only say what would change"), NULL, &dry_run},
		{0},
	};
	if (cli_args(cli, argc, argv, options, &dir, 1, 1) < 0)
		return (int)cli->exit;
	struct stat status;
	if (stat(dir, &status))
		return cli_fail(cli, CLI_REFUSED, _("cannot look into %s: %s"), dir, intl_error(errno));
	if (!S_ISDIR(status.st_mode))
		return cli_fail(cli, CLI_REFUSED,
				_("%s is not a folder: name the one that holds areas.csv and the others"), dir);
	struct problems problems = {0};
	struct rows *rows = registry_csv_read(dir, &problems);
	return importing_finish(cli, rows, &problems, dir, true, dry_run);
}

int cmd_import_rules(struct cli *cli, int argc, char **argv)
{
	const char *path;
	bool dry_run = false;
	const struct cli_option options[] = {
		{"dry-run", NULL, N_("only say what would change"), NULL, &dry_run},
		{0},
	};
	if (cli_args(cli, argc, argv, options, &path, 1, 1) < 0)
		return (int)cli->exit;
	struct problems problems = {0};
	struct rows *rows = registry_csv_read_file(path, ROWS_RULES, &problems);
	return importing_finish(cli, rows, &problems, path, false, dry_run);
}

int cmd_import_shapes(struct cli *cli, int argc, char **argv)
{
	const char *path, *crs = NULL;
	bool dry_run = false;
	struct registry_shapes how = {0};
	const struct cli_option options[] = {
		{"crs", "SYSTEM",
		 N_("of its coordinates: wgs84 or gcj02 (as Chinese web maps have them); otherwise as the file says, "
		    "or "
		    "wgs84"),
		 &crs, NULL},
		{"key", "PROPERTY", N_("the property with the area's id; otherwise area, or the feature's id"),
		 &how.key, NULL},
		{"dry-run", NULL, N_("only say what would change"), NULL, &dry_run},
		{0},
	};
	if (cli_args(cli, argc, argv, options, &path, 1, 1) < 0)
		return (int)cli->exit;
	if (crs && !shapes_crs_parse(crs, &how.crs))
		return cli_fail(cli, CLI_USAGE, _("--crs: \"%s\" must be wgs84 or gcj02"), crs);
	struct problems problems = {0};
	struct rows *rows = rows_new();
	registry_shapes_read(rows, path, &how, &problems);
	registry_relations_check_ids(rows, ROWS_SHAPES, &problems);
	problems_sort(&problems);
	return importing_finish(cli, rows, &problems, path, false, dry_run);
}
