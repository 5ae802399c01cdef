/* Prints the MIB module for the root given as one argument per arc. Never anything but a test's helper. */
#include <stdlib.h>
#include <string.h>

#include "print_mib.h"

int main(int argc, char **argv)
{
    uint32_t arcs[256];
    size_t count = 0;

    for (int i = 1; i < argc && count < sizeof(arcs) / sizeof(arcs[0]); i++)
        arcs[count++] = (uint32_t)strtoul(argv[i], NULL, 10);
    int error = ah_mib_print(stdout, arcs, count);
    if (error < 0)
        fprintf(stderr, "%s\n", strerror(-error));
    return error < 0;
}
