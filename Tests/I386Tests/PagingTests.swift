// Two-level paging: who may touch what, which bits the walk sets, what a fault reports, and what the TLB remembers.

import I386
import Testing

@Suite struct PagingTests {
    static let page = TestMachine.data
    // mov eax, [page]; mov [page], eax; add [page], eax
    static let load: [UInt8] = [0xa1] + le(page)
    static let store: [UInt8] = [0xa3] + le(page)
    static let modify: [UInt8] = [0x01, 0x05] + le(page)

    struct Rights: Sendable {
        var ring: Int
        var flags: UInt32
        var code: [UInt8]
        /// nil: allowed.
        var error: UInt32?
        var protects = true
    }

    static let rights: [Rights] = [
        // Supervisor pages, seen from ring 1: reading always, writing as W and CR0.WP say.
        Rights(ring: 1, flags: 1, code: load, error: nil),
        Rights(ring: 1, flags: 1, code: store, error: 3),
        Rights(ring: 1, flags: 1, code: store, error: nil, protects: false),
        Rights(ring: 1, flags: 3, code: store, error: nil),
        Rights(ring: 1, flags: 5, code: store, error: 3),
        Rights(ring: 1, flags: 7, code: modify, error: nil),
        Rights(ring: 1, flags: 5, code: modify, error: 3),
        // From ring 3 only user pages exist.
        Rights(ring: 3, flags: 1, code: load, error: 5),
        Rights(ring: 3, flags: 3, code: load, error: 5),
        Rights(ring: 3, flags: 3, code: store, error: 7),
        Rights(ring: 3, flags: 5, code: load, error: nil),
        Rights(ring: 3, flags: 5, code: store, error: 7),
        Rights(ring: 3, flags: 5, code: store, error: 7, protects: false),
        Rights(ring: 3, flags: 7, code: store, error: nil),
        // Nothing there: P = 0 in the error code.
        Rights(ring: 1, flags: 6, code: load, error: 0),
        Rights(ring: 1, flags: 6, code: store, error: 2),
        Rights(ring: 1, flags: 6, code: modify, error: 2),
        Rights(ring: 3, flags: 6, code: load, error: 4),
        Rights(ring: 3, flags: 6, code: store, error: 6),
        Rights(ring: 3, flags: 6, code: modify, error: 6),
    ]

    @Test(arguments: rights)
    func anAccessIsAllowedOrFaultsWithItsErrorCode(_ r: Rights) throws {
        let m = try TestMachine(ring: r.ring, r.code)
        if !r.protects { m.s.pointee.cr0 &= ~0x10000 }
        m.map(Self.page, to: Self.page, r.flags)
        let exit = m.step()
        if let error = r.error {
            #expect(exit == TestMachine.fault(14, error))
            #expect(m.s.pointee.cr2 == Self.page)
            #expect(m.s.pointee.eip == TestMachine.code)
        } else {
            #expect(exit == .budgetSpent)
            #expect(m.s.pointee.eip == TestMachine.code + UInt32(r.code.count))
        }
    }

    @Test(arguments: [(load, 0x20), (store, 0x60), (modify, 0x60)] as [([UInt8], UInt32)])
    func theWalkSetsAccessedAndDirty(code: [UInt8], bits: UInt32) throws {
        let m = try TestMachine(ring: 3, code)
        #expect(m.step() == .budgetSpent)
        #expect(m.entry(Self.page) & 0x60 == bits)
        #expect(m.word(TestMachine.directory) & 0x20 != 0)
    }

    @Test func aReadThenAWriteSetsDirtyLater() throws {
        let m = try TestMachine(ring: 1, Self.load + Self.store)
        m.step()
        #expect(m.entry(Self.page) & 0x60 == 0x20)
        m.step()
        #expect(m.entry(Self.page) & 0x60 == 0x60)
    }

    @Test func aFaultSetsNeitherBit() throws {
        let m = try TestMachine(ring: 3, Self.store)
        m.map(Self.page, to: Self.page, 5)
        #expect(m.step() == TestMachine.fault(14, 7))
        #expect(m.entry(Self.page) & 0x60 == 0)
    }

    @Test func directoryRightsCountToo() throws {
        let m = try TestMachine(ring: 1, Self.store)
        m.set(TestMachine.table | 5, at: TestMachine.directory)
        #expect(m.step() == TestMachine.fault(14, 3))
    }

