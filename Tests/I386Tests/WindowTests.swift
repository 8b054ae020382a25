// Windows and loops of the translator: what it knows of addresses without looking must be true at the ends of pages, in pages
// that may not be written, next to code, and where addresses wrap.

import I386
import Testing

#if arch(x86_64)
    @Suite struct WindowTests {
        /// Runs the same on all engines, and compares what is left with what the interpreter leaves.
        ///
        /// - Returns: the machine of the translator.
        @discardableResult
        private func compare(
            _ bytes: [UInt8], ending: Exit = TestMachine.stopped, _ prepare: (TestMachine) -> Void
        ) throws -> TestMachine {
            func machine(_ engine: Engine) throws -> TestMachine {
                let m = try TestMachine(bytes, engine: engine)
                if engine != .interpreter { m.cpu.translateEverything(items: 120, isolated: false) }
                prepare(m)
                #expect(m.run(10_000_000) == ending, "\(engine)")
                #expect(m.cpu.lockstepDifference == nil)
                return m
            }
            let (fast, both, slow) = (try machine(.translator), try machine(.lockstep), try machine(.interpreter))
            for m in [fast, both] {
                let (s, t) = (m.s.pointee, slow.s.pointee)
                #expect(
                    [s.eax, s.ecx, s.edx, s.ebx, s.esp, s.ebp, s.esi, s.edi].elementsEqual(
                        [t.eax, t.ecx, t.edx, t.ebx, t.esp, t.ebp, t.esi, t.edi]))
                #expect((s.eip, s.eflags, s.cr2) == (t.eip, t.eflags, t.cr2))
                #expect(m.cpu.instructions == slow.cpu.instructions)
                for at in stride(from: UInt32(0), to: 1 << 20, by: 4) where at >> 12 != TestMachine.table >> 12 {
                    guard m.word(at) != slow.word(at) else { continue }
                    Issue.record("\(GuestPhysical(at)) differs")
                    break
                }
            }
            return fast
        }

        // L: mov eax, [ebx]; add eax, [ebx+4]; add [ebx+8], eax; add esi, eax; dec ecx; jne L
        private static let fields: [UInt8] =
            [0x8b, 0x03, 0x03, 0x43, 4, 0x01, 0x43, 8, 0x01, 0xc6, 0x49, 0x75, 0xf3] + TestMachine.stop

        @Test(arguments: [0x20100, 0x20ff0, 0x20ff4, 0x20ff6, 0x20ff8, 0x20ffa, 0x20ffc, 0x20ffe, 0x21000])
        func aWindowMayCrossAPage(_ at: UInt32) throws {
            try compare(Self.fields) { m in
                // The neighbour in linear addresses is none in memory.
                m.remap(0x21000, to: 0x50000, 7)
                for i in 0..<3072 as Range<UInt32> {
                    m.set(i &* 0x0101_0307, at: 0x20000 + i * 4)
                    m.set(~i, at: 0x50000 + i * 4)
                }
                (m.s.pointee.ebx, m.s.pointee.ecx) = (at, 1000)
            }
        }

        @Test func aHoleBehindTheFirstFieldsIsFoundByTheOneInIt() throws {
            let m = try compare(Self.fields, ending: TestMachine.fault(14, 2)) { m in
                m.remap(0x21000, to: 0, 0)
                m.set(7, at: 0x20ff8)
                (m.s.pointee.ebx, m.s.pointee.ecx) = (0x20ff8, 1000)
            }
            #expect(m.s.pointee.cr2 == 0x21000)
            #expect(m.s.pointee.eip == TestMachine.code + 5)
        }

        @Test func whatMayBeReadMayNotBeWritten() throws {
            // The same loop works, and then its page becomes read-only, as after a fork.
            let m = try compare(Self.fields, ending: TestMachine.fault(14, 3)) { m in
                (m.s.pointee.ebx, m.s.pointee.ecx) = (0x20100, 1000)
                #expect(m.run(10_000_000) == TestMachine.stopped)
                m.remap(0x20000, to: 0x20000, 5)
                (m.s.pointee.eip, m.s.pointee.ecx) = (TestMachine.code, 1000)
            }
            #expect(m.s.pointee.cr2 == 0x20108)
            #expect(m.s.pointee.eip == TestMachine.code + 5)
        }

        @Test(arguments: [
            (UInt32(0xffff_ff00), UInt32(0x180)), (0xffff_f000, 0x0002_1100), (0x0002_0000, 0xffff_f100),
            (0x0002_f000, 0xffff_1100), (0x100, 0x0001_ff00), (0xfff0_0000, 0x0012_0000), (0xff00, 0x200),
        ])
        func addressesWrap(_ base: UInt32, _ distance: UInt32) throws {
            // L: mov eax, [ebx+d]; add eax, [ebx+d+4]; add [ebx+d+8], eax; dec ecx; jne L
            let code =
                [0x8b, 0x83] + le(distance) + [0x03, 0x83] + le(distance &+ 4) + [0x01, 0x83] + le(distance &+ 8)
                + [0x49, 0x75, 0xeb] + TestMachine.stop
            let m = try compare(code) { m in
                for i in 0..<3 as Range<UInt32> { m.set(i + 1, at: base &+ distance &+ 4 * i) }
                (m.s.pointee.ebx, m.s.pointee.ecx) = (base, 500)
            }
            #expect(m.word(base &+ distance &+ 8) == 3 + 500 * 3)
        }

        @Test func aWalkThroughPagesFindsEachOfThem() throws {
            // L: mov eax, [esi]; add edx, eax; mov [edi], eax; inc dword [ebx]; add esi, 4; add edi, 4; dec ecx; jne L
            let code: [UInt8] =
                [0x8b, 0x06, 0x01, 0xc2, 0x89, 0x07, 0xff, 0x03, 0x83, 0xc6, 4, 0x83, 0xc7, 4, 0x49, 0x75, 0xef]
                + TestMachine.stop
            try compare(code) { m in
                for (i, frame) in [0x57, 0x53, 0x55, 0x51].enumerated() {
                    m.remap(0x20000 + UInt32(i) << 12, to: UInt32(frame) << 12, 7)
                    m.remap(0x60000 + UInt32(i) << 12, to: UInt32(frame + 1) << 12, 7)
                }
                for i in 0..<8192 as Range<UInt32> { m.set(i &* 0x9e37_79b1, at: 0x51000 + i * 4) }
                // Not aligned: some words lie in two pages.
                (m.s.pointee.esi, m.s.pointee.edi, m.s.pointee.ebx) = (0x20002, 0x60001, 0x70000)
                m.s.pointee.ecx = 4000
            }
        }

        @Test func flagsGoRoundALoop() throws {
            // L: mov eax, [esi]; adc edx, eax; lea esi, [esi+4]; dec ecx; jne L; setc bl
            let code: [UInt8] =
                [0x8b, 0x06, 0x11, 0xc2, 0x8d, 0x76, 4, 0x49, 0x75, 0xf6, 0x0f, 0x92, 0xc3] + TestMachine.stop
            try compare(code) { m in
                for i in 0..<1024 as Range<UInt32> { m.set(~(i &* 0x0100_0193), at: 0x20000 + i * 4) }
                (m.s.pointee.esi, m.s.pointee.ecx) = (0x20000, 1000)
            }
        }

        @Test func aLoopThatWritesNextToItselfAndThenIntoItself() throws {
            // L: inc dword [ebx]; add eax, 1; inc dword [ebx+4]; cmp ecx, 100; jne M; mov byte [ebx+ebp], 3; M: dec ecx; jne L
            let code: [UInt8] =
                [0xff, 0x03, 0x83, 0xc0, 1, 0xff, 0x43, 4, 0x83, 0xf9, 100, 0x75, 5, 0xc6, 0x44, 0x2b, 0, 3, 0x49]
                + [0x75, 0xeb] + TestMachine.stop
            let m = try compare(code) { m in
                (m.s.pointee.ebx, m.s.pointee.ecx) = (TestMachine.code + 0x800, 1000)
                m.s.pointee.ebp = 4 &- 0x800
            }
            // 901 times one, 99 times three.
            #expect(m.s.pointee.eax == 901 + 99 * 3)
        }

        @Test func aLoopLooksOnceForWhatStaysWhereItIs() throws {
            let m = try compare(Self.fields) { m in
                (m.s.pointee.ebx, m.s.pointee.ecx) = (0x20100, 100_000)
            }
            #expect(m.cpu.engineCounters.slowAccesses < 20)
            #expect(m.cpu.engineCounters.entries < 200)
            #expect(m.cpu.engineCounters.failed == 0)
        }
    }
#endif
