/* The server driver: a management server's start page for agents (GET /officescan/cgi/cgionstart.exe; Trend Micro's
 * guide to older releases, community). A healthy body is the marker and nothing else, white space aside. */
#include "driver.h"

#include <string.h>

static bool is_space(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static void read_body(struct body_state *state, const char *marker, const char *bytes, size_t n)
{
    const size_t marker_bytes = strlen(marker);

    for (size_t i = 0; i < n && !state->settled; i++) {
        const bool between = state->matched == 0 || state->matched == marker_bytes;
        if (between && is_space(bytes[i]))
            continue;
        if (state->matched < marker_bytes && marker[state->matched] == bytes[i])
            state->matched++;
        else
            state->settled = true;
    }
    state->healthy = !state->settled && state->matched == marker_bytes;
}

const struct probe_driver server_driver = {
    .id = DRIVER_SERVER,
    .read = read_body,
    .complaint = "the answer is not the marker",
};
