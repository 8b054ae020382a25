// Decoded instructions in words, in Intel's order. For people only: what is rare is named and no more.

extension TraceItem {
    /// The instruction as the guest has it.
    var text: String {
        let op = op.pointee
        if operation == .jumpIf {
            // A trace that goes on at the target has turned the condition round.
            let isFollowed = exit == next
            let condition = Assembler.conditions[Int((condition ^ (isFollowed ? 1 : 0)) & 15)]
            let target = op.code.rawValue >= Code.cmpRRJumpB.rawValue ? op.aux : op.imm
            return "j\(condition) \(GuestVirtual(target))" + (isFollowed ? "  ; mostly" : "")
        }
        if operation == .nop, op.operation == .jump { return "jmp \(GuestVirtual(op.imm))" }
        switch operation {
        case .call: return "call \(GuestVirtual(op.imm))"
        case .loop: return "loop \(GuestVirtual(exit))"
        case .jumpIfCXZero: return "jecxz \(GuestVirtual(exit))"
        default: return op.text(as: operation)
        }
    }
}

extension Op {
    private static let dwords = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"]
    private static let segments = ["es", "cs", "ss", "ds", "fs", "gs"]

    /// A register by its offset in `CPUState`.
    static func name(_ offset: UInt8, _ size: UInt8) -> String {
        guard offset < 32 else { return "0" }
        let full = dwords[Int(offset >> 2)]
        switch size {
        case 1: return "\(full.dropFirst().first ?? "?")\(offset & 3 == 0 ? "l" : "h")"
        case 2: return String(full.dropFirst())
        default: return full
        }
    }

    private static func hex(_ value: UInt32) -> String {
        value < 10 ? String(value) : "0x" + String(value, radix: 16)
    }
    /// Small negative numbers as such.
    private static func signed(_ value: UInt32) -> String {
        let number = Int32(bitPattern: value)
        return number < 0 && number > -0x1_0000 ? "-" + hex(UInt32(-number)) : hex(value)
    }

    private func memory(_ size: UInt8) -> String {
        var parts: [String] = []
        if base != Self.zeroRegister { parts.append(Self.name(base, 4)) }
        if index != Self.zeroRegister {
            parts.append(Self.name(index, 4) + (scale > 0 ? "*\(1 << Int(scale & 3))" : ""))
        }
        var text = parts.joined(separator: " + ")
        if text.isEmpty {
            text = Self.hex(disp)
        } else if disp != 0 {
            let number = Self.signed(disp)
            text += number.hasPrefix("-") ? " - \(number.dropFirst())" : " + \(number)"
        }
        let prefix = segment < 6 && segment != 3 && segment != 2 ? Self.segments[Int(segment)] + ":" : ""
        let width = [1: "byte ", 2: "word ", 4: "dword "][Int(size)] ?? ""
        return "\(width)\(prefix)[\(text)]"
    }

    private var destination: String { traits.contains(.dstMemory) ? memory(size) : Self.name(dst, size) }
    private func source(_ size: UInt8) -> String {
        if traits.contains(.srcImmediate) { return Self.signed(imm) }
        return traits.contains(.srcMemory) ? memory(size) : Self.name(src, size)
    }

    /// The instruction in words.
    func text(as operation: Operation) -> String {
        let condition = Assembler.conditions[Int(opcode & 15)]
        switch operation {
        case .mov, .add, .or, .adc, .sbb, .and, .sub, .xor, .cmp, .test, .xchg, .rol, .ror, .rcl, .rcr, .shl, .sal,
            .shr,
            .sar, .bt, .bts, .btr, .btc, .bsf, .bsr, .xadd, .cmpxchg:
            return "\(operation) \(destination), \(source(isShift(operation) ? 1 : size))"
        case .movzx8, .movsx8: return "\(operation == .movzx8 ? "movzx" : "movsx") \(destination), \(source(1))"
        case .movzx16, .movsx16: return "\(operation == .movzx16 ? "movzx" : "movsx") \(destination), \(source(2))"
        case .lea: return "lea \(Self.name(src, size)), \(memory(0))"
        case .cmovcc: return "cmov\(condition) \(destination), \(source(size))"
        case .setcc: return "set\(condition) \(destination)"
        case .imulTwo:
            return "imul \(destination), \(traits.contains(.srcMemory) ? memory(size) : Self.name(src, size))"
        case .imulThree:
            let factor = traits.contains(.srcMemory) ? memory(size) : Self.name(src, size)
            return "imul \(Self.name(dst, size)), \(factor), \(Self.signed(imm))"
        case .inc, .dec, .not, .neg, .mul, .imul, .div, .idiv, .pop, .bswap: return "\(operation) \(destination)"
        case .push: return "push \(traits.contains(.srcImmediate) ? Self.signed(imm) : destination)"
        case .jumpIndirect: return "jmp \(destination)"
        case .callIndirect: return "call \(destination)"
        case .ret: return imm == 0 ? "ret" : "ret \(Self.hex(imm))"
        case .cbw: return size == 4 ? "cwde" : "cbw"
        case .cwd: return size == 4 ? "cdq" : "cwd"
        case .movs, .cmps, .stos, .lods, .scas:
            let repeats = traits.contains(.rep) ? "rep " : traits.contains(.repne) ? "repne " : ""
            return "\(repeats)\(operation)\([1: "b", 2: "w", 4: "d"][Int(size)] ?? "")"
        case .esc:
            let operand = traits.isDisjoint(with: .memory) ? "" : ", \(memory(0))"
            return "x87 0x\(String(opcode, radix: 16)), /\(modrm >> 3 & 7)\(operand)"
        default: return "\(operation)"
        }
    }

    private func isShift(_ operation: Operation) -> Bool {
        (Operation.rol.rawValue...Operation.sar.rawValue).contains(operation.rawValue)
    }
}
