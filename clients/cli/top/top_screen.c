#include "top_screen.h"

#include <curses.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "intl.h"
#include "print.h"
#include "top_terminal.h"
#include "top_text.h"

enum {
	ESCAPE_MS = 25, /* how long after an escape the rest of a key may come */
	LINE_COLUMNS_MAX = 1000,
	LINE_BYTES = LINE_COLUMNS_MAX * TOP_TEXT_BYTES_A_COLUMN + 1,
	HEAD_ROWS = 7,                         /* above the table */
	WIDE_COLUMNS = 140,                    /* from here on events stand beside the table */
	LABEL_COLUMNS = 11,                    /* of a stage */
	RATE_COLUMNS = 7,                      /* "123.4/s" */
	TIME_COLUMNS = 9,                      /* "144 毫秒" and a blank */
	TIMES_COLUMNS = 10 + 3 * TIME_COLUMNS, /* the block of the percentiles, behind their label */
	FIGURE_COLUMNS = 9,                    /* a column of numbers of the table */
	NAME_COLUMNS_MIN = 22,
	SLOW_FROM_ROWS = 13, /* of body, so that the slowest have room */
};

enum ink { INK_PLAIN, INK_SUBMITTED, INK_ACCEPTED, INK_COMPLETED, INK_CLOSED, INK_TROUBLE, INKS };

struct top_screen {
	SCREEN *curses;
	bool colour, ascii;
	unsigned page;
	size_t first; /* row of the table that is drawn first */
};

/* ---- the terminal, taken and given back ---- */

static void prepare_colours(struct top_screen *screen)
{
	static const short inks[INKS] = {
		[INK_SUBMITTED] = COLOR_CYAN, [INK_ACCEPTED] = COLOR_YELLOW, [INK_COMPLETED] = COLOR_GREEN,
		[INK_CLOSED] = COLOR_BLUE,    [INK_TROUBLE] = COLOR_RED,
	};
	screen->colour = screen->colour && has_colors() && start_color() == OK;
	if (!screen->colour)
		return;
	use_default_colors();
	for (int ink = 1; ink < INKS; ink++)
		init_pair((short)ink, inks[ink], -1);
}

struct top_screen *top_screen_open(bool colour, bool ascii, const char **why)
{
	*why = top_terminal_check();
	if (*why)
		return NULL;
	struct top_screen *screen = calloc(1, sizeof *screen);
	if (!screen)
		abort();
	screen->colour = colour;
	screen->ascii = ascii;
	screen->curses = newterm(NULL, stdout, stdin);
	if (!screen->curses) {
		*why = _("the terminal cannot be taken over; use 'paidan stats --every 1'");
		free(screen);
		return NULL;
	}
	top_terminal_guard();
	set_escdelay(ESCAPE_MS);
	cbreak();
	noecho();
	curs_set(0);
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	prepare_colours(screen);
	return screen;
}

void top_screen_close(struct top_screen *screen)
{
	if (!screen)
		return;
	if (!top_terminal_switches()) {
		erase(); /* there is nothing behind this picture that would come back */
		refresh();
	}
	endwin();
	top_terminal_unguard();
	delscreen(screen->curses);
	free(screen);
}

void top_screen_resize(struct top_screen *screen)
{
	struct winsize size;
	(void)screen;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row && size.ws_col)
		resizeterm(size.ws_row, size.ws_col);
	clearok(stdscr, TRUE);
}

unsigned top_screen_page(const struct top_screen *screen)
{
	return screen->page ? screen->page : 1;
}

/* ---- keys ---- */

enum top_key top_screen_key(struct top_screen *screen)
{
	(void)screen;
	switch (getch()) {
	case ERR: return TOP_KEY_NONE;
	case 'q':
	case 'Q': return TOP_KEY_QUIT;
	case '?': return TOP_KEY_HELP;
	case 's': return TOP_KEY_SORT;
	case 'S': return TOP_KEY_SORT_BACK;
	case 'r': return TOP_KEY_REVERSE;
	case ' ': return TOP_KEY_PAUSE;
	case '\n':
	case '\r':
	case KEY_ENTER:
	case KEY_RIGHT: return TOP_KEY_OPEN;
	case '\b':
	case 127:
	case KEY_BACKSPACE:
	case KEY_LEFT: return TOP_KEY_BACK;
	case KEY_UP: return TOP_KEY_UP;
	case KEY_DOWN: return TOP_KEY_DOWN;
	case KEY_PPAGE: return TOP_KEY_PAGE_UP;
	case KEY_NPAGE: return TOP_KEY_PAGE_DOWN;
	case KEY_HOME: return TOP_KEY_FIRST;
	case KEY_END: return TOP_KEY_LAST;
	default: return TOP_KEY_OTHER;
	}
}

