// Two clocks of the host: one that never jumps, for deadlines, and one that people believe, for the guest's wall clock.
// Both are read through the vDSO, so a reading costs some tens of nanoseconds and no system call.

import Glibc

enum HostTime {
    /// Nanoseconds since some fixed moment.
    static func monotonic() -> UInt64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return UInt64(now.tv_sec) &* 1_000_000_000 &+ UInt64(now.tv_nsec)
    }

    /// Seconds since 1970, as the guest's 32-bit `timespec` holds them, and nanoseconds.
    static func wallClock() -> (seconds: UInt32, nanoseconds: UInt32) {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return (UInt32(truncatingIfNeeded: now.tv_sec), UInt32(truncatingIfNeeded: now.tv_nsec))
    }

    /// Processor time of the thread behind `clock`, or nil when that thread is gone.
    static func processorTime(of clock: clockid_t) -> UInt64? {
        var used = timespec()
        guard clock_gettime(clock, &used) == 0 else { return nil }
        return UInt64(used.tv_sec) &* 1_000_000_000 &+ UInt64(used.tv_nsec)
    }
}
