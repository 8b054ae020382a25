// What the processor says about itself.

import I386
import Testing

@Suite struct ProcessorTests {
    @Test func cpuidNamesAPentiumProWithWhatWorks() throws {
        let m = try TestMachine(ring: 3, [0x0f, 0xa2, 0xb8, 1, 0, 0, 0, 0x0f, 0xa2])
        #expect(m.step() == .budgetSpent)
        #expect(m.s.pointee.eax == 1)
        let name = le(m.s.pointee.ebx) + le(m.s.pointee.edx) + le(m.s.pointee.ecx)
        #expect(name == Array("GenuineIntel".utf8))
        m.run(2)
        #expect(m.s.pointee.eax >> 8 & 0xf == 6)
        #expect(m.s.pointee.edx == 0x8111)  // FPU, TSC, CX8, CMOV
        #expect(m.s.pointee.ecx == 0)
    }

    @Test func cpuidHasABrandString() throws {
        let m = try TestMachine(ring: 3, [0x0f, 0xa2])
        var text: [UInt8] = []
        for leaf: UInt32 in 0x8000_0002...0x8000_0004 {
            m.s.pointee.eip = TestMachine.code
            m.s.pointee.eax = leaf
            m.step()
            text += le(m.s.pointee.eax) + le(m.s.pointee.ebx) + le(m.s.pointee.ecx) + le(m.s.pointee.edx)
        }
        #expect(String(decoding: text.prefix { $0 != 0 }, as: UTF8.self) == "lgtui virtual CPU")
    }

    @Test(arguments: [1_000_000, 2_000_000] as [UInt32])
    func theTimestampRunsAtItsRate(_ kHz: UInt32) throws {
        let m = try TestMachine(ring: 3, [0x0f, 0x31])
        m.cpu.tscKHz = kHz
        func read() -> UInt64 {
            m.s.pointee.eip = TestMachine.code
            m.step()
            return UInt64(m.s.pointee.edx) << 32 | UInt64(m.s.pointee.eax)
        }
        // Each reading lies between two looks at the clock, however late this thread is at either.
        let clock = ContinuousClock()
        func bracketed() -> (ContinuousClock.Instant, UInt64, ContinuousClock.Instant) {
            (clock.now, read(), clock.now)
        }
        func ticks(_ d: Duration) -> Double {
            (Double(d.components.seconds) + Double(d.components.attoseconds) / 1e18) * Double(kHz) * 1000
        }
        let start = bracketed()
        var end = start
        repeat { end = bracketed() } while end.0 - start.0 < .milliseconds(20)
        let counted = Double(end.1 - start.1)
        #expect(counted >= ticks(end.0 - start.2) * 0.99)
        #expect(counted <= ticks(end.2 - start.0) * 1.01)
    }

    @Test func systemWordsCanBeRead() throws {
        // smsw eax; sgdt [data]; sidt [data + 8]; str ebx; sldt ecx
        let code: [UInt8] =
            [0x0f, 0x01, 0xe0, 0x0f, 0x01, 0x05] + le(TestMachine.data) + [0x0f, 0x01, 0x0d] + le(TestMachine.data + 8)
            + [0x0f, 0x00, 0xcb, 0x0f, 0x00, 0xc1]
        let m = try TestMachine(ring: 3, code)
        m.cpu.gdtLimit = 0xff
        #expect(m.run(5) == .budgetSpent)
        #expect(m.s.pointee.eax == m.s.pointee.cr0)
        #expect(m.word(TestMachine.data) & 0xffff == 0xff)
        #expect(m.word(TestMachine.data + 8) & 0xffff == 0x7ff)
        #expect(m.s.pointee.ebx == 0 && m.s.pointee.ecx == 0)
    }

    @Test func instructionBytesStopWhereFetchingWould() throws {
        let m = try TestMachine(ring: 3)
        m.load([1, 2, 3], at: 0x10ffd)
        m.s.pointee.eip = 0x10ffd
        m.map(0x11000, to: 0, 0)
        #expect(m.cpu.instructionBytes(15) == [1, 2, 3])
        #expect(m.cpu.instructionBytes(2) == [1, 2])
        #expect(m.cpu.instructionBytes(-5) == [])
    }
}
