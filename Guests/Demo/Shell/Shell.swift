// The shell: reads a line, splits it into commands, runs each inside a guarded call, and survives what they do. Runs
// for as long as the guest does.

final class Shell {
    let boot: BootData
    let arguments: KernelArguments
    private(set) var history = History()
    private let commands = CommandTable.all

    init(boot: BootData, arguments: KernelArguments) {
        self.boot = boot
        self.arguments = arguments
    }

    private var prompt: Text { "\(arguments.name)> " }

    // G:700 And all of it only to read a line and do what it says.
    func run() -> Never {
        for words in Words.split(arguments.run) {
            console.print("\(prompt)\(Array(words.joined(separator: [UInt8(ascii: " ")])))\n")
            execute(words)
        }
        while true {
            guard let line = readLine() else { continue }
            history.add(line)
            for words in Words.split(line) where !execute(words) { break }
        }
    }

    private func readLine() -> [UInt8]? {
        let prompt = prompt
        var editor = LineEditor(prompt: prompt, promptColumns: prompt.columns, history: history) { [commands] text in
            Shell.completions(of: text, among: commands)
        }
        while true {
            if Chat.hasNews { editor.interject(Chat.takeNews()) }
            console.writeRaw(editor.output)
            editor.output = []
            Hello.sayIfDue(arguments.name)
            guard let byte = console.readByte(until: Hello.due, unless: { Chat.hasNews }) else { continue }
            switch editor.feed(byte) {
            case .editing: continue
            case .submitted(let line):
                console.writeRaw(editor.output)
                return line
            case .abandoned:
                console.writeRaw(editor.output)
                return nil
            case .endOfInput:
                console.print("\nA guest has nowhere to log out to: try poweroff.\n")
                return nil
            }
        }
    }

    private static func completions(of text: [UInt8], among commands: [Command]) -> [[UInt8]] {
        // Only the command being typed counts, not those before a semicolon.
        let last = Array(text.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).last ?? [])
        let words = last.split(separator: UInt8(ascii: " "))
        let startsNewWord = last.isEmpty || last.last == UInt8(ascii: " ")
        if words.isEmpty || words.count == 1 && !startsNewWord {
            return commands.map { Text.bytes(of: $0.name) }
        }
        guard words.count + (startsNewWord ? 1 : 0) == 2 else { return [] }
        for command in commands where Array(words[0]).spells(command.name) {
            return command.words.map { Text.bytes(of: $0) }
        }
        return []
    }

    // MARK: Running commands

    nonisolated(unsafe) private static var pending: (command: Command, words: [[UInt8]], shell: Shell)?

    // G:710 The seat belt: whatever a command does, the shell is still there afterwards.
    /// Runs one command; false when ^C stopped it, and with it the rest of the line.
    @discardableResult
    private func execute(_ words: [[UInt8]]) -> Bool {
        guard let command = commands.first(where: { words[0].spells($0.name) }) else {
            console.print("\(words[0]): no such command. `help` lists them all.\n")
            return true
        }
        Shell.pending = (command, Array(words.dropFirst()), self)
        console.beginCommand()
        let status = call_guarded(
            { _ in
                guard let (command, words, shell) = Shell.pending else { return }
                Shell.pending = nil
                command.run(words, shell)
            }, 0)
        // Whatever the command left behind, when it was torn out of the middle of its work.
        Clock.stopTicking()
        let stopped = console.interrupted || status == Guard.interrupted
        console.endCommand()
        if stopped { console.print("^C\n") }
        console.flush()
        return !stopped
    }
}
