// How wide a scalar is and how it joins its neighbours, in two loads: a page number by the upper bits, a class by the
// lower eight. The pages are unfolded once from the generated ranges.

/// The class of a scalar, one byte.
struct WidthClass: RawRepresentable {
    var rawValue: UInt8
    @inline(__always) init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Columns: 0, 1 or 2.
    @inline(__always) var width: Int { Int(rawValue & 3) }
    /// It may become part of the cell before it; see `Emulator.join`.
    @inline(__always) var joins: Bool { rawValue & 0x7C != 0 }
    /// A combining mark or anything else without a width that belongs to what precedes it.
    var isMark: Bool { rawValue & 4 != 0 }
    /// Extended_Pictographic: joins after ZWJ.
    var isPictographic: Bool { rawValue & 8 != 0 }
    var isRegionalIndicator: Bool { rawValue & 16 != 0 }
    /// Emoji_Modifier: a skin tone.
    var isModifier: Bool { rawValue & 32 != 0 }
    /// Narrow, but wide when VS16 follows.
    var widensWithVS16: Bool { rawValue & 64 != 0 }
}

struct WidthTable: @unchecked Sendable {
    // SAFETY: both are written only in init, before a table is published, and never freed. `pages` has one entry for each
    // 256 scalars up to U+10FFFF, and every entry names a page that exists.
    private let pages: UnsafeMutablePointer<UInt8>
    private let classes: UnsafeMutablePointer<UInt8>

    static let shared = WidthTable()

    @inline(__always)
    subscript(scalar: UInt32) -> WidthClass {
        let page = pages[Int(truncatingIfNeeded: min(scalar, 0x10FFFF) >> 8)]
        return WidthClass(rawValue: classes[Int(page) << 8 | Int(scalar & 0xFF)])
    }

    private init() {
        func bits(_ raw: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: raw) }
        let pageCount = 0x1100
        pages = .allocate(capacity: pageCount)
        classes = .allocate(capacity: 256 * 256)
        classes.initialize(repeating: 1, count: 256 * 256)
        var uniform: [UInt8: UInt8] = [1: 0]
        var used = 1
        var next = 0
        for page in 0..<pageCount {
            let first = UInt32(page) << 8
            while next + 3 < widthRanges.count, widthRanges[next + 1] < first { next += 3 }
            let rawClass = bits(widthRanges[next + 2])
            let isWhole = widthRanges[next] <= first && widthRanges[next + 1] >= first + 255
            if isWhole, let known = uniform[rawClass] {
                (pages + page).initialize(to: known)
                continue
            }
            guard widthRanges[next] <= first + 255, widthRanges[next + 1] >= first else {
                (pages + page).initialize(to: 0)
                continue
            }
            precondition(used < 256, "the width ranges need more than 256 pages")
            if isWhole { uniform[rawClass] = UInt8(used) }
            (pages + page).initialize(to: UInt8(used))
            let cells = classes + used << 8
            used += 1
            var range = next
            while range + 2 < widthRanges.count, widthRanges[range] <= first + 255 {
                let from = max(widthRanges[range], first) - first
                let through = min(widthRanges[range + 1], first + 255) - first
                for position in from...through {
                    cells[Int(position)] = bits(widthRanges[range + 2])
                }
                range += 3
            }
        }
    }
}
