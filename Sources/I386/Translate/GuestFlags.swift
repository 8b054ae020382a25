// Where the guest's six status flags are at each point of a translation. An i386 instruction run on the host leaves them
// where they belong, in the host's own flags; the trouble is that address checks destroy those. So the translator remembers
// how to make them again from registers that still hold the operands, and pays with instructions only when somebody looks.

/// One way to make some flags anew. Registers are host registers; for bytes, 4…7 are ah…bh.
enum FlagStep: Equatable {
    enum Source: Equatable {
        case register(HostRegister)
        case immediate(UInt32)
    }
    case compare(UInt8, HostRegister, Source)
    case test(UInt8, HostRegister, Source)
    /// The register holds the sum or difference; the source is what was added or subtracted.
    case sum(HostRegister, Source)
    case difference(HostRegister, Source)
    /// The register holds what was added to itself.
    case doubled(HostRegister)
    /// The register holds the result of and, or, xor.
    case logic(UInt8, HostRegister)
    case increment(HostRegister, down: Bool)
    case negation(HostRegister)
    /// The register holds the operand.
    case shift(Group2, HostRegister, UInt8)
    /// The register holds the result; only carry and overflow change.
    case rotation(Group2, HostRegister, UInt8)
    /// The first register is 0x101 when the product did not fit and 0 otherwise, the second is its low half.
    case product(HostRegister, HostRegister)

    /// The flags that it makes; the others stay as they are.
    var made: UInt32 {
        switch self {
        case .increment: Flag.status & ~Flag.cf
        case .rotation: Flag.cf | Flag.of
        default: Flag.status
        }
    }

    /// The step with another register in the place of `old`; nil for high bytes, which no other register has.
    func renamed(_ old: HostRegister, _ new: HostRegister) -> FlagStep? {
        guard operands & 1 << UInt32(old) != 0 else { return self }
        func r(_ x: HostRegister) -> HostRegister { x == old ? new : x }
        func s(_ x: Source) -> Source { if case .register(let y) = x { .register(r(y)) } else { x } }
        /// A high byte of any register cannot stand beside one that needs a REX prefix.
        func isHigh(_ size: UInt8, _ a: HostRegister, _ b: Source) -> Bool {
            if size == 1, a >= 4, a < 8 { return true }
            if size == 1, case .register(let y) = b, y >= 4, y < 8 { return true }
            return false
        }
        switch self {
        case .compare(let size, let a, let b): return isHigh(size, a, b) ? nil : .compare(size, r(a), s(b))
        case .test(let size, let a, let b): return isHigh(size, a, b) ? nil : .test(size, r(a), s(b))
        case .sum(let a, let b): return .sum(r(a), s(b))
        case .difference(let a, let b): return .difference(r(a), s(b))
        case .doubled(let a): return .doubled(r(a))
        case .logic(let size, let a): return size == 1 && a >= 4 && a < 8 ? nil : .logic(size, r(a))
        case .increment(let a, let down): return .increment(r(a), down: down)
        case .negation(let a): return .negation(r(a))
        case .shift(let g, let a, let n): return .shift(g, r(a), n)
        case .rotation(let g, let a, let n): return .rotation(g, r(a), n)
        case .product(let a, let b): return .product(r(a), r(b))
        }
    }

    /// The registers that must not change, one bit each.
    var operands: UInt32 {
        func bit(_ r: HostRegister, _ size: UInt8 = 4) -> UInt32 { 1 << UInt32(size == 1 && r < 8 ? r & 3 : r) }
        func bit(_ s: Source, _ size: UInt8 = 4) -> UInt32 {
            if case .register(let r) = s { bit(r, size) } else { 0 }
        }
        switch self {
        case .compare(let size, let a, let b), .test(let size, let a, let b): return bit(a, size) | bit(b, size)
        case .sum(let r, let s), .difference(let r, let s): return bit(r) | bit(s)
        case .logic(let size, let r): return bit(r, size)
        case .increment(let r, _), .negation(let r), .doubled(let r), .shift(_, let r, _), .rotation(_, let r, _):
            return bit(r)
        case .product(let a, let b): return bit(a) | bit(b)
        }
    }
}

struct GuestFlags {
    /// Valid in the host's flags.
    var host: UInt32 = 0
    /// Valid in `TranslationFrame.flags`.
    var memory: UInt32 = 0
    /// Make flags when run in this order, on top of what `memory` has.
    var steps: [FlagStep] = []

    var made: UInt32 { steps.reduce(0) { $0 | $1.made } }
    /// Flags that survive a clobbering of the host's.
    var durable: UInt32 { memory | made }

    /// Forgets the steps that depend on registers about to change.
    mutating func forget(operands: UInt32) {
        guard steps.contains(where: { $0.operands & operands != 0 }) else { return }
        // What a lost step made on top of an earlier one is lost in the earlier one too.
        var lost: UInt32 = 0
        var kept: [FlagStep] = []
        for step in steps {
            if step.operands & operands != 0 {
                lost |= step.made
            } else {
                lost &= ~step.made
                kept.append(step)
            }
        }
        if lost == 0 {
            steps = kept
        } else if kept.allSatisfy({ $0.made & lost == 0 }) {
            steps = kept
        } else {
            // Some survivor would bring back an older value of a lost flag.
            steps = []
        }
    }

    /// The same flags by way of a copy of the one register among `registers` that steps depend on; nil when that cannot be.
    func moved(from registers: UInt32, to copy: HostRegister) -> (flags: GuestFlags, register: HostRegister)? {
        let used = steps.reduce(0) { $0 | $1.operands }
        let wanted = used & registers
        guard wanted.nonzeroBitCount == 1, used & 1 << UInt32(copy) == 0 else { return nil }
        let register = HostRegister(wanted.trailingZeroBitCount)
        var result = self
        result.steps = []
        for step in steps {
            guard let step = step.renamed(register, copy) else { return nil }
            result.steps.append(step)
        }
        return (result, register)
    }

    /// An instruction has made `flags` anew, in the host, and `step` could do it again.
    mutating func define(_ flags: UInt32, _ step: FlagStep?) {
        memory &= ~flags
        if flags == Flag.status {
            steps = []
            host = flags
        } else {
            host |= flags
            steps.removeAll { $0.made & ~flags == 0 }
            if step == nil, steps.contains(where: { $0.made & flags != 0 }) { steps = [] }
        }
        if let step { steps.append(step) }
    }
}
