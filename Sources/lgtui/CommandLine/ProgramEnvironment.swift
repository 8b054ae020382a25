// The environment variables that lgtui listens to, in one place, so that tests can pass their own and the manual page
// can be checked against a list.

import Glibc

/// What the environment says.
package struct ProgramEnvironment: Sendable {
    package var variables: [String: String]

    package init(variables: [String: String]) { self.variables = variables }

    /// The variables of this process; read once at start.
    package static func current() -> ProgramEnvironment {
        let names = [
            "HOME", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "XDG_STATE_HOME", "LGTUI_THEME", "NO_COLOR", "TERM", "LC_ALL",
            "LC_CTYPE", "LANG",
        ]
        var variables: [String: String] = [:]
        for name in names {
            if let value = getenv(name) { variables[name] = String(cString: value) }
        }
        return ProgramEnvironment(variables: variables)
    }

    private func nonEmpty(_ name: String) -> String? {
        guard let value = variables[name], !value.isEmpty else { return nil }
        return value
    }

    /// `$XDG_CONFIG_HOME/lgtui` or `~/.config/lgtui`. Relative paths are to be ignored (XDG base directory spec).
    package var configurationFolder: String? {
        if let folder = nonEmpty("XDG_CONFIG_HOME"), folder.hasPrefix("/") { return folder + "/lgtui" }
        if let home = nonEmpty("HOME") { return home + "/.config/lgtui" }
        return nil
    }

    /// `$XDG_STATE_HOME/lgtui` or `~/.local/state/lgtui`: what is remembered between runs and can be lost.
    package var stateFolder: String? {
        if let folder = nonEmpty("XDG_STATE_HOME"), folder.hasPrefix("/") { return folder + "/lgtui" }
        if let home = nonEmpty("HOME") { return home + "/.local/state/lgtui" }
        return nil
    }

    package var themeName: String? { nonEmpty("LGTUI_THEME") }
    /// See no-color.org: present and not empty.
    package var forbidsColor: Bool { nonEmpty("NO_COLOR") != nil }
    package var terminalName: String? { nonEmpty("TERM") }
    /// What decides about the character set, in the C library's order of precedence.
    package var locale: String? { nonEmpty("LC_ALL") ?? nonEmpty("LC_CTYPE") ?? nonEmpty("LANG") }
}

/// Whether anything is at `path`, whatever it is.
package func fileExists(_ path: String) -> Bool { access(path, F_OK) == 0 }
