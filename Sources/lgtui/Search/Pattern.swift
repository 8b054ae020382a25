// A compiled regular expression. It is our own because of who writes the text: guests. The engines that backtrack – the
// standard library's among them, which cannot even be interrupted – need exponential time for some lines, and a guest
// that prints such a line would freeze the screen of whoever searches. This one follows all ways through the pattern at
// once (Thompson 1968, in the form that Pike gave it), so its time is bounded by pattern times text.

package struct Pattern: Equatable, Sendable {
    enum Op: Equatable, Sendable {
        case scalar(UInt32)
        case any
        case set(Int)
        case lineStart, lineEnd
        case wordEdge(Bool)
        /// Goes on at both places; the first is preferred.
        case split(Int, Int)
        case jump(Int)
        case match
    }

    /// As the user wrote it.
    package let source: String
    /// There is no capital letter in the pattern, so capitals make no difference.
    package let ignoresCase: Bool
    private(set) var ops: [Op] = []
    private(set) var sets: [ScalarSet] = []
    /// What a match can begin with.
    private(set) var first = ScalarSet()
    private(set) var firstBeyondASCII = false

    private var parts = 0

    private static let largest = 4000

    package init(_ source: String) throws(PatternError) {
        self.source = source
        var parser = PatternParser(source)
        let node = try parser.parse()
        ignoresCase = !parser.hasCapitals
        try compile(node)
        ops.append(.match)
        findFirst()
    }

    private mutating func emit(_ op: Op) throws(PatternError) {
        if ops.count >= Self.largest { throw PatternError("the pattern is too large") }
        ops.append(op)
    }

    private mutating func compile(_ node: PatternNode) throws(PatternError) {
        // Nothing, repeated a thousand times a thousand times, makes no ops and still takes for ever.
        parts += 1
        if parts > 20 * Self.largest { throw PatternError("the pattern is too large") }
        switch node {
        case .empty: break
        case .scalar(let scalar): try emit(.scalar(scalar))
        case .any: try emit(.any)
        case .set(let set):
            sets.append(set)
            try emit(.set(sets.count - 1))
        case .lineStart: try emit(.lineStart)
        case .lineEnd: try emit(.lineEnd)
        case .wordEdge(let isEdge): try emit(.wordEdge(isEdge))
        case .sequence(let parts): for part in parts { try compile(part) }
        case .choice(let branches):
            var jumps: [Int] = []
            for (index, branch) in branches.enumerated() {
                guard index < branches.count - 1 else {
                    try compile(branch)
                    break
                }
                let split = ops.count
                try emit(.split(split + 1, 0))
                try compile(branch)
                jumps.append(ops.count)
                try emit(.jump(0))
                ops[split] = .split(split + 1, ops.count)
            }
            for jump in jumps { ops[jump] = .jump(ops.count) }
        case .loop(let body, let least, let most, let isLazy):
            for _ in 0..<least { try compile(body) }
            if let most {
                var splits: [Int] = []
                for _ in least..<most {
                    splits.append(ops.count)
                    try emit(.split(0, 0))
                    try compile(body)
                }
                for split in splits { ops[split] = Self.split(split + 1, ops.count, isLazy) }
            } else {
                let split = ops.count
                try emit(.split(0, 0))
                try compile(body)
                try emit(.jump(split))
                ops[split] = Self.split(split + 1, ops.count, isLazy)
            }
        }
    }

    private static func split(_ body: Int, _ end: Int, _ isLazy: Bool) -> Op {
        isLazy ? .split(end, body) : .split(body, end)
    }

    /// Collects what the first character of a match that is not empty can be, so that most of the text is skipped.
    private mutating func findFirst() {
        var seen: Set<Int> = []
        var waiting = [0]
        while let index = waiting.popLast() {
            guard seen.insert(index).inserted else { continue }
            switch ops[index] {
            case .scalar(let scalar):
                first.insert(scalar...scalar)
                if scalar >= 0x80 { firstBeyondASCII = true }
            case .any:
                first.insert(0...0x7f)
                firstBeyondASCII = true
            case .set(let number):
                first.formUnion(sets[number])
                if sets[number].reachesBeyondASCII { firstBeyondASCII = true }
            case .split(let one, let other): waiting += [one, other]
            case .jump(let to): waiting.append(to)
            case .lineStart, .lineEnd, .wordEdge: waiting.append(index + 1)
            case .match: break
            }
        }
    }

    /// A capital as a small letter, when the pattern does not care.
    @inline(__always)
    static func folded(_ scalar: UInt32) -> UInt32 {
        if scalar < 0x80 { return scalar &- 0x41 < 26 ? scalar | 0x20 : scalar }
        guard let scalars = Unicode.Scalar(scalar)?.properties.lowercaseMapping.unicodeScalars, scalars.count == 1
        else {
            return scalar
        }
        return scalars.first?.value ?? scalar
    }
}
