import Hypervisor
import I386
import Testing

@Suite(.timeLimit(.minutes(1)))
struct SegmentTests {
    @Test func guestWakesUpInRingOneWithFlatSegments() throws {
        let machine = try Machine(bare: true) { $0.spin() }
        try machine.boot()
        let state = machine.lguest.cpu.state
        #expect(state.pointee.cs.selector == 0x61)
        for segment in [state.pointee.ds, state.pointee.es, state.pointee.ss] {
            #expect(segment.selector == 0x69)
            #expect(segment.base == 0 && segment.limit == .max)
        }
        #expect(state.pointee.fs.selector == 0 && state.pointee.gs.selector == 0)
        #expect(state.pointee.eflags == 0x202)
        #expect(state.pointee.eip == Place.code + pageOffset)
        #expect(state.pointee.cr3 == Place.directory)
        #expect(state.pointee.cr0 & 0x8000_0001 == 0x8000_0001)
        for register in [state.pointee.eax, state.pointee.ebx, state.pointee.esi, state.pointee.esp] {
            #expect(register == 0)
        }
    }

    @Test func loadGDTTrimsAndKeepsWhatIsReserved() throws {
        let machine = try Machine {
            $0.hypercall(3, Place.gdt, 32)
            $0.report(1)
        }
        machine.pokeGDT()
        for index in [10, 11, 16, 31] as [UInt32] { machine.pokeDescriptor(index, 0x00cf_fa00_1234_ffff) }
        #expect(try machine.first() == 1)
        let cpu = machine.lguest.cpu
        #expect(cpu.descriptor(12) == 0x00cf_bb00_0000_ffff)
        #expect(cpu.descriptor(13) == 0x00cf_b300_0000_ffff)
        #expect(cpu.descriptor(14) == 0x00cf_fb00_0000_ffff)
        #expect(cpu.descriptor(10) == 0x00cf_9b00_0000_ffff)
        #expect(cpu.descriptor(11) == 0x00cf_9300_0000_ffff)
        #expect(cpu.descriptor(16) == 0x0000_8b00_0000_0067)
        #expect(cpu.descriptor(31) == 0)
    }

    @Test func callGateOfAGuestIsDisarmed() throws {
        let machine = try Machine {
            $0.hypercall(3, Place.gdt, 32)
            $0.report(1)
        }
        machine.pokeGDT()
        machine.pokeDescriptor(20, 0xc000_ec00_0050_1000)  // 32-bit call gate, DPL 3, into ring 0
        #expect(try machine.first() == 1)
        #expect(machine.lguest.cpu.descriptor(20) >> 40 & 0x1f == 0xd)
    }

    @Test func shorterTableReplacesOnlyItsPart() throws {
        let machine = try Machine {
            $0.hypercall(3, Place.gdt, 32)
            $0.hypercall(3, Place.scratch, 1)
            $0.report(1)
        }
        machine.pokeGDT()
        #expect(try machine.first() == 1)
        #expect(machine.lguest.cpu.descriptor(14) == 0x00cf_fb00_0000_ffff)
    }

    @Test func tableOf33EntriesIsFatal() throws {
        let machine = try Machine { $0.hypercall(3, Place.gdt, 33) }
        #expect(machine.death() == .tooManyDescriptors(33))
    }

    @Test func tableOutsideOfMemoryIsFatal() throws {
        let machine = try Machine { $0.hypercall(3, Place.memorySize - 255, 32) }
        #expect(machine.death() == .badRead(address: Place.memorySize - 255, count: 256))
    }

    @Test func threadLocalSegmentsAreEntriesSixToEight() throws {
        let machine = try Machine {
            $0.hypercall(16, Place.scratch)
            $0.mov(.eax, 0x33)
            $0.loadSegment(5)
            $0.raw(0x65, 0xa1)  // mov eax, gs:[0]
            $0.word(0)
            $0.report(.eax)
        }
        // A data segment at the buffers, ring 3: 0xc0006000.
        let base = UInt64(Place.buffers + pageOffset)
        let descriptor = 0x0040_f200_0000_0fff | (base & 0xff_ffff) << 16 | (base >> 24) << 56
        machine.poke(Place.scratch, UInt32(truncatingIfNeeded: descriptor))
        machine.poke(Place.scratch + 4, UInt32(truncatingIfNeeded: descriptor >> 32))
        machine.poke(Place.buffers, 0xfeed)
        #expect(try machine.first() == 0xfeed)
        #expect(machine.lguest.cpu.descriptor(6) == descriptor | 1 << 40)
        #expect(machine.lguest.cpu.descriptor(9) == 0)
    }

    @Test func threadLocalTableOutsideOfMemoryIsFatal() throws {
        let machine = try Machine { $0.hypercall(16, 0xffff_fffc) }
        #expect(machine.death() == .badRead(address: 0xffff_fffc, count: 24))
    }

    @Test(arguments: [5, 3, 0] as [UInt8])
    func pullingADescriptorFromUnderARegisterIsFatal(segment: UInt8) throws {
        let machine = try Machine {
            $0.hypercall(16, Place.scratch)
            $0.mov(.eax, 0x33)
            $0.loadSegment(segment)
            $0.hypercall(16, Place.buffers)  // three empty descriptors
        }
        let descriptor: UInt64 = 0x00cf_f200_0000_ffff
        machine.poke(Place.scratch, UInt32(truncatingIfNeeded: descriptor))
        machine.poke(Place.scratch + 4, UInt32(truncatingIfNeeded: descriptor >> 32))
        guard case .unhandledTrap(256, _, _) = machine.death() else {
            Issue.record("died of \(machine.lguest.deathReason() ?? "nothing")")
            return
        }
    }

    @Test func pullingTheCodeSegmentAwayIsFatal() throws {
        let machine = try Machine { $0.hypercall(3, Place.scratch, 32) }
        guard case .unhandledTrap(256, _, _) = machine.death() else {
            Issue.record("died of \(machine.lguest.deathReason() ?? "nothing")")
            return
        }
    }
}
