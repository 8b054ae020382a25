// The command line, as swift-argument-parser sees it. What describes guests is parsed by GuestArguments instead, since
// it is older than GNU's conventions; see there.

import ArgumentParser
import Glibc
import GuestHost

package struct Lgtui: ParsableCommand {
    package init() {}

    package static let configuration = CommandConfiguration(
        commandName: "lgtui",
        abstract: "Boot lguest guests, several at once, in panes of this terminal.",
        usage: """
            lgtui [--theme THEME] [-c COMMAND]… [--verbose] [--stats] [--record=FORMAT[:FILE]] [--profile=FILE] [--plain] [LAB.toml]
            lgtui run [options] MEM KERNEL [--block=FILE[,ro]]… [--sharenet=FILE]… [kernel args…] [-- …]
            lgtui config show
            lgtui debug screen --size COLSxROWS [--json] < BYTES
            lgtui debug block ADDRESS|SYMBOL [MEM KERNEL …]
            """,
        discussion: """
            Without arguments it starts the demo lab: four small guests that live inside the program.

              lgtui                          the demo lab
              lgtui labs/linux.toml          the guests that a lab file describes
              lgtui run 64m demo             one demo guest on this terminal, without panes
              lgtui run 64m vmlinux --block=root.img root=/dev/lgba
                                             Linux, as under the original launcher
              lgtui run 64m demo -- 64m demo two guests, in panes
              lgtui run 64m demo --sharenet=wire -- 64m demo --sharenet=wire
                                             the same, on one network

            In panes, Ctrl-] is the key that talks to lgtui: Ctrl-] ? shows what may follow, Ctrl-] q quits.
            Three ^C within a second abort a guest, wherever it runs.
            """,
        version: "lgtui \(Version.number)",
        subcommands: [LabCommand.self, RunCommand.self, ConfigCommand.self, DebugCommand.self, GenerateCommand.self],
        defaultSubcommand: LabCommand.self)
}

/// What all ways of running guests have in common.
package struct SharedOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Colours: \(ThemeCatalogue.builtIn.map(\.name).joined(separator: ", ")), the name of a theme of yours, or a file.",
            valueName: "theme"),
        completion: .custom { _, _, _ in ThemeCatalogue(environment: .current()).names })
    package var theme: String?

    @Option(
        name: .customShort("c"),
        help: ArgumentHelp("Run a command as if it were typed at the prompt; may be repeated.", valueName: "command"))
    package var commands: [String] = []

    @Flag(
        name: [.long, .customShort("v")], help: "Tell what the launcher does: sections, page tables, devices, requests."
    )
    package var verbose = false

    @Option(
        help: ArgumentHelp("At exit, print what the guests did on standard error.", valueName: "text|json"))
    package var stats: StatisticsOption?

    @Option(
        help: ArgumentHelp(
            "Record the consoles of all guests, as raw bytes, text with times, or for asciinema; each guest's name is put into the name of the file.",
            valueName: "raw|text|cast[:FILE]"))
    package var record: String?

    @Option(
        help: ArgumentHelp(
            "Sample where the guests spend their time, and write that to a file at exit; with several guests each name is put into the name of the file.",
            valueName: "file"),
        completion: .file())
    package var profile: String?

    @Option(
        help: ArgumentHelp(
            "folded: stacks for flamegraph.pl, inferno, speedscope; flat: a table. By default a table for a FILE.txt, else folded.",
            valueName: "folded|flat"))
    package var profileFormat: ProfileFormatOption?

    @Option(
        help: ArgumentHelp(
            "Names for the profile: a System.map or vmlinux, when the kernel has none.", valueName: "file"),
        completion: .file())
    package var symbols: String?

    @Flag(help: "No panes: lines of the guests on standard output, commands on standard input.")
    package var plain = false

    package init() {}

    /// The recording that is asked for.
    func recording() throws -> RecordingRequest? {
        guard let record else { return nil }
        return try Failure.catching { () throws(UsageError) in
            do { return try RecordingRequest(flag: record) } catch { throw UsageError("--record: \(error)") }
        }
    }
}

