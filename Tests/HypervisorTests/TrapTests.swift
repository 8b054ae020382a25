import Hypervisor
import I386
import Testing

@Suite(.timeLimit(.minutes(1)))
struct TrapTests {
    @Test func unhandledTrapIsFatalWithVectorAddressAndCode() throws {
        let machine = try Machine(bare: true) { $0.raw(0x0f, 0x0b) }
        #expect(machine.death() == .unhandledTrap(vector: 6, eip: Place.code + pageOffset, detail: 0))
        #expect(machine.lguest.deathReason() == "unhandled trap 6 at 0xc0001000 (0)")
    }

    @Test func unhandledPageFaultNamesTheAddress() throws {
        let machine = try Machine(bare: true) { $0.load(.eax, virtual: 0x1234) }
        #expect(machine.death() == .unhandledTrap(vector: 14, eip: Place.code + pageOffset, detail: 0x1234))
        #expect(machine.lguest.deathReason() == "unhandled trap 14 at 0xc0001000 (0x1234)")
    }

    @Test(arguments: [0x200, 0] as [UInt32])
    func reflectedTrapPushesTheGuestsInterruptFlag(flag: UInt32) throws {
        let machine = try Machine {
            $0.gate(6, to: "handler", type: 0xe)
            $0.store(flag, at: Notes.irqEnabled)
            $0.label("bad")
            $0.raw(0x0f, 0x0b)
            $0.label("handler")
            $0.loadStack(.eax, 8)
            $0.report(.eax)
            $0.loadStack(.eax, 4)
            $0.report(.eax)
            $0.loadStack(.eax, 0)
            $0.report(.eax)
            $0.load(.eax, at: Notes.irqEnabled)
            $0.report(.eax)
        }
        #expect(try machine.first() & 0x200 == flag)
        #expect(try machine.next() == 0x61)
        let eip = try machine.next()
        #expect(machine.memory.load16(at: GuestPhysical(eip &- pageOffset)) == 0x0b0f)
        // An interrupt gate leaves interrupts off.
        #expect(try machine.next() == 0)
        #expect(machine.lguest.counters.trapsDelivered == 1)
    }

    @Test func trapGateLeavesTheInterruptFlagAndNeedsNoHypervisor() throws {
        let machine = try Machine {
            $0.gate(6, to: "handler", type: 0xf)
            $0.store(0, at: Notes.irqEnabled)
            $0.raw(0x0f, 0x0b)
            $0.label("handler")
            $0.loadStack(.eax, 8)
            $0.report(.eax)
        }
        // Delivered by the processor, so the pushed flag is the real one.
        #expect(try machine.first() & 0x200 == 0x200)
        #expect(machine.lguest.counters.trapsDelivered == 0)
        #expect(machine.lguest.counters.exits(.otherTrap) == 0)
    }

    @Test(arguments: [13, 14] as [UInt32])
    func someTrapsAreSeenByTheHypervisorEvenThroughATrapGate(vector: UInt32) throws {
        let machine = try Machine {
            $0.gate(vector, to: "handler", type: 0xf)
            $0.store(0x200, at: Notes.irqEnabled)
            if vector == 14 { $0.load(.eax, virtual: 0x5000) } else { $0.raw(0xf4) }  // hlt
            $0.label("handler")
            $0.loadStack(.eax, 0)
            $0.report(.eax)
            $0.load(.eax, at: Notes.irqEnabled)
            $0.report(.eax)
        }
        #expect(try machine.first() == 0)  // the error code
        #expect(try machine.next() == 0x200)  // a trap gate leaves the flag
        #expect(machine.lguest.counters.trapsDelivered == 1)
    }

    @Test func pageFaultLeavesItsAddressInTheNotes() throws {
        let machine = try Machine {
            $0.gate(14, to: "handler")
            $0.raw(0xc7, 0x05)  // mov dword [0xdeb000], 1
            $0.word(0xdeb000)
            $0.word(1)
            $0.label("handler")
            $0.loadStack(.eax, 0)
            $0.report(.eax)
        }
        #expect(try machine.first() == 2)  // a write, not present, ring 1
        #expect(machine.peek(Notes.cr2) == 0xdeb000)
        #expect(machine.lguest.counters.pageFaults == 1)
    }

