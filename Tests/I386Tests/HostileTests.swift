// Guests that mean harm: page tables and descriptor tables full of noise under code full of noise. Nothing to compare
// here; what counts is that every run returns, that memory outside of the guest stays out of reach (the process would
// die), and that the budget holds.

import I386
import Testing

@Suite struct HostileTests {
    @Test(arguments: 0..<200 as Range<UInt64>)
    func noiseEverywhereIsSurvived(_ seed: UInt64) throws {
        var r = DifferentialTests.Random(state: seed &* 977)
        let m = try TestMachine(ring: seed & 1 == 0 ? 3 : 1, (0..<4096).map { _ in r.byte() })
        m.load((0..<4096).map { _ in r.byte() }, at: TestMachine.data)
        // Half of the pages point somewhere, some of them to the tables themselves; one directory entry is noise.
        for page: UInt32 in 0..<256 where r.below(2) == 0 && page != 0x10 && page != 1 && page != 2 {
            m.map(page << 12, to: UInt32(r.below(260)) << 12, UInt32(r.below(8)) | 1)
        }
        m.set(UInt32(truncatingIfNeeded: r.next()), at: TestMachine.directory + 4)
        for index in 0..<32 where !(12...15).contains(index) { m.cpu.setDescriptor(index, r.next()) }
        for vector: UInt8 in 0..<64 where r.below(3) == 0 {
            m.cpu.setGate(
                vector,
                Gate(
                    offset: UInt32(truncatingIfNeeded: r.next()) & 0x1ffff, selector: UInt16(r.below(256)),
                    kind: r.below(2) == 0 ? .trap : .interrupt, dpl: UInt8(r.below(4)), disposition: .deliver))
        }
        m.cpu.innerStack = (UInt16(r.below(256)), UInt32(truncatingIfNeeded: r.next()) & 0xfffff)
        for which in [Segment.ds, .es, .fs, .gs] {
            try? m.cpu.loadSegment(which, selector: UInt16(r.below(256)))
        }
        for _ in 0..<200 {
            let before = m.cpu.instructions
            let exit = m.run(1000)
            #expect(m.cpu.instructions - before <= 1000)
            if case .budgetSpent = exit { continue }
            // Jump somewhere else, as if a hypervisor had an idea.
            m.s.pointee.eip = (r.below(2) == 0 ? TestMachine.code : TestMachine.data) + UInt32(r.below(4096))
            m.s.pointee.esp = UInt32(truncatingIfNeeded: r.next()) & 0xfffff
            if r.below(4) == 0 { m.enter(ring: r.below(2) == 0 ? 1 : 3) }
            if r.below(8) == 0 { m.cpu.flushTLB(.everything) }
            if r.below(8) == 0 { m.s.pointee.eflags ^= 0x100 }
            if r.below(8) == 0 { m.cpu.loadPageDirectory(GuestPhysical(UInt32(r.below(260)) << 12)) }
            if r.below(4) == 0 { m.cpu.loadPageDirectory(GuestPhysical(TestMachine.directory)) }
        }
    }

    @Test func aDirectoryThatIsItsOwnTableIsWalked() throws {
        // Entry 0 points to the directory itself, so page 0 is the directory and page n whatever entry n says.
        let m = try TestMachine(ring: 1)
        m.set(0x1007, at: 0x1000)
        m.set(0x10007, at: 0x1000 + 0x10 * 4)
        m.load([0xa1, 0, 0, 0, 0, 0xff, 0x05, 0x40, 0, 0, 0] + TestMachine.stop)
        m.cpu.flushTLB(.everything)
        #expect(m.run() == TestMachine.stopped)
        #expect(m.s.pointee.eax & ~0x60 == 0x1007)
        // inc dword [0x40] has counted in entry 0x10 of the directory.
        #expect(m.word(0x1040) & ~0x60 == 0x10008)
    }
}
