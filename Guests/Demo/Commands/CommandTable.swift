// What a command is, and the list of them. A new command is one file and one line here.

struct Command {
    let name: StaticString
    let usage: StaticString
    let summary: StaticString
    /// What Tab offers as the first argument.
    var words: [StaticString] = []
    let run: (_ words: [[UInt8]], _ shell: Shell) -> Void

    /// For a command called with arguments it cannot use.
    func complain() { console.print("usage: \(name) \(usage)\n") }
}

enum CommandTable {
    /// In the order of `help`.
    static var all: [Command] {
        [
            HelpCommand.command,
            AboutCommand.command,
            InfoCommands.echo,
            InfoCommands.uptime,
            InfoCommands.date,
            InfoCommands.cpu,
            InfoCommands.memory,
            InfoCommands.devices,
            DiskCommand.command,
            NetCommands.net,
            NetCommands.address,
            PingCommand.command,
            ChatCommand.command,
            FloodCommands.flood,
            FloodCommands.listen,
            ShowCommands.colors,
            ShowCommands.unicode,
            ClockCommand.command,
            BusyCommands.spin,
            BusyCommands.yes,
            StreamCommand.command,
            BusyCommands.sleep,
            UserCommand.command,
            FaultCommand.command,
            PowerCommands.crash,
            InfoCommands.history,
            InfoCommands.clear,
            PowerCommands.powerOff,
        ]
    }
}
