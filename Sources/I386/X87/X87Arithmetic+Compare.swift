// FCOM, FUCOM, FTST, FXAM: what the condition codes say about numbers.

extension X87Arithmetic {
    package enum Order {
        case less, equal, greater, unordered
    }

    /// Compares `a` with `b`. `quietly` lets QNaNs pass unordered without an invalid exception, as FUCOM does.
    package mutating func compare(_ a: Extended80, _ b: Extended80, quietly: Bool) -> Order {
        if a.isUnsupported || b.isUnsupported {
            raised |= X87Status.invalid
            return .unordered
        }
        if a.isNaN || b.isNaN {
            if !quietly || a.isSignaling || b.isSignaling { raised |= X87Status.invalid }
            return .unordered
        }
        if a.isDenormal || b.isDenormal || owesDenormal { raised |= X87Status.denormal }
        if a.isZero && b.isZero { return .equal }
        if a.isNegative != b.isNegative { return a.isNegative ? .less : .greater }
        // A pseudo-denormal has exponent 0 but the weight of exponent 1.
        let x = a.weight
        let y = b.weight
        if x == y && a.mantissa == b.mantissa { return .equal }
        let smaller = x < y || (x == y && a.mantissa < b.mantissa)
        return smaller != a.isNegative ? .less : .greater
    }
}

extension Extended80 {
    /// The exponent that the significand's units really have: denormals live at the scale of exponent 1.
    @inline(__always)
    var weight: UInt16 { max(exponent, 1) }

    /// C3, C2 and C0 as FXAM reports a register that is not empty; C1 is its sign. Intel SDM vol. 2, FXAM.
    var examination: UInt16 {
        let sign = isNegative ? X87Status.c1 : 0
        if isUnsupported { return sign }
        if isNaN { return sign | X87Status.c0 }
        if isInfinity { return sign | X87Status.c2 | X87Status.c0 }
        if isZero { return sign | X87Status.c3 }
        if isDenormal { return sign | X87Status.c3 | X87Status.c2 }
        return sign | X87Status.c2
    }

    /// The two tag bits that FNSTENV computes for an occupied register: valid, zero or special. Intel SDM vol. 1, 8.1.7.
    var tag: UInt16 { isZero ? 1 : isNormal ? 0 : 2 }
}

extension X87Arithmetic.Order {
    /// C3, C2 and C0. Intel SDM vol. 1, table 8-6.
    var conditions: UInt16 {
        switch self {
        case .greater: 0
        case .less: X87Status.c0
        case .equal: X87Status.c3
        case .unordered: X87Status.c3 | X87Status.c2 | X87Status.c0
        }
    }
}
