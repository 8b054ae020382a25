// Addition, subtraction, logic, multiplication and division in all sizes, with their flags (SDM 2).

extension CPU {
    // MARK: Flag-producing primitives. Operands are zero-extended; so are results.

    @inline(__always) func setResult(_ r: UInt32, _ size: UInt8) {
        state.pointee.zeroSignParity = Int64(Self.signExtend(r, size))
    }
    @inline(__always) private func setCarries(_ x: UInt64, _ size: UInt8) {
        state.pointee.carries = x &<< (32 &- 8 &* UInt64(size)) | x & 0x10
    }
    @inline(__always) func addFlags(_ a: UInt32, _ b: UInt32, _ carry: UInt32, _ size: UInt8) -> UInt32 {
        let r = UInt64(a) &+ UInt64(b) &+ UInt64(carry)
        setCarries(UInt64(a) ^ UInt64(b) ^ r, size)
        setResult(UInt32(truncatingIfNeeded: r), size)
        return UInt32(truncatingIfNeeded: r) & Self.mask(size)
    }
    @inline(__always) func subtractFlags(_ a: UInt32, _ b: UInt32, _ borrow: UInt32, _ size: UInt8) -> UInt32 {
        let r = UInt64(a) &- UInt64(b) &- UInt64(borrow)
        setCarries(UInt64(a) ^ UInt64(b) ^ r, size)
        setResult(UInt32(truncatingIfNeeded: r), size)
        return UInt32(truncatingIfNeeded: r) & Self.mask(size)
    }
    @inline(__always) func logicFlags(_ r: UInt32, _ size: UInt8) -> UInt32 {
        state.pointee.carries = 0
        setResult(r, size)
        return r
    }
    /// Puts back the carry flag that an increment must not touch, leaving overflow as it is.
    @inline(__always) func restoreCarry(_ old: UInt64) {
        let differs = (state.pointee.carries ^ old) >> 32 & 1
        state.pointee.carries ^= differs &* (3 << 31)
    }
    /// Sets CF and OF to one value, AF to zero; SF, ZF, PF are the caller's.
    @inline(__always) private func setCarryAndOverflow(_ both: Bool) {
        state.pointee.carries = both ? 1 << 32 : 0
    }

    // MARK: Instructions

    func executeArithmetic(_ op: OpPointer) throws(CPUFault) {
        let size = op.pointee.size
        let b = try source(op)
        let carry: UInt32 = state.cf ? 1 : 0
        switch op.pointee.operation {
        case .add: try modify(op) { addFlags($0, b, 0, size) }
        case .or: try modify(op) { logicFlags($0 | b, size) }
        case .adc: try modify(op) { addFlags($0, b, carry, size) }
        case .sbb: try modify(op) { subtractFlags($0, b, carry, size) }
        case .and: try modify(op) { logicFlags($0 & b, size) }
        case .sub: try modify(op) { subtractFlags($0, b, 0, size) }
        case .xor: try modify(op) { logicFlags($0 ^ b, size) }
        case .cmp: _ = subtractFlags(try destination(op), b, 0, size)
        default: _ = logicFlags(try destination(op) & b, size)  // test
        }
    }

    func executeUnary(_ op: OpPointer) throws(CPUFault) {
        let size = op.pointee.size
        let before = state.pointee.carries
        switch op.pointee.operation {
        case .not: try modify(op) { ~$0 & Self.mask(size) }
        case .neg: try modify(op) { subtractFlags(0, $0, 0, size) }
        case .inc:
            try modify(op) { addFlags($0, 1, 0, size) }
            restoreCarry(before)
        default:
            try modify(op) { subtractFlags($0, 1, 0, size) }
            restoreCarry(before)
        }
    }

    /// MUL and the one-operand IMUL: ax, dx:ax or edx:eax.
    func executeMultiply(_ op: OpPointer) throws(CPUFault) {
        let size = op.pointee.size
        let b = try destination(op)
        let a = register(0, size)
        let low: UInt32
        let high: UInt32
        let fits: Bool
        let bits = 8 &* UInt64(size)
        if op.pointee.operation == .mul {
            let product = UInt64(a) &* UInt64(b)
            low = UInt32(truncatingIfNeeded: product) & Self.mask(size)
            high = UInt32(truncatingIfNeeded: product &>> bits) & Self.mask(size)
            fits = high == 0
        } else {
            let product = Int64(Self.signExtend(a, size)) &* Int64(Self.signExtend(b, size))
            low = UInt32(truncatingIfNeeded: product) & Self.mask(size)
            high = UInt32(truncatingIfNeeded: product &>> Int64(bits)) & Self.mask(size)
            fits = product == Int64(Self.signExtend(low, size))
        }
        if size == 1 {
            setRegister(0, 2, high << 8 | low)
        } else {
            setRegister(0, size, low)
            setRegister(8, size, high)
        }
        setResult(low, size)
        setCarryAndOverflow(!fits)
    }

