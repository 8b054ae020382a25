// What every workload may use: no library is below it.
#pragma once
unsigned work(void);
void prepare(void);

static inline void copy(void *to, const void *from, unsigned count) {
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
}
void *memset(void *to, int value, unsigned count);
void *memcpy(void *to, const void *from, unsigned count);
