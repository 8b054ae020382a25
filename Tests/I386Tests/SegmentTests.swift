// Segment loads and segment limits: every rule of the manual as a row of a table.

import I386
import Testing

@Suite struct SegmentTests {
    // Descriptors for slots 20…: base 0x20000, limit 0xfff unless said otherwise.
    static let data3: UInt64 = 0x0040_f202_0000_0fff
    static let readOnly3: UInt64 = 0x0040_f002_0000_0fff
    static let data1: UInt64 = 0x0040_b202_0000_0fff
    static let code3: UInt64 = 0x0040_fa02_0000_0fff
    static let executeOnly3: UInt64 = 0x0040_f802_0000_0fff
    static let conforming1: UInt64 = 0x0040_be02_0000_0fff
    static let absent3: UInt64 = 0x0040_7202_0000_0fff
    static let expandDown3: UInt64 = 0x0040_f602_0000_0fff
    static let expandDown16: UInt64 = 0x0000_f602_0000_0fff
    static let tss: UInt64 = 0x0000_8902_0000_0067

    static let selector: UInt16 = 20 << 3 | 3

    struct Load: Sendable {
        var segment: Segment
        var descriptor: UInt64
        var selector: UInt16 = SegmentTests.selector
        var ring = 3
        var fault: CPUFault?
    }
    static let gp = CPUFault.generalProtection(UInt32(selector & 0xfffc))

    static let loads: [Load] = [
        Load(segment: .ds, descriptor: data3),
        Load(segment: .es, descriptor: readOnly3),
        Load(segment: .fs, descriptor: code3),
        Load(segment: .gs, descriptor: conforming1),
        Load(segment: .ds, descriptor: data3, selector: 0),
        Load(segment: .gs, descriptor: data3, selector: 3),
        Load(segment: .ds, descriptor: executeOnly3, fault: gp),
        Load(segment: .ds, descriptor: tss, fault: gp),
        Load(segment: .ds, descriptor: data1, fault: gp),
        Load(segment: .ds, descriptor: data1, selector: selector & ~3 | 1, ring: 1),
        // The requested privilege counts, not only the current one.
        Load(segment: .ds, descriptor: data1, selector: selector, ring: 1, fault: gp),
        Load(segment: .ds, descriptor: absent3, fault: .segmentNotPresent(UInt32(selector & 0xfffc))),
        // Beyond the GDT, or in an LDT.
        Load(segment: .ds, descriptor: data3, selector: 0x103, fault: .generalProtection(0x100)),
        Load(segment: .ds, descriptor: data3, selector: selector | 4, fault: .generalProtection(0xa4)),
        // ss is pickier.
        Load(segment: .ss, descriptor: data3),
        Load(segment: .ss, descriptor: expandDown3),
        Load(segment: .ss, descriptor: readOnly3, fault: gp),
        Load(segment: .ss, descriptor: code3, fault: gp),
        Load(segment: .ss, descriptor: data1, fault: gp),
        Load(segment: .ss, descriptor: data3, ring: 1, fault: gp),
        Load(segment: .ss, descriptor: data3, selector: 0, fault: .generalProtection(0)),
        Load(segment: .ss, descriptor: absent3, fault: .stackFault(UInt32(selector & 0xfffc))),
    ]

    @Test(arguments: loads)
    func aSegmentLoadObeysTheRules(_ l: Load) throws {
        // mov sreg, ax
        let m = try TestMachine(ring: l.ring, [0x8e, 0xc0 | l.segment.rawValue << 3])
        m.cpu.setDescriptor(20, l.descriptor)
        m.s.pointee.eax = UInt32(l.selector)
        let before = (m.s.pointee.es, m.s.pointee.ss, m.s.pointee.ds, m.s.pointee.fs, m.s.pointee.gs)
        let exit = m.step()
        if let fault = l.fault {
            #expect(exit == TestMachine.fault(fault.vector, fault.errorCode))
            #expect(before == (m.s.pointee.es, m.s.pointee.ss, m.s.pointee.ds, m.s.pointee.fs, m.s.pointee.gs))
            return
        }
        #expect(exit == .budgetSpent)
        let loaded = [m.s.pointee.es, m.s.pointee.cs, m.s.pointee.ss, m.s.pointee.ds, m.s.pointee.fs, m.s.pointee.gs][
            Int(l.segment.rawValue)]
        #expect(loaded.selector == l.selector)
        if l.selector > 3 {
            #expect(loaded.base == 0x20000 && loaded.limit == 0xfff)
            #expect(m.cpu.descriptor(20) & 1 << 40 != 0, "the accessed bit is set in the table")
        } else {
            #expect(loaded.attributes == 0)
        }
    }