    /// IMUL with two or three operands.
    func executeMultiplyRegister(_ op: OpPointer) throws(CPUFault) {
        let size = op.pointee.size
        let a = try source(op)
        let b = op.pointee.operation == .imulTwo ? register(op.pointee.dst, size) : op.pointee.imm & Self.mask(size)
        let product = Int64(Self.signExtend(a, size)) &* Int64(Self.signExtend(b, size))
        let low = UInt32(truncatingIfNeeded: product) & Self.mask(size)
        setRegister(op.pointee.dst, size, low)
        setResult(low, size)
        setCarryAndOverflow(product != Int64(Self.signExtend(low, size)))
    }

    /// DIV and IDIV; a quotient that does not fit is #DE like a zero divisor.
    func executeDivide(_ op: OpPointer) throws(CPUFault) {
        let size = op.pointee.size
        let divisor = try destination(op)
        guard divisor != 0 else { throw .divideError }
        let bits = 8 &* UInt64(size)
        let dividend: UInt64 =
            size == 1 ? UInt64(register(0, 2)) : UInt64(register(8, size)) &<< bits | UInt64(register(0, size))
        let quotient: UInt32
        let remainder: UInt32
        if op.pointee.operation == .div {
            let (q, r) = dividend.quotientAndRemainder(dividingBy: UInt64(divisor))
            guard q <= UInt64(Self.mask(size)) else { throw .divideError }
            quotient = UInt32(truncatingIfNeeded: q)
            remainder = UInt32(truncatingIfNeeded: r)
        } else {
            let shift = 64 &- 2 &* Int64(bits)
            let signed = (Int64(bitPattern: dividend) &<< shift) &>> shift
            let by = Int64(Self.signExtend(divisor, size))
            let (q, overflow) = signed.dividedReportingOverflow(by: by)
            guard !overflow, q == Int64(Self.signExtend(UInt32(truncatingIfNeeded: q), size)) else {
                throw .divideError
            }
            quotient = UInt32(truncatingIfNeeded: q)
            remainder = UInt32(truncatingIfNeeded: signed &- q &* by)
        }
        if size == 1 {
            setRegister(0, 2, (remainder & 0xff) << 8 | quotient & 0xff)
        } else {
            setRegister(0, size, quotient)
            setRegister(8, size, remainder)
        }
    }

    func executeExchangeAdd(_ op: OpPointer) throws(CPUFault) {
        let size = op.pointee.size
        let b = register(op.pointee.src, size)
        if op.has(.dstMemory) {
            let at = try address(op, UInt32(size), write: true)
            let a = try readToModify(at, size)
            try write(at, size, addFlags(a, b, 0, size))
            setRegister(op.pointee.src, size, a)
        } else {
            // The destination is written last: `xadd eax, eax` leaves the sum.
            let a = register(op.pointee.dst, size)
            setRegister(op.pointee.src, size, a)
            setRegister(op.pointee.dst, size, addFlags(a, b, 0, size))
        }
    }

    func executeCompareExchange(_ op: OpPointer) throws(CPUFault) {
        let size = op.pointee.size
        let accumulator = register(0, size)
        let new = register(op.pointee.src, size)
        var old: UInt32 = 0
        // The destination is written in any case, if only with itself.
        try modify(op) {
            old = $0
            _ = subtractFlags(accumulator, old, 0, size)
            return old == accumulator ? new : old
        }
        if old != accumulator { setRegister(0, size, old) }
    }

    func executeCompareExchange8(_ op: OpPointer) throws(CPUFault) {
        let at = try address(op, 8, write: true)
        try probeWrite(at, 8, user: isUser)
        let old = try read64(at)
        let expected = UInt64(state.pointee.edx) << 32 | UInt64(state.pointee.eax)
        if old == expected {
            try write64(at, UInt64(state.pointee.ecx) << 32 | UInt64(state.pointee.ebx))
        } else {
            try write64(at, old)
            state.pointee.eax = UInt32(truncatingIfNeeded: old)
            state.pointee.edx = UInt32(truncatingIfNeeded: old >> 32)
        }
        state.setStatusFlags(old == expected ? Flag.zf : 0, mask: Flag.zf)
    }
}
