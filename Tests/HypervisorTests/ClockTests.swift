import Glibc
import Hypervisor
import I386
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ClockTests {
    private func timerHandler(_ code: inout Assembler) {
        code.gate(32, to: "timer")
        code.store(0x200, at: Notes.irqEnabled)
        code.jump("go")
        code.label("timer")
        code.report(0x100)
        code.store(0x200, at: Notes.irqEnabled)
        code.iret()
        code.label("go")
    }

    @Test(arguments: [100_000, 3_000_000, 20_000_000] as [UInt32])
    func clockInterruptsABusyGuestOnce(delay: UInt32) throws {
        let machine = try Machine {
            timerHandler(&$0)
            $0.report(1)
            $0.hypercall(9, delay)
            $0.spin()
        }
        #expect(try machine.first() == 1)
        let start = monotonic()
        #expect(try machine.next() == 0x100)
        #expect(monotonic() - start >= UInt64(delay))
        // One shot: nothing more comes.
        let lguest = machine.lguest
        let waker = BackgroundThread {
            usleep(60_000)
            try? lguest.breakOut(true)
        }
        #expect(throws: Errno.resourceTemporarilyUnavailable) { try machine.next() }
        try lguest.breakOut(false)
        waker.join()
        #expect(lguest.counters.interruptsDelivered == 1)
    }

    @Test func clockWakesAHaltedGuest() throws {
        let machine = try Machine {
            timerHandler(&$0)
            $0.report(1)
            $0.hypercall(9, 5_000_000)
            $0.hypercall(10)
            $0.report(2)
        }
        #expect(try machine.first() == 1)
        let start = monotonic()
        #expect(try machine.next() == 0x100)
        #expect(monotonic() - start >= 5_000_000)
        #expect(machine.lguest.counters.haltedNanoseconds > 3_000_000)
        #expect(try machine.next() == 2)
    }

    @Test func zeroCancels() throws {
        let machine = try Machine {
            timerHandler(&$0)
            $0.hypercall(9, 20_000_000)
            $0.hypercall(9, 0)
            $0.hypercall(10)
            $0.report(2)
        }
        try machine.boot()
        let lguest = machine.lguest
        let waker = BackgroundThread {
            usleep(80_000)
            try? lguest.breakOut(true)
        }
        #expect(throws: Errno.resourceTemporarilyUnavailable) { try machine.next() }
        try lguest.breakOut(false)
        waker.join()
        #expect(lguest.counters.interruptsDelivered == 0)
    }

    @Test func aNewDeadlineReplacesTheOld() throws {
        let machine = try Machine {
            timerHandler(&$0)
            $0.report(1)
            $0.hypercall(9, 1_000_000_000)
            $0.hypercall(9, 1_000_000)
            $0.spin()
        }
        #expect(try machine.first() == 1)
        let start = monotonic()
        #expect(try machine.next() == 0x100)
        #expect(monotonic() - start < 900_000_000)
    }

    @Test func timerCanBeBlockedLikeAnyLine() throws {
        let machine = try Machine {
            timerHandler(&$0)
            $0.store(1, at: Notes.blocked)
            $0.hypercall(9, 100_000)
            $0.mov(.ecx, 3_000_000)
            $0.raw(0xe2, 0xfe)
            $0.report(2)
            $0.store(0, at: Notes.blocked)
            $0.spin()
        }
        #expect(try machine.first() == 2)
        #expect(try machine.next() == 0x100)
    }
}
