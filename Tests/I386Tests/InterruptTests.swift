// Gates, frames, the way back, and the exceptions that instructions raise.

import I386
import Testing

@Suite struct InterruptTests {
    static let handler: UInt32 = 0x15000

    static func gate(_ kind: Gate.Kind = .trap, dpl: UInt8 = 3, _ disposition: Gate.Disposition = .deliver) -> Gate {
        Gate(offset: handler, selector: 0x60, kind: kind, dpl: dpl, disposition: disposition)
    }

    @Test(arguments: [Gate.Kind.trap, .interrupt])
    func aSystemCallSwitchesToTheInnerStack(_ kind: Gate.Kind) throws {
        let m = try TestMachine(ring: 3, [0xcd, 0x80])
        m.cpu.setGate(0x80, Self.gate(kind))
        m.s.pointee.eflags = 0x2d7
        #expect(m.step() == .budgetSpent)
        #expect(m.s.pointee.eip == Self.handler)
        #expect(m.s.pointee.cs.selector == TestMachine.kernelCode && m.s.pointee.cpl == 1)
        #expect(m.s.pointee.ss.selector == TestMachine.kernelData)
        #expect(m.s.pointee.esp == TestMachine.innerStack - 20)
        #expect(m.stacked(5) == [TestMachine.code + 2, 0x73, 0x2d7, TestMachine.stack, 0x7b])
        // Trap gates leave IF alone, interrupt gates clear it.
        #expect(m.s.pointee.eflags == (kind == .trap ? 0x2d7 : 0xd7))
        // The data segments stay as they are.
        #expect(m.s.pointee.ds.selector == TestMachine.userData)
    }

    @Test func anInterruptFromRingOneStaysOnItsStack() throws {
        let m = try TestMachine(ring: 1, [0xcd, 0x80])
        m.cpu.setGate(0x80, Self.gate())
        #expect(m.step() == .budgetSpent)
        #expect(m.s.pointee.esp == TestMachine.stack - 12)
        #expect(m.stacked(3) == [TestMachine.code + 2, 0x61, 0x202])
    }

    @Test func aSystemCallReturnsWhereItCameFrom() throws {
        let m = try TestMachine(ring: 3, [0xcd, 0x80, 0x40] + TestMachine.stop)
        m.load([0xcf], at: Self.handler)
        m.cpu.setGate(0x80, Self.gate())
        #expect(m.run() == TestMachine.stopped)
        #expect(m.s.pointee.eax == 1 && m.s.pointee.cpl == 3 && m.s.pointee.esp == TestMachine.stack)
        #expect(m.s.pointee.ss.selector == TestMachine.userData)
    }

    @Test(arguments: [(1, 1, true), (3, 1, false), (1, 0, false), (3, 3, true)] as [(Int, UInt8, Bool)])
    func intNeedsTheGatesPrivilege(ring: Int, dpl: UInt8, allowed: Bool) throws {
        let m = try TestMachine(ring: ring, [0xcd, 0x42])
        m.cpu.setGate(0x42, Self.gate(dpl: dpl, .exit))
        let exit = m.step()
        if allowed {
            #expect(exit == .trap(vector: 0x42, errorCode: nil, kind: .software))
            #expect(m.s.pointee.eip == TestMachine.code + 2)
        } else {
            #expect(exit == TestMachine.fault(13, 0x42 * 8 + 2))
            #expect(m.s.pointee.eip == TestMachine.code)
        }
    }

    @Test func anAbsentGateCountsAsDPLZero() throws {
        let m = try TestMachine(ring: 1, [0xcd, 0x33])
        #expect(m.step() == TestMachine.fault(13, 0x33 * 8 + 2))
    }

    @Test(arguments: [([0xcc], 3), ([0xf1], 1), ([0xce], 4)] as [([UInt8], UInt8)])
    func breakpointsAndOverflowAreTraps(code: [UInt8], vector: UInt8) throws {
        let m = try TestMachine(ring: 3, code)
        m.cpu.setGate(vector, Self.gate(dpl: 3, .exit))
        m.s.pointee.eflags |= 0x800
        #expect(m.step() == .trap(vector: vector, errorCode: nil, kind: .trap))
        #expect(m.s.pointee.eip == TestMachine.code + 1)
    }