    @Test(arguments: [1, 6, 7] as [UInt8])
    func csAndMissingRegistersCannotBeLoaded(_ number: UInt8) throws {
        let m = try TestMachine(ring: 3, [0x8e, 0xc0 | number << 3])
        #expect(m.step() == TestMachine.fault(6))
    }

    struct Access: Sendable {
        var descriptor: UInt64
        var code: [UInt8]
        var fault: Exit?
    }
    // mov eax, fs:[x]; mov fs:[x], eax; mov fs:[x], al
    static func read(_ at: UInt32) -> [UInt8] { [0x64, 0xa1] + le(at) }
    static func write(_ at: UInt32) -> [UInt8] { [0x64, 0xa3] + le(at) }
    static func writeByte(_ at: UInt32) -> [UInt8] { [0x64, 0xa2] + le(at) }

    static let accesses: [Access] = [
        Access(descriptor: data3, code: read(0xffc)),
        Access(descriptor: data3, code: read(0xffd), fault: TestMachine.fault(13, 0)),
        Access(descriptor: data3, code: read(0xffff_ffff), fault: TestMachine.fault(13, 0)),
        Access(descriptor: data3, code: writeByte(0xfff)),
        Access(descriptor: data3, code: writeByte(0x1000), fault: TestMachine.fault(13, 0)),
        Access(descriptor: readOnly3, code: read(0)),
        Access(descriptor: readOnly3, code: write(0), fault: TestMachine.fault(13, 0)),
        Access(descriptor: code3, code: read(0)),
        Access(descriptor: code3, code: write(0), fault: TestMachine.fault(13, 0)),
        // Expand-down: valid are the offsets above the limit.
        Access(descriptor: expandDown3, code: read(0x1000)),
        Access(descriptor: expandDown3, code: read(0xfff), fault: TestMachine.fault(13, 0)),
        Access(descriptor: expandDown16, code: read(0xfffc)),
        Access(descriptor: expandDown16, code: read(0xfffd), fault: TestMachine.fault(13, 0)),
    ]

    @Test(arguments: accesses)
    func limitsAndTypesAreChecked(_ a: Access) throws {
        let m = try TestMachine(ring: 3, a.code)
        m.set(0x1234_5678, at: 0x20ffc)
        m.cpu.setDescriptor(20, a.descriptor)
        try m.cpu.loadSegment(.fs, selector: Self.selector)
        #expect(m.step() == a.fault ?? .budgetSpent)
    }

    @Test func aNullSegmentCannotBeUsed() throws {
        let m = try TestMachine(ring: 3, Self.read(0))
        #expect(m.step() == TestMachine.fault(13, 0))
    }

    @Test func threadLocalStorageHasItsBase() throws {
        let m = try TestMachine(ring: 3, [0x65, 0xa1] + le(0x10) + [0x65, 0x8b, 0x1d] + le(0xffff_fff0))
        m.cpu.setDescriptor(6, 0x00cf_f202_0000_ffff)  // base 0x20000, 4 GiB: negative offsets are fine
        try m.cpu.loadSegment(.gs, selector: 0x33)
        m.set(7, at: 0x20010)
        m.set(8, at: 0x1fff0)
        #expect(m.run(2) == .budgetSpent)
        #expect(m.s.pointee.eax == 7 && m.s.pointee.ebx == 8)
    }

    @Test func aStackLimitIsAStackFault() throws {
        // push eax with ss = 20.
        let m = try TestMachine(ring: 3, [0x50])
        m.cpu.setDescriptor(20, Self.data3)
        try m.cpu.loadSegment(.ss, selector: Self.selector)
        m.s.pointee.esp = 0x1004
        #expect(m.step() == TestMachine.fault(12, 0))
        #expect(m.s.pointee.esp == 0x1004)
        m.s.pointee.esp = 0x1000
        m.s.pointee.eax = 99
        #expect(m.step() == .budgetSpent)
        #expect(m.word(0x20ffc) == 99)
    }

