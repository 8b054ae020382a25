// What the two workloads of kernels share. Linked with system.S and system.c, a workload's `work` is a program in ring 3 with a
// kernel below it: in QEMU one that owns the machine (ring 0), in lgtui an lguest guest (ring 1) that asks its
// hypervisor for what only the owner may do. Natively it is a Linux program, and Linux is the kernel.
#pragma once
#include "workload.h"

#ifndef NATIVE
/// Every fault in a window of as many pages, here, is the workload's business.
enum { WINDOW = 0x08000000, WINDOW_PAGES = 1024 };
extern unsigned window[WINDOW_PAGES];      // its page table
void window_changed(unsigned page);        // one entry, of a page that was present
void window_changed_much(void);            // any number of entries

/// System calls by number; the first is always `leave`. They find their arguments on the stack, as C functions do.
extern void *const calls[];
extern const unsigned call_count;
unsigned leave(unsigned result);
void fault(unsigned address, unsigned error);

static inline unsigned call(unsigned number, unsigned first, unsigned second) {
    unsigned result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(first), "c"(second) : "memory");
    return result;
}
#endif