    @Test func fetchingFromAMissingPageFaultsAtThatPage() throws {
        let m = try TestMachine(ring: 3)
        m.s.pointee.eip = 0x55123
        m.map(0x55000, to: 0x55000, 0)
        #expect(m.step() == TestMachine.fault(14, 4))
        #expect(m.s.pointee.cr2 == 0x55123)
        #expect(m.s.pointee.eip == 0x55123)
    }

    @Test func ringThreeCannotFetchSupervisorCode() throws {
        let m = try TestMachine(ring: 3, [0x90])
        m.map(TestMachine.code, to: TestMachine.code, 3)
        #expect(m.step() == TestMachine.fault(14, 5))
    }

    @Test func anInstructionAcrossPagesFaultsAtItsSecondPage() throws {
        // mov eax, imm32, of which two bytes are in the next page.
        let m = try TestMachine(ring: 3)
        m.load([0xb8, 1, 2, 3, 4], at: 0x10ffd)
        m.s.pointee.eip = 0x10ffd
        m.map(0x11000, to: 0x11000, 6)
        #expect(m.step() == TestMachine.fault(14, 4))
        #expect(m.s.pointee.cr2 == 0x11000)
        m.remap(0x11000, to: 0x11000, 7)
        #expect(m.step() == .budgetSpent)
        #expect(m.s.pointee.eax == 0x0403_0201)
    }

    @Test func aCachedInstructionAcrossPagesFollowsItsSecondPage() throws {
        // 10ffd: mov eax, imm32; jmp 10ffd
        let m = try TestMachine(ring: 1)
        m.load([0xb8, 1, 2, 3, 4, 0xeb, 0xf9], at: 0x10ffd)
        m.load([5, 6, 0xeb, 0xf9], at: 0x50000)
        m.s.pointee.eip = 0x10ffd
        m.run(20)
        #expect(m.s.pointee.eax == 0x0403_0201)
        m.remap(0x11000, to: 0x50000, 7)
        m.run(20)
        #expect(m.s.pointee.eax == 0x0605_0201)
    }

    @Test(arguments: [0xffd, 0xffe, 0xfff] as [UInt32])
    func aStoreAcrossPagesThatFaultsWritesNothing(offset: UInt32) throws {
        let at = Self.page + offset
        let m = try TestMachine(ring: 3, [0xa3] + le(at))
        m.s.pointee.eax = 0x1122_3344
        m.map(Self.page + 0x1000, to: Self.page + 0x1000, 5)
        #expect(m.step() == TestMachine.fault(14, 7))
        #expect(m.s.pointee.cr2 == Self.page + 0x1000)
        #expect(m.word(Self.page + 0xffc) == 0)
        #expect(m.word(Self.page + 0x1000) == 0)
        m.remap(Self.page + 0x1000, to: 0x60000, 7)
        #expect(m.step() == .budgetSpent)
        let low = m.word(Self.page + 0xffc) >> (8 * (offset - 0xffc))
        let high = m.word(0x60000) << (8 * (0x1000 - offset))
        #expect(low | high == 0x1122_3344)
    }

    @Test func theFirstPageOfAStraddlingAccessFaultsFirst() throws {
        let m = try TestMachine(ring: 3, [0xa1] + le(Self.page + 0xffe))
        m.map(Self.page, to: 0, 0)
        m.map(Self.page + 0x1000, to: 0, 0)
        #expect(m.step() == TestMachine.fault(14, 4))
        #expect(m.s.pointee.cr2 == Self.page + 0xffe)
    }

    @Test func theTLBRemembersUntilToldOtherwise() throws {
        let m = try TestMachine(ring: 1, Self.load + Self.load + Self.load)
        m.set(1, at: Self.page)
        m.set(2, at: 0x60000)
        m.step()
        m.map(Self.page, to: 0x60000, 7)
        m.step()
        #expect(m.s.pointee.eax == 1)
        m.cpu.invalidate(page: GuestVirtual(Self.page), in: GuestPhysical(TestMachine.directory))
        m.step()
        #expect(m.s.pointee.eax == 2)
    }

    enum Flush: Sendable, CaseIterable { case page, directory, user, everything, drop }

    @Test(arguments: Flush.allCases)
    func everyKindOfFlushForgets(_ kind: Flush) throws {
        let m = try TestMachine(ring: 1, Self.load + Self.load)
        m.set(1, at: Self.page)
        m.set(2, at: 0x60000)
        m.step()
        m.map(Self.page, to: 0x60000, 7)
        switch kind {
        case .page: m.cpu.invalidate(page: GuestVirtual(Self.page), in: nil)
        case .directory: m.cpu.invalidate(directoryIndex: 0, in: nil)
        case .user: m.cpu.flushTLB(.user(below: GuestVirtual(0xc000_0000)))
        case .everything: m.cpu.flushTLB(.everything)
        case .drop: m.cpu.dropAddressSpace(GuestPhysical(TestMachine.directory))
        }
        m.step()
        #expect(m.s.pointee.eax == 2)
    }

