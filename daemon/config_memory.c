/* Keeps the texts of a configuration in blocks, without a header for each. It never frees one alone. */
#include "config_memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 32 * 1024 - 64 };

struct block {
    struct block *next;
    size_t used, room;
    char bytes[];
};

struct config_memory {
    struct block *blocks; /* the newest first */
};

struct config_memory *config_memory_new(void)
{
    return calloc(1, sizeof(struct config_memory));
}

void config_memory_free(struct config_memory *memory)
{
    if (!memory)
        return;
    while (memory->blocks) {
        struct block *next = memory->blocks->next;

        free(memory->blocks);
        memory->blocks = next;
    }
    free(memory);
}

static char *take(struct config_memory *memory, size_t bytes)
{
    struct block *block = memory->blocks;

    if (!block || block->room - block->used < bytes) {
        size_t room = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;

        block = malloc(sizeof *block + room);
        if (!block)
            return NULL;
        *block = (struct block){ .next = memory->blocks, .room = room };
        memory->blocks = block;
    }
    block->used += bytes;
    return block->bytes + block->used - bytes;
}

const char *config_memory_text(struct config_memory *memory, const char *text)
{
    size_t bytes = strlen(text) + 1;
    char *copy;

    if (bytes == 1)
        return "";
    copy = take(memory, bytes);
    return copy ? memcpy(copy, text, bytes) : NULL;
}

const char *config_memory_format(struct config_memory *memory, const char *format, ...)
{
    va_list list, again;
    char *text = NULL;
    int n;

    va_start(list, format);
    va_copy(again, list);
    n = vsnprintf(NULL, 0, format, list);
    if (n >= 0)
        text = take(memory, (size_t)n + 1);
    if (text)
        vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    va_end(list);
    return text;
}
