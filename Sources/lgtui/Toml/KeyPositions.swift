// TOMLKit parses TOML but forgets where things stood, and "missing key" without a line number is a poor answer to a
// typing error. This scanner walks the same text and notes the position of every key and value. It runs only on text
// that TOMLKit accepted, so it may be lenient: it must find its way through strings, comments and brackets, not judge.

/// One step from the root of a document to a value.
package enum PathStep: Hashable, Sendable {
    case key(String)
    case index(Int)
}

/// Where the keys and values of one TOML document stand.
package struct KeyPositions: Sendable {
    package private(set) var keys: [[PathStep]: SourcePosition] = [:]
    package private(set) var values: [[PathStep]: SourcePosition] = [:]

    /// Scans a document that a real parser has accepted.
    package init(of text: String) {
        var scanner = Scanner(text)
        scanner.scanDocument()
        keys = scanner.keys
        values = scanner.values
    }
}

private struct Scanner {
    var keys: [[PathStep]: SourcePosition] = [:]
    var values: [[PathStep]: SourcePosition] = [:]

    private let text: [Unicode.Scalar]
    private var at = 0
    private var line = 1
    private var lineStart = 0
    /// How many elements each array of tables has so far.
    private var tableCounts: [[PathStep]: Int] = [:]

    init(_ text: String) { self.text = Array(text.unicodeScalars) }

    private var here: SourcePosition { SourcePosition(line: line, column: at - lineStart + 1) }
    private var next: Unicode.Scalar? { at < text.count ? text[at] : nil }

    private mutating func advance() {
        guard at < text.count else { return }
        if text[at] == "\n" {
            line += 1
            lineStart = at + 1
        }
        at += 1
    }

    private mutating func skip(while condition: (Unicode.Scalar) -> Bool) {
        while let scalar = next, condition(scalar) { advance() }
    }

    private mutating func skipBlanksAndComments() {
        while let scalar = next {
            switch scalar {
            case " ", "\t", "\r", "\n": advance()
            case "#": skip { $0 != "\n" }
            default: return
            }
        }
    }

    mutating func scanDocument() {
        var table: [PathStep] = []
        while true {
            skipBlanksAndComments()
            guard let scalar = next else { return }
            let before = at
            if scalar == "[" {
                table = scanHeader()
            } else {
                scanPair(in: table)
            }
            if at == before { advance() }
        }
    }

    /// `[a.b]` or `[[a.b]]`; a header that passes through an array of tables means its newest element.
    private mutating func scanHeader() -> [PathStep] {
        let position = here
        advance()
        let isArray = next == "["
        if isArray { advance() }
        let names = scanDottedKey().map(\.name)
        skip { $0 == "]" || $0 == " " || $0 == "\t" }
        var path: [PathStep] = []
        for (i, name) in names.enumerated() {
            path.append(.key(name))
            if isArray && i == names.count - 1 {
                let count = tableCounts[path, default: 0]
                tableCounts[path] = count + 1
                if count == 0 { keys[path] = position }
                path.append(.index(count))
            } else if let count = tableCounts[path], count > 0 {
                path.append(.index(count - 1))
            }
        }
        keys[path] = keys[path] ?? position
        values[path] = values[path] ?? position
        return path
    }

    /// `key = value`, at the top level or inside an inline table.
    private mutating func scanPair(in table: [PathStep]) {
        var path = table
        for part in scanDottedKey() {
            path.append(.key(part.name))
            keys[path] = keys[path] ?? part.position
        }
        skip { $0 == " " || $0 == "\t" }
        guard next == "=" else { return }
        advance()
        skip { $0 == " " || $0 == "\t" }
        scanValue(at: path, depth: 0)
    }

    private mutating func scanDottedKey() -> [(name: String, position: SourcePosition)] {
        var parts: [(name: String, position: SourcePosition)] = []
        while true {
            skip { $0 == " " || $0 == "\t" }
            let position = here
            guard let scalar = next else { return parts }
            if scalar == "\"" || scalar == "'" {
                parts.append((scanString(), position))
            } else {
                var name = ""
                while let scalar = next, scalar.isBareKey {
                    name.unicodeScalars.append(scalar)
                    advance()
                }
                if name.isEmpty { return parts }
                parts.append((name, position))
            }
            skip { $0 == " " || $0 == "\t" }
            guard next == "." else { return parts }
            advance()
        }
    }

    private mutating func scanValue(at path: [PathStep], depth: Int) {
        values[path] = values[path] ?? here
        // toml++ stops at 256 levels; so a document that came this far never nests deeper.
        guard let scalar = next, depth < 300 else { return }
        switch scalar {
        case "\"", "'": _ = scanString()
        case "[":
            advance()
            var index = 0
            while true {
                skipBlanksAndComments()
                guard let scalar = next else { return }
                if scalar == "]" { return advance() }
                if scalar == "," {
                    advance()
                    continue
                }
                let before = at
                scanValue(at: path + [.index(index)], depth: depth + 1)
                index += 1
                if at == before { advance() }
            }
        case "{":
            advance()
            while true {
                skipBlanksAndComments()
                guard let scalar = next else { return }
                if scalar == "}" { return advance() }
                let before = at
                if scalar == "," { advance() } else { scanInlinePair(in: path, depth: depth) }
                if at == before { advance() }
            }
        default: skip { $0 != "," && $0 != "]" && $0 != "}" && $0 != "\n" && $0 != "#" }
        }
    }

    private mutating func scanInlinePair(in table: [PathStep], depth: Int) {
        var path = table
        for part in scanDottedKey() {
            path.append(.key(part.name))
            keys[path] = keys[path] ?? part.position
        }
        skip { $0 == " " || $0 == "\t" }
        guard next == "=" else { return }
        advance()
        skip { $0 == " " || $0 == "\t" }
        scanValue(at: path, depth: depth + 1)
    }

    /// Any of the four kinds of string; returns its text with the common escapes undone (enough to recognise keys).
    private mutating func scanString() -> String {
        guard let quote = next else { return "" }
        advance()
        var isLong = false
        if next == quote {
            advance()
            guard next == quote else { return "" }
            advance()
            isLong = true
        }
        var result = ""
        while let scalar = next {
            if scalar == "\\" && quote == "\"" {
                advance()
                if let escaped = next {
                    result.unicodeScalars.append(escaped == "t" ? "\t" : escaped == "n" ? "\n" : escaped)
                    advance()
                }
                continue
            }
            if scalar == quote {
                if !isLong {
                    advance()
                    return result
                }
                if at + 2 < text.count, text[at + 1] == quote, text[at + 2] == quote {
                    // Up to two quotes may stand before the closing three.
                    while at + 3 < text.count, text[at + 3] == quote { advance() }
                    for _ in 0..<3 { advance() }
                    return result
                }
            }
            result.unicodeScalars.append(scalar)
            advance()
        }
        return result
    }
}

extension Unicode.Scalar {
    fileprivate var isBareKey: Bool {
        switch self {
        case "a"..."z", "A"..."Z", "0"..."9", "_", "-": true
        default: false
        }
    }
}
