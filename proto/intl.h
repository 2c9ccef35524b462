/* intl.h - texts that people read, in the language of their locale.
 *
 *   _("text")    the text in that language; English when the catalogue (proto/po) does not have it
 *   N_("text")   marks a text of a table for the catalogue; whoever prints it says _(table.text)
 *
 * For programs alone: the core and the codec speak English, and nothing on the wire depends on a locale.
 */
#ifndef PAIDAN_INTL_H
#define PAIDAN_INTL_H

#include <libintl.h>

#define PAIDAN_TEXTS "paidan" /* the catalogue's name: paidan.mo */
#define _(text) dgettext(PAIDAN_TEXTS, text)
#define N_(text) text

#endif
