// The manual pages. Their prose is written by hand in docs/*.in; the parts that would fall behind – commands, keys,
// settings, the segments of the bar, the roles of a theme – are put in from the tables that the program itself uses.

package enum ManualPage {
    /// A template with a line `.\" @part` for each part that is to be put in.
    /// - Returns: the page, and the parts that were asked for and do not exist.
    package static func filled(_ template: String) -> (page: String, unknown: [String]) {
        var lines: [String] = []
        var unknown: [String] = []
        for line in template.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            guard line.hasPrefix(marker) else {
                lines.append(line.replacing("@VERSION@", with: Version.number))
                continue
            }
            let name = String(line.dropFirst(marker.count))
            if let part = parts.first(where: { $0.name == name }) {
                lines += part.lines()
            } else {
                unknown.append(name)
            }
        }
        return (lines.joined(separator: "\n"), unknown)
    }

    private static let marker = ".\\\" @"

    private static let parts: [(name: String, lines: @Sendable () -> [String])] = [
        ("keys", keys), ("commands", commands), ("settings", settings), ("segments", segments), ("roles", roles),
        ("themes", themes),
    ]

    private static func keys() -> [String] {
        let map = KeyMap()
        return Command.table.flatMap { command -> [String] in
            let names = map.keys(of: command.name)
            return names.isEmpty ? [] : [".TP", ".B \(escaped(names))", escaped(command.summary)]
        }
    }

    private static func commands() -> [String] {
        Command.Group.allCases.flatMap { group -> [String] in
            [".SS \(escaped(group.rawValue))"]
                + Command.table.filter { $0.group == group }.flatMap { command -> [String] in
                    let arguments = command.arguments.isEmpty ? "" : " \\fR\(escaped(command.arguments))"
                    return [".TP", ".B \(escaped(command.name))\(arguments)", escaped(command.summary)]
                }
        }
    }

    private static func settings() -> [String] {
        let standard = Settings()
        return Setting.table.flatMap { setting -> [String] in
            let value = setting.show(standard)
            return [
                ".TP", ".B \(escaped(setting.key)) \\fR= \(escaped(setting.values))",
                escaped("\(setting.meaning). When nothing is said: \(value)"),
            ]
        }
    }

    private static func segments() -> [String] {
        StatusSegment.allCases.flatMap { [".TP", ".B \(escaped($0.rawValue))", escaped($0.meaning)] }
    }

    private static func roles() -> [String] {
        Theme.roles.flatMap { [".TP", ".B \(escaped($0.key))", escaped($0.meaning)] }
    }

    private static func themes() -> [String] {
        [ThemeCatalogue.builtIn.map { escaped($0.name) }.joined(separator: ", ")]
    }

    /// Text that roff prints as it is: no backslash, hyphen or leading point of it means anything.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in text.onOneLine {
            switch character {
            case "\\": result += "\\e"
            case "-": result += "\\-"
            case "…": result += "\\|.\\|.\\|."
            // A quotation mark would begin an argument of its macro.
            case "\"": result += "\\(dq"
            default: result.append(character)
            }
        }
        return result.hasPrefix(".") || result.hasPrefix("'") ? "\\&" + result : result
    }
}
