// The ESC opcodes D8–DF as the decoder hands them over: who waits for pending exceptions, which encodings do not exist,
// and what the instruction, operand and opcode pointers remember. The work is done by X87Unit.
//
// The pointers behave like those of a Pentium Pro, which processors of today still follow: every instruction but the
// control ones records its address and opcode, and its memory operand when it has one.

extension CPU {
    /// The x87 registers of this CPU.
    @inline(__always)
    package var x87: X87Unit {
        // SAFETY: `state` lives as long as the CPU; an inline field of it has a stable address.
        X87Unit(
            (UnsafeMutableRawPointer(state) + MemoryLayout<CPUState>.offset(of: \.x87).unsafelyUnwrapped)
                .assumingMemoryBound(to: X87State.self))
    }

    /// Executes one ESC instruction (D8…DF). #NM has been checked, prefixes, address and segment limits too.
    ///
    /// `state.eip` is the address of the instruction (its first prefix) for the whole call. When this throws, nothing
    /// has changed.
    /// - Parameters:
    ///   - address: linear address of a memory operand (modrm < 0xc0), to be used with `readN`/`writeN`.
    ///   - offset, selector: the same as the program sees it, for the data pointer.
    ///   - operand16: 16-bit operand size, for the layouts of FNSTENV, FNSAVE and their loads.
    package func executeX87(
        opcode: UInt8, modrm: UInt8, address: UInt32, offset: UInt32, selector: UInt16, operand16: Bool
    ) throws(CPUFault) {
        let unit = x87
        if unit.isErrorPending && X87Encoding.waits(opcode: opcode, modrm: modrm) {
            // An encoding that does not exist is found out before anybody waits.
            throw X87Encoding.exists(opcode: opcode, modrm: modrm) ? .x87Error : .invalidOpcode
        }
        if modrm >= 0xC0 {
            try executeRegisterForm(unit, opcode: opcode, modrm: modrm)
        } else {
            try executeMemoryForm(unit, opcode: opcode, modrm: modrm, address: address, operand16: operand16)
        }
        if X87Encoding.isControl(opcode: opcode, modrm: modrm) { return }
        let fpu = unit.fpu
        fpu.pointee.lastOpcode = UInt16(opcode & 7) << 8 | UInt16(modrm)
        fpu.pointee.instructionPointer = state.pointee.eip
        fpu.pointee.instructionSelector = state.pointee.cs.selector
        if modrm < 0xC0 {
            fpu.pointee.operandPointer = offset
            fpu.pointee.operandSelector = selector
        }
    }

    /// WAIT: #MF when an unmasked exception is pending.
    ///
    /// CR0.NE is always set for our guests; the external error line that NE = 0 asks for is not wired to anything.
    package func waitX87() throws(CPUFault) {
        if x87.isErrorPending { throw .x87Error }
    }
}

/// What the bytes of an ESC instruction say before it runs.
enum X87Encoding {
    /// The 64 rows of the opcode map: three bits of the opcode, three of the ModR/M byte.
    @inline(__always)
    static func row(_ opcode: UInt8, _ modrm: UInt8) -> UInt8 { (opcode & 7) << 3 | modrm >> 3 & 7 }

    /// False for the instructions whose mnemonic starts with FN: they run even when an exception is pending.
    static func waits(opcode: UInt8, modrm: UInt8) -> Bool {
        switch (opcode, modrm) {
        case (0xDB, 0xE0...0xE4), (0xDF, 0xE0): false
        case (0xD9, 0..<0xC0), (0xDD, 0..<0xC0): modrm >> 3 & 7 < 6
        default: true
        }
    }

    /// Control instructions leave the instruction, operand and opcode pointers alone. Intel SDM vol. 1, 8.1.8.
    @inline(__always)
    static func isControl(opcode: UInt8, modrm: UInt8) -> Bool {
        // Only odd opcodes have any, so that the arithmetic ones are out after one test.
        if opcode & 1 == 0 { return false }
        switch opcode {
        case 0xD9: return modrm < 0xC0 && modrm & 0x20 != 0
        case 0xDB: return modrm >= 0xE0 && modrm <= 0xE4
        case 0xDD: return modrm < 0xC0 && modrm & 0x20 != 0
        default: return modrm == 0xE0
        }
    }

    /// False where the opcode map is empty: #UD. FISTTP came with SSE3, so its places are empty here.
    static func exists(opcode: UInt8, modrm: UInt8) -> Bool {
        let reg = modrm >> 3 & 7
        if modrm < 0xC0 {
            switch opcode {
            case 0xD9: return reg != 1
            case 0xDB: return reg != 1 && reg != 4 && reg != 6
            case 0xDD: return reg != 1 && reg != 5
            case 0xDF: return reg != 1
            default: return true
            }
        }
        switch opcode {
        case 0xD9: return modrm < 0xD1 || modrm > 0xD7 && ![0xE2, 0xE3, 0xE6, 0xE7, 0xEF].contains(modrm)
        case 0xDA: return modrm < 0xE0 || modrm == 0xE9
        case 0xDB: return modrm < 0xE5 || (modrm >= 0xE8 && modrm < 0xF8)
        case 0xDD: return modrm < 0xF0
        case 0xDE: return modrm < 0xD8 || modrm == 0xD9 || modrm > 0xDF
        case 0xDF: return modrm < 0xE1 || (modrm >= 0xE8 && modrm < 0xF8)
        default: return true
        }
    }
}
