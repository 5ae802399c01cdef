/* Packing texts behind a value. It counts nothing and frees nothing. */
#include "shared.h"

#include <stdlib.h>
#include <string.h>

void *shared_pack(size_t head, const char **const *texts, size_t n)
{
    size_t bytes = head;
    for (size_t i = 0; i < n; i++)
        bytes += *texts[i] ? strlen(*texts[i]) + 1 : 1;
    char *block = malloc(bytes), *end = block + head;
    if (!block)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        const size_t length = *texts[i] ? strlen(*texts[i]) + 1 : 1;
        *texts[i] = memcpy(end, *texts[i] ? *texts[i] : "", length);
        end += length;
    }
    return block;
}