    @Test(arguments: Flush.allCases, [1, 3])
    func everyKindOfFlushReachesChainedCode(_ kind: Flush, ring: Int) throws {
        // A loop over two pages: inc eax; jmp 11000 / inc ebx; jmp back. Then the second page becomes inc ecx.
        let m = try TestMachine(ring: ring, [0x40, 0xe9] + le(0x11000 - 0x10006))
        m.load([0x43, 0xe9] + le(0 &- 0x1006), at: 0x11000)
        m.load([0x41, 0xe9] + le(0 &- 0x1006), at: 0x60000)
        m.run(400)
        m.map(0x11000, to: 0x60000, 7)
        switch kind {
        case .page: m.cpu.invalidate(page: GuestVirtual(0x11000), in: nil)
        case .directory: m.cpu.invalidate(directoryIndex: 0, in: GuestPhysical(TestMachine.directory))
        case .user: m.cpu.flushTLB(.user(below: GuestVirtual(0xc000_0000)))
        case .everything: m.cpu.flushTLB(.everything)
        case .drop: m.cpu.dropAddressSpace(GuestPhysical(TestMachine.directory))
        }
        m.run(400)
        #expect(m.s.pointee.eax == 200 && m.s.pointee.ebx == 100 && m.s.pointee.ecx == 100)
    }

    @Test func flushingUserMappingsKeepsTheKernels() throws {
        let m = try TestMachine(ring: 1, Self.load + Self.load)
        m.set(1, at: Self.page)
        m.step()
        m.map(Self.page, to: 0x60000, 7)
        m.cpu.flushTLB(.user(below: GuestVirtual(Self.page)))
        m.step()
        #expect(m.s.pointee.eax == 1)
    }

    /// A program's page and the kernel's that share an entry of the TLB, in either order of use.
    @Test(arguments: [[false], [true], [false, true], [true, false], [false, true, false], [true, false, true]])
    func aFlushOfUserMappingsFindsThemBetweenTheKernels(_ uses: [Bool]) throws {
        let high = Self.page | 0xc000_0000
        let code = uses.flatMap { [0xa1] + le($0 ? high : Self.page) } + Self.load + [0x8b, 0x1d] + le(high)
        let m = try TestMachine(ring: 1, code)
        m.set(TestMachine.table | 7, at: TestMachine.directory + 0x300 * 4)
        m.set(1, at: Self.page)
        m.set(2, at: 0x60000)
        for _ in uses { m.step() }
        m.map(Self.page, to: 0x60000, 7)
        m.cpu.flushTLB(.user(below: GuestVirtual(0xc000_0000)))
        // Whether the kernel's is remembered depends on who used the entry last.
        let kept = uses.last == true
        if kept {
            m.s.pointee.eip &+= 5
            m.step()
            #expect(m.s.pointee.ebx == 1)
            m.s.pointee.eip &-= 11
        }
        m.step()
        #expect(m.s.pointee.eax == 2)
        m.step()
        #expect(m.s.pointee.ebx == 2)
    }

    @Test func addressSpacesStayWarmAndApart() throws {
        let m = try TestMachine(ring: 1, Self.load + Self.load + Self.load)
        // A second directory that differs in one page.
        m.set(0x4007, at: 0x3000)
        for i: UInt32 in 0..<256 { m.set(i << 12 | 7, at: 0x4000 + i * 4) }
        m.set(0x60007, at: 0x4000 + Self.page >> 12 * 4)
        m.set(1, at: Self.page)
        m.set(2, at: 0x60000)
        m.step()
        #expect(m.s.pointee.eax == 1)
        m.cpu.loadPageDirectory(GuestPhysical(0x3000))
        m.step()
        #expect(m.s.pointee.eax == 2)
        // The first space still has its translation: it does not see that its table has changed meanwhile.
        m.map(Self.page, to: 0x60000, 7)
        m.cpu.loadPageDirectory(GuestPhysical(TestMachine.directory))
        m.step()
        #expect(m.s.pointee.eax == 1)
    }

