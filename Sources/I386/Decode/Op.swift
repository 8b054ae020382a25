// One decoded instruction and the block that holds a run of them: plain old data in the code arena.

/// A decoded instruction, 32 bytes. Registers are byte offsets into `CPUState`, so that al, ah, ax and eax are the same
/// kind of thing, and "no base" is the offset of a register that is always zero.
struct Op {
    /// What the loop switches on: a specialised form, or `.generic`.
    var code: Code = .generic
    var traits: Traits = []
    var operation: Operation = .invalid
    /// Bytes of the instruction.
    var length: UInt8 = 0
    /// Operand size in bytes: 1, 2 or 4.
    var size: UInt8 = 4
    var dst: UInt8 = 0
    var src: UInt8 = 0
    var base: UInt8 = Op.zeroRegister
    var index: UInt8 = Op.zeroRegister
    /// Shift of the index, 0…3.
    var scale: UInt8 = 0
    var segment: UInt8 = 3
    /// The last opcode byte; its low nibble is the condition of Jcc, SETcc and CMOVcc.
    var opcode: UInt8 = 0
    var modrm: UInt8 = 0
    /// Instructions of the block before this one.
    var ordinal: UInt8 = 0
    /// Immediate (sign-extended), or the target of a relative branch.
    var imm: UInt32 = 0
    var disp: UInt32 = 0
    /// eip after the instruction.
    var next: UInt32 = 0
    /// A selector, a second immediate or a segment number.
    var aux: UInt32 = 0

    static var zeroRegister: UInt8 { 32 }

    /// eip of the instruction.
    var start: UInt32 { next &- UInt32(length) }

    struct Traits: OptionSet {
        var rawValue: UInt16
        static let dstMemory = Traits(rawValue: 1)
        static let srcMemory = Traits(rawValue: 2)
        static let srcImmediate = Traits(rawValue: 4)
        /// 16-bit address size: offsets wrap at 64 KiB.
        static let address16 = Traits(rawValue: 8)
        static let rep = Traits(rawValue: 0x10)
        static let repne = Traits(rawValue: 0x20)
        static let lock = Traits(rawValue: 0x40)
        /// The memory operand needs no segment check and no base.
        static let flat = Traits(rawValue: 0x80)
        /// Nobody looks at the flags this one produces.
        static let flagsDead = Traits(rawValue: 0x100)
        /// The count of SHLD and SHRD is cl rather than the immediate.
        static let countInCL = Traits(rawValue: 0x200)
        static let operand16 = Traits(rawValue: 0x400)
        static let memory: Traits = [.dstMemory, .srcMemory]
    }
}

/// A run of instructions that is entered only at its start, followed in memory by its ops. Keyed by physical address,
/// virtual address and mode. Blocks are never moved and never freed one by one: a dead one lies in the arena until the
/// arena is emptied.
struct Block {
    var eip: UInt32
    var physical: UInt32
    /// Where the second page starts when the (then only) instruction crosses pages; `.max` otherwise.
    var secondPage: UInt32 = .max
    /// Instructions.
    var count: UInt16 = 0
    var bytes: UInt16 = 0
    var mode: UInt8 = 0
    /// Its bytes have been overwritten: it is out of the hash and must be left at the next instruction.
    var isDead = false
    /// One instruction decoded for once only; it is in no table.
    var isScratch = false
    /// Slots of ops in use, the boundary and the spare one included.
    var slots: UInt8 = 0
    /// Its translation, if it starts one, else -1.
    var trace: Int32 = -1
    /// Direct successors: the jump and, right behind it, the fall-through. See `Link`.
    var taken = Link()
    var notTaken = Link()
    /// Next in the same hash bucket.
    var hashNext: UnsafeMutablePointer<Block>?
    /// Next block that has bytes in the same frame; second chain for the second page.
    var frameNext: UnsafeMutablePointer<Block>?
    var secondFrameNext: UnsafeMutablePointer<Block>?
    /// The first of the translations that contain it, else -1.
    var member: Int32 = -1
    /// Runs that the interpreter still makes of it before it is worth a translation.
    var patience: Int32 = .max

    /// Room for the header, a whole number of ops.
    static var headerSize: Int { 96 }
    static var linksOffset: Int { 24 }
}

/// A chained successor. Good as long as `tag` is the CPU's current one, that is, while no mapping of code, mode or
/// privilege has changed since, and `block` is not dead; else it is looked up again. So nothing has to be unchained.
struct Link {
    var tag: UInt64 = 0
    var block: BlockPointer?
}

/// Offsets that unsafe code relies on, for a test to compare.
package enum CPULayout {
    package static var facts: [(name: String, assumed: Int, actual: Int?)] {
        [
            ("CPUState.zero", Int(Op.zeroRegister), MemoryLayout<CPUState>.offset(of: \.zero)),
            ("CPUState.es", CPUState.segmentsOffset, MemoryLayout<CPUState>.offset(of: \.es)),
            ("CPUState.gs", CPUState.segmentsOffset + 60, MemoryLayout<CPUState>.offset(of: \.gs)),
            ("Block.taken", Block.linksOffset, MemoryLayout<Block>.offset(of: \.taken)),
            ("Block.notTaken", Block.linksOffset + 16, MemoryLayout<Block>.offset(of: \.notTaken)),
            ("Block", Block.headerSize, (MemoryLayout<Block>.size + 31) & ~31),
            ("Op", 32, MemoryLayout<Op>.stride),
            ("TLBEntry", 16, MemoryLayout<TLBEntry>.stride),
            ("TLBEntry.addend", 8, MemoryLayout<TLBEntry>.offset(of: \.addend)),
            ("TranslationFrame", 128, (MemoryLayout<TranslationFrame>.size + 127) & ~127),
            (
                "CPUState", Int(TranslationFrame.x87ImageAt),
                max(MemoryLayout<CPUState>.size, Int(TranslationFrame.x87ImageAt))
            ),
        ] + TranslationFrame.facts + SegmentLoad.facts
    }
}

typealias BlockPointer = UnsafeMutablePointer<Block>

extension UnsafeMutablePointer<Block> {
    /// The ops lie right behind the header.
    @inline(__always) var ops: UnsafeMutablePointer<Op> {
        // SAFETY: the arena hands out header and ops in one piece; both strides are multiples of 32.
        (UnsafeMutableRawPointer(self) + Block.headerSize).assumingMemoryBound(to: Op.self)
    }

    /// The two links as an array: [0] the jump, [1] the fall-through.
    @inline(__always) var links: UnsafeMutablePointer<Link> {
        // SAFETY: `taken` and `notTaken` are consecutive fields of one type; a test holds the offset to the truth.
        (UnsafeMutableRawPointer(self) + Block.linksOffset).assumingMemoryBound(to: Link.self)
    }
}
