/* The listener driver: a Security Agent's own HTTP listener, the server's way to the agent (GET /?CAVIT; community).
 * A healthy body contains the marker. The rest of it is encrypted and none of our business: it is never decoded, kept
 * or logged. */
#include "driver.h"

#include <string.h>

/* How many bytes of the marker a text ends with, given that it ended with `matched` of them before `byte` came. */
static size_t match_next(const char *marker, size_t matched, char byte)
{
    for (size_t length = matched + 1; length > 0; length--)
        if (marker[length - 1] == byte && memcmp(marker, marker + matched + 1 - length, length - 1) == 0)
            return length;
    return 0;
}

static void read_body(struct body_state *state, const char *marker, const char *bytes, size_t n)
{
    const size_t marker_bytes = strlen(marker);

    for (size_t i = 0; i < n && state->matched < marker_bytes; i++)
        state->matched = match_next(marker, state->matched, bytes[i]);
    state->healthy = state->matched == marker_bytes;
    state->settled = state->healthy;
}

const struct probe_driver listener_driver = {
    .id = DRIVER_LISTENER,
    .has = HAS_SERVER_SIDE,
    .read = read_body,
    .complaint = "the answer does not contain the marker",
};
