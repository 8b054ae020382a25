// Where the program starts. `--version` is answered before the argument parser is even looked at: scripts ask it, and
// it should cost them nothing.

@main
struct Main {
    static func main() {
        let arguments = CommandLine.arguments.dropFirst()
        if arguments.first == "--version" || arguments.first == "-V" {
            print("lgtui \(Version.number)")
            return
        }
        // Before anything can change it: this is what every way out restores.
        _ = TerminalMode.atStart
        Lgtui.main(StatisticsOption.normalized(Array(arguments)))
    }
}

package enum Version {
    package static let number = "0.1.0"
}
