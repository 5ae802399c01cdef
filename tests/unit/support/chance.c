/* A counter through a mixing function: enough disorder for tests, and no hidden state. */
#include "chance.h"

struct chance chance_of(uint64_t seed)
{
    return (struct chance){ seed * UINT64_C(0x9e3779b97f4a7c15) + 1 };
}

uint32_t chance_below(struct chance *chance, uint32_t below)
{
    uint64_t mixed = chance->state += UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ mixed >> 32) * UINT64_C(0xd6e8feb86659fd93);
    mixed = (mixed ^ mixed >> 32) * UINT64_C(0xd6e8feb86659fd93);
    return (uint32_t)(((mixed >> 32) * below) >> 32);
}

bool chance_percent(struct chance *chance, uint32_t percent)
{
    return chance_below(chance, 100) < percent;
}
