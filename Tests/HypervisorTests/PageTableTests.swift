import Hypervisor
import I386
import Testing

/// What a guest may do to its page tables, and what it has to say about it.
@Suite(.timeLimit(.minutes(1)))
struct PageTableTests {
    private let user: UInt32 = 0x0040_0000
    private let userTable: UInt32 = 0x14000
    private let otherUserTable: UInt32 = 0x15000

    /// Two address spaces in which `user` shows different pages.
    private func twoSpaces(_ machine: Machine) {
        machine.mapEverything(directory: Place.otherDirectory, table: Place.table)
        machine.poke(Place.directory + 4, userTable | 7)
        machine.poke(Place.otherDirectory + 4, otherUserTable | 7)
        machine.poke(userTable, Place.scratch | 7)
        machine.poke(otherUserTable, Place.buffers | 7)
        machine.poke(Place.scratch, 0x1111)
        machine.poke(Place.buffers, 0x2222)
    }

    @Test func newPageTableSwitchesTheView() throws {
        let machine = try Machine {
            $0.load(.esi, virtual: user)
            $0.report(.esi)
            $0.hypercall(4, Place.otherDirectory)
            $0.load(.esi, virtual: user)
            $0.report(.esi)
            $0.hypercall(4, Place.directory)
            $0.load(.esi, virtual: user)
            $0.report(.esi)
        }
        twoSpaces(machine)
        #expect(try machine.first() == 0x1111)
        #expect(try machine.next() == 0x2222)
        #expect(try machine.next() == 0x1111)
    }

    @Test func setPTEMakesAChangeSeen() throws {
        let machine = try Machine {
            $0.load(.esi, virtual: user)
            $0.report(.esi)
            $0.store(Place.buffers | 0x67, at: userTable)
            $0.hypercall(14, Place.directory, user, Place.buffers | 0x67)
            $0.load(.esi, virtual: user)
            $0.report(.esi)
        }
        twoSpaces(machine)
        #expect(try machine.first() == 0x1111)
        #expect(try machine.next() == 0x2222)
    }

    @Test func setPTEOfAnotherSpaceIsSeenOnReturn() throws {
        let machine = try Machine {
            $0.load(.esi, virtual: user)
            $0.hypercall(4, Place.otherDirectory)
            $0.store(Place.code | 7, at: userTable)
            $0.store(Place.buffers | 7, at: userTable)
            $0.hypercall(14, Place.directory, user, Place.buffers | 7)
            $0.hypercall(4, Place.directory)
            $0.load(.esi, virtual: user)
            $0.report(.esi)
        }
        twoSpaces(machine)
        #expect(try machine.first() == 0x2222)
    }

    @Test func setPMDDropsFourMegabytesOfOneSpace() throws {
        let machine = try Machine {
            $0.load(.esi, virtual: user)
            $0.report(.esi)
            $0.store(otherUserTable | 7, at: Place.directory + 4)
            $0.hypercall(15, Place.directory, 1)
            $0.load(.esi, virtual: user)
            $0.report(.esi)
        }
        twoSpaces(machine)
        #expect(try machine.first() == 0x1111)
        #expect(try machine.next() == 0x2222)
    }

    @Test(arguments: [1023, 1024, 0xffff_ffff] as [UInt32])
    func setPMDOfTheReservedTopIsIgnored(index: UInt32) throws {
        let machine = try Machine {
            $0.hypercall(15, Place.directory, index)
            $0.report(1)
        }
        #expect(try machine.first() == 1)
    }

    @Test(arguments: [0, 1] as [UInt32])
    func flushForgetsUserMappings(scope: UInt32) throws {
        let machine = try Machine {
            $0.load(.esi, virtual: user)
            $0.report(.esi)
            $0.store(Place.buffers | 7, at: userTable)
            $0.hypercall(5, scope)
            $0.load(.esi, virtual: user)
            $0.report(.esi)
        }
        twoSpaces(machine)
        #expect(try machine.first() == 0x1111)
        #expect(try machine.next() == 0x2222)
    }

    @Test func kernelMappingIsForgottenInAllSpaces() throws {
        let page = Place.sharedPage
        let virtual = page + pageOffset
        let machine = try Machine {
            $0.load(.esi, virtual: virtual)
            $0.hypercall(4, Place.otherDirectory)
            $0.load(.esi, virtual: virtual)
            $0.store(Place.buffers | 7, at: Place.table + page / onePage * 4)
            $0.hypercall(14, 0, virtual, Place.buffers | 7)
            $0.load(.esi, virtual: virtual)
            $0.report(.esi)
            $0.hypercall(4, Place.directory)
            $0.load(.esi, virtual: virtual)
            $0.report(.esi)
        }
        twoSpaces(machine)
        #expect(try machine.first() == 0x2222)
        #expect(try machine.next() == 0x2222)
    }

    @Test func useSetsAccessedAndDirtyInTheGuestsTables() throws {
        let machine = try Machine {
            $0.load(.esi, virtual: user)
            $0.report(1)
            $0.raw(0x89, 0x35)  // mov [user], esi
            $0.word(user)
            $0.report(2)
        }
        twoSpaces(machine)
        #expect(try machine.first() == 1)
        #expect(machine.peek(userTable) & 0x60 == 0x20)
        #expect(try machine.next() == 2)
        #expect(machine.peek(userTable) & 0x60 == 0x60)
    }

    // MARK: Illegal entries

