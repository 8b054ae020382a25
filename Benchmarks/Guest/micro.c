// What a kernel does for its programs, one thing at a time, in the manner of lmbench: each test repeats one operation often
// enough to be seen from outside.
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "bench.h"

#define PAGE 4096u
static char buffer[65536];

static void system_calls(void) {
    begin("getppid", 200000);
    for (unsigned i = 0; i < 200000; i++) syscall(SYS_getppid);
    end("getppid");

    struct stat status;
    begin("stat", 50000);
    for (unsigned i = 0; i < 50000; i++) if (stat("/proc", &status)) die("stat");
    end("stat");

    begin("open+close", 30000);
    for (unsigned i = 0; i < 30000; i++) close(open("/init", O_RDONLY));
    end("open+close");
}

// MARK: Processes

static void wait_for(pid_t child) {
    int status;
    if (waitpid(child, &status, 0) != child || status) die("a child failed");
}

static void processes(void) {
    begin("fork+exit", 600);
    for (unsigned i = 0; i < 600; i++) {
        pid_t child = fork();
        if (child < 0) die("fork");
        if (!child) _exit(0);
        wait_for(child);
    }
    end("fork+exit");

    begin("fork+exec", 300);
    for (unsigned i = 0; i < 300; i++) {
        pid_t child = fork();
        if (child < 0) die("fork");
        if (!child) {
            execl("/init", "/init", "leave", (char *)0);
            _exit(1);
        }
        wait_for(child);
    }
    end("fork+exec");
}

static void pass(int from, int to, unsigned times) {
    char token;
    while (times--) if (read(from, &token, 1) != 1 || write(to, &token, 1) != 1) _exit(1);
}

/// A token goes round `count` processes, through pipes; each looks through `bytes` of its own when it comes by.
static void ring(const char *name, unsigned count, unsigned rounds, unsigned bytes) {
    int ends[16][2];
    pid_t child[16];
    for (unsigned i = 0; i < count; i++) if (pipe(ends[i])) die("pipe");
    for (unsigned i = 1; i < count; i++) {
        if ((child[i] = fork()) < 0) die("fork");
        if (child[i]) continue;
        for (unsigned round = 0; round < rounds; round++) {
            pass(ends[i - 1][0], ends[i][1], 1);
            for (unsigned at = 0; at < bytes; at += 32) buffer[at]++;
        }
        _exit(0);
    }
    begin(name, rounds * count);
    for (unsigned round = 0; round < rounds; round++) {
        char token = 1;
        if (write(ends[0][1], &token, 1) != 1 || read(ends[count - 1][0], &token, 1) != 1) die("ring");
        for (unsigned at = 0; at < bytes; at += 32) buffer[at]++;
    }
    end(name);
    for (unsigned i = 1; i < count; i++) wait_for(child[i]);
    for (unsigned i = 0; i < count; i++) { close(ends[i][0]); close(ends[i][1]); }
}

/// One process writes `total` bytes, 64 KiB at a time, and this one reads them.
static void stream(const char *name, const int ends[2], unsigned total) {
    begin(name, total);
    pid_t child = fork();
    if (child < 0) die("fork");
    if (!child) {
        close(ends[0]);
        for (unsigned done = 0; done < total; ) {
            ssize_t count = write(ends[1], buffer, sizeof buffer);
            if (count <= 0) _exit(1);
            done += (unsigned)count;
        }
        _exit(0);
    }
    close(ends[1]);
    for (unsigned done = 0; done < total; ) {
        ssize_t count = read(ends[0], buffer, sizeof buffer);
        if (count <= 0) die("a stream broke off");
        done += (unsigned)count;
    }
    wait_for(child);
    end(name);
    close(ends[0]);
}

static void communication(void) {
    ring("pipe latency", 2, 8000, 0);
    ring("context switch, 8 processes", 8, 1500, 0);
    ring("context switch, 8 of 32 KiB", 8, 1200, 32768);
    int ends[2];
    if (pipe(ends)) die("pipe");
    stream("pipe bandwidth", ends, 64u << 20);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends)) die("socketpair");
    stream("unix socket bandwidth", ends, 48u << 20);
}

// MARK: Memory

static void *map(unsigned bytes, int file) {
    void *at = mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | (file < 0 ? MAP_ANONYMOUS : 0), file, 0);
    if (at == MAP_FAILED) die("mmap");
    return at;
}

static void memory(void) {
    begin("mmap+munmap", 30000);
    for (unsigned i = 0; i < 30000; i++) munmap(map(16 * PAGE, -1), 16 * PAGE);
    end("mmap+munmap");

    // Fresh pages: a fault, a page of zeroes, an entry; and all of it back.
    begin("anonymous page", 40 * 1024);
    for (unsigned round = 0; round < 40; round++) {
        char *at = map(1024 * PAGE, -1);
        for (unsigned i = 0; i < 1024; i++) at[i * PAGE] = 1;
        munmap(at, 1024 * PAGE);
    }
    end("anonymous page");

    // Pages that are in the page cache: only the entry is missing.
    int file = open("/tmp/file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    for (unsigned i = 0; i < 64; i++) if (write(file, buffer, sizeof buffer) != sizeof buffer) die("write");
    begin("page of a file", 40 * 1024);
    for (unsigned round = 0; round < 40; round++) {
        volatile char *at = map(1024 * PAGE, file);
        for (unsigned i = 0; i < 1024; i++) (void)at[i * PAGE];
        munmap((void *)at, 1024 * PAGE);
    }
    end("page of a file");

    begin("file read", 40u << 22);
    for (unsigned round = 0; round < 40; round++) {
        lseek(file, 0, SEEK_SET);
        for (unsigned i = 0; i < 64; i++) if (read(file, buffer, sizeof buffer) != sizeof buffer) die("read");
    }
    end("file read");
    close(file);
    unlink("/tmp/file");

    // Written to by a child, so that each page is copied.
    char *shared = map(512 * PAGE, -1);
    memset(shared, 1, 512 * PAGE);
    begin("copy on write", 30 * 512);
    for (unsigned round = 0; round < 30; round++) {
        pid_t child = fork();
        if (child < 0) die("fork");
        if (!child) {
            for (unsigned i = 0; i < 512; i++) shared[i * PAGE] = 2;
            _exit(0);
        }
        wait_for(child);
    }
    end("copy on write");
    munmap(shared, 512 * PAGE);
}

// MARK: Signals

static char *guarded;
static void ignore(int number) { (void)number; }
static void unprotect(int number) { (void)number; mprotect(guarded, PAGE, PROT_READ | PROT_WRITE); }

static void signals(void) {
    signal(SIGUSR1, ignore);
    const pid_t self = getpid();
    begin("signal", 50000);
    for (unsigned i = 0; i < 50000; i++) kill(self, SIGUSR1);
    end("signal");

    guarded = map(PAGE, -1);
    signal(SIGSEGV, unprotect);
    begin("protection fault", 30000);
    for (unsigned i = 0; i < 30000; i++) {
        mprotect(guarded, PAGE, PROT_READ);
        *(volatile char *)guarded = 1;
    }
    end("protection fault");
}

void micro(void) {
    // In a child, since kernels report every fault of their first process.
    pid_t child = fork();
    if (child < 0) die("fork");
    if (child) {
        wait_for(child);
        return;
    }
    system_calls();
    processes();
    communication();
    memory();
    signals();
    _exit(0);
}
