// System calls: a program asks its kernel for next to nothing, and every fourth time to take 64 bytes. Into the kernel, through its
// entry and its table, and back out: the price of asking.
#include "system.h"

enum { LEAVE, NEXT, TAKE };

#ifdef NATIVE
static unsigned call(unsigned number, unsigned first, unsigned second) {
    int parent;
    __asm__ volatile("int $0x80" : "=a"(parent) : "a"(64));     // getppid
    return number == NEXT ? first + 1 : first + ((unsigned char *)second)[63];
}
#else
static unsigned char taken[64];
static unsigned next(unsigned value) { return value + 1; }
static unsigned take(unsigned value, const void *from) {
    copy(taken, from, sizeof taken);
    return value + taken[63];
}
void fault(unsigned address, unsigned error) { (void)address; leave(error); }
void *const calls[] = {leave, next, take};
const unsigned call_count = 3;
#endif

unsigned work(void) {
    static unsigned char bytes[64];
    unsigned sum = 0;
    for (unsigned i = 0; i < 1000000; i++) {
        bytes[63] = (unsigned char)i;
        sum = sum * 31 + call(i & 3 ? NEXT : TAKE, i, (unsigned)bytes);
    }
    return sum;
}
