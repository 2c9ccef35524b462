/* publications.h - whether what is published comes in order, without gaps, and from the disk. Threads: one. */
#ifndef PAIDAN_SIM_PUBLICATIONS_H
#define PAIDAN_SIM_PUBLICATIONS_H

#include <stddef.h>

void publications_init(void);
void publications_fini(void);
/* The broker counts anew. */
void publications_begin_life(void);
/* A publication leaves. */
void publications_leave(const char *topic, size_t topic_bytes, const void *data, size_t bytes);

#endif
