// Everything the guest can see of its processor, and the few words the interpreter keeps beside it, as plain old data
// at fixed offsets. One pointer to this struct is all that the instruction loop holds; a translator can address the
// same fields by offset. No references, no optionals, no enums with payloads: nothing here needs a retain.

/// The six segment registers, numbered as instructions encode them.
public enum Segment: UInt8, Sendable, CaseIterable {
    case es, cs, ss, ds, fs, gs
}

/// A segment register: the selector that the guest sees and the hidden descriptor cache behind it (SDM 3A 3.4.3).
@frozen public struct SegmentRegister: Sendable, Equatable {
    public var base: UInt32 = 0
    /// The last valid offset in bytes (granularity already applied); for expand-down segments the last *invalid* one.
    public var limit: UInt32 = 0
    public var selector: UInt16 = 0
    /// Access byte (P, DPL, S, type) in bits 0–7; AVL, L, D/B, G in bits 12–15, as in bytes 5 and 6 of a descriptor.
    /// Zero for a null segment.
    public var attributes: UInt16 = 0

    public init() {}
    public init(base: UInt32, limit: UInt32, selector: UInt16, attributes: UInt16) {
        self.base = base
        self.limit = limit
        self.selector = selector
        self.attributes = attributes
    }

    /// D/B: 32-bit operands and addresses (code), 32-bit stack pointer (stack), 4 GiB upper bound (expand-down).
    @inlinable public var is32Bit: Bool { attributes & 0x4000 != 0 }
    @inlinable public var isPresent: Bool { attributes & 0x80 != 0 }
    @inlinable public var dpl: UInt8 { UInt8(truncatingIfNeeded: attributes >> 5) & 3 }
}

/// One virtual CPU's registers. `gpr` order is that of instruction encodings: eax ecx edx ebx esp ebp esi edi.
///
/// Between two calls of `CPU.run` everything is canonical: `eflags` is complete and `eip` is the next instruction.
/// While an instruction runs, arithmetic flags live in `zeroSignParity` and `carries` and `eip` is only kept where
/// an instruction needs it.
public struct CPUState: Sendable {
    // Offset 0: the general registers. Instructions address them by byte offset from the start of the struct.
    public var eax: UInt32 = 0
    public var ecx: UInt32 = 0
    public var edx: UInt32 = 0
    public var ebx: UInt32 = 0
    public var esp: UInt32 = 0
    public var ebp: UInt32 = 0
    public var esi: UInt32 = 0
    public var edi: UInt32 = 0
    /// Offset 32: always zero. Address forms without a base or an index name this one, which saves them a branch.
    package var zero: UInt32 = 0
    public var eip: UInt32 = 0
    public var eflags: UInt32 = 2
    public var cr0: UInt32 = 0x0001_0033  // WP, NE, ET, MP, PE: protected mode; PG comes with the first page directory
    public var cr2: UInt32 = 0
    public var cr3: UInt32 = 0
    public var cr4: UInt32 = 0
    /// Debug status; only BS (bit 14), the single-step flag, is ever set here.
    public var dr6: UInt32 = 0xffff_0ff0

    // Offset 64: arithmetic flags, not yet folded into `eflags`. See Flags.swift.
    package var zeroSignParity: Int64 = 0
    package var carries: UInt64 = 0

    // Offset 80: segments in encoding order.
    public var es = SegmentRegister()
    public var cs = SegmentRegister()
    public var ss = SegmentRegister()
    public var ds = SegmentRegister()
    public var fs = SegmentRegister()
    public var gs = SegmentRegister()

    // Offset 152: what STR and SLDT report. There is no task switching and no LDT.
    public var tr: UInt16 = 0
    public var ldtr: UInt16 = 0
    /// AF after a shift, which the manual leaves undefined: 0, or the flag on hosts that set it.
    package var shiftAuxiliary: UInt32 = 0

    // Offset 160.
    public var x87 = X87State()

    public init() {}

    /// Byte offset of the first segment register; a test holds it to the truth.
    package static var segmentsOffset: Int { 80 }

    /// The current privilege level: the RPL of cs.
    public var cpl: UInt8 { UInt8(truncatingIfNeeded: cs.selector & 3) }
}
