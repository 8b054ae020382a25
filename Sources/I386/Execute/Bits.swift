// Bit tests and bit scans. With a register as bit number, a memory operand is a string of bits of any length around the
// address, not just one word.

extension CPU {
    func executeBitTest(_ op: OpPointer) throws(CPUFault) {
        let size = op.pointee.size
        let bits = 8 &* UInt32(size)
        let number = op.has(.srcImmediate) ? op.pointee.imm : register(op.pointee.src, size)
        let bit = number & (bits &- 1)
        let mask: UInt32 = 1 &<< bit
        let operation = op.pointee.operation

        func changed(_ v: UInt32) -> UInt32 {
            switch operation {
            case .bts: v | mask
            case .btr: v & ~mask
            case .btc: v ^ mask
            default: v
            }
        }
        let value: UInt32
        if op.has(.dstMemory) {
            var at = offset(op)
            if !op.has(.srcImmediate) {
                let word = Self.signExtend(number, size) &>> (size == 4 ? 5 : 4)
                at = at &+ UInt32(bitPattern: word) &* UInt32(size)
                if op.has(.address16) { at &= 0xffff }
            }
            let writes = operation != .bt
            if !op.has(.flat) { at = try linear(op.pointee.segment, at, UInt32(size), write: writes) }
            if writes {
                value = try readToModify(at, size)
                try write(at, size, changed(value))
            } else {
                value = try read(at, size)
            }
        } else {
            value = register(op.pointee.dst, size)
            if operation != .bt { setRegister(op.pointee.dst, size, changed(value)) }
        }
        state.setStatusFlags(value & mask != 0 ? Flag.cf : 0, mask: Flag.cf)
    }

    /// BSF and BSR. With a source of zero the destination keeps its value, as all processors do.
    func executeBitScan(_ op: OpPointer) throws(CPUFault) {
        let size = op.pointee.size
        let value = try source(op)
        if value != 0 {
            let at = op.pointee.operation == .bsf ? value.trailingZeroBitCount : 31 - value.leadingZeroBitCount
            setRegister(op.pointee.dst, size, UInt32(truncatingIfNeeded: at))
        }
        state.setStatusFlags(value == 0 ? Flag.zf : 0, mask: Flag.zf)
    }
}
