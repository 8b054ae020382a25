// Pointer chase: one cycle through 4 MiB in an order that no prefetcher guesses. Measures misses, the guest's and ours.
#include "workload.h"

static unsigned next[1 << 20];

void prepare(void) {
    unsigned seed = 7;
    for (unsigned i = 0; i < 1 << 20; i++) next[i] = i;
    for (unsigned i = (1 << 20) - 1; i; i--) {          // Sattolo: a permutation that is one cycle
        seed = seed * 1664525 + 1013904223;
        unsigned j = (seed >> 4) % i, t = next[i];
        next[i] = next[j];
        next[j] = t;
    }
}

unsigned work(void) {
    unsigned at = 0;
    for (unsigned i = 0; i < 4000000; i++) at = next[at];
    return at;
}
