// lgtui and tmux, each on a pseudo-terminal of its own, with as many busy panes as a measurement wants.

import Glibc

struct Contenders {
    /// The lgtui program.
    var program: String
    /// For labs and sockets.
    var directory: String

    /// One demo guest a pane; all but the first, which prompts `quick>`, run what `busy` says.
    func lgtui(busy: [String], columns: Int = 80, rows: Int = 24) throws -> TerminalChild {
        var lab =
            "[[guest]]\nname = \"quick\"\nkernel = \"demo\"\nmemory = \"16m\"\nargs = [\"quiet\", \"name=quick\"]\n"
        for (number, command) in busy.enumerated() {
            lab += "[[guest]]\nname = \"busy\(number)\"\nkernel = \"demo\"\nmemory = \"16m\"\n"
            lab += "args = [\"quiet\", \"run=\(command)\"]\n"
        }
        let path = directory + "/lab.toml"
        guard let file = fopen(path, "w") else { throw BenchError.cannotStart(path, errno) }
        fputs(lab, file)
        fclose(file)
        defer { unlink(path) }
        let child = try TerminalChild([program, path], columns: columns, rows: rows)
        try child.wait(30, for: "quick>") { $0.screen.contains("quick>") }
        return child
    }

    /// A server of its own, without anybody's configuration.
    func tmux(_ command: String, beside others: [String] = [], columns: Int = 80, rows: Int = 24) throws
        -> TerminalChild
    {
        var words = ["tmux", "-S", directory + "/socket", "-f", "/dev/null", "new-session", command]
        for other in others { words += [";", "split-window", "-d", other] }
        if !others.isEmpty { words += [";", "select-layout", "tiled"] }
        return try TerminalChild(words, columns: columns, rows: rows)
    }

    func endTmux(_ child: TerminalChild) {
        if let killer = try? Child(["tmux", "-S", directory + "/socket", "kill-server"]) {
            _ = killer.wait(for: "never", patience: 5)
            killer.end()
        }
        child.end()
        unlink(directory + "/socket")
    }

    /// Echoes by the kernel's line discipline, behind the same prompt as the guest's.
    static let cat = "printf 'quick> '; exec cat"

    /// This program.
    static var program: String {
        var path = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &path, path.count - 1)
        return String(decoding: path.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
