#include "crc32c.h"

#include <endian.h>
#include <string.h>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

enum { SLICES = 8 };
static const uint32_t polynomial = 0x82f63b78; /* 0x1edc6f41, its bits reversed */

/* tables[0] is the checksum's step for one byte; tables[n] that of a byte with n zero bytes behind it. */
static uint32_t tables[SLICES][256];

static void fill_tables(void)
{
	for (uint32_t byte = 0; byte < 256; byte++) {
		uint32_t crc = byte;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? polynomial : 0);
		tables[0][byte] = crc;
	}
	for (int slice = 1; slice < SLICES; slice++)
		for (int byte = 0; byte < 256; byte++) {
			uint32_t before = tables[slice - 1][byte];
			tables[slice][byte] = before >> 8 ^ tables[0][before & 0xff];
		}
}

uint32_t crc32c_portable(const void *data, size_t bytes)
{
	const uint8_t *p = data;
	uint32_t crc = UINT32_MAX;
	for (; bytes >= SLICES; bytes -= SLICES, p += SLICES) {
		uint64_t eight;
		memcpy(&eight, p, sizeof eight);
		eight = le64toh(eight) ^ crc;
		crc = 0;
		for (int slice = SLICES - 1; slice >= 0; slice--, eight >>= 8)
			crc ^= tables[slice][eight & 0xff];
	}
	for (; bytes > 0; bytes--, p++)
		crc = crc >> 8 ^ tables[0][(crc ^ *p) & 0xff];
	return ~crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t crc32c_sse42(const void *data, size_t bytes)
{
	const uint8_t *p = data;
	uint64_t crc = UINT32_MAX;
	for (; bytes >= 8; bytes -= 8, p += 8) {
		uint64_t eight;
		memcpy(&eight, p, sizeof eight);
		crc = _mm_crc32_u64(crc, eight);
	}
	for (; bytes > 0; bytes--, p++)
		crc = _mm_crc32_u8((uint32_t)crc, *p);
	return ~(uint32_t)crc;
}
#endif

static uint32_t (*best)(const void *data, size_t bytes) = crc32c_portable;

/* Before main, so that no thread ever sees half a table. */
__attribute__((constructor)) static void choose(void)
{
	fill_tables();
#if defined(__x86_64__)
	__builtin_cpu_init();
	if (__builtin_cpu_supports("sse4.2"))
		best = crc32c_sse42;
#endif
}

uint32_t crc32c(const void *data, size_t bytes)
{
	return best(data, bytes);
}
