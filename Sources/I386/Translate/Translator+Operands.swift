// Operands: guest registers are host registers, and guest memory is one TLB look away.

/// What has to be checked before an instruction may do anything.
struct Access {
    let emit: (Translator) -> Void
    /// It leaves the host's flags alone, and always succeeds.
    let isFree: (Translator) -> Bool

    init(_ m: HostMemory, _ bytes: UInt8, write: Bool) {
        emit = { $0.check(m, bytes: bytes, write: write) }
        isFree = { t in t.window(m, bytes, write: write).map { t.windows[$0].isOpen } ?? false }
    }
    static func read(_ m: HostMemory, _ bytes: UInt8) -> Access { Access(m, bytes, write: false) }
    static func write(_ m: HostMemory, _ bytes: UInt8) -> Access { Access(m, bytes, write: true) }

    private init(emit: @escaping (Translator) -> Void) {
        self.emit = emit
        isFree = { _ in false }
    }
    /// Several checks, or none of memory.
    static func by(_ emit: @escaping () -> Void) -> Access { Access(emit: { _ in emit() }) }
}

extension Translator {
    /// The host register behind an offset into CPUState.
    func host(_ offset: UInt8, _ size: UInt8 = 4) -> HostRegister {
        if size == 1 { return offset & 3 == 0 ? offset >> 2 : 4 + offset >> 2 }
        switch offset >> 2 {
        case 4: return Host.esp
        case 5: return Host.ebp
        case let n: return n
        }
    }
    /// The bit of such a register among `FlagStep.operands`.
    func bit(_ offset: UInt8, _ size: UInt8 = 4) -> UInt32 {
        size == 1 ? 1 << UInt32(offset >> 2) : 1 << UInt32(host(offset))
    }

    /// The address of the memory operand in host registers.
    func address(_ op: Op) -> HostMemory {
        var m = HostMemory(displacement: Int32(bitPattern: op.disp))
        if op.base != Op.zeroRegister { m.base = host(op.base) }
        if op.index != Op.zeroRegister {
            m.index = host(op.index)
            m.scale = op.scale
        }
        if !op.traits.contains(.flat) { m.segment = op.basedSegment }
        return m
    }

    /// Makes `checked` the operand at a guest address, or calls out, or leaves the trace at the start of the instruction with
    /// everything as it was. Uses rbp, r8, r9 and, unless the address lies in an open window, the host's flags.
    func check(_ m: HostMemory, bytes: UInt8, write: Bool) {
        if let n = window(m, bytes, write: write) { return reach(m, through: n) }
        // Its flags were not kept for a fault.
        if item.isCovered { a.failed = true }
        checked = .at(Host.address)
        distance = nil
        let closed = m.segment.map { leaveUnlessOpen($0) }
        let miss: Int
        let isConstant =
            m.base == nil && m.index == nil && m.segment == nil
            && UInt32(bitPattern: m.displacement) & 0xfff <= 4096 - UInt32(bytes)
        if isConstant {
            let page = UInt32(bitPattern: m.displacement) & 0xffff_f000
            let entry = Int32((page >> 12) & UInt32(TLBEntry.count - 1)) * 16
            a.load(Host.address, immediate: UInt32(bitPattern: m.displacement))
            a.arithmetic(.cmp, 4, .memory(.at(Host.tlb, entry + (write ? 4 : 0))), immediate: page)
            miss = a.jump(Assembler.notEqual)
            a.arithmetic(.add, 8, Host.address, memory: .at(Host.tlb, entry + 8))
        } else {
            loadAddress(m)
            if let segment = m.segment { addBase(of: segment) }
            emitLookUp(last: Int32(bytes) - 1, write: write)
            miss = a.jump(Assembler.notEqual)
            a.arithmetic(
                .add, 8, Host.address, memory: HostMemory(base: Host.tlb, index: Host.scratch, displacement: 8))
        }
        let back = a.position
        flags.host = 0
        let leave = leaving()
        let start = item.start
        deferred.append { [self] in
            a.heading("seldom: \(GuestVirtual(start)) has missed the TLB; ask Swift")
            a.bind(miss)
            a.load(Host.scratch, immediate: UInt32(bytes) | (write ? 0x10000 : 0))
            a.call(to: stubs.slowAccess)
            a.test(8, .register(Host.address), Host.address)
            a.jump(Assembler.notEqual, to: back)
            if let closed { a.bind(closed) }
            leave()
        }
    }

