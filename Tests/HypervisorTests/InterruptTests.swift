import Glibc
import Hypervisor
import I386
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(1)))
struct InterruptTests {
    /// Handlers that report 0x100 + line, for a few lines.
    private func handlers(_ code: inout Assembler, _ lines: [UInt32]) {
        for line in lines { code.gate(32 + line, to: "irq\(line)") }
        code.jump("go")
        for line in lines {
            code.label("irq\(line)")
            code.report(0x100 + line)
            code.store(0x200, at: Notes.irqEnabled)
            code.iret()
        }
        code.label("go")
    }

    @Test func lowestPendingLineComesFirst() throws {
        let machine = try Machine {
            handlers(&$0, [1, 5, 31])
            $0.report(1)
            $0.store(0x200, at: Notes.irqEnabled)
            $0.spin()
        }
        #expect(try machine.first() == 1)
        for line in [31, 1, 5] as [UInt32] { try machine.lguest.raise(IRQ(line)) }
        #expect(try machine.next() == 0x101)
        #expect(try machine.next() == 0x105)
        #expect(try machine.next() == 0x11f)
        #expect(machine.lguest.counters.interruptsDelivered == 3)
    }

    @Test func noLineIsDeliveredWhileInterruptsAreOff() throws {
        let machine = try Machine {
            handlers(&$0, [3])
            $0.store(0, at: Notes.irqEnabled)
            $0.report(1)
            $0.mov(.ecx, 100_000)
            $0.label("count")
            $0.raw(0xe2, 0xfe)  // loop .
            $0.report(2)
            $0.store(0x200, at: Notes.irqEnabled)
            $0.spin()
        }
        #expect(try machine.first() == 1)
        try machine.lguest.raise(IRQ(3))
        #expect(try machine.next() == 2)
        // Enabled by a plain store, which nobody sees: it must be noticed all the same.
        #expect(try machine.next() == 0x103)
    }

    @Test func interruptGateTurnsInterruptsOffAndPushesThemOn() throws {
        let machine = try Machine {
            $0.gate(33, to: "irq")
            $0.store(0x200, at: Notes.irqEnabled)
            $0.report(1)
            $0.spin()
            $0.label("irq")
            $0.load(.esi, at: Notes.irqEnabled)
            $0.loadStack(.edi, 8)
            $0.report(.esi)
            $0.report(.edi)
        }
        #expect(try machine.first() == 1)
        try machine.lguest.raise(IRQ(1))
        #expect(try machine.next() == 0)
        #expect(try machine.next() & 0x200 == 0x200)
    }

    @Test func blockedLineWaitsAndOthersPass() throws {
        let machine = try Machine {
            handlers(&$0, [2, 7])
            $0.store(1 << 2, at: Notes.blocked)
            $0.report(1)
            $0.store(0x200, at: Notes.irqEnabled)
            $0.label("wait")
            $0.load(.eax, at: Place.scratch)
            $0.unlessEAX(1, jump: "wait")
            $0.store(0, at: Notes.blocked)
            $0.spin()
        }
        #expect(try machine.first() == 1)
        try machine.lguest.raise(IRQ(2))
        try machine.lguest.raise(IRQ(7))
        #expect(try machine.next() == 0x107)
        machine.poke(Place.scratch, 1)
        #expect(try machine.next() == 0x102)
    }

    @Test func noLineIsDeliveredInTheForbiddenRange() throws {
        // The guest comes back from its report right into the range, with the line pending and the flag on.
        var (start, end): (UInt32, UInt32) = (0, 0)
        let machine = try Machine(bare: true) {
            $0.mov(.esp, Place.stack + pageOffset)
            $0.hypercall(1, Place.notes)
            $0.gate(34, to: "irq")
            $0.store(0x200, at: Notes.irqEnabled)
            $0.mov(.ecx, 200_000)
            $0.mov(.esi, 1)
            $0.report(.esi)
            start = $0.here
            $0.raw(0xe2, 0xfe)  // loop .
            end = $0.here
            $0.spin()
            $0.label("irq")
            $0.loadStack(.esi, 0)
            $0.report(.esi)
        }
        machine.poke(Notes.noirqStart, start)
        machine.poke(Notes.noirqEnd, end)
        #expect(try machine.first() == 1)
        try machine.lguest.raise(IRQ(2))
        #expect(try machine.next() == end)
        #expect(machine.lguest.cpu.state.pointee.ecx == 0)
    }

    @Test func emptyOrReversedForbiddenRangeForbidsNothing() throws {
        let machine = try Machine {
            handlers(&$0, [1])
            $0.store(0x200, at: Notes.irqEnabled)
            $0.report(1)
            $0.spin()
        }
        machine.poke(Notes.noirqStart, 0xffff_ffff)
        machine.poke(Notes.noirqEnd, 0)
        #expect(try machine.first() == 1)
        try machine.lguest.raise(IRQ(1))
        #expect(try machine.next() == 0x101)
    }

