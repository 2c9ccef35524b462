/* broker.h - the lives of one broker: it starts, runs, ends in some way, and starts again from what is left. Threads:
 * one. */
#ifndef PAIDAN_SIM_BROKER_H
#define PAIDAN_SIM_BROKER_H

/* A new broker, that has never lived. */
void broker_init(void);
/* One life, from the start of the store to what the end leaves; sim.end says how it ended. */
void broker_live(void);

/* ---- for the loop that the front runs in ---- */

/* The front may have read its settings again. */
void broker_settings_read(void);
/* The broker ends, as sim.end says: nothing is freed yet. */
void broker_ends(void);

#endif
