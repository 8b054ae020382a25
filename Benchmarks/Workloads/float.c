// Floating point on the x87: a Mandelbrot set and a power series, in double precision.
#include "workload.h"

unsigned work(void) {
    unsigned sum = 0;
    for (int y = 0; y < 384; y++)
        for (int x = 0; x < 128; x++) {
            double cr = x / 48.0 - 2.0, ci = y / 160.0 - 1.2, r = 0, i = 0;
            unsigned n = 0;
            while (n < 200 && r * r + i * i < 4) { double t = r * r - i * i + cr; i = 2 * r * i + ci; r = t; n++; }
            sum += n;
        }
    double e = 1;
    for (int round = 0; round < 80000; round++) {
        double term = 1, x = round * 2.5e-5;
        for (int k = 1; k < 20; k++) { term *= x / k; e += term; }
    }
    return sum + (unsigned)(long)(e * 16);
}
