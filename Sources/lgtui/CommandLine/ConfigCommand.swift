// `lgtui config show`: the settings in force, each with who set it, in a form that can be kept as a file.

import ArgumentParser
import Glibc

package struct ConfigCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Look at the settings.", subcommands: [ConfigShow.self],
        defaultSubcommand: ConfigShow.self)

    package init() {}
}

package struct ConfigShow: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Print the settings in force and who set them, as a file that would set the same.")

    @Option(help: ArgumentHelp("As for the other commands.", valueName: "theme"))
    package var theme: String?

    package init() {}

    package mutating func run() throws {
        let theme = theme
        let layers = try Failure.catching { () throws(Diagnostics) in
            try LayeredSettings(ProgramEnvironment.current(), theme: theme)
        }
        if !writeAll(1, Array((layers.text + "\n").utf8)) { throw ExitCode(ExitStatus.failure) }
    }
}
