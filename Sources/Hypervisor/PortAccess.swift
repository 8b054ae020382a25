// There are no ports. But a PC kernel pokes at them while it looks for hardware, and two `out` are its way to switch the
// power off, so those instructions must at least not kill it: a read finds nothing, which looks like all ones.

import I386

extension EmbeddedLguest {
    // H:450
    /// Skips an `in` or `out` of the guest kernel. - Returns: false when the instruction is something else; string forms
    /// are not emulated either, the guest gets its protection fault for them.
    func emulatePortAccess() -> Bool {
        let state = cpu.state
        guard state.pointee.cpl <= 1 else { return false }
        let bytes = cpu.instructionBytes(3)
        var length = 0
        var is16Bit = false
        if bytes.first == 0x66 {
            is16Bit = true
            length = 1
        }
        guard length < bytes.count else { return false }
        let opcode = bytes[length]
        switch opcode {
        case 0xe4...0xe7: length += 2  // The port is the next byte.
        case 0xec...0xef: length += 1  // The port is in dx.
        default: return false
        }
        let isRead = opcode & 2 == 0
        if isRead {
            let ones: UInt32 = opcode & 1 == 0 ? 0xff : is16Bit ? 0xffff : 0xffff_ffff
            state.pointee.eax |= ones
        }
        state.pointee.eip &+= UInt32(length)
        bank.portAccesses.bump()
        return true
    }
}