    @Test func intoWithoutOverflowGoesOn() throws {
        let m = try TestMachine(ring: 3, [0xce, 0x40])
        #expect(m.run(2) == .budgetSpent)
        #expect(m.s.pointee.eax == 1)
    }

    // MARK: Exceptions

    struct Raise: Sendable {
        var code: [UInt8]
        var vector: UInt8
        var error: UInt32?
        var ring = 3
    }
    static let raises: [Raise] = [
        Raise(code: [0xf7, 0xf1], vector: 0),  // div ecx, ecx = 0
        Raise(code: [0xd4, 0x00], vector: 0),  // aam 0
        Raise(code: [0x62, 0x05] + le(0x20000), vector: 5),  // bound eax
        Raise(code: [0x0f, 0x0b], vector: 6),  // ud2
        Raise(code: [0x0f, 0xff], vector: 6),
        Raise(code: [0xf0, 0x90], vector: 6),  // lock nop
        Raise(code: [0xf0, 0x01, 0xc0], vector: 6),  // lock add eax, eax
        Raise(code: [0xf0, 0x39, 0x05] + le(0x20000), vector: 6),  // lock cmp
        Raise(code: [0xf0, 0x8b, 0x05] + le(0x20000), vector: 6),  // lock mov
        Raise(code: [0x8d, 0xc0], vector: 6),  // lea eax, eax
        Raise(code: [0xc4, 0xc0], vector: 6),  // les eax, eax
        Raise(code: [0xff, 0xf8], vector: 6),
        Raise(code: [0xfe, 0xd0], vector: 6),
        Raise(code: [0x8f, 0xc8], vector: 6),
        Raise(code: [0x0f, 0xc7, 0xc8], vector: 6),  // cmpxchg8b eax
        Raise(code: [0x0f, 0x05], vector: 6),  // syscall
        Raise(code: [0x0f, 0x34], vector: 6),  // sysenter
        Raise(code: [0x0f, 0x10, 0xc0], vector: 6),  // SSE
        Raise(code: [0x0f, 0x6f, 0xc0], vector: 6),  // MMX
        Raise(code: [0xf4], vector: 13, error: 0),  // hlt
        Raise(code: [0xfa], vector: 13, error: 0),  // cli
        Raise(code: [0xfb], vector: 13, error: 0, ring: 1),  // sti
        Raise(code: [0xec], vector: 13, error: 0),  // in
        Raise(code: [0xe6, 0x80], vector: 13, error: 0, ring: 1),  // out
        Raise(code: [0x6c], vector: 13, error: 0),  // insb
        Raise(code: [0x0f, 0x20, 0xc0], vector: 13, error: 0, ring: 1),  // mov eax, cr0
        Raise(code: [0x0f, 0x23, 0xc0], vector: 13, error: 0, ring: 1),  // mov dr0, eax
        Raise(code: [0x0f, 0x32], vector: 13, error: 0, ring: 1),  // rdmsr
        Raise(code: [0x0f, 0x01, 0x15] + le(0x20000), vector: 13, error: 0, ring: 1),  // lgdt
        Raise(code: [0x0f, 0x01, 0x3d] + le(0x20000), vector: 13, error: 0, ring: 1),  // invlpg
        Raise(code: [0x0f, 0x00, 0xd8], vector: 13, error: 0, ring: 1),  // ltr
        Raise(code: [0x0f, 0x06], vector: 13, error: 0, ring: 1),  // clts
        Raise(code: [0x0f, 0x09], vector: 13, error: 0, ring: 1),  // wbinvd
        Raise(code: [UInt8](repeating: 0x66, count: 15) + [0x90], vector: 13, error: 0),  // 16 bytes
        Raise(code: [UInt8](repeating: 0x2e, count: 200), vector: 13, error: 0),
    ]

