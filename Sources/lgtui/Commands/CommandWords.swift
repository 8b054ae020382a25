// A command line, cut into commands and words. It comes from a key, the prompt, a file, a pipe or another command, and
// means the same everywhere: `;` ends a command, quotes keep a word together. There is one rule about backslashes, and
// it is short because patterns and typed texts are full of them: a backslash makes a character ordinary that would
// otherwise cut words, and every other backslash stays where it is for the command to read.

/// What is wrong with a command line; one sentence.
package struct CommandLineError: Error, Equatable, CustomStringConvertible {
    package var description: String
    package init(_ description: String) { self.description = description.onOneLine }
}

package enum CommandLineWords {
    /// The commands of a line, each as its words; a command without words is none.
    ///
    /// - `'…'` keeps everything between the quotes as it is.
    /// - `"…"` does the same, and `\"` in it is a quote.
    /// - Outside of quotes, `\` makes a blank, a quote, `;` or `#` ordinary.
    /// - `#` at the start of a command makes the rest of the line a comment.
    package static func commands(in line: String) throws(CommandLineError) -> [[String]] {
        let scalars = Array(line.unicodeScalars)
        var commands: [[String]] = []
        var words: [String] = []
        /// Nil between words: an empty word is one too, when it is quoted.
        var word: String?
        var at = 0

        func add(_ scalar: Unicode.Scalar) { word = (word ?? "") + String(Character(scalar)) }
        func endWord() {
            if let word { words.append(word) }
            word = nil
        }
        func endCommand() {
            endWord()
            if !words.isEmpty { commands.append(words) }
            words = []
        }
        func takeQuoted(_ quote: Unicode.Scalar) throws(CommandLineError) {
            let start = at
            word = word ?? ""
            at += 1
            while at < scalars.count, scalars[at] != quote {
                if scalars[at] == "\\", quote == "\"", at + 1 < scalars.count {
                    // In pairs, so that a backslash before the last quote can be written.
                    if scalars[at + 1] != "\"" { add("\\") }
                    at += 1
                }
                add(scalars[at])
                at += 1
            }
            guard at < scalars.count else {
                throw CommandLineError("the quote at column \(start + 1) is not closed: \(line)")
            }
            at += 1
        }

        while at < scalars.count {
            let scalar = scalars[at]
            switch scalar {
            case "\"", "'":
                try takeQuoted(scalar)
                continue
            case " ", "\t", "\n", "\r": endWord()
            case ";": endCommand()
            case "#" where word == nil && words.isEmpty: at = scalars.count
            case "\\" where at + 1 < scalars.count:
                if !" \t\"';#".unicodeScalars.contains(scalars[at + 1]) { add(scalar) }
                at += 1
                add(scalars[at])
            default: add(scalar)
            }
            at += 1
        }
        endCommand()
        return commands
    }

    /// The commands behind another one's own words (`wait 2 "login:" then …`): either the words of one command, or a
    /// single word that holds a whole line.
    package static func nested(_ words: some Collection<String>) throws(CommandLineError) -> [[String]] {
        if words.count == 1, let line = words.first { return try commands(in: line) }
        return words.isEmpty ? [] : [Array(words)]
    }

    /// `words` as a line that gives the same words again, for messages and completion.
    package static func line(_ words: some Sequence<String>) -> String { words.map(quoted).joined(separator: " ") }

    private static func quoted(_ word: String) -> String {
        let cutting: Set<Unicode.Scalar> = [" ", "\t", "\n", "\r", ";", "\"", "'"]
        let isPlain = !word.isEmpty && word.first != "#" && !word.unicodeScalars.contains { cutting.contains($0) }
        // A backslash at the end would reach for what follows.
        if isPlain && word.last != "\\" { return word }
        if !word.contains("'") { return "'\(word)'" }
        return "\"" + word.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\\\"") + "\""
    }
}

/// Texts that are to be typed, in the notation of `type`: what keyboards have and command lines have not.
package enum TypedText {
    /// `\n`, `\r` and a line feed that TOML made of one are the Enter key (a real one is `\x0a`); `\t`, `\e`, `\\` and `\xNN` are what they look like.
    package static func bytes(_ text: String) throws(CommandLineError) -> [UInt8] {
        var result: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                result.append(byte == 0x0a ? 0x0d : byte)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "n"), UInt8(ascii: "r"): result.append(0x0d)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "e"): result.append(0x1b)
            case UInt8(ascii: "\\"): result.append(UInt8(ascii: "\\"))
            case UInt8(ascii: "x"):
                let digits = String(decoding: rest.prefix(2), as: UTF8.self)
                guard digits.utf8.count == 2, digits.first != "+", let value = UInt8(digits, radix: 16) else {
                    throw CommandLineError("\\x needs two hexadecimal digits, as in \\x1b: \(text)")
                }
                result.append(value)
                rest = rest.dropFirst(2)
            case let other:
                let shown = other.map { "\\" + String(decoding: [$0], as: UTF8.self) } ?? "a \\ at the end"
                throw CommandLineError("\(shown) means nothing here: there are \\n \\t \\e \\\\ and \\xNN")
            }
        }
        return result
    }
}
