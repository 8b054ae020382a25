// Standing still for somebody else's echo: it ends when that is drawn, and anyhow.

import Glibc
import GuestHost
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(2))) struct PauseTests {
    private func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    @Test func withoutAPauseNobodyRests() {
        let pause = Pause()
        pause.rest()
        pause.begin(until: 1)
        pause.rest()
        pause.end()
        pause.rest()
    }

    @Test func aPauseEndsByItself() {
        let pause = Pause()
        let deadline = now() + 3_000_000
        pause.begin(until: deadline)
        pause.rest()
        #expect(now() >= deadline)
        // And only once.
        pause.rest()
    }

    @Test func aPauseEndsWhenItIsToldTo() {
        let pause = Pause()
        // For ever, as far as this test is concerned.
        pause.begin(until: now() + 3_600_000_000_000)
        let rested = Monitor(false)
        startTestThread {
            pause.rest()
            rested.withLock { $0 = true }
        }
        #expect(!rested.wait(within: .milliseconds(50)) { $0 })
        pause.end()
        #expect(rested.wait(within: .seconds(30)) { $0 })
    }
}