extension SharedOptions {
    /// The profile that is asked for.
    func profileRequest() throws -> ProfileRequest? {
        guard let profile else {
            guard profileFormat == nil, symbols == nil else {
                return try Failure.catching { () throws(UsageError) in
                    throw UsageError(
                        "--profile-format and --symbols say more about a profile: write --profile=FILE as well")
                }
            }
            return nil
        }
        if profile.isEmpty {
            return try Failure.catching { () throws(UsageError) in throw UsageError("--profile needs a file") }
        }
        return ProfileRequest(file: profile, format: profileFormat?.format, symbols: symbols)
    }
}

/// The value of `--profile-format`.
package enum ProfileFormatOption: String, ExpressibleByArgument, CaseIterable {
    case folded, flat

    var format: ProfileRequest.Format { self == .flat ? .flat : .folded }
}

/// The value of `--stats`, which may be left out.
package enum StatisticsOption: String, ExpressibleByArgument, CaseIterable {
    case text, json

    var format: Statistics.Format { self == .json ? .json : .text }

    /// The parser knows no options with an optional value, so a `--stats` that is followed by no format is given its
    /// value here. Only in front of the first word that is no option: what comes later may be a kernel's.
    package static func normalized(_ arguments: [String]) -> [String] {
        var result = arguments
        for (index, word) in arguments.enumerated() {
            let hasFormat = index + 1 < arguments.count && StatisticsOption(rawValue: arguments[index + 1]) != nil
            if word == "--stats" && !hasFormat { result[index] = "--stats=text" }
            if !word.hasPrefix("-") && !(index == 0 && word == "run") && !(index > 0 && arguments[index - 1].takesValue)
            {
                break
            }
        }
        return result
    }
}

extension String {
    /// Whether this option's value may be the next word.
    fileprivate var takesValue: Bool {
        ["--theme", "--stats", "--record", "--profile", "--profile-format", "--symbols", "-c"].contains(self)
            || GuestArguments.options.contains { $0.name == self && $0.value != nil }
    }
}

/// `lgtui [LAB.toml]`
package struct LabCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "lab", abstract: "Start the guests of a lab file, or the demo lab, in panes. (Needs no name.)")

    @OptionGroup package var shared: SharedOptions

    @Argument(
        help: ArgumentHelp("A lab file; see labs/ for examples.", valueName: "lab.toml"),
        completion: .file(extensions: ["toml"]))
    package var lab: String?

    package init() {}

    package mutating func run() throws {
        var lab = try Failure.catching { () throws(Diagnostics) in
            if let path = self.lab { try Lab(path: path) } else { try Lab.demo() }
        }
        if shared.verbose {
            for index in lab.guests.indices { lab.guests[index].verbose = true }
        }
        try Panes.run(lab, shared)
    }
}

