// Where themes come from: those that live inside the program (a binary copied alone must still look right), the
// user's own folder, and any file named by path.

/// Finds themes by name or path.
package struct ThemeCatalogue: Sendable {
    package var environment: ProgramEnvironment

    package init(environment: ProgramEnvironment) { self.environment = environment }

    /// The themes that are part of the program. The order is the one `--help` shows.
    package static let builtIn: [(name: String, bytes: [UInt8])] = [
        ("dark", PackageResources.dark_toml),
        ("light", PackageResources.light_toml),
        ("mono", PackageResources.mono_toml),
        ("high-contrast", PackageResources.high_contrast_toml),
        ("color-blind", PackageResources.color_blind_toml),
        ("solarized-dark", PackageResources.solarized_dark_toml),
        ("solarized-light", PackageResources.solarized_light_toml),
        ("nord", PackageResources.nord_toml),
        ("gruvbox", PackageResources.gruvbox_toml),
        ("sixteen", PackageResources.sixteen_toml),
        ("amber", PackageResources.amber_toml),
        ("dracula", PackageResources.dracula_toml),
    ]

    /// All themes that have a name: those of the program and those in the user's folder.
    package var names: [String] {
        let names = Self.builtIn.map(\.name)
        guard let folder = environment.configurationFolder else { return names }
        let own = folderEntries(folder + "/themes").map(\.name).filter { $0.hasSuffix(".toml") }.map {
            String($0.dropLast(5))
        }
        return names + own.filter { !names.contains($0) }
    }

    /// The theme called `name`. A name with a slash or ending in `.toml` is a path, and so is that of a base16 scheme, which
    /// ends in `.yaml`.
    package func theme(named name: String) throws(Diagnostics) -> Theme {
        if name.hasSuffix(".yaml") || name.hasSuffix(".yml") {
            do { return try Theme(base16: readSmallFile(name), file: name) } catch { throw Self.diagnostics(error) }
        }
        if name.contains("/") || name.hasSuffix(".toml") {
            do { return try Theme(bytes: readSmallFile(name), file: name) } catch { throw Self.diagnostics(error) }
        }
        if let folder = environment.configurationFolder {
            let path = "\(folder)/themes/\(name).toml"
            if fileExists(path) {
                do { return try Theme(bytes: readSmallFile(path), file: path) } catch { throw Self.diagnostics(error) }
            }
        }
        if let (_, bytes) = Self.builtIn.first(where: { $0.name == name }) {
            return try Theme(bytes: bytes, file: "themes/\(name).toml")
        }
        let names = self.names
        let hint = nearestName(to: name, among: names).map { "did you mean \($0)?" }
        let text = "no such theme (\(hint ?? "there are \(names.joined(separator: ", ")), and any file by path"))"
        throw Diagnostics([Diagnostic(file: "theme \(name)", text: text)])
    }

    private static func diagnostics(_ error: any Error) -> Diagnostics {
        (error as? Diagnostics) ?? (error as? Diagnostic).map { Diagnostics([$0]) } ?? Diagnostics([])
    }
}
