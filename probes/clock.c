/* The one place where drivers and daemon ask what time it is. */
#include "clock.h"

#include <time.h>

static int64_t read_ms(clockid_t id)
{
    struct timespec time;
    clock_gettime(id, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

struct now clock_now(void)
{
    return (struct now){ .mono_ms = read_ms(CLOCK_MONOTONIC), .wall_ms = read_ms(CLOCK_REALTIME) };
}
