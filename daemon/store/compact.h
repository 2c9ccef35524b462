/* compact.h - rows and figures as the book stores them: short.
 *
 * A row in memory is as wide as its fields may become; most of them are small, or lie near another one. Numbers stand
 * in seven bits a byte, the lowest first, the eighth bit says that more follow. What is read back is what was written,
 * bit by bit, and there is one way to write it: equal rows have equal bytes. Any thread.
 */
#ifndef PAIDAN_COMPACT_H
#define PAIDAN_COMPACT_H

#include "order.h"

/* COMPACT_ROW_ROOM: a shorter row is filled up with zeros to this: most orders then keep their room as they go on. */
enum { COMPACT_ROW_ROOM = 80, COMPACT_ROW_BYTES_MAX = 256, COMPACT_FIGURES_BYTES_MAX = 150 + 2 * FIGURES_BUCKETS * 7 };

/* Without its id, which is the key. Returns the number of bytes. */
size_t compact_row(const struct order_row *row, uint8_t bytes[static COMPACT_ROW_BYTES_MAX]);
/* PD_ECORRUPT: that is no row. */
PD_MUST_USE enum pd_err compact_read_row(const void *data, size_t bytes, const struct pd_id *id, struct order_row *row);

size_t compact_figures(const struct figures *figures, uint8_t bytes[static COMPACT_FIGURES_BYTES_MAX]);
PD_MUST_USE enum pd_err compact_read_figures(const void *data, size_t bytes, struct figures *figures);

#endif
