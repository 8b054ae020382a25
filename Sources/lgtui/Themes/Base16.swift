// base16 schemes: sixteen colours with agreed parts, and hundreds of them exist. A scheme is a YAML file, but such a plain
// one that a line at a time is enough: `base0D: "81a1c1"`.

extension Theme {
    /// Makes a theme of a base16 scheme.
    package init(base16 bytes: [UInt8], file: String) throws(Diagnostics) {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Diagnostics([Diagnostic(file: file, text: "not UTF-8 text")])
        }
        var colors: [String: Ink] = [:]
        var title = ""
        var problems: [Diagnostic] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let key = line[..<colon].trimmed.lowercased()
            let value = Self.scalar(line[line.index(after: colon)...])
            if key == "scheme" || key == "name" { title = value }
            guard key.hasPrefix("base0"), key.count == 6 else { continue }
            do {
                colors[key] = try Ink(notation: value.hasPrefix("#") ? value : "#" + value)
            } catch {
                let place = SourcePosition(line: index + 1, column: line.distance(from: line.startIndex, to: colon) + 2)
                problems.append(Diagnostic(file: file, position: place, text: "`\(key)`: \(error)"))
            }
        }
        let wanted = "0123456789abcdef".map { "base0\($0)" }
        let missing = wanted.filter { colors[$0] == nil }
        if problems.isEmpty, !missing.isEmpty {
            problems.append(
                Diagnostic(file: file, text: "no base16 scheme: it lacks \(missing.joined(separator: ", "))"))
        }
        if !problems.isEmpty { throw Diagnostics(problems) }

        self.init(name: title.isEmpty ? file : title)
        for (role, style) in Self.base16Roles {
            guard let path = Self.roles.first(where: { $0.key == role })?.path else { continue }
            self[keyPath: path] = Style(
                foreground: colors["base0\(style.text)"] ?? .terminal,
                background: style.ground.flatMap { colors["base0\($0)"] } ?? .terminal,
                attributes: style.isBold ? .bold : [])
        }
    }

    /// Which of the sixteen each role takes, by the parts that the scheme's authors gave them: 0 to 7 go from the ground to
    /// the brightest text, 8 is red, a yellow, b green, d blue.
    private static let base16Roles: [(role: String, style: (text: String, ground: String?, isBold: Bool))] = [
        ("border", ("3", nil, false)), ("border-focused", ("d", nil, true)), ("title", ("4", nil, false)),
        ("title-focused", ("0", "d", true)), ("state-good", ("b", nil, false)), ("state-quiet", ("4", nil, false)),
        ("state-bad", ("8", nil, true)), ("banner", ("0", "8", false)), ("status", ("5", "1", false)),
        ("status-name", ("6", "2", true)), ("status-label", ("4", "1", false)), ("message", ("5", nil, false)),
        ("message-error", ("8", nil, true)), ("question", ("0", "a", true)), ("hint", ("4", nil, false)),
        ("hint-key", ("6", nil, false)), ("help", ("5", "1", false)), ("help-title", ("b", "1", true)),
        ("help-key", ("a", "1", true)), ("selection", ("6", "2", false)),
        ("match", ("0", "9", false)), ("match-current", ("0", "a", true)), ("stamp", ("4", nil, false)),
    ]

    /// The value of a line, without quotes and comment.
    private static func scalar(_ text: Substring) -> String {
        let value = text.trimmed
        if let quote = value.first, quote == "\"" || quote == "'" {
            return String(value.dropFirst().prefix { $0 != quote })
        }
        return value.firstRange(of: " #").map { String(value[..<$0.lowerBound]).trimmed } ?? value
    }
}

extension StringProtocol {
    fileprivate var trimmed: String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" }
        guard let start = firstIndex(where: { !isBlank($0) }), let end = lastIndex(where: { !isBlank($0) }) else {
            return ""
        }
        return String(self[start...end])
    }
}
