// A nudge is a break-out for callers who have no time to wait: main threads, mostly.

import Glibc
import Hypervisor
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(2))) struct NudgeTests {
    @Test func aNudgeGetsAHaltedGuestOutOnce() throws {
        let machine = try Machine {
            $0.report(1)
            $0.hypercall(10)
            $0.report(2)
        }
        #expect(try machine.first() == 1)
        let lguest = machine.lguest
        let nudger = BackgroundThread {
            _ = eventually { lguest.counters.isHalted }
            _ = lguest.nudge()
        }
        #expect(throws: Errno.interrupted) { try machine.next() }
        nudger.join()
        // It is not out for good: the next run halts again, until the next nudge.
        let again = BackgroundThread {
            _ = eventually { lguest.counters.isHalted }
            _ = lguest.nudge()
        }
        #expect(throws: Errno.interrupted) { try machine.next() }
        again.join()
    }

    @Test func aNudgeBeforeTheRunIsNotLost() throws {
        let machine = try Machine {
            $0.report(1)
            $0.report(2)
        }
        #expect(try machine.first() == 1)
        #expect(machine.lguest.nudge())
        #expect(machine.lguest.nudge())
        #expect(throws: Errno.interrupted) { try machine.next() }
        #expect(try machine.next() == 2)
    }

    @Test func aNudgeReleasesNobodyWhoBreaksOut() throws {
        let machine = try Machine {
            $0.report(1)
            $0.hypercall(10)
        }
        #expect(try machine.first() == 1)
        let lguest = machine.lguest
        let waker = BackgroundThread { try? lguest.breakOut(true) }
        #expect(throws: Errno.resourceTemporarilyUnavailable) { try machine.next() }
        _ = lguest.nudge()
        // Nobody has released the waker, so it is still the reason to come out.
        #expect(throws: Errno.resourceTemporarilyUnavailable) { try machine.next() }
        #expect(!waker.isFinished)
        try lguest.breakOut(false)
        waker.join()
        #expect(throws: Errno.interrupted) { try machine.next() }
    }
}
