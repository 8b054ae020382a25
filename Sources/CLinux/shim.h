// Why this exists: Swift's Glibc module leaves out epoll and eventfd, and builds the C library's headers without _GNU_SOURCE,
// so that what Linux has beyond POSIX cannot be seen through it. These are the few such things that the launcher uses, declared as
// memfd_create(2), fcntl(2), open(2), memmem(3) and pthread_setname_np(3) document them.
#pragma once
#include <poll.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

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

extern int fallocate(int descriptor, int mode, off_t offset, off_t count);

// Locks of an open file description (fcntl(2)): unlike the classic ones they keep two guests of one process apart.
static const int LINUX_F_OFD_GETLK = 36, LINUX_F_OFD_SETLK = 37;

// Swift cannot call functions with "..." in their declaration, and these two have little else.
extern long syscall(long number, ...);
/// FUTEX_WAIT, in memory that processes share; 0, or -1 and errno.
static inline int linux_futex_wait(const void *word, uint32_t value, const struct timespec *limit) {
    return (int)syscall(SYS_futex, word, 0 /* FUTEX_WAIT */, value, limit, 0, 0);
}
/// FUTEX_WAKE of everybody.
static inline int linux_futex_wake(const void *word) {
    return (int)syscall(SYS_futex, word, 1 /* FUTEX_WAKE */, 0x7fffffff, 0, 0, 0);
}
/// sched_setattr(2) of one thread, 0 for the calling one: how long a turn on the processor it asks for, in nanoseconds.
/// Everything else about it stays. Kernels before 6.12 take the wish and ignore it. 0, or -1 and errno.
static inline int linux_set_slice(pid_t thread, uint64_t nanoseconds) {
    struct {
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t runtime, deadline, period;
    } attributes = {.size = sizeof attributes};
    if (syscall(SYS_sched_getattr, thread, &attributes, sizeof attributes, 0) != 0) return -1;
    attributes.runtime = nanoseconds;
    return (int)syscall(SYS_sched_setattr, thread, &attributes, 0);
}
/// gettid(2).
static inline pid_t linux_thread_id(void) { return (pid_t)syscall(SYS_gettid); }
/// ioctl(2) with a pointer.
static inline int linux_ioctl(int descriptor, unsigned long request, void *argument) {
    return ioctl(descriptor, request, argument);
}
/// ppoll(2), whose declaration hides behind _GNU_SOURCE.
extern int ppoll(struct pollfd *requests, nfds_t count, const struct timespec *limit, const sigset_t *mask);
static inline int linux_ppoll(struct pollfd *requests, unsigned int count, const struct timespec *limit) {
    return ppoll(requests, count, limit, 0);
}
/// unshare(2) of the calling thread's network: for tests, which must not touch the machine's.
extern int unshare(int flags);
static inline int linux_unshare_network(void) { return unshare(0x40000000 /* CLONE_NEWNET */); }
