import Hypervisor
import I386
import Testing

@Suite(.timeLimit(.minutes(1)))
struct RingTests {
    /// Puts a call into a slot of the ring, as a guest does.
    private func queue(_ machine: Machine, _ slot: UInt32, _ number: UInt32, _ edx: UInt32 = 0, _ ebx: UInt32 = 0) {
        machine.poke(Notes.ring + slot * 16, number)
        machine.poke(Notes.ring + slot * 16 + 4, edx)
        machine.poke(Notes.ring + slot * 16 + 8, ebx)
        machine.poke(Notes.ring + slot * 16 + 12, 0)
        _ = machine.memory.store8(0, at: GuestPhysical(Notes.status + slot))
    }
    private func isDone(_ machine: Machine, _ slot: UInt32) -> Bool {
        machine.memory.load8(at: GuestPhysical(Notes.status + slot)) == 0xff
    }

    @Test func ringIsDoneBeforeTheDirectCallAndInOrder() throws {
        let machine = try Machine {
            $0.report(1)
            $0.report(9)
        }
        #expect(try machine.first() == 1)
        for slot in 0..<UInt32(3) { queue(machine, slot, 13, 0, 100 + slot) }
        // Each SEND_DMA to the launcher stops the ring; the guest's own report comes last.
        #expect(try machine.next() == 100)
        #expect(isDone(machine, 0) && !isDone(machine, 1))
        #expect(try machine.next() == 101)
        #expect(try machine.next() == 102)
        #expect(try machine.next() == 9)
        #expect(machine.lguest.counters.asynchronousHypercalls == 3)
    }

    @Test func cursorWrapsAtTheEndOfTheRing() throws {
        let machine = try Machine {
            $0.label("again")
            $0.report(1)
            $0.jump("again")
        }
        #expect(try machine.first() == 1)
        for slot in 0..<UInt32(64) { queue(machine, slot, 8, slot & 1) }
        #expect(try machine.next() == 1)
        for slot in 0..<UInt32(64) { #expect(isDone(machine, slot)) }
        queue(machine, 0, 13, 0, 77)
        #expect(try machine.next() == 77)
        #expect(machine.lguest.counters.asynchronousHypercalls == 65)
    }

    @Test func aGapEndsTheRing() throws {
        let machine = try Machine {
            $0.report(1)
            $0.report(2)
        }
        #expect(try machine.first() == 1)
        queue(machine, 1, 13, 0, 55)
        #expect(try machine.next() == 2)
        #expect(!isDone(machine, 1))
    }

    @Test func ringIsDrainedByAnyTripOutOfTheGuest() throws {
        // A page fault, not a hypercall, brings the guest out here.
        let machine = try Machine {
            $0.gate(14, to: "fault")
            $0.report(1)
            $0.load(.eax, virtual: 0x1000)
            $0.label("fault")
            $0.spin()
        }
        #expect(try machine.first() == 1)
        queue(machine, 0, 13, 0, 33)
        #expect(try machine.next() == 33)
    }

    @Test func fatalCallInTheRingIsFatal() throws {
        let machine = try Machine { $0.report(1) }
        #expect(try machine.first() == 1)
        queue(machine, 0, 1, Place.notes)
        #expect(throws: (any Error).self) { try machine.next() }
        #expect(machine.lguest.death == .secondInit(Place.notes))
    }

    @Test func answersOfTheRingAreDropped() throws {
        let machine = try Machine {
            $0.mov(.esi, 0x1234)
            $0.report(1)
            $0.mov(.eax, 0)
            $0.interrupt(0x1f)
            $0.report(.eax)
        }
        #expect(try machine.first() == 1)
        queue(machine, 0, 12, 0, Place.buffers)  // BIND_DMA, irq 0: would answer 0
        #expect(try machine.next() == 0)
        #expect(machine.lguest.counters.dmaBinds == 1)
    }

    @Test func statusIsReadAtTheFirstUnfinishedSlotOnly() throws {
        // 0xff is free; anything else waits, as in the original.
        let machine = try Machine {
            $0.report(1)
            $0.report(2)
        }
        #expect(try machine.first() == 1)
        queue(machine, 0, 13, 0, 44)
        _ = machine.memory.store8(7, at: GuestPhysical(Notes.status))
        #expect(try machine.next() == 44)
    }
}
