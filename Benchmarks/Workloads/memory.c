// Memory: block copies of odd lengths, string lengths, and a heap sort.
#include "workload.h"

static unsigned char a[1 << 16], b[1 << 16];
static unsigned heap[1 << 16];

static unsigned length(const unsigned char *s) { const unsigned char *p = s; while (*p) p++; return (unsigned)(p - s); }

static void sift(unsigned root, unsigned count) {
    unsigned value = heap[root], child;
    while ((child = 2 * root + 1) < count) {
        if (child + 1 < count && heap[child + 1] > heap[child]) child++;
        if (heap[child] <= value) break;
        heap[root] = heap[child];
        root = child;
    }
    heap[root] = value;
}

unsigned work(void) {
    unsigned sum = 0, seed = 1;
    for (unsigned i = 0; i < sizeof a; i++) a[i] = (unsigned char)(i * 7 + 1) | 1;
    for (unsigned round = 0; round < 2400; round++) {
        unsigned n = 40000 + round % 97;
        copy(b + round % 5, a, n);
        b[n] = 0;
        sum += length(b + round % 5);
    }
    for (unsigned round = 0; round < 24; round++) {
        const unsigned n = sizeof heap / sizeof *heap;
        for (unsigned i = 0; i < n; i++) heap[i] = seed = seed * 1103515245 + 12345;
        for (unsigned i = n / 2; i--; ) sift(i, n);
        for (unsigned i = n; --i; ) { unsigned t = heap[0]; heap[0] = heap[i]; heap[i] = t; sift(0, i); }
        sum = sum * 31 + heap[n / 3];
    }
    return sum;
}
