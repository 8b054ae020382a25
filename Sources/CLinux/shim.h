// Why this exists: Swift's Glibc module leaves out epoll and eventfd, and builds the C library's headers without _GNU_SOURCE,
// so that what Linux has beyond POSIX cannot be seen through it. These are the few such things that the launcher uses, declared as
// memfd_create(2), fcntl(2), open(2), memmem(3) and pthread_setname_np(3) document them.
#pragma once
#include <pthread.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>

extern int memfd_create(const char *name, unsigned int flags);
extern void *memmem(const void *haystack, size_t haystack_length, const void *needle, size_t needle_length);
extern int pthread_setname_np(pthread_t thread, const char *name);

// The flags of memfd_create and the seals of fcntl are the same on every architecture …
static const unsigned int LINUX_MFD_CLOEXEC = 1, LINUX_MFD_ALLOW_SEALING = 2;
static const int LINUX_F_ADD_SEALS = 1033;
static const int LINUX_F_SEAL_SEAL = 1, LINUX_F_SEAL_SHRINK = 2, LINUX_F_SEAL_GROW = 4, LINUX_F_SEAL_WRITE = 8;

// … but O_DIRECT is not.
#if defined(__arm__) || defined(__aarch64__)
static const int LINUX_O_DIRECT = 0200000;
#else
static const int LINUX_O_DIRECT = 040000;
#endif