    @Test func writeToAReadOnlyPageIsFaultThree() throws {
        let machine = try Machine {
            $0.gate(14, to: "handler")
            $0.store(1, at: Place.scratch)
            $0.label("handler")
            $0.loadStack(.eax, 0)
            $0.report(.eax)
        }
        machine.poke(Place.table + Place.scratch / onePage * 4, Place.scratch | 5)
        #expect(try machine.first() == 3)
    }

    @Test func trapFromUserModeSwitchesToTheKernelsStack() throws {
        let machine = try Machine {
            $0.hypercall(3, Place.gdt, 32)
            $0.gate(6, to: "handler")
            $0.enterUserMode(at: "user")
            $0.label("user")
            $0.raw(0x0f, 0x0b)
            $0.label("handler")
            $0.mov(.esi, .esp)
            for offset in [4, 8, 12, 16] as [UInt8] {
                $0.loadStack(.eax, offset)
                $0.report(.eax)
            }
            $0.report(.esi)
        }
        machine.pokeGDT()
        #expect(try machine.first() == 0x73)
        #expect(try machine.next() & 0x3200 == 0)  // the guest's flag is off, IOPL 0
        #expect(try machine.next() == Place.userStack + pageOffset)
        #expect(try machine.next() == 0x7b)
        #expect(try machine.next() == Place.trapStack + pageOffset - 20)
    }

    @Test(arguments: [0xe, 0xf] as [UInt32])
    func systemCallReachesTheKernelFromUserMode(type: UInt32) throws {
        let machine = try Machine {
            $0.hypercall(3, Place.gdt, 32)
            $0.gate(0x80, to: "handler", type: type, dpl: 3)
            $0.enterUserMode(at: "user")
            $0.label("user")
            $0.mov(.ebp, 42)
            $0.interrupt(0x80)
            $0.label("handler")
            $0.report(.ebp)
            $0.loadStack(.eax, 4)
            $0.report(.eax)
        }
        machine.pokeGDT()
        #expect(try machine.first() == 42)
        #expect(try machine.next() == 0x73)
    }

    @Test func breakpointGateForUsersWorksThroughAnInterruptGate() throws {
        let machine = try Machine {
            $0.hypercall(3, Place.gdt, 32)
            $0.gate(3, to: "handler", type: 0xe, dpl: 3)
            $0.enterUserMode(at: "user")
            $0.label("user")
            $0.raw(0xcc)
            $0.label("handler")
            $0.report(3)
        }
        machine.pokeGDT()
        #expect(try machine.first() == 3)
    }

    @Test func userModeCannotCallAKernelGate() throws {
        let machine = try Machine {
            $0.hypercall(3, Place.gdt, 32)
            $0.gate(5, to: "handler", type: 0xf, dpl: 1)
            $0.gate(13, to: "protection")
            $0.enterUserMode(at: "user")
            $0.label("user")
            $0.interrupt(5)
            $0.label("protection")
            $0.pop(.eax)
            $0.report(.eax)
            $0.label("handler")
        }
        machine.pokeGDT()
        #expect(try machine.first() == 5 * 8 + 2)
    }

    // MARK: Gates

    @Test(arguments: [2, 8, 15, 0x1f, 64, 0x7f, 0x81, 255, 256, 0xffff_ffff] as [UInt32])
    func gatesThatAreNoneOfTheGuestsBusinessAreIgnored(vector: UInt32) throws {
        let machine = try Machine {
            $0.hypercall(6, vector, 0x61_0000, 0x8500)  // a task gate, fatal anywhere else
            $0.report(1)
        }
        #expect(try machine.first() == 1)
    }

    @Test(arguments: [0x5, 0xc, 0x0, 0x7] as [UInt32])
    func gateOfAnotherTypeIsFatal(type: UInt32) throws {
        let machine = try Machine { $0.hypercall(6, 3, 0x61_0000, 0x8000 | type << 8) }
        #expect(machine.death() == .badGateType(type, vector: 3))
    }

    @Test func absentGateIsForgottenWhateverItsType() throws {
        let machine = try Machine {
            $0.gate(6, to: "handler")
            $0.hypercall(6, 6, 0, 0x0500)
            $0.raw(0x0f, 0x0b)
            $0.label("handler")
        }
        guard case .unhandledTrap(6, _, 0) = machine.death() else {
            Issue.record("died of \(machine.lguest.deathReason() ?? "nothing")")
            return
        }
    }

