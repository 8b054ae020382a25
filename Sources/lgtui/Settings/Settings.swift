// Everything that a user can set once and for all, as one value. What each setting is called, what it may be and what it
// means stands in one table, from which the file is read, `lgtui config show` prints and the manual is made.

/// The settings in force.
package struct Settings: Sendable, Equatable {
    package var theme = "dark"
    package var keys = KeyMap()
    package var mouse = true
    package var clipboard = false
    package var scrollback = 10_000
    package var hintDelay = 500
    package var timestamps = "none"
    package var layout = "tiled"
    package var barLeft = StatusSegment.standardLeft
    package var barRight = StatusSegment.standardRight
    package var sampleTime = 500
    /// Command lines that run at the start.
    package var startup: [String] = []

    package init() {}
}

/// One setting: its key in the file and everything there is to say about it.
package struct Setting: Sendable {
    /// What kind of value a file writes.
    package enum Form: Sendable { case literal, string, list }

    package let key: String
    package let form: Form
    /// What it may be, for people.
    package let values: String
    package let meaning: String
    /// Takes the value from a file, if it is there and right. Mistakes are told to the reader. - Returns: whether it was.
    package let read: @Sendable (inout TableReader, inout Settings) -> Bool
    /// The value as a file would write it.
    package let show: @Sendable (Settings) -> String

    package static let table: [Setting] = [
        string("theme", "a name or a file", "colours; see THEMES", \.theme),
        prefix,
        bool("mouse", "take the terminal's mouse: click, drag, wheel. Shift leaves it to the terminal", \.mouse),
        bool("clipboard", "let copied text go to the terminal's clipboard (OSC 52)", \.clipboard),
        integer("scrollback", 0...1_000_000, "lines that each guest's console remembers", \.scrollback),
        integer("hint-delay", 0...60_000, "milliseconds after the prefix until its keys are shown", \.hintDelay),
        choice("timestamps", ["none", "boot", "wall"], "times beside console lines", \.timestamps),
        choice(
            "layout", ["tiled", "even-horizontal", "even-vertical", "main-vertical", "main-horizontal"],
            "how panes are arranged at the start", \.layout),
        integer("sample-time", 100...60_000, "milliseconds between two looks at the counters", \.sampleTime),
        segments("bar-left", "what the status bar shows on its left", \.barLeft),
        segments("bar-right", "what the status bar shows on its right", \.barRight),
        strings("startup", "command lines that run at the start", \.startup),
    ]

    /// Whether it is looked at only when panes are made.
    package var isForStart: Bool { ["layout", "scrollback", "startup"].contains(key) }

    // MARK: Kinds

    private typealias Path<Value> = WritableKeyPath<Settings, Value> & Sendable

    private static func string(_ key: String, _ values: String, _ meaning: String, _ path: Path<String>) -> Setting {
        Setting(key: key, form: .string, values: values, meaning: meaning) { reader, settings in
            guard let text = reader.string(key) else { return false }
            if text.isEmpty { reader.complain("`\(key)` is empty: write \(values)", about: key) }
            settings[keyPath: path] = text
            return true
        } show: {
            tomlString($0[keyPath: path])
        }
    }

    private static func bool(_ key: String, _ meaning: String, _ path: Path<Bool>) -> Setting {
        Setting(key: key, form: .literal, values: "true or false", meaning: meaning) { reader, settings in
            guard let value = reader.bool(key) else { return false }
            settings[keyPath: path] = value
            return true
        } show: {
            "\($0[keyPath: path])"
        }
    }

    private static func integer(
        _ key: String, _ range: ClosedRange<Int>, _ meaning: String, _ path: Path<Int>
    ) -> Setting {
        Setting(
            key: key, form: .literal, values: "\(range.lowerBound) to \(range.upperBound)", meaning: meaning
        ) { reader, settings in
            guard let value = reader.integer(key, in: range) else { return false }
            settings[keyPath: path] = value
            return true
        } show: {
            "\($0[keyPath: path])"
        }
    }

    private static func choice(_ key: String, _ words: [String], _ meaning: String, _ path: Path<String>) -> Setting {
        let values = words.map { "\"\($0)\"" }.joined(separator: ", ")
        return Setting(key: key, form: .string, values: values, meaning: meaning) { reader, settings in
            guard let word = reader.string(key) else { return false }
            guard words.contains(word) else {
                let hint = nearestName(to: word, among: words).map { " (did you mean \"\($0)\"?)" } ?? ""
                reader.complain("`\(key)` must be one of \(values), not \"\(word)\"\(hint)".onOneLine, about: key)
                return false
            }
            settings[keyPath: path] = word
            return true
        } show: {
            tomlString($0[keyPath: path])
        }
    }

    private static func strings(_ key: String, _ meaning: String, _ path: Path<[String]>) -> Setting {
        Setting(key: key, form: .list, values: "a list of strings", meaning: meaning) { reader, settings in
            guard let texts = reader.strings(key) else { return false }
            settings[keyPath: path] = texts.map(\.text)
            return true
        } show: {
            tomlList($0[keyPath: path])
        }
    }

    private static func segments(_ key: String, _ meaning: String, _ path: Path<[StatusSegment]>) -> Setting {
        let names = StatusSegment.allCases.map(\.rawValue)
        return Setting(key: key, form: .list, values: "a list of segments", meaning: meaning) { reader, settings in
            guard let words = reader.strings(key) else { return false }
            settings[keyPath: path] = words.compactMap { word, position in
                if let segment = StatusSegment(rawValue: word) { return segment }
                let hint = nearestName(to: word, among: names).map { "did you mean \"\($0)\"?" }
                let text = "there is no segment \"\(word)\" (\(hint ?? names.joined(separator: ", ")))"
                reader.complain(text.onOneLine, at: position)
                return nil
            }
            return true
        } show: {
            tomlList($0[keyPath: path].map(\.rawValue))
        }
    }

    private static let prefix = Setting(
        key: "prefix", form: .string, values: "Ctrl with a letter or one of @ [ \\ ] ^ _, such as \"C-]\"",
        meaning: "the key that talks to lgtui; the only one that is taken from guests"
    ) { reader, settings in
        guard let text = reader.string("prefix") else { return false }
        guard case .control(let character)? = Key(notation: text),
            let value = character.uppercased().unicodeScalars.first?.value, (0x40..<0x60).contains(value)
        else {
            reader.complain("`prefix` must be Ctrl with a letter or one of @[\\]^_, such as \"C-b\"", about: "prefix")
            return false
        }
        settings.keys.prefix = UInt8(value - 0x40)
        return true
    } show: {
        tomlString($0.keys.prefixKey.notation)
    }
}

/// `text` as TOML writes a string.
package func tomlString(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case _ where scalar.value < 0x20 || scalar.value == 0x7f:
            let digits = String(scalar.value, radix: 16)
            result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}

func tomlList(_ texts: [String]) -> String { "[" + texts.map(tomlString).joined(separator: ", ") + "]" }
