// A mistake in a file is the user's to mend, so every message names the place in the form that editors jump to:
// `file:line:column: what is wrong`. One mistake is one line, whatever the file holds.

/// A place in a text file; lines and columns count from 1, columns in characters.
package struct SourcePosition: Hashable, Comparable, Sendable {
    package var line: Int
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    package static func < (a: Self, b: Self) -> Bool { (a.line, a.column) < (b.line, b.column) }
}

/// One line that tells what is wrong in a file, and where.
package struct Diagnostic: Error, Hashable, Sendable, CustomStringConvertible {
    package var file: String
    /// Nil when the whole file is meant (it is missing, or a directory).
    package var position: SourcePosition?
    package var text: String

    package init(file: String, position: SourcePosition? = nil, text: String) {
        self.file = file
        self.position = position
        self.text = text
    }

    package var description: String {
        guard let position else { return "\(file): \(text)".onOneLine }
        return "\(file):\(position.line):\(position.column): \(text)".onOneLine
    }
}

/// All mistakes found in one file, in file order. Never empty when thrown.
package struct Diagnostics: Error, Sendable, CustomStringConvertible {
    package var all: [Diagnostic]

    package init(_ all: [Diagnostic]) { self.all = all }

    package var description: String { all.map(\.description).joined(separator: "\n") }
}
