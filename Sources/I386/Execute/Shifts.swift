// Shifts and rotations. Counts are taken modulo 32 in every size; a count of zero changes nothing, flags included.
// OF is only defined for a count of one, but all real CPUs compute something, and so do we.

extension CPU {
    @inline(__always) private func setCarryOverflow(_ carry: Bool, _ overflow: Bool, keepAF: Bool) {
        let af = keepAF ? state.pointee.carries & 0x10 : UInt64(state.pointee.shiftAuxiliary)
        state.pointee.carries = af | (carry ? 1 << 32 : 0) | (carry != overflow ? 1 << 31 : 0)
    }

    func executeShift(_ op: OpPointer) throws(CPUFault) {
        let size = op.pointee.size
        let count = (op.has(.srcImmediate) ? op.pointee.imm : UInt32(register(4, 1))) & 31
        if count == 0 {
            // The destination is still accessed.
            if op.has(.dstMemory) { _ = try readToModify(try address(op, UInt32(size), write: true), size) }
            return
        }
        let operation = op.pointee.operation
        try modify(op) { shift(operation, $0, count, size) }
    }

    /// - Parameter count: 1…31.
    func shift(_ operation: Operation, _ a: UInt32, _ count: UInt32, _ size: UInt8) -> UInt32 {
        let bits = 8 &* UInt32(size)
        let mask = Self.mask(size)
        let top = bits &- 1
        func bit(_ v: UInt32, _ n: UInt32) -> Bool { v &>> n & 1 != 0 }
        switch operation {
        case .shl, .sal:
            let wide = UInt64(a) &<< UInt64(count)
            let r = UInt32(truncatingIfNeeded: wide) & mask
            let carry = wide &>> UInt64(bits) & 1 != 0
            setResult(r, size)
            setCarryOverflow(carry, bit(r, top) != carry, keepAF: false)
            return r
        case .shr:
            let r = a &>> count
            setResult(r, size)
            setCarryOverflow(bit(a, count &- 1), bit(r, top &- 1), keepAF: false)
            return r
        case .sar:
            let signed = Self.signExtend(a, size)
            let r = UInt32(bitPattern: signed &>> Int32(count)) & mask
            setResult(r, size)
            setCarryOverflow(signed &>> Int32(count &- 1) & 1 != 0, false, keepAF: false)
            return r
        case .rol:
            let n = count & top
            let r = n == 0 ? a : (a &<< n | a &>> (bits &- n)) & mask
            setCarryOverflow(bit(r, 0), bit(r, top) != bit(r, 0), keepAF: true)
            return r
        case .ror:
            let n = count & top
            let r = n == 0 ? a : (a &>> n | a &<< (bits &- n)) & mask
            setCarryOverflow(bit(r, top), bit(r, top) != bit(r, top &- 1), keepAF: true)
            return r
        case .rcl:
            let n = size == 4 ? count : count % (bits + 1)
            guard n != 0 else { return a }
            // The operand with CF on top, as one rotation of bits + 1 bits.
            let v = UInt64(a) | (state.cf ? 1 : 0) &<< UInt64(bits)
            let rotated = v &<< UInt64(n) | v &>> UInt64(bits &+ 1 &- n)
            let r = UInt32(truncatingIfNeeded: rotated) & mask
            let carry = rotated &>> UInt64(bits) & 1 != 0
            setCarryOverflow(carry, bit(r, top) != carry, keepAF: true)
            return r
        default:  // rcr
            let n = size == 4 ? count : count % (bits + 1)
            guard n != 0 else { return a }
            let v = UInt64(a) | (state.cf ? 1 : 0) &<< UInt64(bits)
            let rotated = v &>> UInt64(n) | v &<< UInt64(bits &+ 1 &- n)
            let r = UInt32(truncatingIfNeeded: rotated) & mask
            let carry = rotated &>> UInt64(bits) & 1 != 0
            setCarryOverflow(carry, bit(r, top) != bit(r, top &- 1), keepAF: true)
            return r
        }
    }

    /// SHLD and SHRD. A count beyond a 16-bit operand is undefined; we shift a ring of destination and source.
    func executeDoubleShift(_ op: OpPointer) throws(CPUFault) {
        let size = op.pointee.size
        let count = UInt64((op.has(.countInCL) ? UInt32(register(4, 1)) : op.pointee.imm) & 31)
        if count == 0 {
            if op.has(.dstMemory) { _ = try readToModify(try address(op, UInt32(size), write: true), size) }
            return
        }
        let other = UInt64(register(op.pointee.src, size))
        let bits = 8 &* UInt64(size)
        let left = op.pointee.operation == .shld
        try modify(op) { a in
            let d = UInt64(a)
            let r: UInt32
            let carry: Bool
            if left {
                let ring = size == 4 ? d << 32 | other : d << 32 | other << 16 | d
                let total = size == 4 ? 64 : 48 as UInt64
                r = UInt32(truncatingIfNeeded: (ring &<< count) &>> (total &- bits)) & Self.mask(size)
                carry = ring &>> (total &- count) & 1 != 0
            } else {
                let ring = size == 4 ? other << 32 | d : d << 32 | other << 16 | d
                r = UInt32(truncatingIfNeeded: ring &>> count) & Self.mask(size)
                carry = ring &>> (count &- 1) & 1 != 0
            }
            setResult(r, size)
            setCarryOverflow(carry, (UInt64(r) ^ d) &>> (bits &- 1) & 1 != 0, keepAF: false)
            return r
        }
    }
}
