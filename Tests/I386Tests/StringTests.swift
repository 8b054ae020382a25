// Repeated string instructions: restartable at every element, right when source and target overlap, bounded in time.

import I386
import Testing

@Suite struct StringTests {
    struct Move: Sendable {
        var opcode: UInt8
        var size: UInt32
        var distance: Int
        var backwards = false
    }
    static let moves: [Move] = [0xa4, 0xa5].flatMap { opcode in
        [1, 2, 3, 4, 7, 64, 1000, -1, -3, -64].flatMap { distance in
            [false, true].map {
                Move(opcode: opcode, size: opcode == 0xa4 ? 1 : 4, distance: distance, backwards: $0)
            }
        }
    }

    @Test(arguments: moves)
    func overlappingMovesCopyElementByElement(_ move: Move) throws {
        let m = try TestMachine(ring: 3, [0xf3, move.opcode] + TestMachine.stop)
        let start = Int(TestMachine.data) + 0xe00
        var expected: [UInt8] = (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 5) }
        let base = Int(TestMachine.data) + 0x800
        for (i, byte) in expected.enumerated() { _ = m.memory.store8(byte, at: GuestPhysical(UInt32(base + i))) }
        let count = 600 / Int(move.size)
        let step = move.backwards ? -Int(move.size) : Int(move.size)
        for i in 0..<count {
            // Each element is read whole before it is written.
            let from = start + i * step - base
            let element = (0..<Int(move.size)).map { expected[from + $0] }
            for k in 0..<Int(move.size) { expected[from + move.distance + k] = element[k] }
        }
        m.s.pointee.esi = UInt32(start)
        m.s.pointee.edi = UInt32(start + move.distance)
        m.s.pointee.ecx = UInt32(count)
        if move.backwards { m.s.pointee.eflags |= 0x400 }
        #expect(m.run() == TestMachine.stopped)
        let got = expected.indices.map { m.memory.load8(at: GuestPhysical(UInt32(base + $0))) ?? 0 }
        #expect(got == expected)
        #expect(m.s.pointee.ecx == 0)
        #expect(m.s.pointee.esi == UInt32(start + count * step))
        #expect(m.s.pointee.edi == UInt32(start + move.distance + count * step))
    }

    @Test(arguments: [0xaa, 0xab, 0xa4, 0xa5] as [UInt8])
    func aFaultInTheMiddleIsRestartable(_ opcode: UInt8) throws {
        let size: UInt32 = opcode & 1 == 0 ? 1 : 4
        let m = try TestMachine(ring: 3, [0xf3, opcode] + TestMachine.stop)
        let end = TestMachine.data + 0x2000
        m.map(end, to: 0, 0)
        m.s.pointee.eax = 0x5a5a_5a5a
        m.s.pointee.esi = 0x50000
        for i: UInt32 in 0..<0x1000 { m.set(0x5a5a_5a5a, at: 0x50000 + i * 4) }
        m.s.pointee.edi = TestMachine.data
        m.s.pointee.ecx = 0x3000 / size
        #expect(m.run() == TestMachine.fault(14, 6))
        #expect(m.s.pointee.cr2 == end)
        #expect(m.s.pointee.eip == TestMachine.code)
        #expect(m.s.pointee.edi == end)
        #expect(m.s.pointee.ecx == 0x1000 / size)
        m.remap(end, to: 0x60000, 7)
        #expect(m.run() == TestMachine.stopped)
        #expect(m.s.pointee.ecx == 0)
        #expect(m.word(0x60ffc) == 0x5a5a_5a5a && m.word(end - 4) == 0x5a5a_5a5a)
    }

    @Test func scanningStopsAtTheMatch() throws {
        // repne scasb, as strlen does.
        let m = try TestMachine(ring: 3, [0xf2, 0xae] + TestMachine.stop)
        for i: UInt32 in 0..<5000 { _ = m.memory.store8(1, at: GuestPhysical(TestMachine.data + i)) }
        m.s.pointee.edi = TestMachine.data
        m.s.pointee.ecx = .max
        #expect(m.run() == TestMachine.stopped)
        #expect(m.s.pointee.edi == TestMachine.data + 5001)
        #expect(m.s.pointee.ecx == UInt32.max - 5001)
        #expect(m.s.pointee.eflags & 0x40 != 0)
    }

    @Test func comparingStopsAtTheDifference() throws {
        let m = try TestMachine(ring: 3, [0xf3, 0xa7] + TestMachine.stop)
        m.set(1, at: TestMachine.data + 400)
        m.s.pointee.esi = TestMachine.data
        m.s.pointee.edi = TestMachine.data + 0x1000
        m.s.pointee.ecx = 1000
        #expect(m.run() == TestMachine.stopped)
        #expect(m.s.pointee.ecx == 1000 - 101)
        #expect(m.s.pointee.eflags & 0x41 == 0)
    }

    @Test func aCountOfZeroTouchesNothing() throws {
        let m = try TestMachine(ring: 3, [0xf3, 0xa4, 0xf3, 0xa6] + TestMachine.stop)
        m.s.pointee.esi = 0xffff_0000
        m.s.pointee.edi = 0xffff_0000
        m.s.pointee.eflags = 0x246
        #expect(m.run() == TestMachine.stopped)
        #expect(m.s.pointee.eflags == 0x246)
    }

    @Test func sixteenBitAddressesWrap() throws {
        // a16 rep stosb across the end of 64 KiB.
        let m = try TestMachine(ring: 3, [0x67, 0xf3, 0xaa] + TestMachine.stop)
        m.s.pointee.eax = 0x77
        m.s.pointee.edi = 0xabcd_fffe
        m.s.pointee.ecx = 0x1234_0004
        #expect(m.run() == TestMachine.stopped)
        #expect(m.s.pointee.edi == 0xabcd_0002 && m.s.pointee.ecx == 0x1234_0000)
        #expect(m.word(0xfffc) >> 16 == 0x7777 && m.word(0) & 0xffff == 0x7777)
    }

    @Test func aLongRepetitionTakesBreaks() throws {
        // rep lodsb over 100,000 bytes with a budget of one "instruction" at a time.
        let m = try TestMachine(ring: 3, [0xf3, 0xac] + TestMachine.stop)
        m.s.pointee.esi = 0
        m.s.pointee.ecx = 100_000
        var runs = 0
        while m.s.pointee.ecx > 0 {
            #expect(m.step() == .budgetSpent)
            runs += 1
            try #require(runs < 100)
        }
        #expect(runs > 1)
        #expect(m.s.pointee.esi == 100_000)
    }
}