/* ---- drawing: pieces ---- */

/* Text in exactly so many columns from (y, x) on; returns the column behind it. */
static int put(const struct top_screen *screen, int y, int x, int columns, attr_t look, enum top_align align,
	       const char *text)
{
	char line[LINE_BYTES];
	if (columns > LINE_COLUMNS_MAX)
		columns = LINE_COLUMNS_MAX;
	if (columns <= 0)
		return x;
	attrset(look);
	mvaddstr(y, x, top_fit(line, text, (unsigned)columns, align, screen->ascii));
	attrset(A_NORMAL);
	return x + columns;
}

static attr_t ink(const struct top_screen *screen, enum ink ink)
{
	return screen->colour && ink != INK_PLAIN ? (attr_t)COLOR_PAIR(ink) : A_NORMAL;
}

static char *clock_time(uint64_t unix_ms, char text[static PRINT_TIME_BYTES])
{
	time_t seconds = (time_t)(unix_ms / 1000);
	struct tm local;
	if (!unix_ms || !localtime_r(&seconds, &local) || !strftime(text, PRINT_TIME_BYTES, "%H:%M:%S", &local))
		memcpy(text, "--:--:--", 9);
	return text;
}

/* "-" for nothing. Fits a column with a blank before it: "47.9 小时" loses its own. */
static const char *duration(uint64_t ms, char text[static PRINT_TIME_BYTES])
{
	if (!ms)
		return "-";
	print_duration(ms, text);
	char *blank = strchr(text, ' ');
	if (blank && print_width(text, strlen(text)) >= TIME_COLUMNS)
		memmove(blank, blank + 1, strlen(blank));
	return text;
}

/* ---- drawing: the head ---- */

static const char *area_title(const struct top_view *view, unsigned i)
{
	return view->path[i][0] ? view->path[i] : _("everything");
}

/* The names from the top down, without the first ones where there is no room. */
static void join_path(const struct top_view *view, unsigned columns, char *text, size_t text_bytes)
{
	unsigned first = 0, width = 0;
	size_t used = 0;
	for (unsigned i = 0; i < view->path_count; i++)
		width += print_width(area_title(view, i), strlen(area_title(view, i))) + 3;
	for (; first + 1 < view->path_count && width > columns; first++)
		width -= print_width(area_title(view, first), strlen(area_title(view, first))) + 3;
	text[0] = 0;
	for (unsigned i = first; i < view->path_count && used < text_bytes; i++)
		used += (size_t)snprintf(text + used, text_bytes - used, "%s%s", i > first ? " / " : "",
					 area_title(view, i));
}

static void draw_title(const struct top_screen *screen, const struct top_view *view, const struct top_notice *notice)
{
	char path[TOP_DEPTH * (TOP_NAME_BYTES + 3)], text[sizeof path + 32], time[PRINT_TIME_BYTES];
	const char *paused = notice->paused ? _("paused") : "";
	int right = (int)print_width(paused, strlen(paused)) + 11, left = COLS - right;
	join_path(view, (unsigned)(left > 14 ? left - 14 : 1), path, sizeof path);
	snprintf(text, sizeof text, " paidan top  %s", path);
	int x = put(screen, 0, 0, left, A_REVERSE | A_BOLD, TOP_LEFT, text);
	snprintf(text, sizeof text, "%s  %s ", paused, clock_time(view->now_ms, time));
	put(screen, 0, x, right, A_REVERSE | A_BOLD, TOP_RIGHT, text);
}

