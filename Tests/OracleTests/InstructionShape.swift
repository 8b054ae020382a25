// Just enough decoding to say which form a recorded instruction is: for the names in reports, and for the table of what
// the manual leaves undefined. The decoder under test is not asked, since it may be wrong.

/// The bytes of one instruction, taken apart.
struct InstructionShape {
    var operandSize16 = false
    var addressSize16 = false
    var isLocked = false
    var repeatPrefix: UInt8 = 0
    /// The opcode; 0F-map opcodes are 0x0F00 + byte.
    var opcode: UInt16 = 0
    /// The byte after the opcode, which is a ModRM byte where the opcode has one.
    var modrm: UInt8 = 0
    /// The last byte of the instruction: an immediate shift count, where there is one.
    var lastByte: UInt8 = 0

    var reg: Int { Int(modrm >> 3 & 7) }
    var isMemory: Bool { modrm < 0xc0 }
    var isX87: Bool { 0xd8...0xdf ~= opcode }

    init(_ code: [UInt8], isPair: Bool = false) {
        var i = 0
        scan: while i < code.count {
            switch code[i] {
            case 0x66: operandSize16 = true
            case 0x67: addressSize16 = true
            case 0xf0: isLocked = true
            case 0xf2, 0xf3: repeatPrefix = code[i]
            case 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65: break
            default: break scan
            }
            i += 1
        }
        func byte(_ i: Int) -> UInt8 { i < code.count ? code[i] : 0 }
        opcode = UInt16(byte(i))
        if opcode == 0x0f {
            i += 1
            opcode = 0x0f00 | UInt16(byte(i))
        }
        modrm = byte(i + 1)
        lastByte = code[code.count - (isPair ? 2 : 1)]
    }

    /// Operand width in bits for opcodes whose bit 0 chooses between bytes and words.
    var widthByLowBit: UInt32 { opcode & 1 == 0 ? 8 : operandSize16 ? 16 : 32 }

    /// In hexadecimal, as the manual writes it.
    static func name(_ opcode: UInt16) -> String {
        let digits = String(opcode, radix: 16, uppercase: true)
        return digits.count % 2 == 1 ? "0" + digits : digits
    }

    /// What mismatches are grouped by: opcode, ModRM extension where it selects the operation, operand size, place.
    var form: String {
        var s = Self.name(opcode)
        if isX87 {
            s += isMemory ? " /\(reg) mem" : " " + String(modrm, radix: 16, uppercase: true)
            return operandSize16 ? s + " o16" : s
        }
        let extended: Set<UInt16> = [
            0x80, 0x81, 0x82, 0x83, 0x8f, 0xc0, 0xc1, 0xc6, 0xc7, 0xd0, 0xd1, 0xd2, 0xd3, 0xf6, 0xf7, 0xfe, 0xff,
            0x0f00, 0x0f01, 0x0fba, 0x0fc7,
        ]
        if extended.contains(opcode) { s += "/\(reg)" }
        if repeatPrefix != 0 { s = String(repeatPrefix, radix: 16, uppercase: true) + " " + s }
        if isLocked { s = "F0 " + s }
        if operandSize16 { s += " o16" }
        if addressSize16 { s += " a16" }
        return s
    }
}