    @Test func aSixteenBitStackWrapsInItsSegment() throws {
        let m = try TestMachine(ring: 3, [0x50])
        m.cpu.setDescriptor(20, 0x0000_f202_0000_ffff)
        try m.cpu.loadSegment(.ss, selector: Self.selector)
        m.s.pointee.esp = 0xabcd_0002
        m.s.pointee.eax = 0x1234
        // The dword would wrap around the end of the segment: beyond the limit.
        #expect(m.step() == TestMachine.fault(12, 0))
        m.s.pointee.esp = 0xabcd_0004
        #expect(m.step() == .budgetSpent)
        #expect(m.s.pointee.esp == 0xabcd_0000)
        #expect(m.word(0x20000) == 0x1234)
    }

    @Test func sixteenBitCodeRunsWithItsLimit() throws {
        // mov ax, 0x1234; mov eax (66), imm32; jmp +0: in a 16-bit segment at 0x20000, three instructions then beyond.
        let m = try TestMachine(ring: 3)
        m.load([0xb8, 0x34, 0x12, 0x66, 0xbb, 1, 2, 3, 4, 0xeb, 0], at: 0x20000)
        m.cpu.setDescriptor(20, 0x0000_fa02_0000_000a)
        // A far jump there.
        m.load([0xea] + le(0) + [0xa3, 0])
        #expect(m.run(3) == .budgetSpent)
        #expect(m.s.pointee.eax & 0xffff == 0x1234)
        #expect(m.s.pointee.ebx == 0x0403_0201)
        // It is the jump that faults, not the fetch at its target.
        #expect(m.run(1) == TestMachine.fault(13, 0))
        #expect(m.s.pointee.eip == 9)
    }

    @Test func refreshingDropsWhatIsNoLongerThere() throws {
        let m = try TestMachine(ring: 3)
        m.cpu.setDescriptor(20, Self.data3)
        try m.cpu.loadSegment(.gs, selector: Self.selector)
        try m.cpu.loadSegment(.fs, selector: Self.selector)
        m.cpu.setDescriptor(20, 0x0040_f203_0000_0fff)
        m.cpu.refreshSegments()
        #expect(m.s.pointee.gs.base == 0x30000)
        m.cpu.setDescriptor(20, 0)
        m.cpu.refreshSegments()
        #expect(m.s.pointee.gs == SegmentRegister())
    }

    struct Query: Sendable {
        var descriptor: UInt64
        var selector: UInt16 = SegmentTests.selector
        var lar: UInt32?
        var lsl: UInt32?
        var verr = false
        var verw = false
    }
    static let queries: [Query] = [
        Query(descriptor: data3, lar: 0x40f200, lsl: 0xfff, verr: true, verw: true),
        Query(descriptor: readOnly3, lar: 0x40f000, lsl: 0xfff, verr: true),
        Query(descriptor: executeOnly3, lar: 0x40f800, lsl: 0xfff),
        Query(descriptor: data1),
        Query(descriptor: conforming1, lar: 0x40be00, lsl: 0xfff, verr: true),
        Query(descriptor: 0x008f_f200_0000_ffff, lar: 0x80f200, lsl: 0xffff_ffff, verr: true, verw: true),
        Query(descriptor: data3, selector: 0),
        Query(descriptor: data3, selector: 0x103),
        Query(descriptor: data3, selector: selector | 4),
        // System segments: a TSS of ring 3 has a limit, a call gate only access rights, a reserved type nothing.
        Query(descriptor: 0x0000_e902_0000_0067, lar: 0xe900, lsl: 0x67),
        Query(descriptor: 0x0000_ec00_0063_1234, lar: 0xec00),
        Query(descriptor: 0x0000_e000_0000_0000),
    ]

    @Test(arguments: queries)
    func descriptorsAreVisibleToThoseWhoMay(_ q: Query) throws {
        // lar eax, ecx; lsl ebx, ecx; verr cx; setz dl; verw cx; setz dh
        let code: [UInt8] = [
            0x0f, 0x02, 0xc1, 0x0f, 0x03, 0xd9, 0x0f, 0x00, 0xe1, 0x0f, 0x94, 0xc2, 0x0f, 0x00, 0xe9, 0x0f, 0x94, 0xc6,
        ]
        let m = try TestMachine(ring: 3, code)
        m.cpu.setDescriptor(20, q.descriptor)
        (m.s.pointee.eax, m.s.pointee.ebx, m.s.pointee.ecx) = (0x7777_7777, 0x7777_7777, UInt32(q.selector))
        m.run(1)
        #expect((m.s.pointee.eflags & 0x40 != 0) == (q.lar != nil))
        m.run(1)
        #expect((m.s.pointee.eflags & 0x40 != 0) == (q.lsl != nil))
        m.run(4)
        #expect(m.s.pointee.eax & 0xf0ff00 == q.lar ?? 0x707700)
        #expect(m.s.pointee.ebx == q.lsl ?? 0x7777_7777)
        #expect(m.s.pointee.edx == (q.verr ? 1 : 0) | (q.verw ? 0x100 : 0))
    }

