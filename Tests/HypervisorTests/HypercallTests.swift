import Glibc
import Hypervisor
import I386
import Testing

@Suite(.timeLimit(.minutes(1)))
struct HypercallTests {
    @Test(arguments: [0, 2, 5, 10, 16, 99] as [UInt32])
    func anyCallBeforeLguestInitIsFatal(number: UInt32) throws {
        let machine = try Machine(bare: true) { $0.hypercall(number) }
        #expect(machine.death() == .hypercallBeforeInit(number))
        #expect(machine.lguest.deathReason() == "hypercall \(number) came before LGUEST_INIT")
    }

    @Test(arguments: Dialect.allCases)
    func lguestInitFillsInTheNotes(dialect: Dialect) throws {
        let ids = GuestIDs()
        for _ in 0..<3 { _ = ids.take() }
        let before = UInt32(time(nil))
        let machine = try Machine(ids: ids, dialect: dialect) { $0.report(1) }
        #expect(try machine.first() == 1)
        #expect(machine.peek(Notes.reserveMemory) == 4 << 20)
        #expect(machine.peek(Notes.guestID) & 0xffff == 3)
        #expect(machine.peek(Notes.tscKHz) > 0)
        #expect((before...before + 60).contains(machine.peek(Notes.seconds)))
        #expect(machine.peek(Notes.seconds + 4) < 1_000_000_000)
    }

    @Test func secondLguestInitIsFatal() throws {
        let machine = try Machine { $0.hypercall(1, Place.notes) }
        #expect(machine.death() == .secondInit(Place.notes))
    }

    @Test(arguments: [Place.memorySize, Place.memorySize - 1127, 0xffff_fff0])
    func notesOutsideOfMemoryAreFatal(address: UInt32) throws {
        let machine = try Machine(bare: true) { $0.hypercall(1, address) }
        #expect(machine.death() == .badGuestPage(address))
    }

    @Test func notesMayEndExactlyWhereMemoryEnds() throws {
        let machine = try Machine(bare: true) {
            $0.hypercall(1, Place.memorySize - 1128)
            $0.report(1)
        }
        #expect(try machine.first() == 1)
    }

    @Test(arguments: [11, 17, 0x1000_0000, 0xffff_ffff] as [UInt32])
    func unknownCallIsFatal(number: UInt32) throws {
        let machine = try Machine { $0.hypercall(number) }
        #expect(machine.death() == .unknownHypercall(number))
    }

    @Test func callWithoutAnswerLeavesEAX() throws {
        let machine = try Machine {
            $0.hypercall(5, 0)
            $0.report(.eax)
        }
        #expect(try machine.first() == 5)
    }

    @Test func callsTheProcessorSkipsAreNotRepeatedAfterABreak() throws {
        let machine = try Machine {
            $0.report(1)
            $0.report(2)
        }
        #expect(try machine.first() == 1)
        #expect(try machine.next() == 2)
        #expect(machine.lguest.counters.hypercalls[13] == 2)
    }

    // MARK: CRASH

    @Test func crashKillsWithTheGuestsWords() throws {
        let machine = try Machine { $0.hypercall(2, Place.scratch) }
        try machine.load(Array("Power down\0".utf8), at: Place.scratch)
        #expect(machine.death() == .crash("Power down"))
        let reason = DeathReason(try #require(machine.lguest.deathReason()))
        #expect(reason.isPowerOff)
        #expect(reason.crashMessage == "Power down")
    }

    @Test func crashMessageEndsAfter127Bytes() throws {
        let machine = try Machine { $0.hypercall(2, Place.scratch) }
        try machine.load([UInt8](repeating: 0x41, count: 300), at: Place.scratch)
        #expect(machine.death() == .crash(String(repeating: "A", count: 127)))
    }

    @Test func crashMessageEndsWithMemory() throws {
        let machine = try Machine { $0.hypercall(2, Place.memorySize - 2) }
        try machine.load(Array("ok".utf8), at: Place.memorySize - 2)
        #expect(machine.death() == .crash("ok"))
    }

    @Test func crashMessageOutsideOfMemoryIsADeathOfItsOwn() throws {
        let machine = try Machine { $0.hypercall(2, Place.memorySize) }
        #expect(machine.death() == .badRead(address: Place.memorySize, count: 128))
    }

    @Test func crashOfAnyOtherKindIsNoPowerOff() {
        #expect(!DeathReason("CRASH: Power down now").isPowerOff)
        #expect(!DeathReason("Power down").isPowerOff)
        #expect(DeathReason("unhandled trap 6 at 0x1 (0)").crashMessage == nil)
    }

    // MARK: From user mode

    @Test func userModeCannotMakeHypercalls() throws {
        let machine = try Machine {
            $0.hypercall(3, Place.gdt, 32)
            $0.gate(13, to: "protection")
            $0.enterUserMode(at: "user")
            $0.label("user")
            $0.interrupt(0x1f)
            $0.label("protection")
            $0.pop(.eax)
            $0.report(.eax)
        }
        machine.pokeGDT()
        #expect(try machine.first() == 0x1f * 8 + 2)
    }
}
