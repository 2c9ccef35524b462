/* verify.h - whether what a data folder holds is what its journal makes, from the first event on.
 *
 * The journal is read from its beginning, with every CRC and the whole hash chain; a scratch book is made from it and
 * compared with the real one byte for byte; then the state is followed to a given event. Runs beside a running paidand:
 * it only reads.
 */
#ifndef PAIDAN_VERIFY_H
#define PAIDAN_VERIFY_H

#include "proto.h"

struct verify;

struct verify_report {
	uint64_t events;       /* replayed */
	uint64_t book_seq;     /* the event up to which the book was compared */
	uint64_t book_entries; /* compared */
	char why[400];         /* what is wrong, for people */
};

/* Open the data folder dir; the scratch book is made in a new folder in scratch. PD_ESYS, PD_EVERSION, PD_ECORRUPT: see
 * report->why. */
PD_MUST_USE enum pd_err verify_open(struct verify **verify, const char *dir, const char *scratch,
				    struct verify_report *report);
/* Removes the scratch book. Accepts null. */
void verify_close(struct verify *verify);

/* Journal and book. PD_ECORRUPT: report->why says what differs. progress may be null. */
PD_MUST_USE enum pd_err verify_book(struct verify *verify, struct verify_report *report,
				    void (*progress)(uint64_t events, void *arg), void *arg);
/* Follow the journal to seq (UINT64_MAX: to its end; *seq gets where that is), and hash the state there: what a running
 * paidand's digest must be. */
PD_MUST_USE enum pd_err verify_state(struct verify *verify, uint64_t *seq, uint8_t hash[static 32],
				     struct verify_report *report);

#endif
