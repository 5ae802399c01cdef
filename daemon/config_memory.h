/* Keeps the texts of a configuration: many small ones that live and die together. */
#ifndef AH_DAEMON_CONFIG_MEMORY_H
#define AH_DAEMON_CONFIG_MEMORY_H

#include "core/model.h"

struct config_memory;

/* NULL: out of memory. */
struct config_memory *config_memory_new(void);
void config_memory_free(struct config_memory *memory); /* NULL-safe; ends every text it gave */

/* A copy that lives as long as the memory; NULL: out of memory. */
const char *config_memory_text(struct config_memory *memory, const char *text);
const char *config_memory_format(struct config_memory *memory, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
