/* machine.h - the machine below the broker, as far as it is no disk. Threads: one. */
#ifndef PAIDAN_SIM_MACHINE_H
#define PAIDAN_SIM_MACHINE_H

/* From here on randomness comes from sim.dice. */
void machine_init(void);

#endif
