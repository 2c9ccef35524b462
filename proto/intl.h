/* intl.h - texts that people read, in the language of their locale.
 *
 *   _("text")    the text in that language; English when the catalogue (proto/po) does not have it
 *   P_("one", "many", n)   the one that goes with n things
 *   N_("text")   marks a text of a table for the catalogue; whoever prints it says _(table.text)
 *
 * For programs and what they alone use: the core and the codec have detail.h, and nothing that programs read (JSON, log
 * lines, numbers) depends on a locale: LC_NUMERIC stays "C". Texts are UTF-8 whatever the locale. Words of the tables
 * (states, posts, moves) have their Chinese there, not in the catalogue. Without intl_init all is English. Threads:
 * intl_init and intl_end before there are others; then any.
 */
#ifndef PAIDAN_INTL_H
#define PAIDAN_INTL_H

#include <libintl.h>

#define PAIDAN_TEXTS "paidan" /* the catalogue's name: paidan.mo */
#define _(text) dgettext(PAIDAN_TEXTS, text)
#define N_(text) text
#define P_(one, many, n) dngettext(PAIDAN_TEXTS, one, many, n)

/* Take the language from the environment, as LANGUAGE, LC_ALL, LC_MESSAGES and LANG say, whether or not that locale was
 * generated here. */
void intl_init(void);
/* Have characters be understood as UTF-8: the names of people and places are, whatever the locale. intl_init does it,
 * too. */
void intl_utf8(void);
/* From now on English: for what goes into logs. */
void intl_end(void);
/* enum pd_language: what _() speaks. */
unsigned intl_language(void);

/* ("post", 4) -> "leader" or 微网格长; what was done with an order: "accepted" or 接单; what is to be: "accept" or
 * 接单.
 * "?" when there is none. */
const char *intl_word(const char *set, unsigned code);
const char *intl_move(unsigned type);
const char *intl_command(unsigned type);
/* strerror in that language. */
const char *intl_error(int error);

#endif
