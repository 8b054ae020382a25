// What a lab says about its guests' consoles: recordings, monitors, locks against typing, and the script that plays the
// user. All of it in the words of the commands.

/// The wishes for one guest's console.
package struct ConsolePlan: Equatable, Sendable {
    package var recording: RecordingRequest?
    package var monitors: [MonitorRequest] = []
    package var isReadOnly = false

    package init() {}

    /// Reads `record`, `monitor` and `read-only` of a `[[guest]]`.
    init(_ table: inout TableReader, path: LabPath) {
        isReadOnly = table.bool("read-only") ?? false
        readRecording(&table, path: path)
        readMonitors(&table)
    }

    /// `record = "cast"`, or `{ format = "cast", file = "web1.cast" }`.
    private mutating func readRecording(_ table: inout TableReader, path: LabPath) {
        guard let node = table.node("record") else { return }
        func format(_ word: String, _ position: SourcePosition) -> RecordingFormat? {
            do { return try RecordingFormat(word: word) } catch {
                table.complain("`record`: \(error)", at: position)
                return nil
            }
        }
        switch node.value {
        case .string(let word): recording = format(word, node.position).map { RecordingRequest(format: $0) }
        case .table(let entries):
            var inner = table.nested(entries, name: "`record`", position: node.position)
            let word = inner.string("format")
            let file = inner.string("file")
            if file == "" { inner.complain("`file` is empty: name a file", about: "file") }
            if word == nil && inner.node("format") == nil {
                inner.complain("a recording needs a `format`: raw, text or cast", about: "format")
            }
            inner.rejectUnknownKeys()
            guard let word, let format = format(word, node.position) else { return }
            recording = RecordingRequest(format: format, file: file.map(path.full))
        default:
            table.complain(
                "`record` must be \"cast\", \"text\", \"raw\" or a table, not \(node.kind)", at: node.position)
        }
    }

    /// `monitor = ["bell", "silence 60", "match panic kill"]`: each a `monitor` command without its first word.
    private mutating func readMonitors(_ table: inout TableReader) {
        guard let node = table.node("monitor") else { return }
        var lines: [(text: String, position: SourcePosition)] = []
        if case .string(let text) = node.value {
            lines = [(text, node.position)]
        } else {
            lines = table.strings("monitor") ?? []
        }
        for line in lines {
            do throws(CommandLineError) {
                // One command, whatever it says: a `;` belongs to what the monitor runs.
                let commands = try CommandLineWords.commands(in: line.text)
                guard commands.count <= 1 else {
                    throw CommandLineError("several commands belong into quotes: match panic 'record off; kill'")
                }
                monitors.append(try MonitorRequest(words: commands.first ?? []))
            } catch { table.complain("`monitor`: \(error)", at: line.position) }
        }
    }
}

enum LabScript {
    /// `script = ["wait web1 login: then type web1 root\n", …]` at the top of a lab.
    static func read(_ root: inout TableReader) -> [String] {
        var steps: [String] = []
        for line in root.strings("script") ?? [] {
            do throws(CommandLineError) {
                let commands = try CommandLineWords.commands(in: line.text)
                try Command.check(commands)
                for words in commands where words[0] == "wait" { _ = try WaitRequest(words: Array(words.dropFirst())) }
                steps.append(line.text)
            } catch { root.complain("`script`: \(error)", at: line.position) }
        }
        return steps
    }
}