static void draw_summary(const struct top_screen *screen, const struct top_view *view, const struct top_notice *notice)
{
	const struct top_row *all = &view->opened;
	char text[300], age[PRINT_TIME_BYTES];
	if (notice->trouble) {
		put(screen, 1, 1, COLS - 1, A_BOLD | ink(screen, INK_TROUBLE), TOP_LEFT, notice->trouble);
		return;
	}
	if (!all->counted)
		snprintf(text, sizeof text, "%s", _("asking for the figures"));
	else if (all->waiting)
		snprintf(text, sizeof text,
			 P_("%" PRIu64 " waiting, the oldest for %s; %" PRIu64 " being worked on; %" PRIu64
			    " worker there",
			    "%" PRIu64 " waiting, the oldest for %s; %" PRIu64 " being worked on; %" PRIu64
			    " workers there",
			    all->workers),
			 all->waiting, duration(all->oldest_ms, age), all->working, all->workers);
	else
		snprintf(text, sizeof text,
			 P_("none waiting; %" PRIu64 " being worked on; %" PRIu64 " worker there",
			    "none waiting; %" PRIu64 " being worked on; %" PRIu64 " workers there", all->workers),
			 all->working, all->workers);
	put(screen, 1, 1, COLS - 1, A_BOLD, TOP_LEFT, text);
}

static void draw_times(const struct top_screen *screen, int y, const char *label, const uint64_t *ms)
{
	int x = put(screen, y, COLS - TIMES_COLUMNS, TIMES_COLUMNS - 3 * TIME_COLUMNS, A_NORMAL, TOP_LEFT, label);
	for (int i = 0; i < TOP_PERCENTILES; i++) {
		char text[PRINT_TIME_BYTES];
		x = put(screen, y, x, TIME_COLUMNS, A_NORMAL, TOP_RIGHT, duration(ms[i], text));
	}
}

/* What is not as on other days: a plan that is on, and orders that climbed. */
static void draw_trouble(const struct top_screen *screen, const struct top_row *all)
{
	char text[100];
	int x = COLS - TIMES_COLUMNS;
	if (all->plan)
		snprintf(text, sizeof text, _("emergency plan %u is on"), all->plan);
	else
		snprintf(text, sizeof text,
			 P_("%u emergency plan is on below", "%u emergency plans are on below", all->plans_below),
			 all->plans_below);
	if (all->plan || all->plans_below)
		put(screen, 5, x, TIMES_COLUMNS, A_BOLD | ink(screen, INK_TROUBLE), TOP_LEFT, text);
	snprintf(text, sizeof text, _("climbed, for a time passed: %" PRIu64), all->escalated);
	if (all->escalated)
		put(screen, 6, x, TIMES_COLUMNS, A_NORMAL, TOP_LEFT, text);
}

static float highest_of(const struct top_view *view, unsigned seconds)
{
	float highest = 0;
	for (int stage = 0; stage < TOP_STAGES; stage++)
		for (unsigned i = TOP_SECONDS - seconds; i < TOP_SECONDS; i++)
			if (view->seconds[stage][i] > highest)
				highest = view->seconds[stage][i];
	return highest;
}

/* All stages on one scale, so that they can be compared. */
static void draw_rates(const struct top_screen *screen, const struct top_view *view)
{
	const char *const labels[TOP_STAGES] = {intl_move(PD_MSG_submitted), intl_move(PD_MSG_accepted),
						intl_move(PD_MSG_completed), _("closed")};
	char text[3 * TOP_SECONDS + 64], line[64];
	int x = 1 + LABEL_COLUMNS + RATE_COLUMNS + 1, room = COLS - TIMES_COLUMNS - 2 - x;
	unsigned seconds = room > TOP_SECONDS ? TOP_SECONDS : (unsigned)room;
	float highest = highest_of(view, seconds);
	snprintf(text, sizeof text, _("orders a second, up to %.1f, last %u s"), (double)highest, seconds);
	put(screen, 2, 1, COLS - TIMES_COLUMNS - 3, A_DIM, TOP_LEFT, text);
	for (int stage = 0; stage < TOP_STAGES; stage++) {
		attr_t look = ink(screen, (enum ink)(INK_SUBMITTED + stage));
		put(screen, 3 + stage, 1, LABEL_COLUMNS, A_NORMAL, TOP_LEFT, labels[stage]);
		snprintf(line, sizeof line, "%.1f/s", (double)view->rates[stage]);
		put(screen, 3 + stage, 1 + LABEL_COLUMNS, RATE_COLUMNS, A_BOLD, TOP_RIGHT, line);
		top_spark(text, view->seconds[stage] + TOP_SECONDS - seconds, seconds, highest, screen->ascii);
		put(screen, 3 + stage, x, (int)seconds, look, TOP_LEFT, text);
	}
}

