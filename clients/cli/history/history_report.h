/* history_report.h - the rows that were not taken in: a CSV file of their lines, the reasons and what stood in them, to
 * be mended and read again with the same map. It is made with the first such row; when it is closed its rows are put in
 * the order of their lines, since the broker refuses rows later than those that are at fault by themselves are found.
 * Threads: one.
 */
#ifndef PAIDAN_HISTORY_REPORT_H
#define PAIDAN_HISTORY_REPORT_H

#include <stdio.h>

#include "csv_scan.h"

struct history_report {
	char path[4096];
	const struct csv_scan *header; /* with the names of the columns; borrowed */
	FILE *file;                    /* null: no row yet */
	struct pd_buffer places;       /* of the rows in it: struct place */
	size_t bytes;                  /* in the file so far */
	uint32_t last_line;            /* of the last row in it */
	bool disordered;
	uint64_t rows;
	int error; /* errno of what went wrong; 0: nothing */
};

/* path null: FILE.rejected.csv in this folder, FILE being the name of the file that is read without .csv. */
void history_report_init(struct history_report *report, const char *path, const char *read_path,
			 const struct csv_scan *header);
void history_report_add(struct history_report *report, const struct csv_scan *row, const char *why);
/* Ends the file, and puts it in order. False: it is not whole, error says why. */
bool history_report_close(struct history_report *report);

#endif
