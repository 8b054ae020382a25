// Code that changes under the CPU: by its own stores, by stores through another mapping, by devices.

import I386
import Testing

@Suite struct SelfModifyingTests {
    @Test func aStoreIntoTheNextInstructionIsSeenAtOnce() throws {
        // mov byte [next+1], 42; next: mov al, 0; int 0x1f
        let next = TestMachine.code + 7
        let m = try TestMachine([0xc6, 0x05] + le(next + 1) + [42, 0xb0, 0] + TestMachine.stop)
        #expect(m.run() == TestMachine.stopped)
        #expect(m.s.pointee.eax == 42)
    }

    @Test func aStoreThroughAnAliasIsSeenAtOnce() throws {
        let m = try TestMachine([0xc6, 0x05] + le(0x50000 + 8) + [42, 0xb0, 0] + TestMachine.stop)
        m.map(0x50000, to: TestMachine.code, 7)
        #expect(m.run() == TestMachine.stopped)
        #expect(m.s.pointee.eax == 42)
    }

    @Test(
        arguments: [
            [0x88, 0x0d],  // mov [x], cl
            [0x00, 0x0d],  // add [x], cl
            [0x09, 0x0d],  // or [x], ecx
            [0x0f, 0xc1, 0x0d],  // xadd [x], ecx
            [0x87, 0x0d],  // xchg [x], ecx
        ] as [[UInt8]])
    func everyKindOfStoreReachesCodeBehindIt(_ opcode: [UInt8]) throws {
        let imm = TestMachine.code + UInt32(opcode.count) + 5
        let m = try TestMachine(opcode + le(imm) + [0xbb, 0, 0, 0, 0] + TestMachine.stop)
        m.s.pointee.ecx = 7
        #expect(m.run() == TestMachine.stopped)
        #expect(m.s.pointee.ebx == 7)
    }

    @Test func aPushIntoCodeIsSeen() throws {
        // push ecx overwrites the immediate of the mov behind it.
        let m = try TestMachine([0x51, 0xbb, 0, 0, 0, 0] + TestMachine.stop)
        m.s.pointee.ecx = 0x1234
        m.s.pointee.esp = TestMachine.code + 6
        #expect(m.run() == TestMachine.stopped)
        #expect(m.s.pointee.ebx == 0x1234)
    }

    @Test func aStringStoreIntoCodeIsSeen() throws {
        // rep stosb over the immediate.
        let m = try TestMachine([0xf3, 0xaa, 0xbb, 0, 0, 0, 0] + TestMachine.stop)
        m.s.pointee.edi = TestMachine.code + 3
        m.s.pointee.ecx = 4
        m.s.pointee.eax = 0x55
        #expect(m.run() == TestMachine.stopped)
        #expect(m.s.pointee.ebx == 0x5555_5555)
    }

    @Test func aLoopThatPatchesItselfRunsEachVersion() throws {
        // L: add eax, imm8; inc byte [L+2]; dec ecx; jnz L; int 0x1f
        let m = try TestMachine(
            [0x83, 0xc0, 1, 0xfe, 0x05] + le(TestMachine.code + 2) + [0x49, 0x75, 0xf4] + TestMachine.stop)
        m.s.pointee.ecx = 100
        #expect(m.run() == TestMachine.stopped)
        #expect(m.s.pointee.eax == 5050)
        #expect(m.cpu.instructions == 401)
    }

    @Test func aPatchInAnotherPageReachesChainedCode() throws {
        // Page one: call f; inc byte [f+1]; dec ecx; jnz page one. Page two, f: mov al, imm; add edx, eax; ret.
        let f: UInt32 = 0x11000
        let call = f &- (TestMachine.code + 5)
        let m = try TestMachine([0xe8] + le(call) + [0xfe, 0x05] + le(f + 1) + [0x49, 0x75, 0xf2] + TestMachine.stop)
        m.load([0xb0, 1, 0x01, 0xc2, 0xc3], at: f)
        m.s.pointee.ecx = 50
        #expect(m.run() == TestMachine.stopped)
        #expect(m.s.pointee.edx == 1275)
    }

