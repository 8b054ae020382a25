// Room for the answer to a key. While three guests flood their consoles, the fourth's echo queues behind all of them on
// the way to the screen: for processors, for the locks of their screens, for the terminal. So for the few milliseconds
// that an echo takes the others stand still; what they cannot notice is no harm, and there is always an end to it.

import Synchronization

/// Lets a guest's thread be asked to stand still for a moment.
package final class Pause: Sendable {
    /// The monotonic nanosecond at which the pause ends by itself; 0 when there is none.
    private let until = Atomic<UInt64>(0)
    private let bell = Monitor(())

    package init() {}

    /// Any thread.
    package func begin(until deadline: UInt64) { until.store(deadline, ordering: .releasing) }

    /// Any thread; does nothing when there is no pause.
    package func end() {
        if until.exchange(0, ordering: .acquiringAndReleasing) != 0 { bell.withLock { _ in } }
    }

    /// The guest's thread: stands still while it should.
    package func rest() {
        while true {
            let deadline = until.load(ordering: .acquiring)
            if deadline == 0 { return }
            let now = monotonicNanoseconds()
            if now >= deadline {
                _ = until.compareExchange(expected: deadline, desired: 0, ordering: .acquiringAndReleasing)
                continue
            }
            _ = bell.wait(within: .nanoseconds(Int64(clamping: deadline - now))) { _ in
                until.load(ordering: .acquiring) != deadline
            }
        }
    }
}
