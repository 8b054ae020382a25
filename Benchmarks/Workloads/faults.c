// Page faults: a window of 4 MiB is touched page by page, which faults for a frame; protected, and written to, which faults for
// the right to; and unmapped again. What fork, exec and mmap consist of, underneath.
#include "system.h"

enum { LEAVE, PROTECT, UNMAP };
enum { ROUNDS = 100, PAGES = 1024 };

#ifdef NATIVE
#define _GNU_SOURCE
#include <sys/mman.h>
static volatile unsigned *at;
void prepare(void) { at = mmap(0, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }
static void call(unsigned number, unsigned first, unsigned second) {
    (void)first, (void)second;
    if (number == UNMAP) madvise((void *)at, PAGES * 4096, MADV_DONTNEED);
    else mprotect((void *)at, PAGES * 4096, PROT_READ), mprotect((void *)at, PAGES * 4096, PROT_READ | PROT_WRITE);
}
#else
static volatile unsigned *const at = (volatile unsigned *)WINDOW;
static unsigned protect(void) {
    for (unsigned page = 0; page < PAGES; page++) window[page] &= ~2u;
    window_changed_much();
    return 0;
}
static unsigned unmap(void) {
    for (unsigned page = 0; page < PAGES; page++) window[page] = 0;
    window_changed_much();
    return 0;
}
void fault(unsigned address, unsigned error) {
    const unsigned page = (address - WINDOW) / 4096;
    if (page >= PAGES) leave(error);
    if (window[page] & 1) {
        window[page] |= 2;
        window_changed(page);
    } else {
        window[page] = (0x1000000 + page * 4096) | 7;      // frames from 16 MiB on
    }
}
void *const calls[] = {leave, protect, unmap};
const unsigned call_count = 3;
#endif

unsigned work(void) {
    unsigned sum = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned page = 0; page < PAGES; page++) at[page * 1024] = page ^ round;
        call(PROTECT, 0, 0);
        for (unsigned page = 0; page < PAGES; page++) at[page * 1024] += page;
        for (unsigned page = 0; page < PAGES; page++) sum = sum * 31 + at[page * 1024];
        call(UNMAP, 0, 0);
    }
    return sum;
}
