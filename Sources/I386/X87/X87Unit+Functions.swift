// The instructions of one operand or of ST(0) and ST(1) that have an encoding of their own, D9 E0 to D9 FF.

extension X87Unit {
    /// FCHS, FABS: sign bits only, so that even NaNs and unsupported formats pass.
    func changeSign(_ change: (Extended80) -> Extended80) {
        if isEmpty(0) {
            if underflows() { fill(0, .indefinite) }
            return
        }
        report(0)
        fill(0, change(st(0)))
    }

    /// ST(0) := f(ST(0)).
    @inline(__always)
    func replace(clearing conditions: UInt16 = X87Status.c1, _ f: (inout X87Arithmetic, Extended80) -> Extended80) {
        if isEmpty(0) {
            if underflows(clearing: conditions) { fill(0, .indefinite) }
            return
        }
        var arithmetic = arithmetic
        let result = f(&arithmetic, st(0))
        report(arithmetic.raised, clearing: conditions)
        if !arithmetic.isBlocked { fill(0, result) }
    }

    /// FSIN, FCOS: ST(0) := f(ST(0)), or C2 and nothing else when the argument is out of range.
    func trigonometric(_ f: (inout X87Arithmetic, Extended80) -> Extended80?) {
        let conditions = X87Status.c1 | X87Status.c2
        if isEmpty(0) {
            if underflows(clearing: conditions) { fill(0, .indefinite) }
            return
        }
        var arithmetic = arithmetic
        guard let result = f(&arithmetic, st(0)) else {
            report(X87Status.c2, clearing: conditions)
            return
        }
        report(arithmetic.raised, clearing: conditions)
        if !arithmetic.isBlocked { fill(0, result) }
    }

    /// ST(0) := f(ST(0)), then a second result is pushed: FXTRACT, FPTAN, FSINCOS. nil: out of range, C2 says so.
    func split(
        clearing conditions: UInt16,
        _ f: (inout X87Arithmetic, Extended80) -> (first: Extended80, pushed: Extended80)?
    ) {
        if isEmpty(0) || !isEmpty(7) {
            let masked = isEmpty(0) ? underflows(clearing: conditions) : overflows(clearing: conditions)
            if masked {
                fill(0, .indefinite)
                push(.indefinite)
            }
            return
        }
        var arithmetic = arithmetic
        guard let result = f(&arithmetic, st(0)) else {
            report(X87Status.c2, clearing: conditions)
            return
        }
        report(arithmetic.raised, clearing: conditions)
        if arithmetic.isBlocked { return }
        fill(0, result.first)
        push(result.pushed)
    }

    /// ST(1) := f(ST(0), ST(1)) and pop: FYL2X, FYL2XP1, FPATAN.
    func combine(_ f: (inout X87Arithmetic, Extended80, Extended80) -> Extended80) {
        if isEmpty(0) || isEmpty(1) {
            if underflows() {
                fill(1, .indefinite)
                pop()
            }
            return
        }
        var arithmetic = arithmetic
        let result = f(&arithmetic, st(0), st(1))
        report(arithmetic.raised)
        if arithmetic.isBlocked { return }
        fill(1, result)
        pop()
    }

    /// FSCALE.
    func scale() {
        if isEmpty(0) || isEmpty(1) {
            if underflows() { fill(0, .indefinite) }
            return
        }
        var arithmetic = arithmetic
        let result = arithmetic.scale(st(0), by: st(1))
        report(arithmetic.raised)
        if !arithmetic.isBlocked { fill(0, result) }
    }

    /// FPREM and FPREM1.
    func remainder(toNearest: Bool) {
        if isEmpty(0) || isEmpty(1) {
            if underflows(clearing: X87Status.c1 | X87Status.c2) { fill(0, .indefinite) }
            return
        }
        var arithmetic = arithmetic
        var answersNothing = false
        let result = arithmetic.remainder(st(0), st(1), toNearest: toNearest, answersNothing: &answersNothing)
        report(
            arithmetic.raised,
            clearing: answersNothing ? X87Status.c1 | X87Status.c2 : X87Status.conditions)
        if !arithmetic.isBlocked { fill(0, result) }
    }
}
