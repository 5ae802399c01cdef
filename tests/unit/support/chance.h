/* Repeatable chance for property tests: the same seed gives the same history on every machine. */
#ifndef AH_TEST_CHANCE_H
#define AH_TEST_CHANCE_H

#include <stdbool.h>
#include <stdint.h>

struct chance {
    uint64_t state;
};

struct chance chance_of(uint64_t seed);
/* Evenly from 0 to below - 1; `below` at least 1. */
uint32_t chance_below(struct chance *chance, uint32_t below);
bool chance_percent(struct chance *chance, uint32_t percent);

#endif
