// Walking through text character by character and word by word, as vi does, across the ends of lines.

struct TextWalker {
    private let text: HistoryText
    private(set) var place: TextPlace
    private var line: TextLine
    /// The last step led to another line.
    private var hasCrossed = false

    /// `w` stops at punctuation, `W` only at blanks.
    enum Words { case small, big }

    private enum Kind { case blank, word, mark }

    init(_ text: HistoryText, at place: TextPlace) {
        self.text = text
        self.place = place
        line = text.line(place.line)
    }

    private func kind(_ words: Words, at offset: Int? = nil) -> Kind {
        let offset = offset ?? place.offset
        guard offset < line.count else { return .blank }
        let scalar = line.first(at: offset)
        if scalar == " " || scalar == "\u{a0}" { return .blank }
        if words == .big { return .word }
        return scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil ? .word : .mark
    }

    private mutating func forward() -> Bool {
        let next = place.offset + (line.isTail(place.offset + 1) ? 2 : 1)
        hasCrossed = next >= line.count
        if !hasCrossed {
            place.offset = next
        } else {
            guard place.line + 1 < text.count else { return false }
            place = TextPlace(line: place.line + 1, offset: 0)
            line = text.line(place.line)
        }
        return true
    }

    private mutating func backward() -> Bool {
        hasCrossed = place.offset == 0
        if !hasCrossed {
            place.offset = line.start(of: min(place.offset, line.count) - 1)
        } else {
            guard place.line > 0 else { return false }
            place.line -= 1
            line = text.line(place.line)
            place.offset = line.start(of: line.count - 1)
        }
        return true
    }

    mutating func toNextWord(_ words: Words) -> Bool {
        let start = place
        let kind = kind(words)
        if kind != .blank {
            repeat { if !forward() { return settle(start) } } while !hasCrossed && self.kind(words) == kind
        }
        while self.kind(words) == .blank { if !forward() { return settle(start) } }
        return true
    }

    mutating func toEndOfWord(_ words: Words) -> Bool {
        let start = place
        repeat { if !forward() { return settle(start) } } while kind(words) == .blank
        let kind = kind(words)
        while true {
            let next = place.offset + (line.isTail(place.offset + 1) ? 2 : 1)
            if next >= line.count || self.kind(words, at: next) != kind { return true }
            place.offset = next
        }
    }

    mutating func toPreviousWord(_ words: Words) -> Bool {
        let start = place
        repeat { if !backward() { return settle(start) } } while kind(words) == .blank
        let kind = kind(words)
        while place.offset > 0 {
            let previous = line.start(of: place.offset - 1)
            if self.kind(words, at: previous) != kind { break }
            place.offset = previous
        }
        return true
    }

    /// There is no such word: the walk ends where it began.
    private mutating func settle(_ start: TextPlace) -> Bool {
        place = start
        return false
    }
}
