// Runs a pattern over lines. One matcher serves many lines, so that its lists are made once; it counts its steps, so that
// even a line of a million characters costs no more than a moment.

package final class PatternMatcher {
    package let pattern: Pattern
    private let ops: [Pattern.Op]
    private let sets: [ScalarSet]
    private var current = Threads()
    private var next = Threads()
    /// For each op, the generation in which it was last put on the list being built.
    private var marks: [UInt32]
    private var generation: UInt32 = 0
    private var stack: [Int] = []
    private var folded: [UInt32] = []
    private var steps = 0

    /// Steps that one line may cost: some milliseconds.
    package static let stepsPerLine = 1_000_000

    private struct Threads {
        var ops: [Int] = []
        var starts: [Int] = []
        mutating func removeAll() {
            ops.removeAll(keepingCapacity: true)
            starts.removeAll(keepingCapacity: true)
        }
    }

    package init(_ pattern: Pattern) {
        self.pattern = pattern
        ops = pattern.ops
        sets = pattern.sets
        marks = Array(repeating: 0, count: ops.count)
    }

    /// All matches that are not empty, left to right, not overlapping; of a line that is too much work, those found in time.
    package func matches(in text: [UInt32], most: Int = .max) -> [Range<Int>] {
        steps = 0
        return pattern.ignoresCase
            ? fold(text) { find(in: $0, most: most) }
            : text.withUnsafeBufferPointer {
                find(in: $0, most: most)
            }
    }

    /// The first match in or after `start` that is not empty; nil also when the line is too much work.
    package func firstMatch(in text: [Unicode.Scalar], from start: Int = 0) -> Range<Int>? {
        steps = 0
        // SAFETY: a Unicode.Scalar is one UInt32 and nothing else, and the memory is only read.
        return text.withUnsafeBufferPointer { scalars in
            scalars.withMemoryRebound(to: UInt32.self) { text in
                guard pattern.ignoresCase else { return find(in: text, from: start, most: 1).first }
                return fold(text) { find(in: $0, from: start, most: 1) }.first
            }
        }
    }

    package func matches(_ text: [UInt32]) -> Bool { !matches(in: text, most: 1).isEmpty }

    private func fold<Result>(_ text: some Sequence<UInt32>, _ body: (UnsafeBufferPointer<UInt32>) -> Result) -> Result
    {
        folded.removeAll(keepingCapacity: true)
        for scalar in text { folded.append(Pattern.folded(scalar)) }
        let buffer = folded
        return buffer.withUnsafeBufferPointer(body)
    }

    private func find(in text: UnsafeBufferPointer<UInt32>, from start: Int = 0, most: Int) -> [Range<Int>] {
        var result: [Range<Int>] = []
        var at = max(0, start)
        while at < text.count, result.count < most, steps < Self.stepsPerLine {
            guard let match = firstMatch(in: text, from: at) else { break }
            if match.isEmpty {
                at = match.lowerBound + 1
            } else {
                result.append(match)
                at = match.upperBound
            }
        }
        return result
    }

    /// The leftmost match, of several from there the one that the pattern prefers.
    private func firstMatch(in text: UnsafeBufferPointer<UInt32>, from start: Int) -> Range<Int>? {
        current.removeAll()
        var found: Range<Int>?
        var at = start
        beginList()
        while true {
            if found == nil {
                if current.ops.isEmpty {
                    beginList()
                    while at < text.count, !canBegin(text[at]) { at += 1 }
                    if at >= text.count { return nil }
                }
                add(0, start: at, at: at, in: text, to: &current)
            } else if current.ops.isEmpty {
                return found
            }
            beginList()
            next.removeAll()
            let scalar = at < text.count ? text[at] : .max
            for index in current.ops.indices {
                steps += 1
                let op = current.ops[index]
                let isStep: Bool
                switch ops[op] {
                case .scalar(let wanted): isStep = scalar == wanted
                case .any: isStep = scalar != .max
                case .set(let number): isStep = scalar != .max && sets[number].contains(scalar)
                case .match:
                    found = current.starts[index]..<at
                    isStep = false
                default: isStep = false
                }
                // Whoever comes later on the list is liked less than this match.
                if case .match = ops[op] { break }
                if isStep { add(op + 1, start: current.starts[index], at: at + 1, in: text, to: &next) }
            }
            if at >= text.count || steps >= Self.stepsPerLine { return found }
            swap(&current, &next)
            at += 1
        }
    }

    @inline(__always)
    private func canBegin(_ scalar: UInt32) -> Bool {
        scalar < 0x80 ? pattern.first.contains(scalar) : pattern.firstBeyondASCII
    }

    private func beginList() {
        generation &+= 1
        if generation == 0 {
            for index in marks.indices { marks[index] = 0 }
            generation = 1
        }
    }

    /// Puts an op on a list, and instead of those that take no character what they lead to, best first.
    private func add(
        _ op: Int, start: Int, at: Int, in text: UnsafeBufferPointer<UInt32>, to list: inout Threads
    ) {
        stack.append(op)
        while let op = stack.popLast() {
            if marks[op] == generation { continue }
            marks[op] = generation
            steps += 1
            switch ops[op] {
            case .split(let one, let other):
                stack.append(other)
                stack.append(one)
            case .jump(let to): stack.append(to)
            case .lineStart: if at == 0 { stack.append(op + 1) }
            case .lineEnd: if at == text.count { stack.append(op + 1) }
            case .wordEdge(let wanted):
                let before = at > 0 && ScalarSet.words.contains(text[at - 1])
                let after = at < text.count && ScalarSet.words.contains(text[at])
                if (before != after) == wanted { stack.append(op + 1) }
            case .scalar, .any, .set, .match:
                list.ops.append(op)
                list.starts.append(start)
            }
        }
    }
}
