/* The two clocks. */
#ifndef AH_PROBES_CLOCK_H
#define AH_PROBES_CLOCK_H

#include "core/model.h"

struct now clock_now(void);

#endif
