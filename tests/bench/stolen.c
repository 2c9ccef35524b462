#include "stolen.h"

#include <inttypes.h>
#include <stdio.h>

struct stolen stolen_now(void)
{
	enum { FIELDS = 8, STOLEN = 7 }; /* user, nice, system, idle, iowait, irq, softirq, steal */
	struct stolen now = {0, 0};
	FILE *file = fopen("/proc/stat", "re");
	if (!file)
		return now;
	int matched = fscanf(file, "cpu");
	for (int i = 0; i < FIELDS && matched >= 0; i++) {
		uint64_t ticks = 0;
		matched = fscanf(file, "%" SCNu64, &ticks);
		now.all += ticks;
		now.stolen = i == STOLEN ? ticks : now.stolen;
	}
	fclose(file);
	return now;
}

double stolen_percent(const struct stolen *since)
{
	struct stolen now = stolen_now();
	uint64_t all = now.all - since->all;
	return all ? 100.0 * (double)(now.stolen - since->stolen) / (double)all : 0;
}
