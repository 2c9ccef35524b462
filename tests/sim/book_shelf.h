/* book_shelf.h - older states of the book, each as it was committed, to which a crash may throw it back. Threads: one.
 */
#ifndef PAIDAN_SIM_BOOK_SHELF_H
#define PAIDAN_SIM_BOOK_SHELF_H

/* A new run: the shelf is empty. */
void book_shelf_init(void);
/* Now and then keep a copy of the book. */
void book_shelf_copy(void);
/* The broker is gone, and the book closed: leave the book as it is, put an older one in its place, or none. */
void book_shelf_shuffle(void);

#endif