/// `lgtui run …`
package struct RunCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Boot guests that the command line describes.",
        usage: """
            lgtui run [options] MEM KERNEL [--block=FILE[,ro]]… [--sharenet=FILE]… [kernel args…]
            lgtui run [options] MEM KERNEL … -- MEM KERNEL … [-- …]
            """,
        discussion: """
            MEM      memory: MiB, or with a suffix: 64, 64m, 65536K, 1g.
            KERNEL   a vmlinux or bzImage, or the word demo for the guest inside the program.

            Options of one guest, before its MEM or directly after its KERNEL:
              --block=FILE[,ro]   a disk, the first of them /dev/lgba; ,ro: it cannot be written
              --sharenet=FILE     a network with all guests that name this file, of any lgtui on this machine
              --tunnet=ADDRESS    a network with this machine: its end gets the address, A.B.C.D or A.B.C.D/PREFIX;
                                  bridge:NAME plugs it into a bridge instead
              --pcap=FILE         after a network: write its packets to a file for tcpdump or Wireshark
              --initrd=FILE       an initial ram disk
              --name=NAME         what messages call the guest
              --dialect=NAME      2.6.23 (the default) or mm-2007, the interface that the kernel speaks
              --engine=NAME       how its processor works: translator, interpreter, lockstep (both, compared), auto
              --device=PATH       run it on a real lguest character device instead

            Everything from the first word on that is no option goes to the guest's kernel as it is.

            One guest gets this terminal, raw, as under the original launcher; ^C^C^C aborts it. Several guests,
            separated by --, get a pane each.

            Exit status: 0 the guest powered off, 1 it died or could not be started (the reason is on standard
            error), 2 it was aborted by ^C^C^C, 64 the command line is wrong.
            """)

    @OptionGroup package var shared: SharedOptions

    @Option(help: ArgumentHelp("For all guests: 2.6.23 or mm-2007.", valueName: "name"))
    package var dialect: String?

    @Option(help: ArgumentHelp("For all guests: a real lguest character device.", valueName: "path"))
    package var device: String?

    @Argument(
        parsing: .captureForPassthrough,
        help: ArgumentHelp("Memory, kernel, and what belongs to them.", valueName: "guest"),
        completion: .custom { _, _, prefix in GuestArguments.completions(of: prefix) })
    package var words: [String] = []

    package init() {}

    package mutating func run() throws {
        if let first = words.first(where: { !$0.hasPrefix("-") || $0 == "--help" || $0 == "-h" }), first.hasPrefix("-")
        {
            throw CleanExit.helpRequest(self)
        }
        let (words, defaults) = (words, try guestDefaults())
        var guests = try Failure.catching { () throws(UsageError) in try GuestArguments.parse(words, defaults: defaults)
        }
        if guests.count > 1 || shared.plain { return try Panes.run(Lab(guests: guests), shared) }
        let request = try shared.profileRequest()
        let profiler = try Failure.catching { () throws(LaunchError) in try Profiler(&guests, [request]) }
        let status = SingleRun(
            configuration: guests[0], statistics: shared.stats?.format, recording: try shared.recording(),
            profiler: profiler
        ).run()
        throw ExitCode(status)
    }

    private func guestDefaults() throws -> GuestDefaults {
        var defaults = GuestDefaults()
        defaults.verbose = shared.verbose
        defaults.devicePath = device
        if let dialect {
            defaults.dialect = try Failure.catching { () throws(UsageError) in
                try GuestArguments.dialect(named: dialect)
            }
        }
        return defaults
    }
}

/// Errors of ours on their way to standard error and an exit status.
package enum Failure {
    /// Runs `body`; an error becomes lines on standard error and the exit status that fits.
    package static func catching<Result, Problem: Error>(_ body: () throws(Problem) -> Result) throws -> Result {
        do { return try body() } catch {
            for line in "\(error)".split(separator: "\n") { StandardError.say("lgtui: \(line)") }
            throw ExitCode(error is UsageError ? ExitStatus.usage : ExitStatus.failure)
        }
    }
}

/// Running a lab in panes, for both commands that do.
package enum Panes {
    package static func run(_ lab: Lab, _ options: SharedOptions) throws {
        let environment = ProgramEnvironment.current()
        let (settings, theme) = try Failure.catching { () throws(Diagnostics) in
            var settings = try LayeredSettings(environment, theme: options.theme).settings
            settings.startup += options.commands
            return (settings, try Theme.chosen(settings, environment: environment))
        }
        let statistics = options.stats?.format
        var lab = lab
        if let request = try options.recording() { lab.record(request) }
        if let request = try options.profileRequest() { lab.profile(request) }
        let profiles = lab.profiles
        let profiler = try Failure.catching { () throws(LaunchError) in try Profiler(&lab.guests, profiles) }
        @Sendable func finish() {
            for line in profiler?.finish() ?? [] { StandardError.say("lgtui: " + line) }
        }
        if options.plain {
            let status: Int32 = MainActor.assumeIsolated { [lab] in
                profiler?.start()
                let result = PlainSession(lab: lab, settings: settings, environment: environment).run()
                finish()
                statistics?.report(result.figures)
                if let signal = result.signal { SignalSource.die(of: signal) }
                return result.status
            }
            throw ExitCode(status)
        }
        let status: Int32 = try MainActor.assumeIsolated {
            let session = try Failure.catching { () throws(ScreenError) in
                try Session(
                    lab: lab, settings: settings, theme: theme, themeOption: options.theme, environment: environment)
            }
            profiler?.start()
            let result = session.run()
            finish()
            statistics?.report(result.figures)
            if let signal = result.signal { SignalSource.die(of: signal) }
            return result.status
        }
        throw ExitCode(status)
    }
}