    @Test func lineWithoutAGateStaysPending() throws {
        let machine = try Machine {
            $0.store(0x200, at: Notes.irqEnabled)
            $0.report(1)
            $0.report(2)
            $0.gate(36, to: "irq")
            $0.spin()
            $0.label("irq")
            $0.report(0x104)
        }
        #expect(try machine.first() == 1)
        try machine.lguest.raise(IRQ(4))
        #expect(try machine.next() == 2)
        #expect(try machine.next() == 0x104)
    }

    @Test func deliveryRefreshesTheWallClock() throws {
        let machine = try Machine {
            handlers(&$0, [1])
            $0.store(0x200, at: Notes.irqEnabled)
            $0.report(1)
            $0.spin()
        }
        #expect(try machine.first() == 1)
        machine.poke(Notes.seconds, 0)
        try machine.lguest.raise(IRQ(1))
        try machine.next()
        #expect(machine.peek(Notes.seconds) >= UInt32(time(nil)) - 60)
    }

    @Test func interruptFromUserModeUsesTheKernelsStack() throws {
        let machine = try Machine {
            $0.hypercall(3, Place.gdt, 32)
            $0.gate(33, to: "irq")
            $0.store(0x200, at: Notes.irqEnabled)
            $0.report(1)
            $0.enterUserMode(at: "user")
            $0.label("user")
            $0.spin()
            $0.label("irq")
            $0.loadStack(.esi, 4)
            $0.mov(.edi, .esp)
            $0.report(.esi)
            $0.report(.edi)
        }
        machine.pokeGDT()
        #expect(try machine.first() == 1)
        // Get into user mode before the line is raised.
        let waker = BackgroundThread { [lguest = machine.lguest] in
            _ = eventually { lguest.counters.exits(.interrupted) > 0 || lguest.counters.exits(.budgetSpent) > 0 }
            try? lguest.breakOut(true)
        }
        #expect(throws: Errno.resourceTemporarilyUnavailable) { try machine.next() }
        try machine.lguest.breakOut(false)
        waker.join()
        try machine.lguest.raise(IRQ(1))
        #expect(try machine.next() == 0x73)
        #expect(try machine.next() == Place.trapStack + pageOffset - 20)
    }

    @Test func int32DoesNotFakeALine() throws {
        let machine = try Machine {
            handlers(&$0, [1])
            $0.gate(13, to: "protection")
            $0.interrupt(33)
            $0.label("protection")
            $0.pop(.eax)
            $0.report(.eax)
        }
        #expect(try machine.first() == 33 * 8 + 2)
    }

    // MARK: HALT

    @Test func haltedGuestIsWokenByALineWithInterruptsOn() throws {
        let machine = try Machine {
            $0.gate(33, to: "irq")
            $0.store(0, at: Notes.irqEnabled)
            $0.report(1)
            $0.hypercall(10)
            $0.report(2)
            $0.label("irq")
            $0.loadStack(.eax, 8)
            $0.report(.eax)
            $0.iret()
        }
        #expect(try machine.first() == 1)
        try machine.lguest.raise(IRQ(1))
        #expect(try machine.next() & 0x200 == 0x200)
        #expect(try machine.next() == 2)
    }

    @Test func haltedGuestIsWokenEvenWithoutAGate() throws {
        let machine = try Machine {
            $0.report(1)
            $0.hypercall(10)
            $0.load(.eax, at: Notes.irqEnabled)
            $0.report(.eax)
        }
        #expect(try machine.first() == 1)
        try machine.lguest.raise(IRQ(9))
        #expect(try machine.next() == 0x200)
    }

    @Test func haltedGuestUsesNoProcessorTime() throws {
        let machine = try Machine {
            $0.hypercall(10)
            $0.spin()
        }
        try machine.boot()
        let lguest = machine.lguest
        let waker = BackgroundThread {
            guard eventually({ lguest.counters.isHalted }) else { return }
            let used = lguest.counters.threadNanoseconds
            let start = monotonic()
            _ = eventually { monotonic() - start > 200_000_000 }
            #expect(lguest.counters.threadNanoseconds - used < 10_000_000)
            #expect(lguest.counters.haltedNanoseconds > 150_000_000)
            try? lguest.breakOut(true)
        }
        #expect(throws: Errno.resourceTemporarilyUnavailable) { try machine.next() }
        try lguest.breakOut(false)
        waker.join()
    }

    @Test func blockedLineDoesNotWakeAHaltedGuest() throws {
        let machine = try Machine {
            handlers(&$0, [1, 2])
            $0.store(1 << 1, at: Notes.blocked)
            $0.report(1)
            $0.hypercall(10)
            $0.report(2)
        }
        #expect(try machine.first() == 1)
        try machine.lguest.raise(IRQ(1))
        let lguest = machine.lguest
        let waker = BackgroundThread {
            #expect(eventually { lguest.counters.isHalted })
            try? lguest.breakOut(true)
        }
        #expect(throws: Errno.resourceTemporarilyUnavailable) { try machine.next() }
        try lguest.breakOut(false)
        waker.join()
        try lguest.raise(IRQ(2))
        #expect(try machine.next() == 0x102)
        #expect(try machine.next() == 2)
    }
}
