// The same workload on the real processor, for scale: 32-bit Linux, same markers.
#include <stdio.h>
#include "workload.h"
__attribute__((weak)) void prepare(void) {}
int main(void) {
    prepare();
    putchar('S'); fflush(stdout);
    unsigned sum = work();
    printf("E%08x\n", sum);
    return 0;
}
