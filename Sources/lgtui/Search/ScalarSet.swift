// What a bracket expression or a class such as \w matches. ASCII is two words of bits, since nearly all text is.

package struct ScalarSet: Equatable, Sendable {
    private var low: UInt64 = 0
    private var high: UInt64 = 0
    /// Beyond ASCII.
    private var ranges: [ClosedRange<UInt32>] = []
    /// All letters beyond ASCII (`\w`).
    private var hasLetters = false
    /// What is not ASCII and not in the set is in it.
    private(set) var isInverted = false

    package init() {}

    package init(_ range: ClosedRange<UInt32>) { insert(range) }

    package static var digits: ScalarSet { ScalarSet(0x30...0x39) }
    package static var spaces: ScalarSet {
        var set = ScalarSet(0x09...0x0d)
        set.insert(0x20...0x20)
        set.insert(0xa0...0xa0)
        return set
    }
    package static var words: ScalarSet {
        var set = digits
        set.insert(0x41...0x5a)
        set.insert(0x61...0x7a)
        set.insert(0x5f...0x5f)
        set.hasLetters = true
        return set
    }

    package mutating func insert(_ range: ClosedRange<UInt32>) {
        for value in range.clamped(to: 0...0x7f) where range.contains(value) {
            if value < 64 { low |= 1 << UInt64(value) } else { high |= 1 << UInt64(value - 64) }
        }
        if range.upperBound >= 0x80 { ranges.append(max(range.lowerBound, 0x80)...range.upperBound) }
    }

    package mutating func formUnion(_ other: ScalarSet) {
        if other.isInverted {
            // Of an inverted set inside brackets ([\W_]) the ASCII part is exact; beyond it everything matches.
            ranges = [0x80...0x10ffff]
        } else {
            ranges += other.ranges
            hasLetters = hasLetters || other.hasLetters
        }
        low |= other.low
        high |= other.high
    }

    package var inverted: ScalarSet {
        var set = self
        set.low = ~low
        set.high = ~high
        set.isInverted.toggle()
        return set
    }

    @inline(__always)
    package func contains(_ scalar: UInt32) -> Bool {
        if scalar < 64 { return low >> UInt64(scalar) & 1 != 0 }
        if scalar < 128 { return high >> UInt64(scalar - 64) & 1 != 0 }
        return containsBeyondASCII(scalar) != isInverted
    }

    /// Whether anything beyond ASCII could be in the set.
    package var reachesBeyondASCII: Bool { isInverted || hasLetters || !ranges.isEmpty }

    private func containsBeyondASCII(_ scalar: UInt32) -> Bool {
        if ranges.contains(where: { $0.contains(scalar) }) { return true }
        return hasLetters && Unicode.Scalar(scalar)?.properties.isAlphabetic == true
    }
}
