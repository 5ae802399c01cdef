/* The heap as seen by the code under test: it counts blocks, and can be told to run out. Works by the linker's --wrap,
 * so shared libraries go past it. */
#ifndef AH_TEST_HEAP_H
#define AH_TEST_HEAP_H

#include <stdbool.h>
#include <stddef.h>

/* Blocks that are allocated now. Blocks that a shared library allocates and we free, or the other way round, spoil the
 * count: compare it only around code that uses none. */
long heap_blocks(void);

/* Of the allocations from now on, number `first` (1 is the next) fails, and `n` - 1 more behind it. */
void heap_fail(unsigned long first, unsigned long n);
/* Back to a heap that works. True if anything failed since heap_fail(). */
bool heap_heal(void);

#endif
