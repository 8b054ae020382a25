// The six arithmetic flags, kept as two words from which each is a shift away, so that an addition need not compute
// what the next comparison overwrites.
//
//   carries         a ^ b ^ r of the 64-bit sum or difference, moved so that the operand's carry-out is bit 32 and the
//                   carry into its top bit is bit 31; bit 4 is the carry into bit 4 of the operand.
//                   CF = bit 32, OF = bit 32 ^ bit 31, AF = bit 4.
//   zeroSignParity  the sign-extended result. ZF = low half is 0, SF = bit 63, PF = even parity of byte 0 ^ byte 4.
//                   (Sign extension puts 0x00 or 0xff into byte 4, which never changes a parity; POPF uses it to
//                   build combinations that no result could give.)

enum Flag {
    static let cf: UInt32 = 1
    static let pf: UInt32 = 4
    static let af: UInt32 = 0x10
    static let zf: UInt32 = 0x40
    static let sf: UInt32 = 0x80
    static let tf: UInt32 = 0x100
    static let `if`: UInt32 = 0x200
    static let df: UInt32 = 0x400
    static let of: UInt32 = 0x800
    static let iopl: UInt32 = 0x3000
    static let nt: UInt32 = 0x4000
    static let rf: UInt32 = 0x10000
    static let vm: UInt32 = 0x20000
    static let ac: UInt32 = 0x40000
    static let id: UInt32 = 0x20_0000
    /// What arithmetic writes.
    static let status: UInt32 = 0x8d5
    /// Bits that exist in this processor; VIF, VIP (no VME) and the reserved ones do not.
    static let all: UInt32 = 0x27_7fd7 & ~vm
}

extension UnsafeMutablePointer<CPUState> {
    @inline(__always) var cf: Bool { pointee.carries & 1 << 32 != 0 }
    @inline(__always) var of: Bool { (pointee.carries ^ pointee.carries << 1) & 1 << 32 != 0 }
    @inline(__always) var af: Bool { pointee.carries & 0x10 != 0 }
    @inline(__always) var zf: Bool { UInt32(truncatingIfNeeded: pointee.zeroSignParity) == 0 }
    @inline(__always) var sf: Bool { pointee.zeroSignParity < 0 }
    @inline(__always) var pf: Bool {
        let z = pointee.zeroSignParity
        return UInt8(truncatingIfNeeded: z ^ z >> 32).nonzeroBitCount & 1 == 0
    }

    /// The six flags in their EFLAGS places.
    var statusFlags: UInt32 {
        (cf ? Flag.cf : 0) | (pf ? Flag.pf : 0) | (af ? Flag.af : 0) | (zf ? Flag.zf : 0) | (sf ? Flag.sf : 0)
            | (of ? Flag.of : 0)
    }

    /// Replaces all six.
    func setStatusFlags(_ f: UInt32) {
        let carry: UInt64 = f & Flag.cf != 0 ? 1 << 32 : 0
        let intoTop: UInt64 = (f & Flag.cf != 0) != (f & Flag.of != 0) ? 1 << 31 : 0
        pointee.carries = carry | intoTop | UInt64(f & Flag.af)
        // Byte 0 is zero and so even; byte 4 = 1 makes it odd. Bit 8 stands for "not zero".
        var z: UInt64 = f & Flag.zf != 0 ? 0 : 0x100
        if f & Flag.pf == 0 { z |= 1 << 32 }
        if f & Flag.sf != 0 { z |= 1 << 63 }
        pointee.zeroSignParity = Int64(bitPattern: z)
    }

    /// Replaces those in `mask`.
    func setStatusFlags(_ f: UInt32, mask: UInt32) {
        setStatusFlags(statusFlags & ~mask | f & mask)
    }

    /// EFLAGS as an instruction sees them.
    var currentFlags: UInt32 { pointee.eflags & ~Flag.status | statusFlags }

    /// The sixteen conditions of Jcc, SETcc and CMOVcc.
    @inline(__always) func condition(_ cc: UInt8) -> Bool {
        let holds: Bool
        switch cc >> 1 & 7 {
        case 0: holds = of
        case 1: holds = cf
        case 2: holds = zf
        case 3: holds = cf || zf
        case 4: holds = sf
        case 5: holds = pf
        case 6: holds = sf != of
        default: holds = zf || sf != of
        }
        return holds != (cc & 1 != 0)
    }
}
