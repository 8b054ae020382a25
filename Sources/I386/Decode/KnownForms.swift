// The opcode table as a list, so that a test can hold it against what was recorded from a real processor: an instruction
// that is added to the table and not to the recordings shows.

/// One instruction form that the decoder knows.
package struct KnownForm: Sendable {
    /// The opcode byte; 0x0F00 + byte for the two-byte map.
    package var opcode: UInt16
    /// The ModRM reg field where it selects the operation.
    package var reg: UInt8?
    package var hasModRM: Bool
    /// The ModRM byte must name memory.
    package var isMemoryOnly: Bool
    /// The operand-size prefix matters.
    package var isSized: Bool
    /// Raises #GP outside of ring 0 before it looks at an operand.
    package var isPrivileged: Bool

    package static var all: [KnownForm] {
        let table = OpcodeTable()
        defer { table.deallocate() }
        var forms: [KnownForm] = []
        for index in 0..<512 {
            let spec = table.specs[index]
            let opcode = UInt16(index < 256 ? index : 0x0f00 + index - 256)
            guard spec.form == .group else {
                if spec.operation != .invalid { forms.append(KnownForm(spec, opcode, reg: nil)) }
                continue
            }
            for reg in 0..<8 where table.specs[Int(spec.aux) + reg].operation != .invalid {
                forms.append(KnownForm(table.specs[Int(spec.aux) + reg], opcode, reg: UInt8(reg)))
            }
        }
        return forms
    }

    private init(_ spec: OpcodeSpec, _ opcode: UInt16, reg: UInt8?) {
        self.opcode = opcode
        self.reg = reg
        switch spec.form {
        case .none, .accImm, .reg, .regImm, .accReg, .rel8, .rel, .pointer, .imm8, .imm8Signed, .imm16, .imm,
            .imm16Imm8,
            .accOffset, .offsetAcc:
            hasModRM = false
        default: hasModRM = true
        }
        isMemoryOnly = spec.form == .mem || spec.form == .regMem
        isSized = spec.width == .variable
        isPrivileged = spec.operation == .privileged
    }
}
