// The 32- and 64-bit memory formats. Loading always fits; storing rounds to the narrower format, with that format's own
// overflow and underflow, whatever the precision control says.

/// The layout of an IEEE interchange format.
struct NarrowFormat {
    let exponentBits: UInt64
    let fractionBits: UInt64

    static let single = NarrowFormat(exponentBits: 8, fractionBits: 23)
    static let double = NarrowFormat(exponentBits: 11, fractionBits: 52)

    var bias: Int32 { (1 &<< Int32(truncatingIfNeeded: exponentBits &- 1)) &- 1 }
    var exponentMask: UInt64 { (1 &<< exponentBits) &- 1 }
    var fractionMask: UInt64 { (1 &<< fractionBits) &- 1 }
    var signBit: UInt64 { 1 &<< (exponentBits &+ fractionBits) }
}

extension X87Arithmetic {
    /// FLD m32fp and the memory operands of FADD m32fp and so on, which leave the exceptions of a denormal or NaN to
    /// the arithmetic that follows.
    @inline(__always)
    package static func widen32(_ bits: UInt32) -> (value: Extended80, isDenormal: Bool, isSignaling: Bool) {
        widen(UInt64(bits), .single)
    }

    @inline(__always)
    package static func widen64(_ bits: UInt64) -> (value: Extended80, isDenormal: Bool, isSignaling: Bool) {
        widen(bits, .double)
    }

    @inline(__always)
    private static func widen(
        _ bits: UInt64, _ format: NarrowFormat
    ) -> (value: Extended80, isDenormal: Bool, isSignaling: Bool) {
        let negative = bits & format.signBit != 0
        let exponent = Int32(truncatingIfNeeded: bits &>> format.fractionBits & format.exponentMask)
        let fraction = bits & format.fractionMask
        let aligned = fraction &<< (63 &- format.fractionBits)
        if exponent &- 1 < 0 {
            if fraction == 0 { return (.zero(negative: negative), false, false) }
            let shift = UInt64(truncatingIfNeeded: aligned.leadingZeroBitCount)
            let biased = 0x3FFF &- format.bias &+ 1 &- Int32(truncatingIfNeeded: shift)
            return (
                Extended80(
                    negative: negative, exponent: UInt16(truncatingIfNeeded: biased), mantissa: aligned &<< shift),
                true, false
            )
        }
        if exponent == Int32(truncatingIfNeeded: format.exponentMask) {
            return (
                Extended80(negative: negative, exponent: 0x7FFF, mantissa: aligned | 1 << 63),
                false, fraction != 0 && aligned & 1 << 62 == 0
            )
        }
        let biased = exponent &+ 0x3FFF &- format.bias
        return (
            Extended80(negative: negative, exponent: UInt16(truncatingIfNeeded: biased), mantissa: aligned | 1 << 63),
            false, false
        )
    }

    /// FLD m32fp, FLD m64fp: the load itself reports denormals and quiets signaling NaNs.
    @inline(__always)
    package mutating func load(
        _ operand: (value: Extended80, isDenormal: Bool, isSignaling: Bool)
    ) -> Extended80 {
        if operand.isDenormal { raised |= X87Status.denormal }
        if operand.isSignaling {
            raised |= X87Status.invalid
            return operand.value.quieted
        }
        return operand.value
    }

    /// FST m32fp. Unmasked overflow and underflow leave memory alone: see `forbidsStore`.
    @inline(__always)
    package mutating func narrow32(_ a: Extended80) -> UInt32 {
        UInt32(truncatingIfNeeded: narrow(a, .single))
    }

    /// FST m64fp.
    @inline(__always)
    package mutating func narrow64(_ a: Extended80) -> UInt64 {
        narrow(a, .double)
    }

    /// True when an unmasked exception keeps a memory destination from being written.
    @inline(__always)
    package var forbidsStore: Bool {
        raised & ~control & (X87Status.beforehand | X87Status.overflow | X87Status.underflow) != 0
    }

    @inline(__always)
    private mutating func narrow(_ a: Extended80, _ format: NarrowFormat) -> UInt64 {
        let exponent = Int32(a.exponent) &- 0x3FFF &+ format.bias
        let dropped = 63 &- format.fractionBits
        let largest = Int32(truncatingIfNeeded: format.exponentMask)
        if a.mantissa >> 63 != 0 && exponent > 0 && exponent < largest && a.mantissa &<< (64 &- dropped) == 0 {
            let sign: UInt64 = a.isNegative ? format.signBit : 0
            return sign | UInt64(truncatingIfNeeded: exponent) &<< format.fractionBits
                | a.mantissa &>> dropped & format.fractionMask
        }
        return narrowSlowly(a, format)
    }

    @inline(never)
    private mutating func narrowSlowly(_ a: Extended80, _ format: NarrowFormat) -> UInt64 {
        let dropped = 63 &- format.fractionBits
        let infinity = format.exponentMask &<< format.fractionBits
        if let nan = nanResult(a) {
            let sign: UInt64 = nan.isNegative ? format.signBit : 0
            return sign | infinity | nan.mantissa &>> dropped & format.fractionMask
        }
        let sign: UInt64 = a.isNegative ? format.signBit : 0
        if a.isInfinity { return sign | infinity }
        if a.isZero { return sign }
        let x = a.normalized
        let exponent = x.exponent &- 0x3FFF &+ format.bias
        let ideal = cut(negative: a.isNegative, high: x.mantissa, low: 0, dropping: dropped)
        let biased = ideal.carried ? exponent &+ 1 : exponent
        if biased >= Int32(truncatingIfNeeded: format.exponentMask) {
            raised |= X87Status.overflow
            if isUnmasked(X87Status.overflow) { return 0 }
            raised |= X87Status.inexact
            guard roundsUp(negative: a.isNegative, aboveHalf: true, half: false, odd: false) else {
                return sign | (infinity &- 1)
            }
            raised |= X87Status.c1
            return sign | infinity
        }
        if biased >= 1 {
            if ideal.inexact { raised |= X87Status.inexact }
            if ideal.up { raised |= X87Status.c1 }
            let fraction = ideal.mantissa &>> dropped & format.fractionMask
            return sign | UInt64(truncatingIfNeeded: biased) &<< format.fractionBits | fraction
        }
        if isUnmasked(X87Status.underflow) {
            raised |= X87Status.underflow
            return 0
        }
        let (high, low) = shiftRightJamming(x.mantissa, 0, by: min(1 &- exponent, 200))
        let actual = cut(negative: a.isNegative, high: high, low: low, dropping: dropped)
        if actual.inexact { raised |= X87Status.underflow | X87Status.inexact }
        if actual.up { raised |= X87Status.c1 }
        // A carry out of the fraction lands in the exponent field as 1: the smallest normal number.
        return sign | actual.mantissa &>> dropped
    }
}
