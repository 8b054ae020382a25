// The translating engine: what it must keep exactly as the interpreter does, and the rules by which its code dies.

import I386
import Testing

#if arch(x86_64)
    @Suite struct TranslatorTests {
        /// A machine that translates whatever runs for the second time.
        static func machine(ring: Int = 1, _ bytes: [UInt8], engine: Engine = .translator) throws -> TestMachine {
            let m = try TestMachine(ring: ring, bytes, engine: engine)
            m.cpu.translateEverything(items: 120, isolated: false)
            return m
        }

        // L: inc eax; add ebx, eax; mov [edi], ebx; cmp eax, ecx; jne L; int 0x1f
        static let loop: [UInt8] = [0x40, 0x01, 0xc3, 0x89, 0x1f, 0x39, 0xc8, 0x75, 0xf7] + TestMachine.stop

        @Test func aHotLoopIsTranslatedOnceAndCountsExactly() throws {
            let m = try Self.machine(Self.loop)
            (m.s.pointee.ecx, m.s.pointee.edi) = (100_000, TestMachine.data)
            #expect(m.run(10_000_000) == TestMachine.stopped)
            #expect(m.s.pointee.eax == 100_000)
            #expect(m.word(TestMachine.data) == m.s.pointee.ebx)
            #expect(m.cpu.instructions == 500_001)
            // The loop, perhaps a second way into it where the first stretch ended, and the end.
            #expect((1...3).contains(m.cpu.engineCounters.translated))
            #expect(m.cpu.engineCounters.linked >= 1)
            #expect(m.cpu.engineCounters.entries < 100)
        }

        @Test(arguments: [1, 2, 15, 16, 17, 18, 40, 99, 1000, 40_000])
        func aBudgetIsKeptExactly(_ budget: Int) throws {
            let m = try Self.machine(Self.loop)
            let slow = try TestMachine(Self.loop, engine: .interpreter)
            for machine in [m, slow] { (machine.s.pointee.ecx, machine.s.pointee.edi) = (.max, TestMachine.data) }
            for _ in 0..<20 {
                #expect(m.run(budget) == .budgetSpent)
                #expect(slow.run(budget) == .budgetSpent)
                #expect(m.cpu.instructions == slow.cpu.instructions)
                #expect(m.s.pointee.eip == slow.s.pointee.eip)
                #expect(m.s.pointee.eflags == slow.s.pointee.eflags)
                #expect(m.s.pointee.ebx == slow.s.pointee.ebx)
            }
        }

        @Test func aFaultInTheMiddleOfATraceShowsExactlyWhatHasHappened() throws {
            // L: add eax, 0x7fffffff; mov ecx, [esi]; add esi, 4; jmp L – until esi leaves memory.
            let m = try Self.machine(
                [0x05, 0xff, 0xff, 0xff, 0x7f, 0x8b, 0x0e, 0x83, 0xc6, 4, 0xeb, 0xf4])
            m.s.pointee.esi = 0x3f000
            m.remap(0x40000, to: 0, 0)
            #expect(m.run() == TestMachine.fault(14, 0))
            #expect(m.s.pointee.cr2 == 0x40000)
            #expect(m.s.pointee.esi == 0x40000)
            #expect(m.s.pointee.eip == TestMachine.code + 5)
            // 1025 additions; the last one ran from 0xfffffc00 and carried.
            #expect(m.s.pointee.eax == 0x7fff_ffff &* 1025)
            #expect(m.cpu.instructions == 4097)
            #expect(m.s.pointee.eflags & 0x8d5 == 0x005 | (m.s.pointee.eax & 0x8000_0000 != 0 ? 0x80 : 0))
        }

        @Test func aStoreIntoATraceKillsIt() throws {
            // L: add eax, 1; dec ecx; jne L; int 0x1f, and then once more with another immediate.
            let m = try Self.machine([0x83, 0xc0, 1, 0x49, 0x75, 0xfa] + TestMachine.stop)
            m.s.pointee.ecx = 1000
            #expect(m.run() == TestMachine.stopped)
            let before = m.cpu.engineCounters
            m.load([3], at: TestMachine.code + 2)
            (m.s.pointee.ecx, m.s.pointee.eip) = (1000, TestMachine.code)
            #expect(m.run() == TestMachine.stopped)
            #expect(m.s.pointee.eax == 4000)
            #expect(m.cpu.engineCounters.invalidated > before.invalidated)
        }

        @Test func aTraceThatPatchesItselfSeesThePatchAtOnce() throws {
            // L: add eax, imm8; inc byte [L+2]; dec ecx; jne L; int 0x1f
            let m = try Self.machine(
                [0x83, 0xc0, 1, 0xfe, 0x05] + le(TestMachine.code + 2) + [0x49, 0x75, 0xf4] + TestMachine.stop)
            m.s.pointee.ecx = 100
            #expect(m.run() == TestMachine.stopped)
            #expect(m.s.pointee.eax == 5050)
            #expect(m.cpu.instructions == 401)
        }

        @Test func linksToAnotherPageFollowTheMapping() throws {
            // L: call f; dec ecx; jne L; int 0x1f, with f in a page that is mapped elsewhere half-way.
            let f: UInt32 = 0x11000
            let m = try Self.machine([0xe8] + le(f &- (TestMachine.code + 5)) + [0x49, 0x75, 0xf8] + TestMachine.stop)
            m.load([0x40, 0xc3], at: f)  // inc eax; ret
            m.load([0x48, 0xc3], at: 0x50000)  // dec eax; ret
            m.s.pointee.ecx = 100
            #expect(m.run() == TestMachine.stopped)
            #expect(m.s.pointee.eax == 100)
            m.remap(f, to: 0x50000, 7)
            (m.s.pointee.ecx, m.s.pointee.eip) = (60, TestMachine.code)
            #expect(m.run() == TestMachine.stopped)
            #expect(m.s.pointee.eax == 40)
        }

        @Test(arguments: [Engine.translator, .lockstep])
        func aSegmentRegisterIsLoadedInsideATrace(_ engine: Engine) throws {
            // L: push ds; pop es; mov fs, ebx; mov edx, fs:[edi]; add eax, edx; dec ecx; jne L; int 0x1f
            let m = try Self.machine(
                [0x1e, 0x07, 0x8e, 0xe3, 0x64, 0x8b, 0x17, 0x01, 0xd0, 0x49, 0x75, 0xf4] + TestMachine.stop,
                engine: engine)
            m.set(3, at: TestMachine.data)
            (m.s.pointee.ecx, m.s.pointee.edi) = (1000, TestMachine.data)
            m.s.pointee.ebx = UInt32(TestMachine.kernelData)
            #expect(m.run() == TestMachine.stopped)
            #expect(m.s.pointee.eax == 3000)
            #expect(m.cpu.instructions == 7001)
            #expect(m.s.pointee.fs.selector == TestMachine.kernelData)
            #expect(m.cpu.lockstepDifference == nil)
            // Not once per round.
            if engine == .translator { #expect(m.cpu.engineCounters.entries < 100) }

            // With another base, which is what the second half of the trace now has to go by.
            m.cpu.setDescriptor(16, 0x00cf_b200_1000_ffff)
            m.set(5, at: TestMachine.data + 0x1000)
            (m.s.pointee.ecx, m.s.pointee.eip, m.s.pointee.eax) = (10, TestMachine.code, 0)
            m.s.pointee.ebx = 0x81
            #expect(m.run() == TestMachine.stopped)
            #expect(m.s.pointee.eax == 50)

            // No such descriptor: a fault at that instruction, and nothing of it done.
            (m.s.pointee.ecx, m.s.pointee.eip) = (10, TestMachine.code)
            m.s.pointee.ebx = 0x91
            #expect(m.run() == TestMachine.fault(13, 0x90))
            #expect(m.s.pointee.eip == TestMachine.code + 2)
            #expect(m.s.pointee.fs.selector == 0x81)
            #expect(m.cpu.lockstepDifference == nil)
        }

        @Test(arguments: [Engine.translator, .lockstep])
        func aSegmentThatIsNotFlatEndsTheTrace(_ engine: Engine) throws {
            // L: mov ds, ebx; mov edx, [edi]; mov ds, esi; add eax, edx; dec ecx; jne L; int 0x1f
            let m = try Self.machine(
                [0x8e, 0xdb, 0x8b, 0x17, 0x8e, 0xde, 0x01, 0xd0, 0x49, 0x75, 0xf5] + TestMachine.stop, engine: engine)
            m.cpu.setDescriptor(16, 0x00cf_b200_1000_ffff)
            (m.s.pointee.esi, m.s.pointee.edi) = (UInt32(TestMachine.kernelData), TestMachine.data)
            m.set(3, at: TestMachine.data)
            m.set(5, at: TestMachine.data + 0x1000)
            for (selector, each): (UInt32, UInt32) in [(0x69, 3), (0x81, 5), (0x69, 3)] {
                (m.s.pointee.ecx, m.s.pointee.eip, m.s.pointee.eax) = (500, TestMachine.code, 0)
                m.s.pointee.ebx = selector
                #expect(m.run() == TestMachine.stopped)
                #expect(m.s.pointee.eax == 500 * each)
            }
            #expect(m.cpu.instructions == 3 * 3001)
            #expect(m.cpu.lockstepDifference == nil)
        }

        @Test func floatingPointIsTheInterpretersToTheBit() throws {
            // fldz; L: fld1; fld st(1); fdivp...: 1/(x+3) again and again; fstp tbyte [edi]
            let code: [UInt8] =
                [0xd9, 0xee, 0xd9, 0xe8, 0xd9, 0xc1, 0xd8, 0x05] + le(TestMachine.data + 16)
                + [0xde, 0xf9, 0xdd, 0xd9, 0x49, 0x75, 0xef, 0xdb, 0x3f] + TestMachine.stop
            let m = try Self.machine(code)
            let slow = try TestMachine(code, engine: .interpreter)
            for machine in [m, slow] {
                machine.set(0x4040_0000, at: TestMachine.data + 16)
                (machine.s.pointee.ecx, machine.s.pointee.edi) = (5000, TestMachine.data)
                #expect(machine.run() == TestMachine.stopped)
            }
            for word in 0..<3 as Range<UInt32> {
                #expect(m.word(TestMachine.data + 4 * word) == slow.word(TestMachine.data + 4 * word))
            }
            #expect(m.s.pointee.x87.statusWord == slow.s.pointee.x87.statusWord)
            #expect(m.s.pointee.x87.instructionPointer == slow.s.pointee.x87.instructionPointer)
            #expect(m.s.pointee.x87.operandPointer == slow.s.pointee.x87.operandPointer)
            #expect(m.s.pointee.x87.lastOpcode == slow.s.pointee.x87.lastOpcode)
        }

        @Test func exceptionsThatAreNotMaskedNeverReachTheHost() throws {
            // fldcw [edi]; L: fld1; fldz; fdivp; fstp st(0); dec ecx; jne L
            let m = try Self.machine(
                [0xd9, 0x2f, 0xd9, 0xe8, 0xd9, 0xee, 0xde, 0xf9, 0xdd, 0xd8, 0x49, 0x75, 0xf5] + TestMachine.stop)
            m.set(0x37b, at: TestMachine.data)  // everything masked but division by zero
            (m.s.pointee.ecx, m.s.pointee.edi) = (100, TestMachine.data)
            #expect(m.run() == TestMachine.fault(16))
            #expect(m.s.pointee.eip == TestMachine.code + 8)
        }

        @Test func theEnginesAgreeInLockstep() throws {
            let m = try Self.machine(Self.loop, engine: .lockstep)
            (m.s.pointee.ecx, m.s.pointee.edi) = (5000, TestMachine.data)
            #expect(m.run(1_000_000) == TestMachine.stopped)
            #expect(m.cpu.lockstepDifference == nil)
            #expect(m.cpu.lockstepComparisons > 10)
        }

        @Test func aBlockCanBeListed() throws {
            let m = try Self.machine(Self.loop)
            let text = try #require(m.cpu.listBlock(at: GuestVirtual(TestMachine.code)))
            #expect(text.contains("  40 ") && text.contains("inc eax"))
            #expect(text.contains("add ebx, eax"))
            #expect(m.cpu.listBlock(at: GuestVirtual(0xf000_0000)) == nil)
        }

        @Test func aSampleTellsWhereTheGuestIs() throws {
            let m = try Self.machine(Self.loop)
            (m.s.pointee.ecx, m.s.pointee.edi) = (.max, TestMachine.data)
            #expect(m.cpu.lastSample == nil)
            m.cpu.requestSample()
            #expect(m.run(1000) == .budgetSpent)
            let sample = try #require(m.cpu.lastSample)
            #expect(sample.number == 1 && !sample.isUser)
            #expect(sample.eip.rawValue &- TestMachine.code < 11)
        }
    }
#endif
