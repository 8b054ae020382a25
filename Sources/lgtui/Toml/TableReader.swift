// Readers of labs, themes and configuration say what they expect; this type collects what they did not get. It keeps
// going after a mistake, so that one run tells all of them, and knows which keys were asked for, so that the rest is
// a typing error by definition.

/// Collects the mistakes of one file.
package final class DiagnosticBag {
    package let file: String
    package private(set) var all: [Diagnostic] = []

    package init(file: String) { self.file = file }

    package func add(_ text: String, at position: SourcePosition?) {
        all.append(Diagnostic(file: file, position: position, text: text))
    }

    /// Throws everything collected so far, if anything was.
    package func throwIfAny() throws(Diagnostics) {
        if all.isEmpty { return }
        let none = SourcePosition(line: 0, column: 0)
        throw Diagnostics(all.sorted { ($0.position ?? none) < ($1.position ?? none) })
    }
}

/// Reads the keys of one table by name and type.
package struct TableReader {
    private let entries: [TomlEntry]
    private let bag: DiagnosticBag
    /// What messages call this table: `[[guest]]`, `[status]` or "this file".
    private let name: String
    private var known: [String] = []
    package let position: SourcePosition

    package init(_ entries: [TomlEntry], name: String, position: SourcePosition, bag: DiagnosticBag) {
        self.entries = entries
        self.name = name
        self.position = position
        self.bag = bag
    }

    package init(_ document: TomlDocument, bag: DiagnosticBag) {
        self.init(document.root, name: "this file", position: SourcePosition(line: 1, column: 1), bag: bag)
    }

    /// The node under `key`, if it is there.
    package mutating func node(_ key: String) -> TomlNode? {
        known.append(key)
        return entries.first { $0.key == key }?.node
    }

    package mutating func string(_ key: String) -> String? {
        guard let node = node(key) else { return nil }
        if case .string(let value) = node.value { return value }
        return wrongType(key, node, wanted: "a string", hint: Self.quotingHint(node))
    }

    package mutating func bool(_ key: String) -> Bool? {
        guard let node = node(key) else { return nil }
        if case .bool(let value) = node.value { return value }
        return wrongType(key, node, wanted: "true or false")
    }

    package mutating func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
        guard let node = node(key) else { return nil }
        guard case .integer(let value) = node.value else { return wrongType(key, node, wanted: "an integer") }
        if range.contains(value) { return value }
        bag.add("`\(key)` must be from \(range.lowerBound) to \(range.upperBound), not \(value)", at: node.position)
        return nil
    }

    /// An array of strings, each with its place.
    package mutating func strings(_ key: String) -> [(text: String, position: SourcePosition)]? {
        guard let node = node(key) else { return nil }
        guard case .array(let elements) = node.value else {
            return wrongType(key, node, wanted: "an array of strings", hint: "write [ … ] around it")
        }
        var result: [(text: String, position: SourcePosition)] = []
        for element in elements {
            if case .string(let text) = element.value {
                result.append((text, element.position))
            } else {
                let hint = Self.quotingHint(element).map { " (\($0))" } ?? ""
                bag.add("`\(key)` must hold strings, but this is \(element.kind)\(hint)", at: element.position)
            }
        }
        return result
    }

    /// The tables of `[[key]]`, or the inline ones of `key = [{…}]`.
    package mutating func tables(_ key: String) -> [TableReader]? {
        guard let node = node(key) else { return nil }
        guard case .array(let elements) = node.value else {
            return wrongType(key, node, wanted: "a list of tables", hint: "write [[\(key)]] with two brackets")
        }
        var result: [TableReader] = []
        for element in elements {
            if case .table(let entries) = element.value {
                result.append(TableReader(entries, name: "[[\(key)]]", position: element.position, bag: bag))
            } else {
                bag.add("`\(key)` must hold tables, but this is \(element.kind)", at: element.position)
            }
        }
        return result
    }

    /// The table of `[key]`.
    package mutating func table(_ key: String) -> TableReader? {
        guard let node = node(key) else { return nil }
        if case .table(let entries) = node.value {
            return TableReader(entries, name: "[\(key)]", position: node.position, bag: bag)
        }
        return wrongType(key, node, wanted: "a table")
    }

    /// The tables `[key.NAME]`, in the order of the file.
    package mutating func namedTables(_ key: String) -> [(name: String, table: TableReader)]? {
        guard let node = node(key) else { return nil }
        guard case .table(let entries) = node.value else {
            return wrongType(key, node, wanted: "a table of tables", hint: "write [\(key).NAME]")
        }
        var result: [(name: String, table: TableReader)] = []
        for entry in entries {
            if case .table(let inner) = entry.node.value {
                let name = "[\(key).\(entry.key)]"
                result.append(
                    (entry.key, TableReader(inner, name: name, position: entry.node.position, bag: bag)))
            } else {
                bag.add(
                    "`\(key)` must hold tables, but this is \(entry.node.kind) (write [\(key).NAME])",
                    at: entry.keyPosition)
            }
        }
        return result
    }

    /// Keys, values and the places of the keys, for tables whose keys are the user's.
    package var entriesInOrder: [(key: String, node: TomlNode, position: SourcePosition)] {
        entries.map { ($0.key, $0.node, $0.keyPosition) }
    }

    /// Where `key` stands.
    package func position(of key: String) -> SourcePosition? { entries.first { $0.key == key }?.keyPosition }

    /// Reports a mistake at the value of `key`, or at the table when the key is absent.
    package func complain(_ text: String, about key: String) {
        bag.add(text, at: entries.first { $0.key == key }?.node.position ?? position)
    }

    package func complain(_ text: String, at position: SourcePosition) { bag.add(text, at: position) }

    /// A reader for a table inside a value of this one.
    package func nested(_ entries: [TomlEntry], name: String, position: SourcePosition) -> TableReader {
        TableReader(entries, name: name, position: position, bag: bag)
    }

    /// To be called last: whatever was never asked for is unknown.
    package func rejectUnknownKeys() {
        for entry in entries where !known.contains(entry.key) {
            let hint = nearestName(to: entry.key, among: known).map { "did you mean `\($0)`?" }
            let choices = "known here: " + known.joined(separator: ", ")
            bag.add("unknown key `\(entry.key)` in \(name) (\(hint ?? choices))", at: entry.keyPosition)
        }
    }

    private func wrongType<T>(_ key: String, _ node: TomlNode, wanted: String, hint: String? = nil) -> T? {
        let tail = hint.map { " (\($0))" } ?? ""
        bag.add("`\(key)` must be \(wanted), not \(node.kind)\(tail)", at: node.position)
        return nil
    }

    /// The commonest slip is a bare number where a string is wanted.
    private static func quotingHint(_ node: TomlNode) -> String? {
        switch node.value {
        case .integer(let value): "write \"\(value)\" with quotes"
        case .float(let value): "write \"\(value)\" with quotes"
        case .bool(let value): "write \"\(value)\" with quotes"
        case .array(let elements) where elements.count == 1: "drop the brackets"
        default: nil
        }
    }
}
