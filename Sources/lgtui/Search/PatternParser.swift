// Regular expressions as developers write them: what grep -E and Perl agree on. `.` `[]` `()` `(?:)` `|` `*` `+` `?` `{m,n}`
// (each also lazy, with `?`), `^` `$`, `\b` `\B` `\d` `\w` `\s` and their opposites. No back references: they are what
// makes matching take for ever.

indirect enum PatternNode {
    case empty
    case scalar(UInt32)
    case any
    case set(ScalarSet)
    case lineStart, lineEnd
    case wordEdge(Bool)
    case sequence([PatternNode])
    case choice([PatternNode])
    case loop(PatternNode, least: Int, most: Int?, isLazy: Bool)
}

struct PatternParser {
    private let text: [Unicode.Scalar]
    private var at = 0
    private var depth = 0
    /// Some letter was written as a capital, outside of classes such as `\W`.
    private(set) var hasCapitals = false

    private static let deepest = 100
    private static let mostRepeats = 1000

    init(_ text: String) { self.text = Array(text.unicodeScalars) }

    mutating func parse() throws(PatternError) -> PatternNode {
        let node = try choice()
        if at < text.count { throw PatternError("unmatched )") }
        return node
    }

    private var next: Unicode.Scalar? { at < text.count ? text[at] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        at += 1
        return true
    }

    private mutating func choice() throws(PatternError) -> PatternNode {
        var branches = [try sequence()]
        while take("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .choice(branches)
    }

    private mutating func sequence() throws(PatternError) -> PatternNode {
        var parts: [PatternNode] = []
        while let scalar = next, scalar != "|", scalar != ")" {
            let part = try atom()
            parts.append(try repeated(part))
        }
        return parts.count == 1 ? parts[0] : .sequence(parts)
    }

    private mutating func repeated(_ part: PatternNode) throws(PatternError) -> PatternNode {
        var node = part
        while let scalar = next {
            var bounds: (Int, Int?)
            switch scalar {
            case "*": bounds = (0, nil)
            case "+": bounds = (1, nil)
            case "?": bounds = (0, 1)
            case "{":
                guard let counted = try count() else { return node }
                bounds = counted
                at -= 1
            default: return node
            }
            at += 1
            let isLazy = take("?")
            node = .loop(node, least: bounds.0, most: bounds.1, isLazy: isLazy)
        }
        return node
    }

    /// `{m}`, `{m,}`, `{m,n}` or `{,n}`; nil, and nothing taken, when the brace is only a brace.
    private mutating func count() throws(PatternError) -> (Int, Int?)? {
        let start = at
        at += 1
        let least = number()
        var most = least
        if take(",") { most = number() }
        guard take("}"), least != nil || most != nil else {
            at = start
            return nil
        }
        let lower = least ?? 0
        if max(lower, most ?? 0) > Self.mostRepeats { throw PatternError("more than \(Self.mostRepeats) repetitions") }
        if let most, most < lower { throw PatternError("the repetition {\(lower),\(most)} is backwards") }
        return (lower, most)
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let scalar = next, ("0"..."9").contains(scalar) {
            value = min((value ?? 0) * 10 + Int(scalar.value - 0x30), Self.mostRepeats + 1)
            at += 1
        }
        return value
    }

    private mutating func atom() throws(PatternError) -> PatternNode {
        guard let scalar = next else { return .empty }
        at += 1
        switch scalar {
        case ".": return .any
        case "^": return .lineStart
        case "$": return .lineEnd
        case "[": return .set(try brackets())
        case "\\": return try escape()
        case "(":
            depth += 1
            if depth > Self.deepest { throw PatternError("parentheses are nested too deeply") }
            if take("?"), !take(":") { throw PatternError("of the groups (?…) only (?:…) is known") }
            let node = try choice()
            guard take(")") else { throw PatternError("a ) is missing") }
            depth -= 1
            return node
        case "*", "+", "?": throw PatternError("nothing before \(scalar) to repeat")
        default: return literal(scalar)
        }
    }

    private mutating func literal(_ scalar: Unicode.Scalar) -> PatternNode {
        if scalar.properties.isUppercase { hasCapitals = true }
        return .scalar(scalar.value)
    }

    private mutating func escape() throws(PatternError) -> PatternNode {
        guard let scalar = next else { throw PatternError("nothing after \\") }
        at += 1
        if let set = Self.sets(scalar) { return .set(set) }
        switch scalar {
        case "b": return .wordEdge(true)
        case "B": return .wordEdge(false)
        case "t": return .scalar(0x09)
        case "a"..."z", "A"..."Z", "0"..."9": throw PatternError("\\\(scalar) means nothing here")
        default: return literal(scalar)
        }
    }

    private static func sets(_ scalar: Unicode.Scalar) -> ScalarSet? {
        switch scalar {
        case "d": .digits
        case "D": .digits.inverted
        case "s": .spaces
        case "S": .spaces.inverted
        case "w": .words
        case "W": .words.inverted
        default: nil
        }
    }

    private mutating func brackets() throws(PatternError) -> ScalarSet {
        var set = ScalarSet()
        let isInverted = take("^")
        var isFirst = true
        while let scalar = next, scalar != "]" || isFirst {
            at += 1
            isFirst = false
            if scalar == "[", next == ":" {
                set.formUnion(try namedClass())
                continue
            }
            var lower = scalar
            if scalar == "\\" {
                guard let escaped = next else { break }
                at += 1
                if let known = Self.sets(escaped) {
                    set.formUnion(known)
                    continue
                }
                lower = escaped == "t" ? "\t" : escaped
            }
            var upper = lower
            if next == "-", at + 1 < text.count, text[at + 1] != "]" {
                at += 1
                upper = text[at]
                at += 1
                if upper == "\\", let escaped = next {
                    upper = escaped
                    at += 1
                }
            }
            if lower.properties.isUppercase || upper.properties.isUppercase { hasCapitals = true }
            guard lower <= upper else { throw PatternError("the range \(lower)-\(upper) is backwards") }
            set.insert(lower.value...upper.value)
        }
        guard take("]") else { throw PatternError("a ] is missing") }
        return isInverted ? set.inverted : set
    }

    /// `[:alpha:]` and its kin, ASCII as everybody means it, with letters of other scripts.
    private mutating func namedClass() throws(PatternError) -> ScalarSet {
        guard let end = text[at...].indices.first(where: { text[$0] == "]" }), text[end - 1] == ":", end > at + 1 else {
            throw PatternError("a :] is missing")
        }
        let name = text[(at + 1)..<(end - 1)].reduce(into: "") { $0.unicodeScalars.append($1) }
        at = end + 1
        switch name {
        case "digit": return .digits
        case "space": return .spaces
        case "alnum", "word": return .words
        case "alpha":
            var set = ScalarSet(0x41...0x5a)
            set.insert(0x61...0x7a)
            return set
        case "upper":
            hasCapitals = true
            return ScalarSet(0x41...0x5a)
        case "lower": return ScalarSet(0x61...0x7a)
        case "xdigit":
            var set = ScalarSet.digits
            set.insert(0x41...0x46)
            set.insert(0x61...0x66)
            return set
        case "punct":
            var set = ScalarSet(0x21...0x2f)
            for range in [0x3a...0x40, 0x5b...0x60, 0x7b...0x7e] as [ClosedRange<UInt32>] { set.insert(range) }
            return set
        default: throw PatternError("there is no class [:\(name):]")
        }
    }
}
