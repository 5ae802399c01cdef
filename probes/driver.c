/* The one table of probe drivers. */
#include "driver.h"

static const struct probe_driver *const drivers[DRIVERS] = {
    [DRIVER_LISTENER] = &listener_driver,
    [DRIVER_SERVER] = &server_driver,
};

const struct probe_driver *probe_driver_find(enum driver id)
{
    return (unsigned)id < DRIVERS ? drivers[id] : NULL;
}