    @Test(arguments: raises)
    func anInstructionRaisesItsException(_ r: Raise) throws {
        let m = try TestMachine(ring: r.ring, [0x40] + r.code)
        m.set(1, at: 0x20000)
        m.set(2, at: 0x20004)
        m.s.pointee.eax = 2
        #expect(m.run() == TestMachine.fault(r.vector, r.error))
        #expect(m.s.pointee.eip == TestMachine.code + 1)
        #expect(m.cpu.instructions == 1)
    }

    @Test func fifteenBytesAreStillAnInstruction() throws {
        let m = try TestMachine(ring: 3, [UInt8](repeating: 0x66, count: 14) + [0x90])
        #expect(m.step() == .budgetSpent)
        #expect(m.s.pointee.eip == TestMachine.code + 15)
    }

    @Test(arguments: [(0xd9, 8 as UInt32, true), (0xd9, 4, true), (0xd9, 0, false), (0x9b, 8, true), (0x9b, 4, false)])
    func aSwitchedTaskHasNoFPU(opcode: UInt8, bits: UInt32, faults: Bool) throws {
        // fld1 or wait; CR0.TS or CR0.EM, MP is set.
        let m = try TestMachine(ring: 3, opcode == 0x9b ? [0x9b] : [opcode, 0xe8])
        m.s.pointee.cr0 |= bits
        #expect(m.step() == (faults ? TestMachine.fault(7) : .budgetSpent))
    }

    @Test func anExceptionPushesItsErrorCode() throws {
        let m = try TestMachine(ring: 3, [0xa1] + le(0x55000))
        m.map(0x55000, to: 0, 0)
        m.cpu.setGate(14, Self.gate(.interrupt, dpl: 0))
        #expect(m.step() == .budgetSpent)
        #expect(m.s.pointee.eip == Self.handler)
        // RF is set in the image, so that a debugger's breakpoint would not fire again.
        #expect(m.stacked(6) == [4, TestMachine.code, 0x73, 0x10202, TestMachine.stack, 0x7b])
        #expect(m.s.pointee.cr2 == 0x55000)
        #expect(m.s.pointee.eflags & 0x200 == 0)
    }

    // MARK: Delivery that fails

    @Test func aSystemCallOnABadStackFaultsAtTheInt() throws {
        let m = try TestMachine(ring: 3, [0xcd, 0x80])
        m.cpu.setGate(0x80, Self.gate())
        m.cpu.innerStack = (TestMachine.kernelData, 0x90008)
        m.map(0x8f000, to: 0, 0)
        m.map(0x90000, to: 0x90000, 7)
        #expect(m.step() == TestMachine.fault(14, 2))
        #expect(m.s.pointee.cr2 == 0x8fffc)
        #expect(m.s.pointee.eip == TestMachine.code && m.s.pointee.cpl == 3)
        #expect(m.s.pointee.esp == TestMachine.stack)
        // Nothing was written, not even what had a page.
        #expect(m.word(0x90000) == 0 && m.word(0x90004) == 0)
    }

    @Test(arguments: [
        (0 as UInt16, 10 as UInt8, 0 as UInt32), (0x7b, 10, 0x78), (0x61, 10, 0x60), (0xf9, 10, 0xf8),
    ])
    func anInnerStackSegmentThatIsNoneIsInvalidTSS(ss: UInt16, vector: UInt8, error: UInt32) throws {
        let m = try TestMachine(ring: 3, [0xcd, 0x80])
        m.cpu.setGate(0x80, Self.gate())
        m.cpu.innerStack = (ss, TestMachine.innerStack)
        #expect(m.step() == TestMachine.fault(vector, error))
    }

    @Test func aPageFaultOnTheWayToAPageFaultIsDouble() throws {
        let m = try TestMachine(ring: 3, [0xa1] + le(0x55000))
        m.map(0x55000, to: 0, 0)
        m.map(0x8f000, to: 0, 0)
        m.cpu.setGate(14, Self.gate())
        m.cpu.innerStack = (TestMachine.kernelData, 0x90000)
        #expect(m.step() == .doubleFault(first: 14, second: 14))
    }