static void draw_head(const struct top_screen *screen, const struct top_view *view, const struct top_notice *notice)
{
	static const char *const titles[TOP_PERCENTILES] = {"p50", "p90", "p99"};
	draw_title(screen, view, notice);
	draw_summary(screen, view, notice);
	draw_rates(screen, view);
	int x = put(screen, 2, COLS - TIMES_COLUMNS, TIMES_COLUMNS - 3 * TIME_COLUMNS, A_DIM, TOP_LEFT, _("time to"));
	for (int i = 0; i < TOP_PERCENTILES; i++)
		x = put(screen, 2, x, TIME_COLUMNS, A_DIM, TOP_RIGHT, titles[i]);
	draw_times(screen, 3, _("accept"), view->opened.accept_ms);
	draw_times(screen, 4, _("complete"), view->opened.complete_ms);
	draw_trouble(screen, &view->opened);
}

/* ---- drawing: the table ---- */

/* What stands in a column of a row. */
static const char *figure(const struct top_row *row, enum top_sort column, char text[static PRINT_TIME_BYTES])
{
	if (!row->counted)
		return "";
	switch (column) {
	case TOP_BY_WAITING: snprintf(text, PRINT_TIME_BYTES, "%" PRIu64, row->waiting); break;
	case TOP_BY_OLDEST: return duration(row->oldest_ms, text);
	case TOP_BY_WORKING: snprintf(text, PRINT_TIME_BYTES, "%" PRIu64, row->working); break;
	case TOP_BY_RATE: snprintf(text, PRINT_TIME_BYTES, "%.0f", (double)row->rate_per_minute); break;
	case TOP_BY_ACCEPT: return duration(row->accept_ms[TOP_P90], text);
	case TOP_BY_COMPLETE: return duration(row->complete_ms[TOP_P90], text);
	default: return "";
	}
	return text;
}

/* The columns of numbers that leave the names enough room. */
static int figures_shown(int columns)
{
	int count = (columns - NAME_COLUMNS_MIN) / FIGURE_COLUMNS;
	return count < TOP_SORTS - 1 ? count : TOP_SORTS - 1;
}

/* ▼: from the greatest or first on. */
static const char *sort_mark(const struct top_screen *screen, const struct top_view *view, enum top_sort column)
{
	if (view->sort != column)
		return "";
	bool down = (column == TOP_BY_NAME) == view->reversed;
	if (screen->ascii)
		return down ? "v" : "^";
	return down ? "▼" : "▲";
}

static void draw_table_title(const struct top_screen *screen, const struct top_view *view, int y, int columns)
{
	static const char *const titles[TOP_SORTS] = {N_("AREA"),    N_("WAITING"), N_("OLDEST"),  N_("WORKING"),
						      N_("PER MIN"), N_("ACCEPT"),  N_("COMPLETE")};
	int shown = figures_shown(columns), x = columns - shown * FIGURE_COLUMNS;
	char text[80];
	snprintf(text, sizeof text, " %s%s", _(titles[TOP_BY_NAME]), sort_mark(screen, view, TOP_BY_NAME));
	put(screen, y, 0, x, A_REVERSE, TOP_LEFT, text);
	for (int i = 1; i <= shown; i++) {
		snprintf(text, sizeof text, "%s%s", _(titles[i]), sort_mark(screen, view, (enum top_sort)i));
		x = put(screen, y, x, FIGURE_COLUMNS, A_REVERSE | (view->sort == (enum top_sort)i ? A_BOLD : 0),
			TOP_RIGHT, text);
	}
}

static void draw_row(const struct top_screen *screen, const struct top_row *row, bool chosen, int y, int columns)
{
	int shown = figures_shown(columns), x = columns - shown * FIGURE_COLUMNS;
	char value[PRINT_TIME_BYTES];
	attr_t look = chosen ? A_REVERSE : A_NORMAL;
	put(screen, y, 0, 1, look, TOP_LEFT, chosen ? ">" : " ");
	put(screen, y, 1, x - 1, look, TOP_END, row->name);
	for (int i = 1; i <= shown; i++)
		x = put(screen, y, x, FIGURE_COLUMNS, look, TOP_RIGHT, figure(row, (enum top_sort)i, value));
}

