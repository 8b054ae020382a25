// The words in which a command says what it takes, `left|right|up|down [CELLS]`, read as what they are: a little
// grammar. People read it in the help; completion asks it what may come next.
//
//     word           itself          [x]        x or nothing       a|b c      one of a and b, then c
//     WORD           a value         x…         x, again and again a | b c    either a, or b and then c

/// What may follow at some point of a command line.
indirect enum Usage: Equatable {
    /// Lower case stands for itself, upper case for any value of that kind.
    case word(String)
    case sequence([Usage])
    case choice([Usage])
    case optional(Usage)
    case repeated(Usage)

    init(_ text: String) {
        var rest = Substring(text)
        self = Self.choice(in: &rest)
    }

    // MARK: Reading

    /// `a b | c d`, up to the end or a closing bracket.
    private static func choice(in rest: inout Substring) -> Usage {
        var branches: [Usage] = []
        repeat {
            if rest.first == "|" { rest.removeFirst() }
            branches.append(sequence(in: &rest))
        } while rest.first == "|"
        if rest.first == "]" { rest.removeFirst() }
        return branches.count == 1 ? branches[0] : .choice(branches)
    }

    private static func sequence(in rest: inout Substring) -> Usage {
        var parts: [Usage] = []
        while true {
            rest = rest.drop { $0 == " " }
            guard let next = rest.first, next != "]", next != "|" else { return .sequence(parts) }
            parts.append(tightChoice(in: &rest))
        }
    }

    /// `a|b|[c]`, without blanks around the bars.
    private static func tightChoice(in rest: inout Substring) -> Usage {
        var branches = [item(in: &rest)]
        while rest.first == "|" {
            rest.removeFirst()
            branches.append(item(in: &rest))
        }
        return branches.count == 1 ? branches[0] : .choice(branches)
    }

    private static func item(in rest: inout Substring) -> Usage {
        let result: Usage
        if rest.first == "[" {
            rest.removeFirst()
            result = .optional(choice(in: &rest))
        } else {
            let word = rest.prefix { !" |[]…".contains($0) }
            rest.removeFirst(word.count)
            result = .word(String(word))
        }
        // `GUEST…` and `GUEST …` are the same to the reader.
        guard rest.drop(while: { $0 == " " }).first == "…" else { return result }
        rest = rest.drop { $0 == " " }.dropFirst()
        return .repeated(result)
    }

    // MARK: Asking

    /// The words, and kinds of values, that could come next.
    var next: [String] {
        switch self {
        case .word(let word): [word]
        case .choice(let branches): branches.flatMap(\.next)
        case .optional(let inner), .repeated(let inner): inner.next
        case .sequence(let parts):
            parts.prefix { $0.isSkippable }.flatMap(\.next) + (parts.first { !$0.isSkippable }?.next ?? [])
        }
    }

    private var isSkippable: Bool {
        switch self {
        case .word, .repeated: false
        case .optional: true
        case .choice(let branches): branches.contains { $0.isSkippable }
        case .sequence(let parts): parts.allSatisfy(\.isSkippable)
        }
    }

    /// What is left when `word` has been said; nil when it cannot be said here.
    func after(_ word: String) -> Usage? {
        switch self {
        case .word(let own): return own == word || Self.isValue(own) ? .sequence([]) : nil
        case .optional(let inner): return inner.after(word)
        case .repeated(let inner):
            guard let rest = inner.after(word) else { return nil }
            return .sequence([rest, .optional(self)])
        case .choice(let branches):
            // A word that stands for itself is meant before a value that could be anything.
            let literal = branches.filter { $0.next.contains(word) }
            let rests = (literal.isEmpty ? branches : literal).compactMap { $0.after(word) }
            return rests.count > 1 ? .choice(rests) : rests.first
        case .sequence(let parts):
            for (index, part) in parts.enumerated() {
                if let rest = part.after(word) { return .sequence([rest] + parts[(index + 1)...]) }
                if !part.isSkippable { return nil }
            }
            return nil
        }
    }

    static func isValue(_ word: String) -> Bool { word.contains { $0.isUppercase } }
}
