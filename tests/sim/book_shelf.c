#include "book_shelf.h"

#include <stdio.h>
#include <unistd.h>

#include "place.h"
#include "sim.h"
#include "tally.h"
#include "trace.h"

enum { COPIES = 3 };

static unsigned copies; /* so many were made; the last COPIES are there */

void book_shelf_init(void)
{
	copies = 0;
}

static const char *copy_path(unsigned number)
{
	char name[32];
	snprintf(name, sizeof name, "book.%u", number % COPIES);
	return place_path(name);
}

void book_shelf_copy(void)
{
	if (dice_permille(&sim.dice, 300))
		place_copy(place_path("data/book/data.mdb"), copy_path(copies++));
}

void book_shelf_shuffle(void)
{
	const char *book = place_path("data/book/data.mdb");
	unsigned there = copies < COPIES ? copies : COPIES;
	if (there && dice_permille(&sim.dice, 250)) {
		unsigned back = 1 + dice_below(&sim.dice, there);
		trace_line("the book is thrown back by up to %u copies", back);
		place_copy(copy_path(copies - back), book);
		copies -= back - 1; /* what is newer than it has not been */
		tally_add(TALLY_OLD_BOOK);
	} else if (dice_permille(&sim.dice, 100)) {
		trace_line("the book is gone");
		unlink(book);
		copies = 0;
		tally_add(TALLY_NO_BOOK);
	}
	unlink(place_path("data/book/lock.mdb"));
}
