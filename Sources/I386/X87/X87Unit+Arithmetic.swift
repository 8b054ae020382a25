// The two-operand instructions: six operations and two comparisons that all share one encoding (bits 3–5 of the ModR/M
// byte), on a register or on a number from memory.

/// A number from memory, widened, and what the widening hid.
package struct X87Operand {
    let value: Extended80
    /// It was a denormal in its own format; normal in ours, but the exception is still owed.
    let isDenormal: Bool

    @inline(__always)
    package init(single bits: UInt32) {
        let wide = X87Arithmetic.widen32(bits)
        (value, isDenormal) = (wide.value, wide.isDenormal)
    }

    @inline(__always)
    package init(double bits: UInt64) {
        let wide = X87Arithmetic.widen64(bits)
        (value, isDenormal) = (wide.value, wide.isDenormal)
    }

    @inline(__always)
    package init(integer: Int64) {
        (value, isDenormal) = (Extended80(integer), false)
    }
}

extension X87Unit {
    /// FADD, FMUL, –, –, FSUB, FSUBR, FDIV, FDIVR by number. The first operand is always ST(0): where the mnemonics of the
    /// `ST(i), ST(0)` forms are swapped, the encodings are not.
    @inline(__always)
    private func compute(
        _ operation: UInt8, _ a: Extended80, _ b: Extended80, _ arithmetic: inout X87Arithmetic
    ) -> Extended80 {
        switch operation {
        case 0: arithmetic.add(a, b)
        case 1: arithmetic.multiply(a, b)
        case 4: arithmetic.subtract(a, b)
        case 5: arithmetic.subtract(b, a)
        case 6: arithmetic.divide(a, b)
        default: arithmetic.divide(b, a)
        }
    }

    /// D8, DC and DE with a register: ST(0) and ST(i) into `destination`.
    @inline(__always)
    func operate(_ operation: UInt8, _ i: Int, into destination: Int, popping: Bool) {
        if isEmpty(0) || isEmpty(i) {
            if underflows() {
                fill(destination, .indefinite)
                if popping { pop() }
            }
            return
        }
        var arithmetic = arithmetic
        let result = compute(operation, st(0), st(i), &arithmetic)
        report(arithmetic.raised)
        if arithmetic.isBlocked { return }
        replace(destination, with: result)
        if popping { pop() }
    }

    /// D8, DA, DC and DE with memory, comparisons included.
    @inline(__always)
    package func operate(_ operation: UInt8, _ operand: X87Operand) {
        if operation == 2 || operation == 3 {
            compare(operand, pops: Int(operation &- 2))
            return
        }
        if isEmpty(0) {
            if underflows() { fill(0, .indefinite) }
            return
        }
        var arithmetic = arithmetic
        arithmetic.owesDenormal = operand.isDenormal
        let result = compute(operation, st(0), operand.value, &arithmetic)
        report(arithmetic.raised)
        if arithmetic.isBlocked { return }
        replace(0, with: result)
    }

    // MARK: Comparisons

    private func conclude(_ order: X87Arithmetic.Order, _ arithmetic: X87Arithmetic, pops: Int) {
        report(arithmetic.raised | order.conditions, clearing: X87Status.conditions)
        if !arithmetic.isBlocked { pop(pops) }
    }

    private func concludeUnderflow(pops: Int) {
        let unordered = X87Arithmetic.Order.unordered.conditions
        let masked = underflows(clearing: X87Status.conditions)
        fpu.pointee.status |= unordered
        if masked { pop(pops) }
    }

    /// FCOM, FCOMP, FCOMPP, FUCOM, FUCOMP, FUCOMPP.
    func compare(_ i: Int, quietly: Bool, pops: Int) {
        if isEmpty(0) || isEmpty(i) { return concludeUnderflow(pops: pops) }
        var arithmetic = arithmetic
        conclude(arithmetic.compare(st(0), st(i), quietly: quietly), arithmetic, pops: pops)
    }

    private func compare(_ operand: X87Operand, pops: Int) {
        if isEmpty(0) { return concludeUnderflow(pops: pops) }
        var arithmetic = arithmetic
        arithmetic.owesDenormal = operand.isDenormal
        conclude(arithmetic.compare(st(0), operand.value, quietly: false), arithmetic, pops: pops)
    }

    /// FTST.
    func test() {
        if isEmpty(0) { return concludeUnderflow(pops: 0) }
        var arithmetic = arithmetic
        conclude(arithmetic.compare(st(0), .zero, quietly: false), arithmetic, pops: 0)
    }

    /// FCOMI, FCOMIP, FUCOMI, FUCOMIP: the order goes to EFLAGS, so the caller gets it. The condition codes stay as they
    /// are, C1 too unless the stack faults.
    func compareForFlags(_ i: Int, quietly: Bool, popping: Bool) -> X87Arithmetic.Order {
        if isEmpty(0) || isEmpty(i) {
            if underflows() && popping { pop() }
            return .unordered
        }
        var arithmetic = arithmetic
        let order = arithmetic.compare(st(0), st(i), quietly: quietly)
        report(arithmetic.raised, clearing: 0)
        if popping && !arithmetic.isBlocked { pop() }
        return order
    }

    /// FXAM looks at empty registers without complaint.
    func examine() {
        let value = st(0)
        let sign = value.isNegative ? X87Status.c1 : 0
        let answer = isEmpty(0) ? sign | X87Status.c3 | X87Status.c0 : value.examination
        report(answer, clearing: X87Status.conditions)
    }
}
