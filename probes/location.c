/* The location driver: whether a reference server accepts a TCP connection, which is all that agents want of it, too.
 * Nothing is sent, and the connection is closed at once. */
#include "driver.h"

const struct probe_driver location_driver = {
    .id = DRIVER_LOCATION,
    .connects = true,
};
