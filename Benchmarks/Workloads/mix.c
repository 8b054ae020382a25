// Integer and string mix: numbers are printed, parsed, reversed and tallied, as a shell or a log filter would.
#include "workload.h"

static unsigned print(char *to, unsigned n) {
    char digits[12];
    unsigned count = 0, length;
    do { digits[count++] = (char)('0' + n % 10); n /= 10; } while (n);
    for (length = 0; count; ) to[length++] = digits[--count];
    to[length] = 0;
    return length;
}

static unsigned parse(const char *from) {
    unsigned n = 0;
    while (*from >= '0' && *from <= '9') n = n * 10 + (unsigned)(*from++ - '0');
    return n;
}

unsigned work(void) {
    static unsigned tally[256];
    unsigned seed = 12345, sum = 0;
    for (unsigned round = 0; round < 6000000; round++) {
        char text[16];
        seed = seed * 1664525 + 1013904223;
        unsigned length = print(text, seed >> (round & 15));
        for (unsigned i = 0, j = length - 1; i < j; i++, j--) { char c = text[i]; text[i] = text[j]; text[j] = c; }
        unsigned back = parse(text);
        tally[back & 255] += length;
        sum = (sum << 5 | sum >> 27) ^ back;
        if (text[0] == '7') sum += tally[sum & 255];
    }
    return sum;
}