    @Test func codeIsPerAddressSpaceToo() throws {
        // inc eax; jmp back. In the other space the same address holds inc ebx.
        let m = try TestMachine(ring: 1, [0x40, 0xeb, 0xfd])
        m.load([0x43, 0xeb, 0xfd], at: 0x60000)
        m.set(0x4007, at: 0x3000)
        for i: UInt32 in 0..<256 { m.set(i << 12 | 7, at: 0x4000 + i * 4) }
        m.set(0x60007, at: 0x4000 + TestMachine.code >> 12 * 4)
        for _ in 0..<3 {
            m.cpu.loadPageDirectory(GuestPhysical(TestMachine.directory))
            m.run(20)
            m.cpu.loadPageDirectory(GuestPhysical(0x3000))
            m.run(20)
        }
        #expect(m.s.pointee.eax == 30)
        #expect(m.s.pointee.ebx == 30)
    }

    // MARK: The hypervisor's rules

    @Test func aFrameBeyondTheLimitEndsTheGuest() throws {
        let m = try TestMachine(ring: 3, Self.load)
        m.cpu.mmu.frameLimit = PageFrame(0x80)
        m.map(Self.page, to: 0x80000, 7)
        #expect(
            m.step() == .illegalTranslation(entry: 0x80007, address: GuestVirtual(Self.page), isDirectory: false))
    }

    @Test func aFrameBeyondMemoryEndsTheGuestWhateverTheLimit() throws {
        let m = try TestMachine(ring: 3, Self.load)
        m.map(Self.page, to: 0xffff_f000, 7)
        let exit = m.step()
        #expect(
            exit == .illegalTranslation(entry: 0xffff_f007, address: GuestVirtual(Self.page), isDirectory: false))
    }

    @Test func forbiddenBitsEndTheGuest() throws {
        let m = try TestMachine(ring: 3, Self.load)
        m.cpu.mmu.illegalTableBits = 8
        m.map(Self.page, to: Self.page, 0xf)
        #expect(
            m.step()
                == .illegalTranslation(
                    entry: Self.page | 0xf, address: GuestVirtual(Self.page), isDirectory: false))
        m.cpu.mmu.illegalDirectoryBits = 0x80
        m.set(TestMachine.table | 0x87, at: TestMachine.directory)
        m.cpu.flushTLB(.everything)
        #expect(
            m.step()
                == .illegalTranslation(
                    entry: TestMachine.table | 0x87, address: GuestVirtual(TestMachine.code), isDirectory: true))
    }

    @Test func aDirectoryOutsideOfMemoryEndsTheGuest() throws {
        let m = try TestMachine(ring: 3, Self.load)
        m.cpu.loadPageDirectory(GuestPhysical(0x7000_0000))
        #expect(
            m.step()
                == .illegalTranslation(
                    entry: 0x7000_0000, address: GuestVirtual(TestMachine.code), isDirectory: true))
    }

    @Test func nothingIsMappedInTheReservedRange() throws {
        let m = try TestMachine(ring: 1, Self.load)
        m.cpu.mmu.reservedFrom = GuestVirtual(Self.page)
        #expect(m.step() == TestMachine.fault(14, 0))
    }

    @Test func theLastByteOfTheAddressSpaceWrapsToTheFirst() throws {
        // mov eax, [0xffffffff] with the last page mapped.
        let m = try TestMachine(ring: 1, [0xa1, 0xff, 0xff, 0xff, 0xff])
        m.set(0x4007, at: TestMachine.directory + 0xffc)
        m.set(0x60007, at: 0x4ffc)
        m.set(0xaa00_0000, at: 0x60ffc)
        m.set(0x0011_2233, at: 0)
        #expect(m.step() == .budgetSpent)
        #expect(m.s.pointee.eax == 0x1122_33aa)
    }

    @Test func virtualAccessOfTheHypervisorUsesSupervisorRights() throws {
        let m = try TestMachine(ring: 3)
        m.map(Self.page, to: 0x60000, 3)
        try m.cpu.writeVirtual32(GuestVirtual(Self.page), 0x1234_5678)
        #expect(m.word(0x60000) == 0x1234_5678)
        #expect(try m.cpu.readVirtual8(GuestVirtual(Self.page + 3)) == 0x12)
        #expect(
            try m.cpu.translate(GuestVirtual(Self.page + 4), write: false, user: false) == GuestPhysical(0x60004))
        #expect(throws: CPUFault.pageFault(Self.page, errorCode: 5)) {
            try m.cpu.translate(GuestVirtual(Self.page), write: false, user: true)
        }
    }
}
