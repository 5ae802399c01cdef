/* Stands between the code under test and the allocator. */
#include "heap.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t n, size_t bytes);
void *__real_realloc(void *old, size_t bytes);
void *__real_reallocarray(void *old, size_t n, size_t bytes);
void __real_free(void *block);

void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t n, size_t bytes);
void *__wrap_realloc(void *old, size_t bytes);
void *__wrap_reallocarray(void *old, size_t n, size_t bytes);
void __wrap_free(void *block);

static atomic_long blocks;
static atomic_ulong calls;
static atomic_bool failed;
static unsigned long fail_first, fail_last; /* by number of call; set while one thread runs */

long heap_blocks(void)
{
    return atomic_load(&blocks);
}

void heap_fail(unsigned long first, unsigned long n)
{
    atomic_store(&calls, 0);
    atomic_store(&failed, false);
    fail_first = first;
    fail_last = n > UINT64_MAX - first ? UINT64_MAX : first + n - 1;
}

bool heap_heal(void)
{
    fail_first = fail_last = 0;
    return atomic_load(&failed);
}

static bool is_out(void)
{
    if (fail_first == 0)
        return false;
    const unsigned long call = atomic_fetch_add(&calls, 1) + 1;
    if (call < fail_first || call > fail_last)
        return false;
    atomic_store(&failed, true);
    return true;
}

static void *counted(void *block)
{
    if (block)
        atomic_fetch_add(&blocks, 1);
    return block;
}

void *__wrap_malloc(size_t bytes)
{
    return is_out() ? NULL : counted(__real_malloc(bytes));
}

void *__wrap_calloc(size_t n, size_t bytes)
{
    return is_out() ? NULL : counted(__real_calloc(n, bytes));
}

void *__wrap_realloc(void *old, size_t bytes)
{
    if (is_out())
        return NULL;
    void *block = __real_realloc(old, bytes);
    return old ? block : counted(block);
}

void *__wrap_reallocarray(void *old, size_t n, size_t bytes)
{
    if (is_out())
        return NULL;
    void *block = __real_reallocarray(old, n, bytes);
    return old ? block : counted(block);
}

void __wrap_free(void *block)
{
    if (block)
        atomic_fetch_sub(&blocks, 1);
    __real_free(block);
}
