// Theme files: one key per role, each a style in words. See themes/dark.toml for the annotated example.

extension Theme {
    /// Reads a theme from the text of `file`.
    package init(bytes: [UInt8], file: String) throws(Diagnostics) {
        let document: TomlDocument
        do { document = try TomlDocument(bytes: bytes, file: file) } catch { throw Diagnostics([error]) }
        let bag = DiagnosticBag(file: file)
        var reader = TableReader(document, bag: bag)

        self.init(name: reader.string("name") ?? "")
        if name.isEmpty { reader.complain("a theme needs a `name`", about: "name") }
        if let word = reader.string("borders") {
            borders = BorderSet(rawValue: word)
            if borders == nil {
                let known = BorderSet.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: " or ")
                reader.complain("`borders` must be \(known), not \"\(word)\"", about: "borders")
            }
        }
        for role in Self.roles {
            guard let notation = reader.string(role.key) else { continue }
            do {
                self[keyPath: role.path] = try Style(notation: notation)
            } catch {
                reader.complain("`\(role.key)`: \(error)", about: role.key)
            }
        }
        reader.rejectUnknownKeys()
        try bag.throwIfAny()
    }
}
