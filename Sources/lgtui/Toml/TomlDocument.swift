// The bridge from TOMLKit's C++-backed values to plain Swift ones that know their place in the file. Everything that
// reads labs, themes and configuration works on these, so no reader can forget to say where a mistake is.

import TOMLKit

/// A TOML value and where it stands.
package struct TomlNode: Sendable {
    package enum Value: Sendable {
        case string(String)
        case integer(Int)
        case float(Double)
        case bool(Bool)
        /// Dates and times: no file of ours wants one, so none is decoded.
        case date
        case array([TomlNode])
        case table([TomlEntry])
    }

    package var value: Value
    package var position: SourcePosition

    /// What a message calls this kind of value, with its article.
    package var kind: String {
        switch value {
        case .string: "a string"
        case .integer: "an integer"
        case .float: "a number with a fraction"
        case .bool: "a boolean"
        case .date: "a date or time"
        case .array: "an array"
        case .table: "a table"
        }
    }
}

/// One `key = value` of a table.
package struct TomlEntry: Sendable {
    package var key: String
    package var keyPosition: SourcePosition
    package var node: TomlNode
}

/// A parsed TOML file.
package struct TomlDocument: Sendable {
    package var file: String
    package var root: [TomlEntry]

    /// A lab with a thousand guests fits; a disk image named by mistake does not, and is told so.
    package static let maximumBytes = 1 << 20

    /// Parses `bytes`, which came from `file` (used in messages only).
    package init(bytes: [UInt8], file: String) throws(Diagnostic) {
        self.file = file
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Diagnostic(file: file, position: Self.firstInvalid(in: bytes), text: "not UTF-8 text")
        }
        if let zero = bytes.firstIndex(of: 0) {
            throw Diagnostic(
                file: file, position: Self.position(of: zero, in: bytes), text: "not a text file (zero byte)")
        }
        let table: TOMLTable
        do {
            table = try TOMLTable(string: text)
        } catch {
            guard let error = error as? TOMLParseError else { throw Diagnostic(file: file, text: "\(error)") }
            let begin = error.source.begin
            let position = SourcePosition(line: max(1, begin.line), column: max(1, begin.column))
            throw Diagnostic(file: file, position: position, text: Self.plain(error.description))
        }
        let positions = KeyPositions(of: text)
        root = Self.entries(of: table, at: [], positions)
    }

    /// toml++ explains itself at length: the first line of its explanation is the one that helps.
    private static func plain(_ text: String) -> String {
        let line = text.prefix { $0 != "\n" && $0 != "\r" && $0 != "\r\n" }
        return "not valid TOML: " + line
    }

    private static func entries(of table: TOMLTable, at path: [PathStep], _ positions: KeyPositions) -> [TomlEntry] {
        var entries: [TomlEntry] = []
        for key in table.keys {
            guard let value = table[key] else { continue }
            let step = path + [.key(key)]
            let node = node(value, at: step, positions)
            entries.append(TomlEntry(key: key, keyPosition: positions.keys[step] ?? node.position, node: node))
        }
        // toml++ sorts keys by name; people read files from top to bottom.
        entries.sort { $0.keyPosition < $1.keyPosition }
        return entries
    }

    private static func node(_ value: TOMLValueConvertible, at path: [PathStep], _ positions: KeyPositions) -> TomlNode
    {
        let position = positions.values[path] ?? positions.keys[path] ?? SourcePosition(line: 1, column: 1)
        let converted: TomlNode.Value
        switch value.type {
        case .string: converted = .string(value.string ?? "")
        case .int: converted = .integer(value.int ?? 0)
        case .double: converted = .float(value.double ?? 0)
        case .bool: converted = .bool(value.bool ?? false)
        case .date, .time, .dateTime: converted = .date
        case .array:
            var nodes: [TomlNode] = []
            if let array = value.array {
                for i in 0..<array.count { nodes.append(node(array[i], at: path + [.index(i)], positions)) }
            }
            converted = .array(nodes)
        case .table: converted = .table(value.table.map { entries(of: $0, at: path, positions) } ?? [])
        }
        return TomlNode(value: converted, position: position)
    }

    private static func position(of offset: Int, in bytes: [UInt8]) -> SourcePosition {
        let before = bytes[..<offset]
        let line = before.count { $0 == 0x0a } + 1
        let lineStart = before.lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
        // Continuation bytes are not columns.
        let column = before[lineStart...].count { $0 & 0xc0 != 0x80 } + 1
        return SourcePosition(line: line, column: column)
    }

    /// Where the longest valid prefix ends; by bisection, since validity of prefixes (up to a character) is monotonic.
    private static func firstInvalid(in bytes: [UInt8]) -> SourcePosition {
        var low = 0
        var high = bytes.count
        while high - low > 4 {
            var middle = (low + high) / 2
            while middle > low, bytes[middle] & 0xc0 == 0x80 { middle -= 1 }
            if middle == low { break }
            if String(validating: bytes[low..<middle], as: UTF8.self) != nil { low = middle } else { high = middle }
        }
        var valid = low
        for end in low..<high where String(validating: bytes[low..<end], as: UTF8.self) != nil { valid = end }
        return position(of: valid, in: bytes)
    }
}
