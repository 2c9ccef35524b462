#include "zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "intl.h"

static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
				     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
static const char directives[] = "YymdeHIMSpbzsf%";

/* ---- reading ---- */

struct reading {
	const char *at;
	struct zone_date date;
	int hour_12, pm; /* -1: not said */
};

static bool read_digits(struct reading *reading, int least, int most, int *value)
{
	int digits = 0;
	*value = 0;
	for (; digits < most && *reading->at >= '0' && *reading->at <= '9'; digits++)
		*value = *value * 10 + (*reading->at++ - '0');
	return digits >= least;
}

static bool read_fraction(struct reading *reading)
{
	int scale = 100, digits = 0;
	reading->date.ms = 0;
	for (; *reading->at >= '0' && *reading->at <= '9'; reading->at++, digits++, scale /= 10)
		reading->date.ms += (*reading->at - '0') * scale;
	return digits > 0;
}

static bool read_month_name(struct reading *reading)
{
	for (int i = 0; i < 12; i++) {
		if (strncasecmp(reading->at, months[i], 3) != 0)
			continue;
		reading->date.month = i + 1;
		reading->at += 3;
		return true;
	}
	return false;
}

static bool read_half(struct reading *reading)
{
	static const struct {
		const char *text;
		int pm;
	} halves[] = {{"AM", 0}, {"PM", 1}, {"上午", 0}, {"下午", 1}};
	for (size_t i = 0; i < sizeof halves / sizeof halves[0]; i++) {
		size_t bytes = strlen(halves[i].text);
		if (strncasecmp(reading->at, halves[i].text, bytes) != 0)
			continue;
		reading->pm = halves[i].pm;
		reading->at += bytes;
		return true;
	}
	return false;
}

/* Z, +08, +0800 or +08:00. */
static bool read_offset(struct reading *reading)
{
	int hours, minutes = 0;
	reading->date.has_offset = true;
	if (*reading->at == 'Z' || *reading->at == 'z') {
		reading->at++;
		return true;
	}
	bool west = *reading->at == '-';
	if (*reading->at != '+' && !west)
		return false;
	reading->at++;
	if (!read_digits(reading, 2, 2, &hours))
		return false;
	if (*reading->at == ':')
		reading->at++;
	if (*reading->at >= '0' && *reading->at <= '9' && !read_digits(reading, 2, 2, &minutes))
		return false;
	reading->date.offset_s = (hours * 3600 + minutes * 60) * (west ? -1 : 1);
	return hours < 24 && minutes < 60;
}

static bool read_epoch(struct reading *reading)
{
	char *end;
	long long seconds = strtoll(reading->at, &end, 10);
	bool read = end > reading->at && end - reading->at <= 12;
	reading->at = end;
	reading->date.has_epoch = true;
	reading->date.epoch_ms = seconds * 1000;
	return read;
}

