// 64-bit division on a 32-bit processor. Compilers turn `/` on UInt64 into calls of functions with these
// names and expect a runtime library to have them; a freestanding kernel is its own runtime library.

/// Quotient and remainder, by schoolbook: one bit at a time, unless 32 bits are enough.
@inline(never)
private func divide(_ dividend: UInt64, by divisor: UInt64) -> (quotient: UInt64, remainder: UInt64) {
    let high = UInt32(truncatingIfNeeded: dividend >> 32)
    let low = UInt32(truncatingIfNeeded: dividend)
    let small = UInt32(truncatingIfNeeded: divisor)
    if divisor >> 32 == 0, high == 0 {
        return (UInt64(low / small), UInt64(low % small))  // a zero divisor traps here, as it should
    }
    if divisor > dividend { return (0, dividend) }
    var shift = divisor.leadingZeroBitCount - dividend.leadingZeroBitCount
    var part = divisor << UInt64(truncatingIfNeeded: shift)
    var remainder = dividend
    var quotient: UInt64 = 0
    while shift >= 0 {
        quotient <<= 1
        if remainder >= part {
            remainder -= part
            quotient |= 1
        }
        part >>= 1
        shift -= 1
    }
    return (quotient, remainder)
}

@c(__udivdi3) public func wideQuotient(_ dividend: UInt64, _ divisor: UInt64) -> UInt64 {
    divide(dividend, by: divisor).quotient
}

@c(__umoddi3) public func wideRemainder(_ dividend: UInt64, _ divisor: UInt64) -> UInt64 {
    divide(dividend, by: divisor).remainder
}

@c(__divdi3) public func wideSignedQuotient(_ dividend: Int64, _ divisor: Int64) -> Int64 {
    let quotient = divide(dividend.magnitude, by: divisor.magnitude).quotient
    return Int64(truncatingIfNeeded: (dividend < 0) != (divisor < 0) ? 0 &- quotient : quotient)
}

@c(__moddi3) public func wideSignedRemainder(_ dividend: Int64, _ divisor: Int64) -> Int64 {
    let remainder = divide(dividend.magnitude, by: divisor.magnitude).remainder
    return Int64(truncatingIfNeeded: dividend < 0 ? 0 &- remainder : remainder)
}
