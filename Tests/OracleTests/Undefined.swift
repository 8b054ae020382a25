// What the manual leaves undefined after each form, so that neither the recording machine nor our CPU is held to it.
// SDM = Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2; each row names the instruction page.

enum Undefined {
    static let cf: UInt32 = 0x001
    static let pf: UInt32 = 0x004
    static let af: UInt32 = 0x010
    static let zf: UInt32 = 0x040
    static let sf: UInt32 = 0x080
    static let of: UInt32 = 0x800
    static let all: UInt32 = cf | pf | af | zf | sf | of

    /// Eflags bits that mean nothing after this instruction completed from this state.
    static func flags(_ i: InstructionShape, _ s: CaseState) -> UInt32 {
        switch i.opcode {
        // OR, AND, XOR (SDM 2A AND, 2B OR, 2D XOR, "Flags Affected"): AF. Also TEST (2D).
        case 0x08...0x0d, 0x20...0x25, 0x30...0x35, 0x84, 0x85, 0xa8, 0xa9: return af
        case 0x80...0x83: return [1, 4, 6].contains(i.reg) ? af : 0
        // DAA, DAS (2A): OF.
        case 0x27, 0x2f: return of
        // AAA, AAS (2A): OF SF ZF PF.
        case 0x37, 0x3f: return of | sf | zf | pf
        // AAM, AAD (2A): OF AF CF.
        case 0xd4, 0xd5: return of | af | cf
        // IMUL with two and three operands (2A): SF ZF AF PF.
        case 0x69, 0x6b, 0x0faf: return sf | zf | af | pf
        case 0xf6, 0xf7:
            switch i.reg {
            case 0, 1: return af  // TEST
            case 4, 5: return sf | zf | af | pf  // MUL (2B), IMUL (2A)
            case 6, 7: return all  // DIV, IDIV (2A)
            default: return 0
            }
        case 0xc0, 0xc1: return shift(i, count: UInt32(i.lastByte))
        case 0xd0, 0xd1: return shift(i, count: 1)
        case 0xd2, 0xd3: return shift(i, count: s.gpr[1] & 0xff)
        // BT, BTC, BTR, BTS (2A): OF SF AF PF; ZF is unaffected.
        case 0x0fa3, 0x0fab, 0x0fb3, 0x0fba, 0x0fbb: return of | sf | af | pf
        // BSF, BSR (2A): CF OF SF AF PF.
        case 0x0fbc, 0x0fbd: return cf | of | sf | af | pf
        case 0x0fa4, 0x0fac: return doubleShift(i, count: UInt32(i.lastByte))
        case 0x0fa5, 0x0fad: return doubleShift(i, count: s.gpr[1] & 0xff)
        default: return 0
        }
    }

    /// RCL/RCR/ROL/ROR (2B): OF unless the count is 1. SAL/SAR/SHL/SHR (2B): also AF, and CF of SHL and SHR when the
    /// count reaches the operand size. A count of 0 changes nothing.
    private static func shift(_ i: InstructionShape, count: UInt32) -> UInt32 {
        let count = count & 31
        guard count != 0 else { return 0 }
        var mask: UInt32 = count == 1 ? 0 : of
        if i.reg >= 4 { mask |= af }
        if 4...6 ~= i.reg, count >= i.widthByLowBit { mask |= cf }
        return mask
    }

    /// SHLD, SHRD (2B): AF; OF unless the count is 1; everything when the count exceeds the operand size.
    private static func doubleShift(_ i: InstructionShape, count: UInt32) -> UInt32 {
        let count = count & 31
        guard count != 0 else { return 0 }
        if count > (i.operandSize16 ? 16 : 32) { return all }
        return count == 1 ? af : af | of
    }

    /// Whether the destination operand itself is undefined.
    static func destination(_ i: InstructionShape, _ s: CaseState) -> Bool {
        switch i.opcode {
        // SHLD, SHRD (2B): "if the count is greater than the operand size, the result is undefined".
        case 0x0fa4, 0x0fac: i.operandSize16 && UInt32(i.lastByte) & 31 > 16
        case 0x0fa5, 0x0fad: i.operandSize16 && s.gpr[1] & 31 > 16
        // BSWAP (2A): "when the BSWAP instruction references a 16-bit register, the result is undefined".
        case 0x0fc8...0x0fcf: i.operandSize16
        default: false
        }
    }

    /// Status word bits that mean nothing. C1 after transcendentals shows the direction of the last rounding, which
    /// differs between implementations that agree within an ulp (SDM 1, 8.3.10).
    static func status(_ i: InstructionShape) -> UInt16 {
        isTranscendental(i) ? 0x0200 : 0
    }

    /// F2XM1 FYL2X FPTAN FPATAN, FYL2XP1, FSINCOS, FSIN FCOS: an error below one ulp is allowed (SDM 1, 8.3.10).
    static func isTranscendental(_ i: InstructionShape) -> Bool {
        guard i.opcode == 0xd9 else { return false }
        return 0xf0...0xf3 ~= i.modrm || [0xf9, 0xfb, 0xfe, 0xff].contains(i.modrm)
    }

    /// Bits of the destination register that mean nothing.
    static func destinationBits(_ i: InstructionShape) -> UInt32 {
        // LAR (2A): the access rights are masked by 00FxFF00, "where x indicates that the four bits are undefined".
        i.opcode == 0x0f02 && !i.operandSize16 ? 0xf_0000 : 0
    }

    /// The bits of a page fault's address that are architectural. In which order the words of an x87 environment or state
    /// are accessed is not documented, and the recording machine tries the far end first: the page is enough.
    static func faultAddressBits(_ i: InstructionShape) -> UInt32 {
        switch (i.opcode, i.isMemory, i.reg) {
        case (0xd9, true, 4), (0xd9, true, 6), (0xdd, true, 4), (0xdd, true, 6): ~0xfff
        default: .max
        }
    }

    /// The instruction, data and opcode pointers can be seen in a recording only while an unmasked exception is pending:
    /// FXSAVE on AMD stores zeroes otherwise (AMD APM volume 5, FXSAVE), whatever FNSAVE would have shown. Environments
    /// stored to memory are compared in full.
    static func pointersAreVisible(statusAfter status: UInt16) -> Bool { status & 0x80 != 0 }
}