    struct Far: Sendable {
        var descriptor: UInt64
        var selector: UInt16 = SegmentTests.selector
        var target: UInt32 = 0
        var fault: CPUFault?
    }
    static let fars: [Far] = [
        Far(descriptor: code3),
        Far(descriptor: executeOnly3),
        Far(descriptor: conforming1),
        Far(descriptor: code3, selector: selector & ~3),
        Far(descriptor: code3, target: 0x1000, fault: .generalProtection(0)),
        Far(descriptor: data3, fault: gp),
        Far(descriptor: 0x0040_ba02_0000_0fff, fault: gp),  // non-conforming, ring 1
        Far(descriptor: 0x0040_7a02_0000_0fff, fault: .segmentNotPresent(0xa0)),
        Far(descriptor: tss, fault: gp),
        Far(descriptor: 0x0000_ec00_0063_1234, fault: gp),  // a call gate
        Far(descriptor: code3, selector: 3, fault: .generalProtection(0)),
        Far(descriptor: code3, selector: 0x103, fault: .generalProtection(0x100)),
    ]

    @Test(arguments: fars)
    func aFarJumpLoadsCodeOfItsOwnPrivilege(_ f: Far) throws {
        let bytes = [UInt8(truncatingIfNeeded: f.selector), UInt8(f.selector >> 8)]
        let m = try TestMachine(ring: 3, [0xea] + le(f.target) + bytes)
        m.cpu.setDescriptor(20, f.descriptor)
        let exit = m.step()
        if let fault = f.fault {
            #expect(exit == TestMachine.fault(fault.vector, fault.errorCode))
            #expect(m.s.pointee.eip == TestMachine.code)
            #expect(m.s.pointee.cs.selector == TestMachine.userCode)
        } else {
            #expect(exit == .budgetSpent)
            #expect(m.s.pointee.cs.selector == Self.selector)
            #expect(m.s.pointee.eip == f.target)
        }
    }

    @Test func aFarCallAndReturnComeBack() throws {
        // lcall 0xa3:0 ; at 0x20000: lret
        let m = try TestMachine(ring: 3, [0x9a] + le(0) + [0xa3, 0])
        m.cpu.setDescriptor(20, Self.code3)
        m.load([0xcb], at: 0x20000)
        m.step()
        #expect(m.stacked(2) == [TestMachine.code + 7, UInt32(TestMachine.userCode)])
        m.step()
        #expect(m.s.pointee.eip == TestMachine.code + 7)
        #expect(m.s.pointee.cs.selector == TestMachine.userCode)
        #expect(m.s.pointee.esp == TestMachine.stack)
    }

    @Test func aFarReturnToRingThreeDropsRingOneSegments() throws {
        // lret 8 from ring 1: eip, cs, two parameters, esp, ss.
        let m = try TestMachine(ring: 1, [0xca, 8, 0])
        m.s.pointee.esp = TestMachine.stack - 24
        let frame: [UInt32] = [0x12000, 0x73, 1, 2, 0x33000, 0x7b]
        for (i, word) in frame.enumerated() { m.set(word, at: m.s.pointee.esp + UInt32(i) * 4) }
        try m.cpu.loadSegment(.fs, selector: 0x7b)
        #expect(m.step() == .budgetSpent)
        #expect(m.s.pointee.eip == 0x12000)
        #expect(m.s.pointee.cpl == 3)
        #expect(m.s.pointee.esp == 0x33008)
        #expect(m.s.pointee.ss.selector == 0x7b)
        #expect(m.s.pointee.ds == SegmentRegister() && m.s.pointee.es == SegmentRegister())
        #expect(m.s.pointee.fs.selector == 0x7b)
    }
}