    @Test func trapWithoutAStackIsFatal() throws {
        let machine = try Machine {
            $0.gate(6, to: "handler")
            $0.mov(.esp, 0x1000)
            $0.label("bad")
            $0.raw(0x0f, 0x0b)
            $0.label("handler")
        }
        guard case .noStack(0x1000, 6, _) = machine.death() else {
            Issue.record("died of \(machine.lguest.deathReason() ?? "nothing")")
            return
        }
    }

    // MARK: Lazy FPU

    @Test func fpuTrapsOnlyWhileTheGuestWantsIt() throws {
        let machine = try Machine {
            $0.gate(7, to: "handler", type: 0xf)
            $0.raw(0xd9, 0xe8)  // fld1
            $0.hypercall(8, 1)
            $0.report(1)
            $0.raw(0xd9, 0xe8)
            $0.report(2)
            $0.label("handler")
            $0.hypercall(8, 0)
            $0.report(7)
            $0.iret()
        }
        #expect(try machine.first() == 1)
        #expect(try machine.next() == 7)
        // Once cleared, the instruction runs.
        #expect(try machine.next() == 2)
        #expect(machine.lguest.counters.exits(.deviceNotAvailable) == 1)
    }

    // MARK: Ports

    @Test func portReadsFindNothing() throws {
        let machine = try Machine {
            $0.mov(.eax, 0)
            $0.raw(0xec)  // in al, dx
            $0.report(.eax)
            $0.mov(.eax, 0)
            $0.raw(0x66, 0xed)  // in ax, dx
            $0.report(.eax)
            $0.mov(.eax, 0)
            $0.raw(0xed)  // in eax, dx
            $0.report(.eax)
            $0.mov(.eax, 0)
            $0.raw(0xe4, 0x60)  // in al, 0x60
            $0.report(.eax)
            $0.mov(.eax, 0)
            $0.raw(0xe5, 0x60)  // in eax, 0x60
            $0.report(.eax)
        }
        #expect(try machine.first() == 0xff)
        #expect(try machine.next() == 0xffff)
        #expect(try machine.next() == 0xffff_ffff)
        #expect(try machine.next() == 0xff)
        #expect(try machine.next() == 0xffff_ffff)
    }

    @Test func portWritesAreSkipped() throws {
        let machine = try Machine {
            $0.mov(.eax, 0x5a)
            $0.raw(0xe6, 0x80)  // out 0x80, al
            $0.raw(0xe7, 0x80)  // out 0x80, eax
            $0.raw(0xee)  // out dx, al
            $0.raw(0x66, 0xef)  // out dx, ax
            $0.report(.eax)
        }
        #expect(try machine.first() == 0x5a)
        #expect(machine.lguest.counters.portAccesses == 4)
    }

    @Test func stringPortAccessIsTheGuestsProblem() throws {
        let machine = try Machine {
            $0.gate(13, to: "protection")
            $0.mov(.edi, Place.scratch + pageOffset)
            $0.raw(0x6c)  // insb
            $0.label("protection")
            $0.report(13)
        }
        #expect(try machine.first() == 13)
    }

    @Test func portAccessFromUserModeIsAFault() throws {
        let machine = try Machine {
            $0.hypercall(3, Place.gdt, 32)
            $0.gate(13, to: "protection")
            $0.enterUserMode(at: "user")
            $0.label("user")
            $0.raw(0xec)
            $0.label("protection")
            $0.report(13)
        }
        machine.pokeGDT()
        #expect(try machine.first() == 13)
    }

    @Test func trapLogTellsWhatCameBefore() throws {
        let machine = try Machine(recordsTraps: true) {
            $0.gate(14, to: "handler")
            $0.load(.eax, virtual: 0x7777)
            $0.label("handler")
            $0.raw(0x0f, 0x0b)
        }
        _ = machine.death()
        let log = machine.lguest.trapLog()
        #expect(log.map(\.vector) == [14, 6])
        #expect(log.first?.cr2 == 0x7777)
        #expect(log.first?.description.contains("address 0x7777") == true)
    }
}
