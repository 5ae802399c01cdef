/* Reads records. It knows no agent and no time. */
#include "record.h"

bool driver_is_console(enum driver driver)
{
    return driver == DRIVER_CENTRAL || driver == DRIVER_VISION;
}

bool record_is_contradicted(enum recorded recorded, enum side server_side)
{
    switch (recorded) {
    case RECORDED_ACTIVE:
    case RECORDED_PRODUCT_ACTIVE:
        return server_side == SIDE_OFFLINE;
    case RECORDED_UNABLE_TO_CONNECT:
    case RECORDED_INACTIVE:
        return server_side == SIDE_ONLINE;
    case RECORDED_UNKNOWN:
    case RECORDED_AGENT_ACTIVE:
    case RECORDED_ROAMING:
        break;
    }
    return false;
}

enum mode record_mode(enum recorded recorded)
{
    return recorded == RECORDED_ROAMING ? MODE_STANDALONE : recorded == RECORDED_ACTIVE ? MODE_NORMAL : MODE_UNKNOWN;
}
