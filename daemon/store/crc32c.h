/* crc32c.h - the CRC-32C checksum (Castagnoli; RFC 3720, section 12.1 and appendix B.4).
 *
 * Threads: pure, any thread.
 */
#ifndef PAIDAN_CRC32C_H
#define PAIDAN_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* By the processor's instruction where it has one. */
uint32_t crc32c(const void *data, size_t bytes);
/* The same by tables, on any processor. */
uint32_t crc32c_portable(const void *data, size_t bytes);

#endif
