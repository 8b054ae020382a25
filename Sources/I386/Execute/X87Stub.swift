// Holds the place of the x87 unit until Sources/I386/X87 lands; whoever lands it deletes this file.

extension CPU {
    /// Executes one ESC instruction (D8…DF). #NM has been checked, prefixes, address and segment limits too.
    ///
    /// `state.eip` is the address of the instruction (its first prefix) for the whole call.
    /// - Parameters:
    ///   - address: linear address of a memory operand (modrm < 0xc0), to be used with `readN`/`writeN`.
    ///   - offset, selector: the same as the program sees it, for the data pointer.
    ///   - operand16: 16-bit operand size, for the layouts of FNSTENV, FNSAVE and their loads.
    func executeX87(
        opcode: UInt8, modrm: UInt8, address: UInt32, offset: UInt32, selector: UInt16, operand16: Bool
    ) throws(CPUFault) {
        throw .invalidOpcode
    }

    /// WAIT: #MF when an unmasked exception is pending.
    func waitX87() throws(CPUFault) {
        if state.pointee.x87.status & 0x80 != 0 { throw .x87Error }
    }
}
