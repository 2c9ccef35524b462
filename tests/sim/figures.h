/* figures.h - whether the broker's figures are what the orders' lives add up to. Threads: one. */
#ifndef PAIDAN_SIM_FIGURES_H
#define PAIDAN_SIM_FIGURES_H

#include "core.h"

void figures_check(const struct core *core);

#endif
