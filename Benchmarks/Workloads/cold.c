// Cold code: 16,384 different functions, each run once. What counts is how soon a translation pays.
#include "workload.h"

#define F(n) __attribute__((noinline)) static unsigned f##n(unsigned x) { \
    x = (x ^ 0x##n##u) * 2654435761u; if (x & 64) x += 0x1##n; else x -= x >> 3; return x ^ x << 7; }
#define C(n) x = f##n(x);
#define T4(M, p) M(p##0) M(p##1) M(p##2) M(p##3)
#define T16(M, p) T4(M, p##0) T4(M, p##1) T4(M, p##2) T4(M, p##3)
#define T64(M, p) T16(M, p##0) T16(M, p##1) T16(M, p##2) T16(M, p##3)
#define T256(M, p) T64(M, p##0) T64(M, p##1) T64(M, p##2) T64(M, p##3)
#define T1024(M, p) T256(M, p##0) T256(M, p##1) T256(M, p##2) T256(M, p##3)
#define T4096(M, p) T1024(M, p##0) T1024(M, p##1) T1024(M, p##2) T1024(M, p##3)
T4096(F, 0) T4096(F, 1) T4096(F, 2) T4096(F, 3)

unsigned work(void) {
    static volatile unsigned start = 1; // or the compiler runs it all at build time
    unsigned x = start;
    T4096(C, 0) T4096(C, 1) T4096(C, 2) T4096(C, 3)
    return x;
}
