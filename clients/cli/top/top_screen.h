/* top_screen.h - a view (top_model.h) on a terminal, and the keys that are pressed there. The only part that knows
 * ncurses.
 *
 * At most one screen is open in a process. While it is, nothing else may write to the terminal; a failed assertion
 * gives the terminal back before the process ends. Threads: one.
 */
#ifndef PAIDAN_TOP_SCREEN_H
#define PAIDAN_TOP_SCREEN_H

#include "top_model.h"

/* What must have room; below it the screen says so, and nothing else. */
enum { TOP_COLUMNS_MIN = 60, TOP_ROWS_MIN = 16 };

enum top_key {
	TOP_KEY_NONE, /* no key is waiting */
	TOP_KEY_OTHER,
	TOP_KEY_QUIT,
	TOP_KEY_HELP,
	TOP_KEY_SORT,
	TOP_KEY_SORT_BACK,
	TOP_KEY_REVERSE,
	TOP_KEY_PAUSE,
	TOP_KEY_OPEN,
	TOP_KEY_BACK,
	TOP_KEY_UP,
	TOP_KEY_DOWN,
	TOP_KEY_PAGE_UP,
	TOP_KEY_PAGE_DOWN,
	TOP_KEY_FIRST,
	TOP_KEY_LAST
};

/* What is to be said beside the view. Texts are borrowed for the call; null: nothing. */
struct top_notice {
	const char *trouble; /* instead of the summary */
	const char *note;    /* a line above that of the keys */
	bool paused, help;
};

/* Take the terminal on stdin and stdout. Null: *why says why not, for people. colour false: without colours, as on a
 * terminal that has none; ascii: no other characters than ASCII but those of names and texts. */
struct top_screen *top_screen_open(bool colour, bool ascii, const char **why);
/* Give the terminal back as it was. Accepts null. */
void top_screen_close(struct top_screen *screen);

void top_screen_draw(struct top_screen *screen, const struct top_view *view, const struct top_notice *notice);
/* The terminal has another size: to be said before the next draw. */
void top_screen_resize(struct top_screen *screen);
/* The rows of the table that are to be seen at a time, as last drawn. */
unsigned top_screen_page(const struct top_screen *screen);
/* The next key, without waiting. */
enum top_key top_screen_key(struct top_screen *screen);

#endif
