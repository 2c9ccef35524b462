/* test_crc32c.c - the checksum against RFC 3720, appendix B.4, and the instruction against the tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crc32c.h"

static void expect_crc(const void *data, size_t bytes, uint32_t wanted)
{
	assert_int_equal(crc32c(data, bytes), wanted);
	assert_int_equal(crc32c_portable(data, bytes), wanted);
}

static void test_rfc_vectors(void **state)
{
	(void)state;
	static const uint8_t iscsi_read[48] = {0x01, 0xc0, 0, 0, 0, 0, 0,    0, 0,    0, 0, 0,    0, 0, 0, 0,
					       0x14, 0,    0, 0, 0, 0, 0x04, 0, 0,    0, 0, 0x14, 0, 0, 0, 0x18,
					       0x28, 0,    0, 0, 0, 0, 0,    0, 0x02, 0, 0, 0,    0, 0, 0, 0};
	uint8_t bytes[32];
	expect_crc(memset(bytes, 0, sizeof bytes), sizeof bytes, 0x8a9136aa);
	expect_crc(memset(bytes, 0xff, sizeof bytes), sizeof bytes, 0x62a8ab43);
	for (unsigned i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)i;
	expect_crc(bytes, sizeof bytes, 0x46dd794e);
	for (unsigned i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(sizeof bytes - 1 - i);
	expect_crc(bytes, sizeof bytes, 0x113fdb5c);
	expect_crc(iscsi_read, sizeof iscsi_read, 0xd9963a56);
	expect_crc("123456789", 9, 0xe3069283);
	expect_crc("", 0, 0);
}

static void test_instruction_and_tables_agree(void **state)
{
	(void)state;
	uint8_t bytes[300];
	srand(7);
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)rand();
	for (size_t from = 0; from < 9; from++)
		for (size_t count = 0; count <= sizeof bytes - from; count++)
			assert_int_equal(crc32c(bytes + from, count), crc32c_portable(bytes + from, count));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc_vectors),
		cmocka_unit_test(test_instruction_and_tables_agree),
	};
	return cmocka_run_group_tests_name("crc32c", tests, NULL, NULL);
}
