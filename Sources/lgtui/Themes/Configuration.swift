// The user's own defaults: $XDG_CONFIG_HOME/lgtui/config.toml. A missing file is fine, a wrong one is told about.

/// What config.toml says.
package struct Configuration: Sendable, Equatable {
    package var theme: String?

    package init() {}

    package init(bytes: [UInt8], file: String) throws(Diagnostics) {
        let document: TomlDocument
        do { document = try TomlDocument(bytes: bytes, file: file) } catch { throw Diagnostics([error]) }
        let bag = DiagnosticBag(file: file)
        var reader = TableReader(document, bag: bag)
        theme = reader.string("theme")
        reader.rejectUnknownKeys()
        try bag.throwIfAny()
    }

    /// The configuration of this user, or the empty one when there is no file.
    package static func load(_ environment: ProgramEnvironment) throws(Diagnostics) -> Configuration {
        guard let folder = environment.configurationFolder else { return Configuration() }
        let file = folder + "/config.toml"
        guard fileExists(file) else { return Configuration() }
        let bytes: [UInt8]
        do { bytes = try readSmallFile(file) } catch { throw Diagnostics([error]) }
        return try Configuration(bytes: bytes, file: file)
    }
}

extension Theme {
    /// The theme that flag, environment or configuration ask for, in this order; NO_COLOR has the last word.
    package static func chosen(flag: String?, environment: ProgramEnvironment) throws(Diagnostics) -> Theme {
        var name = flag ?? environment.themeName
        if name == nil { name = try Configuration.load(environment).theme }
        let theme = try ThemeCatalogue(environment: environment).theme(named: name ?? "dark")
        return environment.forbidsColor ? theme.withoutColor : theme
    }
}
