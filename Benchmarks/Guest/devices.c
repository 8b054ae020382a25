// Disks and consoles: the same requests to whatever hardware the kernel found.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>
#include "bench.h"

#define SPAN (64u << 20)        // bytes of the disk that are used
#define LARGE (128u << 10)      // of a sequential request
#define SMALL 4096u             // of a random one
#define RANDOM 6000u

/// Device numbers differ from kernel to kernel; /sys knows.
static void make_node(const char *name) {
    char path[64];
    unsigned major, minor;
    snprintf(path, sizeof path, "/sys/block/%s/dev", name);
    FILE *file = fopen(path, "r");
    if (!file || fscanf(file, "%u:%u", &major, &minor) != 2) die(path);
    fclose(file);
    if (mknod("/disk", S_IFBLK | 0600, makedev(major, minor))) die("mknod");
}

/// Moves every block of a walk over the disk. With O_DIRECT the guest's own page cache is out of it. A nameless one is for
/// warming up: the kernel's path is then known to whoever translates it.
static void walk(const char *name, int flags, unsigned block, unsigned count, int is_random, char *memory) {
    int file = open("/disk", flags);
    if (file < 0) die("open");
    unsigned seed = 1;
    if (name) begin(name, is_random ? count : count * (block >> 10));
    for (unsigned i = 0; i < count; i++) {
        seed = seed * 1664525 + 1013904223;
        const unsigned place = is_random ? (seed >> 8) % (SPAN / block) : i;
        const off_t at = (off_t)place * block;
        const ssize_t moved = flags & O_WRONLY ? pwrite(file, memory, block, at) : pread(file, memory, block, at);
        if (moved != (ssize_t)block) die("transfer");
    }
    // Written is what the disk has, not what the kernel means to write one day.
    if (flags & O_WRONLY && fsync(file)) die("fsync");
    if (name) end(name);
    close(file);
}

void disk(const char *name) {
    char *memory;
    make_node(name);
    if (posix_memalign((void **)&memory, SMALL, LARGE)) die("memory");
    memset(memory, 0x5a, LARGE);
    walk(0, O_RDONLY | O_DIRECT, LARGE, 64, 0, memory);
    walk(0, O_WRONLY | O_DIRECT, LARGE, 64, 0, memory);
    walk("sequential read, direct", O_RDONLY | O_DIRECT, LARGE, SPAN / LARGE, 0, memory);
    walk("sequential write, direct", O_WRONLY | O_DIRECT, LARGE, SPAN / LARGE, 0, memory);
    walk("random read, direct", O_RDONLY | O_DIRECT, SMALL, RANDOM, 1, memory);
    walk("random write, direct", O_WRONLY | O_DIRECT, SMALL, RANDOM, 1, memory);
    walk("sequential read, cached", O_RDONLY, LARGE, SPAN / LARGE, 0, memory);
    walk("sequential write, cached", O_WRONLY, LARGE, SPAN / LARGE, 0, memory);
}

void flood(unsigned megabytes) {
    static char text[8000];
    for (unsigned i = 0; i < sizeof text; i++) text[i] = i % 80 == 79 ? '\n' : (char)(' ' + (i + i / 80) % 95);
    begin("console flood", megabytes << 20);
    for (unsigned left = megabytes << 20; left; ) {
        const ssize_t count = write(1, text, left < sizeof text ? left : sizeof text);
        if (count <= 0) die("write");
        left -= (unsigned)count;
    }
    tcdrain(1);
    end("console flood");
}
