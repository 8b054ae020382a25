// Tests that need a second thread get a real one: the hypervisor's rules are about threads, not about tasks.

import Glibc
import Hypervisor
import Synchronization

final class BackgroundThread: @unchecked Sendable {
    private var thread = pthread_t()
    private let body: @Sendable () -> Void
    private let finished = Atomic<Bool>(false)

    init(_ body: @escaping @Sendable () -> Void) {
        self.body = body
        // SAFETY: the retained reference is taken back by the thread, exactly once.
        pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                let this = Unmanaged<BackgroundThread>.fromOpaque(context).takeRetainedValue()
                this.body()
                this.finished.store(true, ordering: .releasing)
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
    }

    var isFinished: Bool { finished.load(ordering: .acquiring) }
    // Either of the two, once.
    func join() { pthread_join(thread, nil) }
    func detach() { pthread_detach(thread) }
}

/// Waits for a condition, at most 30 seconds. - Returns: whether it came true.
func eventually(_ condition: () -> Bool) -> Bool {
    let deadline = monotonic() + 30_000_000_000
    while !condition() {
        if monotonic() > deadline { return false }
        usleep(500)
    }
    return true
}

func monotonic() -> UInt64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
}

/// Keeps a test from hanging on a guest that never comes back.
final class Watchdog: Sendable {
    private let isOver = Atomic<Bool>(false)

    func stop() { isOver.store(true, ordering: .relaxed) }

    func watch(_ lguest: EmbeddedLguest) {
        let watchdog = self
        // Weakly, since some tests want to see a guest go.
        BackgroundThread { [weak lguest] in
            for _ in 0..<300 {
                if watchdog.isOver.load(ordering: .relaxed) { return }
                usleep(100_000)
            }
            try? lguest?.breakOut(true)
        }.detach()
    }
}