    @Test func aPageFaultOnTheWayToADivideErrorIsJustAPageFault() throws {
        let m = try TestMachine(ring: 3, [0xf7, 0xf1])
        m.map(0x8f000, to: 0, 0)
        m.cpu.setGate(0, Self.gate())
        m.cpu.innerStack = (TestMachine.kernelData, 0x90000)
        #expect(m.step() == TestMachine.fault(14, 2))
    }

    @Test func aBadHandlerSegmentForAGeneralProtectionIsDouble() throws {
        let m = try TestMachine(ring: 3, [0xf4])
        m.cpu.setGate(13, Gate(offset: 0, selector: 0x68, kind: .trap, dpl: 0, disposition: .deliver))
        #expect(m.step() == .doubleFault(first: 13, second: 13))
    }

    @Test func anIllegalTranslationDuringDeliveryEndsTheGuest() throws {
        let m = try TestMachine(ring: 3, [0xcd, 0x80])
        m.cpu.setGate(0x80, Self.gate())
        m.map(0x40000, to: 0x7000_0000, 7)
        #expect(
            m.step()
                == .illegalTranslation(entry: 0x7000_0007, address: GuestVirtual(0x40ffc), isDirectory: false))
    }

    // MARK: Delivery by hand

    @Test func theHypervisorInjectsAnInterrupt() throws {
        let m = try TestMachine(ring: 3)
        m.s.pointee.eflags = 0x246
        try m.cpu.deliver(
            vector: 32, handler: Self.handler, codeSelector: 0x61, errorCode: nil, flagsToPush: 0x46)
        #expect(m.stacked(5) == [TestMachine.code, 0x73, 0x46, TestMachine.stack, 0x7b])
        #expect(m.s.pointee.eip == Self.handler && m.s.pointee.cpl == 1)
        try m.cpu.deliver(
            vector: 14, handler: Self.handler + 8, codeSelector: 0x61, errorCode: 7, flagsToPush: 0x246)
        #expect(m.stacked(4) == [7, Self.handler, 0x61, 0x246])
        #expect(m.s.pointee.esp == TestMachine.innerStack - 36)
    }

    // MARK: IRET

    struct Return: Sendable {
        var frame: [UInt32]
        var exit: Exit = .budgetSpent
        var ring = 1
        var flags: UInt32 = 0x202
    }
    static let returns: [Return] = [
        Return(frame: [0x12000, 0x61, 0x246], flags: 0x246),
        Return(frame: [0x12000, 0x73, 0x246, 0x33000, 0x7b], flags: 0x246),
        // IF and IOPL do not change from ring 1, VM and reserved bits never.
        Return(frame: [0x12000, 0x61, 0xffff_ffff & ~0x4100], flags: 0x24_0ed7),
        Return(frame: [0x12000, 0x61, 0], flags: 0x202),
        Return(frame: [0x12000, 0, 0x202], exit: TestMachine.fault(13, 0)),
        Return(frame: [0x12000, 0x69, 0x202], exit: TestMachine.fault(13, 0x68)),
        Return(frame: [0x12000, 0x60, 0x202, 0, 0], exit: TestMachine.fault(13, 0x60)),
        Return(frame: [0x12000, 0x61, 0x202, 0, 0], exit: TestMachine.fault(13, 0x60), ring: 3),
        Return(frame: [0x12000, 0x103, 0x202, 0, 0x7b], exit: TestMachine.fault(13, 0x100)),
        Return(frame: [0x12000, 0x73, 0x202, 0x33000, 0x69], exit: TestMachine.fault(13, 0x68)),
        Return(frame: [0x12000, 0x73, 0x202, 0x33000, 0], exit: TestMachine.fault(13, 0)),
    ]

    @Test(arguments: returns)
    func iretChecksWhatItReturnsTo(_ r: Return) throws {
        let m = try TestMachine(ring: r.ring, [0xcf])
        m.s.pointee.esp = TestMachine.stack - UInt32(r.frame.count) * 4
        for (i, word) in r.frame.enumerated() { m.set(word, at: m.s.pointee.esp + UInt32(i) * 4) }
        #expect(m.step() == r.exit)
        guard r.exit == .budgetSpent else {
            #expect(m.s.pointee.eip == TestMachine.code && m.s.pointee.eflags == 0x202)
            #expect(m.s.pointee.esp == TestMachine.stack - UInt32(r.frame.count) * 4)
            return
        }
        #expect(m.s.pointee.eip == 0x12000)
        #expect(m.s.pointee.eflags == r.flags)
        if r.frame.count == 5 {
            #expect(m.s.pointee.esp == 0x33000 && m.s.pointee.cpl == 3)
            #expect(m.s.pointee.ds == SegmentRegister())
        } else {
            #expect(m.s.pointee.esp == TestMachine.stack)
        }
    }

    @Test func iretFromANestedTaskHasNowhereToGo() throws {
        let m = try TestMachine(ring: 1, [0xcf])
        m.s.pointee.eflags |= 0x4000
        #expect(m.step() == TestMachine.fault(10, 0))
    }

    @Test func popfKeepsWhatRingOneMayNotTouch() throws {
        // push imm; popf; pushf; pop eax
        let m = try TestMachine(ring: 1, [0x68] + le(0xffff_feff) + [0x9d, 0x9c, 0x58])
        m.run(4)
        // IF was set and stays, IOPL stays 0; TF was not asked for.
        #expect(m.s.pointee.eax == 0x24_4ed7)
    }

    // MARK: Single steps

    @Test func theTrapFlagTrapsAfterEveryInstruction() throws {
        let m = try TestMachine(ring: 3, [0x40, 0x40, 0x40])
        m.s.pointee.eflags |= 0x100
        #expect(m.run() == .trap(vector: 1, errorCode: nil, kind: .trap))
        #expect(m.s.pointee.eip == TestMachine.code + 1)
        #expect(m.s.pointee.dr6 & 0x4000 != 0)
        #expect(m.run() == .trap(vector: 1, errorCode: nil, kind: .trap))
        #expect(m.s.pointee.eax == 2)
    }

    @Test func popfArmsTheTrapForTheInstructionAfterIt() throws {
        // push 0x302; popf; nop; inc eax
        let m = try TestMachine(ring: 3, [0x68] + le(0x302) + [0x9d, 0x90, 0x40])
        #expect(m.run() == .trap(vector: 1, errorCode: nil, kind: .trap))
        #expect(m.s.pointee.eip == TestMachine.code + 7)
        #expect(m.s.pointee.eax == 0)
    }

    @Test func aLoadOfSSHoldsTheTrapBackForOneInstruction() throws {
        // mov ss, ax; mov esp, ebx; nop
        let m = try TestMachine(ring: 3, [0x8e, 0xd0, 0x89, 0xdc, 0x90])
        m.s.pointee.eax = UInt32(TestMachine.userData)
        m.s.pointee.ebx = 0x30000
        m.s.pointee.eflags |= 0x100
        #expect(m.run() == .trap(vector: 1, errorCode: nil, kind: .trap))
        #expect(m.s.pointee.eip == TestMachine.code + 4)
        #expect(m.s.pointee.esp == 0x30000)
    }

    @Test func aDebugTrapIsDeliveredWithTFClear() throws {
        let m = try TestMachine(ring: 3, [0x40])
        m.cpu.setGate(1, Self.gate())
        m.s.pointee.eflags |= 0x100
        #expect(m.step() == .budgetSpent)
        #expect(m.s.pointee.eip == Self.handler)
        #expect(m.s.pointee.eflags & 0x100 == 0)
        #expect(m.stacked(3) == [TestMachine.code + 1, 0x73, 0x302])
    }

    @Test func aRepeatedStringTrapsAfterEachElement() throws {
        let m = try TestMachine(ring: 3, [0xf3, 0xaa, 0x90])
        m.s.pointee.edi = TestMachine.data
        m.s.pointee.ecx = 3
        m.s.pointee.eflags |= 0x100
        for left: UInt32 in [2, 1, 0] {
            #expect(m.run() == .trap(vector: 1, errorCode: nil, kind: .trap))
            #expect(m.s.pointee.ecx == left)
        }
        #expect(m.s.pointee.eip == TestMachine.code + 2)
    }
}
