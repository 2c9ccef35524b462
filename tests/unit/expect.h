/* expect.h - a check of a test that says in words what is wrong. Behind cmocka.h. */
#ifndef PAIDAN_TESTS_EXPECT_H
#define PAIDAN_TESTS_EXPECT_H

#define expect(condition, ...)                                                                                         \
	do {                                                                                                           \
		if (!(condition))                                                                                      \
			fail_msg(__VA_ARGS__);                                                                         \
	} while (0)

#endif