    /// The guest address into rbp; flags stay.
    func loadAddress(_ m: HostMemory) {
        if let base = m.base, m.index == nil, m.displacement == 0 {
            a.move(Host.address, base)
        } else {
            a.lea(4, Host.address, m)
        }
    }

    /// Compares the pages of rbp and of the byte `last` behind it with the TLB: equal means that both are one page that is
    /// known. Leaves the entry's offset in r8.
    func emitLookUp(last: Int32, write: Bool) {
        distance = nil
        a.move(Host.scratch, Host.address)
        a.shift(.shr, 4, .register(Host.scratch), by: 8)
        a.arithmetic(.and, 4, .register(Host.scratch), immediate: UInt32(TLBEntry.count - 1) << 4)
        if last > 0 {
            a.lea(4, Host.scratch2, .at(Host.address, last))
        } else {
            a.move(Host.scratch2, Host.address)
        }
        a.arithmetic(.and, 4, .register(Host.scratch2), immediate: 0xffff_f000)
        let entry = HostMemory(base: Host.tlb, index: Host.scratch, displacement: write ? 4 : 0)
        a.arithmetic(.cmp, 4, Host.scratch2, memory: entry)
    }

    /// One instruction, with the flags brought along around it.
    ///
    /// - Parameters:
    ///   - modifies: registers that it changes. - defines: flags that it certainly overwrites, and how to make them anew.
    ///   - reads: flags that must be in the host's. - access: the address check, when there is a memory operand.
    ///   - spoils: the host's flags mean nothing afterwards (apart from those defined). - usesShadow: so does the shadow
    ///     register.
    func perform(
        modifies: UInt32 = 0, defines: UInt32 = 0, _ step: FlagStep? = nil, reads: UInt32 = 0, spoils: Bool = false,
        usesShadow: Bool = false, access: Access? = nil, _ body: () -> Void
    ) {
        let clobbers = access.map { !$0.isFree(self) } ?? false
        func after(_ before: GuestFlags) -> GuestFlags {
            var f = before
            if spoils { f.host = 0 }
            f.forget(operands: modifies)
            if defines != 0 { f.define(defines, step) }
            return f
        }
        func loses(_ before: GuestFlags) -> Bool {
            var expected = before
            if clobbers { expected.host = reads } else if reads & ~before.host != 0 { expected.host = reads }
            expected = after(expected)
            return item.liveAfter & ~(expected.host | expected.durable) != 0
        }
        if clobbers && item.liveBefore & ~flags.durable != 0 {
            saveFlags()
        } else if loses(flags) {
            // A copy of the register that is about to change costs less than saving what depends on it.
            let usesShadow = usesShadow || (step?.operands ?? 0) & 1 << UInt32(Host.shadow) != 0
            if !usesShadow, let moved = flags.moved(from: modifies, to: Host.shadow), !loses(moved.flags) {
                a.move(Host.shadow, moved.register)
                flags = moved.flags
            } else {
                saveFlags()
            }
        } else if item.isSpoiltLater, !usesShadow, item.liveAfter & ~after(flags).durable & flags.durable != 0,
            step.map({ $0.operands & 1 << UInt32(Host.shadow) == 0 }) ?? true,
            let moved = flags.moved(from: modifies, to: Host.shadow),
            item.liveAfter & ~after(moved.flags).durable == 0
        {
            // The host's flags outlive this instruction, but not the next address check.
            a.move(Host.shadow, moved.register)
            flags = moved.flags
        }
        access?.emit(self)
        if reads != 0 { needInHost(reads) }
        body()
        flags = after(flags)
    }
}
