// Where settings come from: first what is built in, then the machine's file, then the user's, then the environment, then
// the command line. Each layer may say a part; who said what is remembered, so that `config show` can tell.

/// The settings in force and who set them.
package struct LayeredSettings: Sendable {
    package var settings = Settings()
    /// Who set each key: a file with its line, a variable, an option. What is missing here is built in.
    package private(set) var origins: [String: String] = [:]
    /// The files that were looked for, in order, and whether they were there.
    package private(set) var files: [(path: String, exists: Bool)] = []

    package init() {}

    /// Reads all layers. `theme` is that of the command line, if it names one.
    package init(_ environment: ProgramEnvironment, theme: String? = nil) throws(Diagnostics) {
        for file in environment.settingsFiles {
            let exists = fileExists(file)
            files.append((file, exists))
            guard exists else { continue }
            let bytes: [UInt8]
            do { bytes = try readSmallFile(file) } catch { throw Diagnostics([error]) }
            try read(bytes, file: file)
        }
        if let name = environment.themeName { set("theme", by: "LGTUI_THEME") { $0.theme = name } }
        if let theme { set("theme", by: "--theme") { $0.theme = theme } }
    }

    private mutating func set(_ key: String, by origin: String, _ change: (inout Settings) -> Void) {
        change(&settings)
        origins[key] = origin
    }

    /// Takes over what one file says.
    package mutating func read(_ bytes: [UInt8], file: String) throws(Diagnostics) {
        let document: TomlDocument
        do { document = try TomlDocument(bytes: bytes, file: file) } catch { throw Diagnostics([error]) }
        let bag = DiagnosticBag(file: file)
        var reader = TableReader(document, bag: bag)
        func origin(_ position: SourcePosition?) -> String { position.map { "\(file):\($0.line)" } ?? file }
        for setting in Setting.table where setting.read(&reader, &settings) {
            origins[setting.key] = origin(reader.position(of: setting.key))
        }
        if let keys = reader.table("keys") {
            for (name, node, position) in keys.entriesInOrder {
                guard let key = Key(notation: name) else {
                    keys.complain(
                        "`\(name)` is no key: write for example \"x\", \"C-x\", \"Up\" or \"PageDown\"", at: position)
                    continue
                }
                guard case .string(let line) = node.value else {
                    keys.complain("a key wants a command line as a string, or \"\" for none", at: node.position)
                    continue
                }
                if let problem = Command.problem(inLine: line) {
                    keys.complain("`\(name)`: \(problem)", at: node.position)
                    continue
                }
                settings.keys.bind(key, to: line.isEmpty ? nil : line)
                origins["keys.\(key.notation)"] = origin(node.position)
            }
        }
        reader.rejectUnknownKeys()
        try bag.throwIfAny()
    }

    /// A file that would set exactly this, with a comment that says who did.
    package var text: String {
        var lines = files.map { "# \($0.exists ? "read" : "not there"): \($0.path)" }
        lines.append("")
        for setting in Setting.table {
            lines += [
                "# \(setting.meaning)",
                "\(setting.key) = \(setting.show(settings))  # \(origins[setting.key] ?? "built in")",
            ]
        }
        lines += ["", "# what each key does after the prefix", "[keys]"]
        for binding in settings.keys.bindings {
            let name = binding.key.notation
            let origin = origins["keys.\(name)"] ?? "built in"
            lines.append("\(tomlString(name)) = \(tomlString(binding.command))  # \(origin)")
        }
        for binding in KeyMap.standard where settings.keys.command(for: binding.key) == nil {
            let name = binding.key.notation
            lines.append("\(tomlString(name)) = \"\"  # \(origins["keys.\(name)"] ?? "built in")")
        }
        return lines.joined(separator: "\n").onOneLineEach
    }
}

extension Setting {
    /// `settings` with this one as the words of a command line say.
    package func changed(in settings: Settings, to words: [String]) throws(Diagnostics) -> Settings {
        let value =
            switch form {
            case .literal: words.joined(separator: " ")
            case .string: tomlString(words.joined(separator: " "))
            case .list: tomlList(words)
            }
        let document: TomlDocument
        do { document = try TomlDocument(bytes: Array("\(key) = \(value)".utf8), file: "set") } catch {
            throw Diagnostics([error])
        }
        let bag = DiagnosticBag(file: "set")
        var reader = TableReader(document, bag: bag)
        var result = settings
        _ = read(&reader, &result)
        // Whoever writes more than one line writes more than one setting.
        reader.rejectUnknownKeys()
        try bag.throwIfAny()
        return result
    }
}

extension String {
    /// Without control characters other than line feeds: files and their names may hold any.
    fileprivate var onOneLineEach: String {
        split(separator: "\n", omittingEmptySubsequences: false).map { String($0).onOneLine }.joined(separator: "\n")
    }
}

extension ProgramEnvironment {
    /// The files with settings, the more personal the later (XDG base directory specification).
    package var settingsFiles: [String] {
        let machine = (variables["XDG_CONFIG_DIRS"] ?? "").split(separator: ":").map(String.init)
        let folders = (machine.isEmpty ? ["/etc/xdg"] : machine.reversed()).map { $0 + "/lgtui" }
        return (folders + [configurationFolder].compactMap { $0 }).filter { $0.hasPrefix("/") }.map {
            $0 + "/lgtui.toml"
        }
    }
}

extension Theme {
    /// The theme that the settings name; NO_COLOR has the last word.
    package static func chosen(_ settings: Settings, environment: ProgramEnvironment) throws(Diagnostics) -> Theme {
        let theme = try ThemeCatalogue(environment: environment).theme(named: settings.theme)
        return environment.forbidsColor ? theme.withoutColor : theme
    }
}
