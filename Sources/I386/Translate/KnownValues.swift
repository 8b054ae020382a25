// What a trace knows of the guest's registers without running: not their values, but which of them are made from which others,
// and how. Two addresses made from the same unknown lie as far apart as their constants say.

/// Where an address comes from: two values that nothing in the trace tells more about, and how they are put together.
struct Origin: Hashable {
    var base: Int32
    var index: Int32
    var scale: UInt8
}

/// What is known of the guest's registers at a point of a trace: each is some value plus a constant.
struct KnownValues {
    /// Value 0 is the number zero: a register that is it plus something holds a constant.
    fileprivate private(set) var value: [8 of Int32] = [1, 2, 3, 4, 5, 6, 7, 8]
    fileprivate private(set) var offset: [8 of UInt32] = .init(repeating: 0)
    private var next: Int32 = 9

    /// At the top of a loop whose body ends with what is known here: what the body leaves alone is as it was before, the rest is
    /// anything.
    func aroundLoop() -> KnownValues {
        var result = self
        for r in 0..<8 where value[r] != Int32(r + 1) || offset[r] != 0 { result.forget(r) }
        return result
    }
    /// The address is made of registers that have not changed since the start of the trace.
    func isUnchanged(_ origin: Origin) -> Bool {
        func isUnchanged(_ v: Int32) -> Bool {
            v == 0 || (v <= 8 && value[Int(v) - 1] == v && offset[Int(v) - 1] == 0)
        }
        return isUnchanged(origin.base) && isUnchanged(origin.index)
    }

    private mutating func forget(_ r: Int) {
        value[r] = next
        offset[r] = 0
        next += 1
    }
    private mutating func copy(_ to: Int, from: Int, plus: UInt32 = 0) {
        (value[to], offset[to]) = (value[from], offset[from] &+ plus)
    }

    /// Origin and offset of an address. nil when the offset is out of all proportion, or a segment has to
    /// be asked.
    func place(_ m: HostMemory) -> (origin: Origin, offset: Int32)? {
        guard m.segment == nil else { return nil }
        var origin = Origin(base: 0, index: 0, scale: 0)
        var distance = UInt32(bitPattern: m.displacement)
        if let base = m.base {
            guard let r = Self.guest(base) else { return nil }
            origin.base = value[r]
            distance &+= offset[r]
        }
        if let index = m.index {
            guard let r = Self.guest(index) else { return nil }
            (origin.index, origin.scale) = (value[r], m.scale)
            distance &+= offset[r] << UInt32(m.scale)
        }
        let signed = Int32(bitPattern: distance)
        return signed > .min + 4096 && signed < .max - 4096 ? (origin, signed) : nil
    }

    /// The guest's register that a host's holds; none for those that generated code works with.
    private static func guest(_ r: HostRegister) -> Int? {
        switch r {
        case Host.esp: 4
        case Host.ebp: 5
        case Host.rax, Host.rcx, Host.rdx, Host.rbx, Host.rsi, Host.rdi: Int(r)
        default: nil
        }
    }

    /// An instruction runs. Whatever is not listed here is taken to change every register.
    mutating func pass(_ item: TraceItem, isNative: Bool) {
        let op = item.op.pointee
        let (dst, src) = (Int(op.dst >> 2), Int(op.src >> 2))
        let whole = op.size == 4
        let toMemory = op.traits.contains(.dstMemory)
        func forgetAll() { for r in 0..<8 { forget(r) } }
        guard isNative else { return forgetAll() }
        switch item.operation {
        case .push where !whole, .pushSegment where !whole, .pop where !whole, .popSegment where !whole,
            .call where !whole,
            .callIndirect where !whole, .ret where !whole, .leave where !whole, .loop where !whole:
            forgetAll()
        case .nop, .jumpIf, .jumpIfCXZero, .cmp, .test, .bt, .sahf, .cld, .std, .movToSegment: break
        case .mov where whole && !toMemory && op.traits.contains(.srcImmediate):
            (value[dst], offset[dst]) = (0, op.imm)
        case .mov where whole && !toMemory && !op.traits.contains(.srcMemory): copy(dst, from: src)
        case .lea where whole && op.index == Op.zeroRegister && op.base != Op.zeroRegister:
            copy(src, from: Int(op.base >> 2), plus: op.disp)
        case .lea: forget(src)
        case .add where whole && !toMemory && op.traits.contains(.srcImmediate): offset[dst] &+= op.imm
        case .sub where whole && !toMemory && op.traits.contains(.srcImmediate): offset[dst] &-= op.imm
        case .inc where whole && !toMemory: offset[dst] &+= 1
        case .dec where whole && !toMemory: offset[dst] &-= 1
        case .mov, .add, .or, .adc, .sbb, .and, .sub, .xor, .not, .neg, .inc, .dec, .shl, .sal, .shr, .sar, .rol, .ror,
            .setcc, .bts, .btr, .btc, .movFromSegment:
            if !toMemory { forget(dst) }
        case .movzx8, .movzx16, .movsx8, .movsx16, .cmovcc, .bswap, .imulTwo, .imulThree, .bsf, .bsr:
            forget(dst)
        case .xadd where toMemory: forget(src)
        case .cmpxchg where toMemory: forget(0)
        case .xchg:
            if !toMemory { forget(dst) }
            forget(src)
        case .cbw, .esc: forget(0)
        case .cwd: forget(2)
        case .mul, .imul, .div, .idiv:
            forget(0)
            forget(2)
        case .loop: forget(1)
        case .push, .pushSegment, .call, .callIndirect: offset[4] &-= 4
        case .popSegment: offset[4] &+= 4
        case .pop:
            offset[4] &+= 4
            forget(dst)
        case .ret: offset[4] &+= 4 &+ op.imm
        case .leave:
            copy(4, from: 5, plus: 4)
            forget(5)
        default: forgetAll()
        }
    }
}

extension CPU {
    /// For tests: what the translator takes each register for after the instruction at `eip`, from which a guest could else be
    /// led to memory that is not its own: one of before plus a constant, a constant (no register), or anything (nil).
    package func registersKnown(after eip: GuestVirtual) -> [(register: Int?, plus: UInt32)?]? {
        guard let translator else { return nil }
        state.pointee.eip = eip.rawValue
        guard let op = try? decodeScratch().ops else { return nil }
        let item = TraceItem(
            op: op, operation: op.pointee.operation, start: op.pointee.start, next: op.pointee.next, executed: 0)
        var known = KnownValues()
        known.pass(item, isNative: translator.isNative(item))
        return known.all
    }
}

extension KnownValues {
    fileprivate var all: [(register: Int?, plus: UInt32)?] {
        (0..<8).map { r in
            switch value[r] {
            case 0: (nil, offset[r])
            case 1...8: (Int(value[r]) - 1, offset[r])
            default: nil
            }
        }
    }
}
