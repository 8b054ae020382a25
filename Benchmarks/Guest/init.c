// The first and only process: makes what it needs of a file system, does its job, and turns the machine off.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bench.h"

static void say(const char *text) { if (write(1, text, strlen(text)) < 0) _exit(1); }

void begin(const char *name, unsigned count) {
    char line[80];
    snprintf(line, sizeof line, "\nBEGIN %s %u\n", name, count);
    say(line);
}

void end(const char *name) {
    char line[80];
    snprintf(line, sizeof line, "\nEND %s\n", name);
    say(line);
}

void die(const char *what) {
    perror(what);
    say("\nFAILED\n");
    reboot(RB_POWER_OFF);
    for (;;) pause();
}

int main(int argc, char **argv) {
    // What fork+exec starts is this program again.
    if (argc == 2 && !strcmp(argv[1], "leave")) return 0;
    const char *job = getenv("job");
    mkdir("/proc", 0755);
    mkdir("/sys", 0755);
    mkdir("/tmp", 0755);
    if (mount("proc", "/proc", "proc", 0, 0) || mount("sysfs", "/sys", "sysfs", 0, 0)) die("mount");
    say("\nUP\n");
    if (!job) die("no job");
    if (!strcmp(job, "micro")) micro();
    else if (!strcmp(job, "disk")) disk(getenv("disk"));
    else if (!strcmp(job, "flood")) flood((unsigned)atoi(getenv("megabytes") ? getenv("megabytes") : "4"));
    else if (!strcmp(job, "spin")) for (volatile unsigned turns = 0;; turns++) {}
    else if (!strcmp(job, "idle")) for (;;) pause();
    say("\nDONE\n");
    reboot(RB_POWER_OFF);
    for (;;) pause();
}
