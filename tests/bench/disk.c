#include "disk.h"

#include <math.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

enum { SECTOR_BYTES = 512 }; /* of /sys/block, whatever the device's own are */

double disk_written_bytes(const char *dir)
{
	struct stat stat_of_dir;
	char path[64];
	unsigned long long sectors;
	if (stat(dir, &stat_of_dir) != 0)
		return NAN;
	snprintf(path, sizeof path, "/sys/dev/block/%u:%u/stat", major(stat_of_dir.st_dev), minor(stat_of_dir.st_dev));
	FILE *f = fopen(path, "r");
	if (!f)
		return NAN;
	int fields = fscanf(f, "%*u %*u %*u %*u %*u %*u %llu", &sectors);
	fclose(f);
	return fields == 1 ? (double)sectors * SECTOR_BYTES : NAN;
}
