// The words that generated code keeps beside the guest's registers, in the 128 bytes before `CPUState`: one pinned host
// register reaches both with one-byte displacements. Behind CPUState lies the table of indirect jump targets.

/// Plain old data at fixed offsets; `CPULayout` holds them to the truth.
struct TranslationFrame {
    /// The TLB of the current address space and privilege.
    var tlb: UnsafeMutablePointer<TLBEntry>?
    /// Instructions that may still run before Swift is asked again.
    var left: Int = 0
    /// The CPU itself, for helpers.
    var cpu: UnsafeMutableRawPointer?
    var slowAccess: UnsafeRawPointer?
    var executeOp: UnsafeRawPointer?
    var reason: UInt32 = 0
    var value: UInt32 = 0
    /// The six status flags while generated code runs: OF in bit 0, the byte of LAHF in bits 8…15.
    var flags: UInt16 = 0
    /// The guest's x87 registers are in the host's x87.
    var isX87Loaded = false
    var loadX87: UnsafeRawPointer?
    var storeX87: UnsafeRawPointer?
    /// Of the last x87 instruction that was not a control one, and of the last with a memory operand, since the registers were
    /// loaded: address and offset; opcode and segment are `none` when there was no such.
    var x87Pointer: UInt32 = 0
    var x87Data: UInt32 = 0
    var x87Opcode: UInt16 = TranslationFrame.none
    var x87Segment: UInt8 = 0xff
    /// Not 0: anything in fs or gs may be read and written without a look at its limit.
    var fsIsOpen: UInt32 = 0
    var gsIsOpen: UInt32 = 0
    var cross: UnsafeRawPointer?
    var repeatString: UnsafeRawPointer?

    static var none: UInt16 { 0xffff }

    static var offset: Int32 { -128 }
    static var tlbAt: Int32 { offset }
    static var leftAt: Int32 { offset + 8 }
    static var slowAccessAt: Int32 { offset + 24 }
    static var executeOpAt: Int32 { offset + 32 }
    static var reasonAt: Int32 { offset + 40 }
    static var valueAt: Int32 { offset + 44 }
    static var flagsAt: Int32 { offset + 48 }
    static var x87LoadedAt: Int32 { offset + 50 }
    static var loadX87At: Int32 { offset + 56 }
    static var storeX87At: Int32 { offset + 64 }
    static var x87PointerAt: Int32 { offset + 72 }
    static var x87DataAt: Int32 { offset + 76 }
    static var x87OpcodeAt: Int32 { offset + 80 }
    static var x87SegmentAt: Int32 { offset + 82 }
    static var fsIsOpenAt: Int32 { offset + 84 }
    static var gsIsOpenAt: Int32 { offset + 88 }
    static var crossAt: Int32 { offset + 96 }
    static var repeatStringAt: Int32 { offset + 104 }
    /// FSAVE's image, behind CPUState.
    static var x87ImageAt: Int32 { 768 }
    /// Behind it, two words for each window of the running trace: what is added to guest addresses, and in loops the page
    /// that this is right for.
    static var windowsAt: Int32 { 896 }
    static var windowCount: Int { 32 }

    static var facts: [(name: String, assumed: Int, actual: Int?)] {
        typealias F = MemoryLayout<TranslationFrame>
        let facts: [(String, Int32, Int?)] = [
            ("tlb", tlbAt, F.offset(of: \.tlb)), ("left", leftAt, F.offset(of: \.left)),
            ("slowAccess", slowAccessAt, F.offset(of: \.slowAccess)),
            ("executeOp", executeOpAt, F.offset(of: \.executeOp)), ("reason", reasonAt, F.offset(of: \.reason)),
            ("value", valueAt, F.offset(of: \.value)), ("flags", flagsAt, F.offset(of: \.flags)),
            ("isX87Loaded", x87LoadedAt, F.offset(of: \.isX87Loaded)), ("loadX87", loadX87At, F.offset(of: \.loadX87)),
            ("storeX87", storeX87At, F.offset(of: \.storeX87)),
            ("x87Pointer", x87PointerAt, F.offset(of: \.x87Pointer)),
            ("x87Data", x87DataAt, F.offset(of: \.x87Data)), ("x87Opcode", x87OpcodeAt, F.offset(of: \.x87Opcode)),
            ("x87Segment", x87SegmentAt, F.offset(of: \.x87Segment)),
            ("fsIsOpen", fsIsOpenAt, F.offset(of: \.fsIsOpen)), ("gsIsOpen", gsIsOpenAt, F.offset(of: \.gsIsOpen)),
            ("cross", crossAt, F.offset(of: \.cross)),
            ("repeatString", repeatStringAt, F.offset(of: \.repeatString)),
        ]
        return facts.map { ("TranslationFrame." + $0.0, Int($0.1 - offset), $0.2) }
    }

    /// Indirect targets: 2¹³ host addresses, by the low bits of the guest's.
    static var targetCount: Int { 1 << 13 }
    static var targetsAt: Int32 { windowsAt + Int32(windowCount) * 16 }
    /// What loading a segment register comes to: see `SegmentLoad`.
    static var loadsAt: Int32 { targetsAt + Int32(targetCount) * 8 }
    /// Bytes to allocate for frame, state and tables; the state is at `-offset`.
    static var allocation: Int { 128 + Int(loadsAt) + SegmentLoad.count * SegmentLoad.size }
}

extension UnsafeMutablePointer<CPUState> {
    @inline(__always) var frame: UnsafeMutablePointer<TranslationFrame> {
        // SAFETY: CPU allocates the frame in front of the state.
        (UnsafeMutableRawPointer(self) + Int(TranslationFrame.offset)).assumingMemoryBound(to: TranslationFrame.self)
    }
    @inline(__always) var targets: UnsafeMutablePointer<UnsafeRawPointer?> {
        // SAFETY: and the table behind it.
        (UnsafeMutableRawPointer(self) + Int(TranslationFrame.targetsAt)).assumingMemoryBound(
            to: UnsafeRawPointer?.self)
    }

    @inline(__always) var loads: UnsafeMutablePointer<SegmentLoad> {
        // SAFETY: and one more behind that.
        (UnsafeMutableRawPointer(self) + Int(TranslationFrame.loadsAt)).assumingMemoryBound(to: SegmentLoad.self)
    }

    var x87Image: X87Image {
        // SAFETY: CPUState ends before the image, and the image before the targets; a test compares.
        X87Image(image: UnsafeMutableRawPointer(self) + Int(TranslationFrame.x87ImageAt))
    }

    /// The status flags as generated code keeps them.
    @inline(__always) func packFlags() { pack(statusFlags: statusFlags) }
    @inline(__always) func unpackFlags() { setStatusFlags(packedStatusFlags) }

    @inline(__always) func pack(statusFlags f: UInt32) {
        frame.pointee.flags = UInt16(truncatingIfNeeded: (f & 0xd5 | 2) << 8 | f >> 11 & 1)
    }
    @inline(__always) var packedStatusFlags: UInt32 {
        let f = UInt32(frame.pointee.flags)
        return f >> 8 & 0xd5 | (f & 1) << 11
    }
}
