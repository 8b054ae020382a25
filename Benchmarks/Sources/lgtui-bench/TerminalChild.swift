// A program on a pseudo-terminal of its own, with our terminal core in the place of the user's: whatever it writes is
// drawn on a screen at once, and questions are asked of that screen.

import Glibc
import TerminalCore

final class TerminalChild {
    let pid: pid_t
    private let master: Int32
    private let terminal: Terminal
    /// Bytes that came out.
    private(set) var bytesShown = 0

    init(_ arguments: [String], columns: Int = 80, rows: Int = 24) throws {
        var size = winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        var (master, slave): (Int32, Int32) = (-1, -1)
        var name = [CChar](repeating: 0, count: 128)
        guard openpty(&master, &slave, &name, nil, &size) == 0 else { throw BenchError.cannotStart("openpty", errno) }
        _ = fcntl(master, F_SETFL, O_NONBLOCK)
        for end in [master, slave] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // The first terminal that a session leader opens becomes its controlling one.
        posix_spawn_file_actions_addopen(&actions, 0, name, O_RDWR, 0)
        posix_spawn_file_actions_adddup2(&actions, 0, 1)
        posix_spawn_file_actions_adddup2(&actions, 0, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, 0x80)  // glibc's POSIX_SPAWN_SETSID, which Swift does not see

        var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        let variables = [
            "TERM=xterm-256color", "LANG=C.UTF-8", "HOME=/nonexistent", "PATH=/usr/bin:/bin", "SHELL=/bin/sh",
        ]
        var environment: [UnsafeMutablePointer<CChar>?] = variables.map { strdup($0) } + [nil]
        defer { for text in argv + environment { free(text) } }
        var child: pid_t = 0
        let code = posix_spawnp(&child, arguments[0], &actions, &attributes, &argv, &environment)
        close(slave)
        guard code == 0 else {
            close(master)
            throw BenchError.cannotStart(arguments[0], code)
        }
        (pid, self.master) = (child, master)
        terminal = Terminal(columns: columns, rows: rows, scrollback: 0)
    }

    func type(_ text: String) {
        let bytes = Array(text.utf8)
        _ = write(master, bytes, bytes.count)
    }

    var cursor: Cursor { terminal.cursor }
    var screen: String { ScreenText.plain(terminal) }
    /// One row of it, which is quicker to look at.
    func line(_ row: Int) -> String { ScreenText.line(terminal.row(row), of: terminal) }
    var rows: Int { terminal.rows }

    /// Reads what comes until `condition` holds, which is asked after every piece.
    /// - Returns: when that was.
    @discardableResult
    func wait(_ patience: Double, for what: String, until condition: (TerminalChild) -> Bool) throws -> Double {
        let deadline = now() + patience
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while !condition(self) {
            var waiter = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
            let left = deadline - now()
            guard left > 0, poll(&waiter, 1, Int32(left * 1000) + 1) > 0 else {
                throw BenchError.missing(marker: what + "\" – the screen:\n" + screen + "\"", command: "a program")
            }
            let count = read(master, &chunk, chunk.count)
            if count <= 0 {
                if count < 0, errno == EAGAIN { continue }
                throw BenchError.missing(marker: what, command: "a program that ended")
            }
            bytesShown += count
            chunk.withUnsafeBytes { terminal.feed(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            let answer = terminal.takeReplies()
            if !answer.isEmpty { _ = write(master, answer, answer.count) }
        }
        return now()
    }

    /// Reads and draws for a while, whatever comes.
    func watch(_ seconds: Double) {
        let end = now() + seconds
        _ = try? wait(seconds, for: "") { _ in now() >= end }
    }

    /// Reads and draws until nothing new has come for a moment.
    func settle() {
        var before = -1
        while before != bytesShown {
            before = bytesShown
            watch(0.4)
        }
    }

    /// Reads and draws until the program ends, or for so many seconds.
    func watchToTheEnd(_ seconds: Double) { _ = try? wait(seconds, for: "the end") { _ in false } }

    /// How often any of its threads got the processor so far.
    var contextSwitches: Int {
        guard let folder = opendir("/proc/\(pid)/task") else { return 0 }
        defer { closedir(folder) }
        var sum = 0
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let file = fopen("/proc/\(pid)/task/\(name)/status", "r") else { continue }
            defer { fclose(file) }
            var line = [CChar](repeating: 0, count: 1024)
            while fgets(&line, Int32(line.count), file) != nil {
                let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
                guard text.contains("voluntary_ctxt_switches") else { continue }
                sum += text.split { $0 == "\t" || $0 == "\n" }.last.flatMap { Int($0) } ?? 0
            }
        }
        return sum
    }

    /// Seconds of processor time so far, of this process alone.
    var processorTime: Double {
        guard let file = fopen("/proc/\(pid)/stat", "r") else { return .nan }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 1024)
        guard fgets(&line, Int32(line.count), file) != nil else { return .nan }
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return .nan }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    func end() {
        kill(pid, SIGKILL)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) == -1 && errno == EINTR {}
        close(master)
    }
}