    @Test func aPatchOfTheSecondHalfOfAStraddlingInstructionIsSeen() throws {
        // 10fff: mov al, imm8 (imm in the next page); the code before it writes the imm.
        let m = try TestMachine()
        m.load([0xc6, 0x05] + le(0x11000) + [9, 0xb0, 0] + TestMachine.stop, at: 0x10ff8)
        for expected: UInt32 in [9, 9] {
            m.s.pointee.eip = 0x10ff8
            #expect(m.run() == TestMachine.stopped)
            #expect(m.s.pointee.eax & 0xff == expected)
        }
        // Warm the block, then change the byte from outside.
        m.s.pointee.eip = 0x10fff
        m.run()
        _ = m.memory.store8(77, at: GuestPhysical(0x11000))
        m.s.pointee.eip = 0x10fff
        m.run()
        #expect(m.s.pointee.eax & 0xff == 77)
    }

    @Test func dataBesideCodeLeavesItAlone() throws {
        // A counter in the same page, two granules away: right result, code kept.
        let m = try TestMachine([0xff, 0x05] + le(TestMachine.code + 0x80) + [0x49, 0x75, 0xf7] + TestMachine.stop)
        m.s.pointee.ecx = 1000
        #expect(m.run() == TestMachine.stopped)
        #expect(m.word(TestMachine.code + 0x80) == 1000)
        #expect(m.cpu.blocksBuilt <= 4)
    }

    @Test func aDeviceThatRewritesCodeIsHeard() throws {
        let m = try TestMachine([0xb0, 1] + TestMachine.stop)
        m.run()
        #expect(m.s.pointee.eax == 1)
        let bytes = try #require(m.memory.bytes(at: GuestPhysical(TestMachine.code), count: 2))
        bytes[1] = 2
        m.memory.noteExternalWrite(at: GuestPhysical(TestMachine.code + 1), count: 1)
        m.s.pointee.eip = TestMachine.code
        #expect(m.run() == TestMachine.stopped)
        #expect(m.s.pointee.eax == 2)
    }

    @Test func manyExternalWritesAreNotLost() throws {
        let m = try TestMachine([0xb0, 1] + TestMachine.stop)
        m.run()
        for i in 0..<5000 { _ = m.memory.store8(UInt8(truncatingIfNeeded: i), at: GuestPhysical(TestMachine.code + 1)) }
        m.s.pointee.eip = TestMachine.code
        #expect(m.run() == TestMachine.stopped)
        #expect(m.s.pointee.eax == UInt32(4999 & 0xff))
    }

    @Test func codeThatIsMappedAThousandTimesIsStillSeenToChange() throws {
        // One frame with ret-like stubs entered through many linear pages, then patched.
        let m = try TestMachine()
        m.load([0xb0, 1] + TestMachine.stop, at: 0x70000)
        for page: UInt32 in 0x80..<0x100 { m.remap(page << 12, to: 0x70000, 7) }
        for round: UInt8 in 1...20 {
            _ = m.memory.store8(round, at: GuestPhysical(0x70001))
            for page: UInt32 in 0x80..<0x100 {
                m.s.pointee.eip = page << 12
                #expect(m.run() == TestMachine.stopped)
                #expect(m.s.pointee.eax & 0xff == UInt32(round))
            }
        }
    }

    @Test func aCodeCacheThatOverflowsStartsAgain() throws {
        // Endlessly new code: inc eax; then patch the add's immediate so that each pass is decoded anew.
        let m = try TestMachine(
            [0x81, 0xc0, 1, 0, 0, 0, 0xff, 0x05] + le(TestMachine.code + 2) + [0x49, 0x75, 0xf1] + TestMachine.stop)
        m.s.pointee.ecx = 200_000
        #expect(m.run(2_000_000) == TestMachine.stopped)
        let n: UInt64 = 200_000
        #expect(m.s.pointee.eax == UInt32(truncatingIfNeeded: n * (n + 1) / 2))
    }
}