/* Scroll no further than the chosen row asks for. */
static void scroll_to(struct top_screen *screen, const struct top_view *view, size_t rows)
{
	if (view->chosen < screen->first)
		screen->first = view->chosen;
	if (view->chosen >= screen->first + rows)
		screen->first = view->chosen + 1 - rows;
	if (screen->first + rows > view->row_count)
		screen->first = view->row_count > rows ? view->row_count - rows : 0;
}

static void draw_table(struct top_screen *screen, const struct top_view *view, int y, int rows, int columns)
{
	draw_table_title(screen, view, y, columns);
	screen->page = (unsigned)rows;
	scroll_to(screen, view, (size_t)rows);
	if (view->row_count == 0)
		put(screen, y + 1, 1, columns - 1, A_DIM, TOP_LEFT,
		    view->opened.area ? _("no areas below this one")
				      : _("no areas yet; 'paidan import DIR' brings them"));
	for (size_t i = 0; i < (size_t)rows && screen->first + i < view->row_count; i++)
		draw_row(screen, &view->rows[screen->first + i], screen->first + i == view->chosen, y + 1 + (int)i,
			 columns);
}

/* ---- drawing: the slowest, the newest ---- */

static void draw_slow(const struct top_screen *screen, const struct top_view *view, int y, int x, int rows, int columns)
{
	int names = columns - 2 * FIGURE_COLUMNS;
	put(screen, y, x, names, A_REVERSE, TOP_LEFT, _(" SLOWEST TO ACCEPT"));
	put(screen, y, x + names, FIGURE_COLUMNS, A_REVERSE, TOP_RIGHT, "p90");
	put(screen, y, x + names + FIGURE_COLUMNS, FIGURE_COLUMNS, A_REVERSE, TOP_RIGHT, _("ORDERS"));
	if (view->slow_count == 0)
		put(screen, y + 1, x + 1, columns - 1, A_DIM, TOP_LEFT, _("none has accepted three orders yet"));
	for (int i = 0; i < rows && (size_t)i < view->slow_count; i++) {
		const struct top_row *row = &view->slow[i];
		char text[PRINT_TIME_BYTES];
		put(screen, y + 1 + i, x + 1, names - 1, A_NORMAL, TOP_END, row->name);
		put(screen, y + 1 + i, x + names, FIGURE_COLUMNS, A_NORMAL, TOP_RIGHT,
		    duration(row->accept_ms[TOP_P90], text));
		snprintf(text, sizeof text, "%" PRIu64, row->accepted);
		put(screen, y + 1 + i, x + names + FIGURE_COLUMNS, FIGURE_COLUMNS, A_NORMAL, TOP_RIGHT, text);
	}
}

static const char *event_word(enum pd_type type, enum ink *look)
{
	*look = INK_PLAIN;
	switch (type) {
	case PD_MSG_submitted: *look = INK_SUBMITTED; break;
	case PD_MSG_accepted: *look = INK_ACCEPTED; break;
	case PD_MSG_completed: *look = INK_COMPLETED; break;
	case PD_MSG_confirmed:
	case PD_MSG_closed: *look = INK_CLOSED; break;
	case PD_MSG_escalated: *look = INK_TROUBLE; break;
	default: break;
	}
	return intl_move(type);
}

static void draw_event(const struct top_screen *screen, const struct top_event_row *event, int y, int x, int columns)
{
	char time[PRINT_TIME_BYTES];
	enum ink look;
	const char *word = event_word(event->type, &look);
	int end = x + columns, area = columns / 4 < 34 ? columns / 4 : 34, category = columns >= 100 ? 14 : 10;
	x = put(screen, y, x + 1, 9, A_NORMAL, TOP_LEFT, clock_time(event->time_ms, time));
	x = put(screen, y, x, 11, ink(screen, look), TOP_LEFT, word) + 1;
	x = put(screen, y, x, area, A_NORMAL, TOP_END, event->area) + 1;
	x = put(screen, y, x, category, A_NORMAL, TOP_LEFT, event->category) + 1;
	put(screen, y, x, end - x, A_NORMAL, TOP_LEFT, event->text);
}

