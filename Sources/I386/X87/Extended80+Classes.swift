// What kind of number an 80-bit pattern is. The explicit integer bit allows patterns that no operation produces:
// the 387 and its successors call them unsupported, except that a "pseudo-denormal" still counts as a denormal.

extension Extended80 {
    /// Finite, non-zero, exponent in the normal range and the integer bit set: what fast paths are made for.
    @inline(__always)
    var isNormal: Bool { mantissa >> 63 != 0 && exponent &- 1 < 0x7FFE }

    @inline(__always)
    var isZero: Bool { exponent == 0 && mantissa == 0 }

    /// A denormal or pseudo-denormal (exponent 0 with the integer bit set).
    @inline(__always)
    var isDenormal: Bool { exponent == 0 && mantissa != 0 }

    /// Unnormal, pseudo-infinity or pseudo-NaN. Intel SDM vol. 1, table 8-3.
    @inline(__always)
    var isUnsupported: Bool { exponent != 0 && mantissa >> 63 == 0 }

    /// Infinity in its supported form.
    @inline(__always)
    var isInfinity: Bool { exponent == 0x7FFF && mantissa == 1 << 63 }

    /// A NaN in its supported form.
    @inline(__always)
    var isNaN: Bool { exponent == 0x7FFF && mantissa > 1 << 63 }

    @inline(__always)
    var isSignaling: Bool { isNaN && mantissa & (1 << 62) == 0 }

    /// The NaN with its quiet bit set.
    @inline(__always)
    var quieted: Extended80 { Extended80(signExponent: signExponent, mantissa: mantissa | 1 << 62) }

    @inline(__always)
    var negated: Extended80 { Extended80(signExponent: signExponent ^ 0x8000, mantissa: mantissa) }

    @inline(__always)
    var magnitude: Extended80 { Extended80(signExponent: exponent, mantissa: mantissa) }

    @inline(__always)
    static func infinity(negative: Bool) -> Extended80 {
        Extended80(negative: negative, exponent: 0x7FFF, mantissa: 1 << 63)
    }

    @inline(__always)
    static func zero(negative: Bool) -> Extended80 {
        Extended80(negative: negative, exponent: 0, mantissa: 0)
    }

    /// Exponent and significand of a finite non-zero number with the integer bit shifted up to bit 63; denormals get
    /// exponents of 1 and below.
    @inline(__always)
    var normalized: (exponent: Int32, mantissa: UInt64) {
        if exponent != 0 { return (Int32(exponent), mantissa) }
        let shift = mantissa.leadingZeroBitCount
        return (1 &- Int32(truncatingIfNeeded: shift), mantissa << UInt64(truncatingIfNeeded: shift))
    }
}