static bool read_directive(struct reading *reading, char directive)
{
	struct zone_date *date = &reading->date;
	switch (directive) {
	case 'Y': return read_digits(reading, 4, 4, &date->year);
	case 'y':
		if (!read_digits(reading, 2, 2, &date->year))
			return false;
		date->year += date->year < 70 ? 2000 : 1900;
		return true;
	case 'm': return read_digits(reading, 1, 2, &date->month);
	case 'd':
	case 'e': return read_digits(reading, 1, 2, &date->day);
	case 'H': return read_digits(reading, 1, 2, &date->hour);
	case 'I': return read_digits(reading, 1, 2, &reading->hour_12);
	case 'M': return read_digits(reading, 2, 2, &date->minute);
	case 'S': return read_digits(reading, 2, 2, &date->second);
	case 'f': return read_fraction(reading);
	case 'p': return read_half(reading);
	case 'b': return read_month_name(reading);
	case 'z': return read_offset(reading);
	case 's': return read_epoch(reading);
	default: return *reading->at == '%' && *reading->at++;
	}
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool read_all(struct reading *reading, const char *format)
{
	for (; *format; format++) {
		if (is_blank(*format) || (*format == '%' && format[1] == 'e'))
			while (is_blank(*reading->at))
				reading->at++;
		if (is_blank(*format))
			continue;
		if (*format == '%' ? !read_directive(reading, *++format) : *reading->at++ != *format)
			return false;
	}
	return *reading->at == 0;
}

static int days_in(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	return days[month - 1] + (month == 2 && leap);
}

/* The hour of a clock with two halves. */
static bool settle_hour(struct reading *reading)
{
	if (reading->hour_12 < 0)
		return reading->pm < 0 || reading->date.hour <= 12;
	if (reading->hour_12 < 1 || reading->hour_12 > 12)
		return false;
	reading->date.hour = reading->hour_12 % 12 + (reading->pm == 1 ? 12 : 0);
	return true;
}

static bool is_date(const struct zone_date *date)
{
	return date->has_epoch || (date->month >= 1 && date->month <= 12 && date->day >= 1 &&
				   date->day <= days_in(date->year, date->month) && date->hour >= 0 &&
				   date->hour < 24 && date->minute < 60 && date->second < 60);
}

/* The format filled with a certain date. */
static void print_example(const char *format, char *out, size_t bytes)
{
	static const char *const examples[] = {"2018", "18", "04",  "12",     "12",         "23",  "11", "26",
					       "05",   "PM", "Apr", "+08:00", "1523500000", "123", "%"};
	size_t used = 0;
	out[0] = 0;
	for (; *format && used + 16 < bytes; format++) {
		const char *found = *format == '%' && format[1] ? strchr(directives, format[1]) : NULL;
		if (found)
			used += (size_t)snprintf(out + used, bytes - used, "%s", examples[found - directives]);
		else
			used += (size_t)snprintf(out + used, bytes - used, "%c", *format);
		format += found != NULL;
	}
}

enum pd_err zone_read(const char *format, const char *text, struct zone_date *date, char why[static ZONE_WHY_BYTES])
{
	struct reading reading = {.at = text, .hour_12 = -1, .pm = -1};
	char example[80];
	reading.date.month = reading.date.day = 1;
	if (!read_all(&reading, format)) {
		print_example(format, example, sizeof example);
		snprintf(why, ZONE_WHY_BYTES, _("\"%.60s\" is not written as %.60s, as in %s"), text, format, example);
		return PD_EINVAL;
	}
	if (!settle_hour(&reading) || !is_date(&reading.date)) {
		snprintf(why, ZONE_WHY_BYTES, _("\"%.60s\" is no date: there is no such month, day, hour or minute"),
			 text);
		return PD_ENOENT;
	}
	*date = reading.date;
	return PD_OK;
}

bool zone_format_valid(const char *format, char why[static ZONE_WHY_BYTES])
{
	for (; *format; format++) {
		if (*format != '%')
			continue;
		format++;
		if (*format && strchr(directives, *format))
			continue;
		snprintf(why, ZONE_WHY_BYTES,
			 _("%%%.1s is not known here; there are %%Y %%y %%m %%d %%e %%H %%I %%M %%S "
			   "%%p %%b %%z %%s %%f and %%%%"),
			 format);
		return false;
	}
	return true;
}

/* ---- moments ---- */

enum pd_err zone_use(const char *name)
{
	const char *dir = getenv("TZDIR");
	char path[512];
	if (strcmp(name, "UTC") != 0) {
		snprintf(path, sizeof path, "%s/%.200s", dir && *dir ? dir : "/usr/share/zoneinfo", name);
		FILE *file = name[0] && name[0] != '/' && !strstr(name, "..") ? fopen(path, "rb") : NULL;
		char magic[4] = {0};
		bool is_zone = file && fread(magic, 1, sizeof magic, file) == sizeof magic &&
			       memcmp(magic, "TZif", sizeof magic) == 0;
		if (file)
			fclose(file);
		if (!is_zone)
			return PD_ENOENT;
	}
	setenv("TZ", strcmp(name, "UTC") == 0 ? "UTC0" : name, 1);
	tzset();
	return PD_OK;
}

static int64_t as_if_utc(const struct zone_date *date)
{
	struct tm fields = {.tm_year = date->year - 1900,
			    .tm_mon = date->month - 1,
			    .tm_mday = date->day,
			    .tm_hour = date->hour,
			    .tm_min = date->minute,
			    .tm_sec = date->second};
	return timegm(&fields);
}

/* How far clocks are east of UTC at a moment. */
static int64_t offset_at(int64_t seconds)
{
	time_t moment = (time_t)seconds;
	struct tm local;
	return localtime_r(&moment, &local) ? local.tm_gmtoff : 0;
}

/* The first moment in (from, to] at which clocks are not as at from. */
static int64_t change_between(int64_t from, int64_t to)
{
	int64_t before = offset_at(from);
	while (to - from > 1) {
		int64_t middle = from + (to - from) / 2;
		if (offset_at(middle) == before)
			from = middle;
		else
			to = middle;
	}
	return to;
}

enum zone_kind zone_moment(const struct zone_date *date, uint64_t *ms, uint64_t *second_ms)
{
	int64_t wall = as_if_utc(date), first, second;
	enum zone_kind kind = ZONE_ONE;
	if (date->has_epoch || date->has_offset) {
		first = date->has_epoch ? date->epoch_ms / 1000 : wall - date->offset_s;
		second = first;
	} else {
		/* Clocks are changed by less than a day, and not twice within two: it is one of these two. */
		int64_t before = offset_at(wall - 86400), after = offset_at(wall + 86400);
		first = wall - before;
		second = wall - after;
		bool is_first = offset_at(first) == before, is_second = offset_at(second) == after;
		if (before == after)
			kind = ZONE_ONE;
		else if (is_first && is_second)
			kind = ZONE_FOLD;
		else if (!is_first && !is_second) {
			kind = ZONE_GAP;
			first = change_between(wall - 86400 - before, wall + 86400 - after);
		} else if (is_second)
			first = second;
	}
	if (first < 0)
		return ZONE_OUT;
	unsigned fraction = kind == ZONE_GAP ? 0 : (unsigned)date->ms;
	*ms = (uint64_t)first * 1000 + fraction;
	*second_ms = (uint64_t)second * 1000 + fraction;
	return kind;
}