static void draw_events(const struct top_screen *screen, const struct top_view *view, int y, int x, int rows,
			int columns)
{
	put(screen, y, x, columns, A_REVERSE, TOP_LEFT, _(" NEWEST EVENTS"));
	if (view->event_count == 0)
		put(screen, y + 1, x + 1, columns - 1, A_DIM, TOP_LEFT, _("nothing has happened yet"));
	for (int i = 0; i < rows && (size_t)i < view->event_count; i++)
		draw_event(screen, &view->events[i], y + 1 + i, x, columns);
}

/* ---- drawing: all of it ---- */

/* One below the other: of the rows beside the titles the table gets half, the slowest a sixth, events the rest. */
static void draw_stacked(struct top_screen *screen, const struct top_view *view, int y, int rows)
{
	int slow = rows >= SLOW_FROM_ROWS ? (rows - 3) / 6 : 0, titles = slow ? 3 : 2;
	int table = (rows - titles - slow) / 2 + 1;
	draw_table(screen, view, y, table, COLS);
	y += 1 + table;
	if (slow) {
		draw_slow(screen, view, y, 0, slow, COLS);
		y += 1 + slow;
	}
	draw_events(screen, view, y, 0, rows - titles - slow - table, COLS);
}

static void draw_beside(struct top_screen *screen, const struct top_view *view, int y, int rows)
{
	int left = COLS * 45 / 100, slow = rows / 4, x = left + 1;
	draw_table(screen, view, y, rows - 1, left);
	draw_slow(screen, view, y, x, slow, COLS - x);
	draw_events(screen, view, y + 1 + slow, x, rows - 2 - slow, COLS - x);
}

static void draw_too_small(const struct top_screen *screen)
{
	char text[200];
	snprintf(text, sizeof text, _("too small: %d x %d, needs %d x %d"), COLS, LINES, TOP_COLUMNS_MIN, TOP_ROWS_MIN);
	put(screen, LINES / 2, 0, COLS, A_BOLD, TOP_LEFT, text);
}

static void draw_help(const struct top_screen *screen)
{
	static const char *const lines[] = {
		N_("Keys"),
		N_("  arrows, PgUp, PgDn, Home, End   choose an area"),
		N_("  Enter or Right                  open it: its figures, areas, events"),
		N_("  Backspace or Left               back to the area above"),
		N_("  s, S                            sort by the next column, by the one before"),
		N_("  r                               reverse the order"),
		N_("  space                           pause the picture, and go on"),
		N_("  q or Ctrl-C                     quit"),
		"",
		N_("Columns"),
		N_("  WAITING, WORKING   orders not yet accepted; accepted and not yet completed"),
		N_("  OLDEST             how long the oldest of the waiting has waited"),
		N_("  PER MIN            submitted within the last minute"),
		N_("  ACCEPT, COMPLETE   nine of ten were accepted, completed within it"),
		"",
		N_("Any key goes back."),
	};
	for (int i = 0; i < (int)(sizeof lines / sizeof lines[0]) && i < LINES; i++)
		put(screen, i, 1, COLS - 1, A_NORMAL, TOP_LEFT, lines[i][0] ? _(lines[i]) : "");
}

static void draw_all(struct top_screen *screen, const struct top_view *view, const struct top_notice *notice)
{
	int rows = LINES - HEAD_ROWS - 1 - (notice->note != NULL);
	draw_head(screen, view, notice);
	(COLS >= WIDE_COLUMNS ? draw_beside : draw_stacked)(screen, view, HEAD_ROWS, rows);
	if (notice->note)
		put(screen, LINES - 2, 0, COLS, A_BOLD, TOP_LEFT, notice->note);
	put(screen, LINES - 1, 0, COLS, A_DIM, TOP_LEFT,
	    _(" q quit  ? help  arrows move  Enter in  Bksp up  s sort  r reverse  space pause"));
}

void top_screen_draw(struct top_screen *screen, const struct top_view *view, const struct top_notice *notice)
{
	erase();
	if (COLS < TOP_COLUMNS_MIN || LINES < TOP_ROWS_MIN)
		draw_too_small(screen);
	else if (notice->help)
		draw_help(screen);
	else
		draw_all(screen, view, notice);
	refresh();
}