    @Test(arguments: [0x80, 0x08] as [UInt32])
    func illegalBitInAPageTableIsFatalOnUse(bit: UInt32) throws {
        let machine = try Machine {
            $0.load(.esi, virtual: user)
        }
        twoSpaces(machine)
        machine.poke(userTable, Place.scratch | 7 | bit)
        #expect(machine.death() == .badTableEntry(Place.scratch | 7 | bit, address: user))
    }

    @Test(arguments: [0x80, 0x08, 0x10, 0x100, 0x200] as [UInt32])
    func illegalBitInADirectoryIsFatalOnUse(bit: UInt32) throws {
        let machine = try Machine {
            $0.load(.esi, virtual: user)
        }
        twoSpaces(machine)
        machine.poke(Place.directory + 4, userTable | 7 | bit)
        #expect(machine.death() == .badDirectoryEntry(userTable | 7 | bit, address: user))
    }

    @Test func frameBeyondTheLimitIsFatalOnUse() throws {
        let machine = try Machine {
            $0.load(.esi, virtual: user)
        }
        twoSpaces(machine)
        machine.poke(userTable, Place.memorySize | 7)
        #expect(machine.death() == .badTableEntry(Place.memorySize | 7, address: user))
    }

    @Test(arguments: [Place.scratch | 0x61 | 0x80, Place.scratch | 0x21 | 8, Place.memorySize | 0x67])
    func illegalEntryThatIsMarkedUsedIsFatalInSetPTE(entry: UInt32) throws {
        let machine = try Machine { $0.hypercall(14, Place.directory, user, entry) }
        #expect(machine.death() == .badTableEntry(entry, address: user))
    }

    @Test(arguments: [0x80, 0xffff_f0e0, 0x40] as [UInt32])
    func entryThatIsNotPresentMayHoldAnything(entry: UInt32) throws {
        // Swap entries and the like: the original confused some of them with illegal ones.
        let machine = try Machine {
            $0.hypercall(14, Place.directory, user, entry)
            $0.report(1)
        }
        #expect(try machine.first() == 1)
    }

    @Test(arguments: [0xffc0_0000, 0xffff_f000] as [UInt32])
    func setPTEInTheReservedTopIsFatal(address: UInt32) throws {
        let machine = try Machine { $0.hypercall(14, Place.directory, address, 0) }
        #expect(machine.death() == .reservedMemory(address))
    }

    @Test func touchingTheReservedTopIsAFaultUnlessSomethingIsMappedThere() throws {
        let machine = try Machine {
            $0.gate(14, to: "fault")
            $0.load(.esi, virtual: 0xffc0_1000)
            $0.label("fault")
            $0.load(.esi, at: Notes.cr2)
            $0.report(.esi)
            $0.store(userTable | 7, at: Place.directory + 1023 * 4)
            $0.load(.esi, virtual: 0xffc0_1000)
        }
        twoSpaces(machine)
        #expect(try machine.first() == 0xffc0_1000)
        #expect(throws: (any Error).self) { try machine.next() }
        #expect(machine.lguest.death == .reservedMemory(0xffc0_1000))
    }

    // MARK: The stack

    @Test(arguments: [0, 2, 3] as [UInt32])
    func stackSegmentMustBeOfRingOne(ring: UInt32) throws {
        let machine = try Machine { $0.hypercall(7, 0x68 | ring, Place.trapStack + pageOffset, 1) }
        #expect(machine.death() == .badStackSegment(0x68 | ring))
    }

    @Test func stackOfThreePagesIsFatal() throws {
        let machine = try Machine { $0.hypercall(7, 0x69, Place.trapStack + pageOffset, 3) }
        #expect(machine.death() == .tooManyStackPages(3))
    }

    @Test func stackThatIsNotMappedIsFatal() throws {
        let machine = try Machine { $0.hypercall(7, 0x69, 0x5000, 2) }
        #expect(machine.death() == .badStackPage(0x4fff))
    }

    @Test func stackThatIsNotWritableIsFatal() throws {
        let machine = try Machine { $0.hypercall(7, 0x69, Place.trapStack + pageOffset, 2) }
        machine.poke(Place.table + (Place.trapStack - 2 * onePage) / onePage * 4, Place.trapStack - 2 * onePage | 5)
        #expect(machine.death() == .badStackPage(Place.trapStack + pageOffset - 1 - onePage))
    }

    @Test func stackThatWasUnmappedIsFatalAtTheNextFullFlush() throws {
        let machine = try Machine {
            $0.store(0, at: Place.table + (Place.trapStack - onePage) / onePage * 4)
            $0.hypercall(5, 1)
        }
        #expect(machine.death() == .badStackPage(Place.trapStack + pageOffset - 1))
    }

    @Test func manyAddressSpacesTakeTurns() throws {
        // Ten directories, more than any cache keeps, each with its own page at `user`; twice around.
        let machine = try Machine {
            for _ in 0..<2 {
                for space in 0..<UInt32(10) {
                    $0.hypercall(4, 0x20000 + space * 0x3000)
                    $0.load(.esi, virtual: user)
                    $0.report(.esi)
                }
            }
        }
        for space in 0..<UInt32(10) {
            let directory = 0x20000 + space * 0x3000
            machine.mapEverything(directory: directory, table: Place.table)
            machine.poke(directory + 4, directory + 0x1000 | 7)
            machine.poke(directory + 0x1000, directory + 0x2000 | 7)
            machine.poke(directory + 0x2000, 0xa000 + space)
        }
        try machine.boot()
        for turn in 0..<UInt32(20) { #expect(try machine.next() == 0xa000 + turn % 10) }
    }
}
