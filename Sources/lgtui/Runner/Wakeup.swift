// How guests' threads tell the main thread that there is something new to show: an eventfd that it polls, and a flag
// in front, so that a guest which prints a million lines makes one system call a frame instead of a million.

import CLinux
import Glibc
import Synchronization

package final class Wakeup: Sendable {
    package let descriptor: Int32
    private let isRung = Atomic<Bool>(false)

    package init() { descriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC)) }

    deinit { close(descriptor) }

    /// From any thread: makes the descriptor readable.
    package func ring() {
        if isRung.exchange(true, ordering: .acquiringAndReleasing) { return }
        var one: UInt64 = 1
        _ = write(descriptor, &one, MemoryLayout<UInt64>.size)
    }

    /// On the main thread, before looking at what is new: whatever comes later rings again.
    package func clear() {
        var count: UInt64 = 0
        _ = read(descriptor, &count, MemoryLayout<UInt64>.size)
        isRung.store(false, ordering: .sequentiallyConsistent)
    }
}
