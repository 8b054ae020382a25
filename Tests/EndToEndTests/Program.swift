// The built program, found and started as a user would: on a real pseudo-terminal, or with pipes.

import Glibc
import TerminalCore

/// Where the program is: named by LGTUI_BINARY, or beside the test bundle that SwiftPM built together with it.
enum Program {
    static let path: String = {
        if let named = getenv("LGTUI_BINARY") { return String(cString: named) }
        var candidates = CommandLine.arguments.filter { $0.contains(".xctest") }.compactMap { argument in
            argument.lastIndex(of: "/").map { String(argument[..<$0]) + "/lgtui" }
        }
        let root = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }
        candidates += [".build-test", ".build"].map { "\(root)/\($0)/release/lgtui" }
        return candidates.first { access($0, X_OK) == 0 } ?? "lgtui"
    }()

    static let baseEnvironment = ["TERM=xterm-256color", "LANG=C.UTF-8", "HOME=/nonexistent", "PATH=/usr/bin:/bin"]

    /// Starts the program with `actions` done to its descriptors and default signal handling. -1 when it cannot be.
    static func spawn(
        _ arguments: [String], environment: [String], isSession: Bool,
        actions: (inout posix_spawn_file_actions_t) -> Void
    ) -> pid_t {
        var fileActions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&fileActions)
        defer { posix_spawn_file_actions_destroy(&fileActions) }
        actions(&fileActions)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        // POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK, and glibc's POSIX_SPAWN_SETSID, which Swift does not see.
        posix_spawnattr_setflags(&attributes, 0x04 | 0x08 | (isSession ? 0x80 : 0))

        let words = ([path] + arguments).map { strdup($0) } + [nil]
        let variables = environment.map { strdup($0) } + [nil]
        defer { for pointer in words + variables { free(pointer) } }
        var pid: pid_t = -1
        return posix_spawn(&pid, path, &fileActions, &attributes, words, variables) == 0 ? pid : -1
    }

    /// What a run with pipes left behind.
    struct Outcome {
        var status: Int32
        var output: String
        var errors: String
        var errorLines: [String] { errors.split(separator: "\n").map(String.init) }
    }

    /// Runs the program without a terminal, `input` on its standard input, to its end.
    static func run(_ arguments: [String], input: [UInt8] = [], environment: [String] = baseEnvironment) -> Outcome {
        let folder = TemporaryFolder()
        let (inPath, outPath, errorPath) = (folder.file("in", input), folder.file("out"), folder.file("err"))
        let pid = spawn(arguments, environment: environment, isSession: false) { actions in
            posix_spawn_file_actions_addopen(&actions, 0, inPath, O_RDONLY, 0)
            posix_spawn_file_actions_addopen(&actions, 1, outPath, O_WRONLY | O_TRUNC, 0)
            posix_spawn_file_actions_addopen(&actions, 2, errorPath, O_WRONLY | O_TRUNC, 0)
        }
        let ending = Ending.wait(for: pid)
        return Outcome(
            status: ending.exitStatus ?? -ending.signal, output: folder.text("out"), errors: folder.text("err"))
    }
}

/// How a process ended.
struct Ending: Equatable {
    var exitStatus: Int32?
    var signal: Int32 = 0
    var isStopped = false

    /// Waits for `pid` to end, at most 30 seconds; then it is killed, and the test fails by what it expected.
    static func wait(for pid: pid_t, whileWaiting: () -> Void = {}) -> Ending {
        guard pid > 0 else { return Ending(signal: -1) }
        var clock = Deadline()
        while !clock.isOver {
            if let ending = poll(pid) { return ending }
            whileWaiting()
            clock.rest()
        }
        kill(pid, SIGKILL)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        return Ending(signal: SIGKILL)
    }

    static func poll(_ pid: pid_t) -> Ending? {
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG | WUNTRACED) == pid else { return nil }
        if status & 0xff == 0x7f { return Ending(signal: status >> 8 & 0xff, isStopped: true) }
        let signal = status & 0x7f
        return signal == 0 ? Ending(exitStatus: status >> 8 & 0xff) : Ending(signal: signal)
    }
}

/// A generous limit: the machine may be busy, and a test that waits never waits longer than it must.
struct Deadline {
    private let end: ContinuousClock.Instant

    init(seconds: Int = 30) { end = .now + .seconds(seconds) }

    var isOver: Bool { ContinuousClock.now > end }

    /// Lets the other process have a moment between two looks at a condition.
    mutating func rest() { Glibc.poll(nil, 0, 5) }
}

/// A folder for one test's files, gone afterwards.
final class TemporaryFolder {
    let path: String

    init() {
        var template = Array("/tmp/lgtui-test-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) } ?? "/tmp"
        }
    }

    deinit {
        if path != "/tmp" { Self.remove(path) }
    }

    /// Removes a folder and all that the program has put into it.
    private static func remove(_ path: String) {
        guard let folder = opendir(path) else { return }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name == "." || name == ".." { continue }
            if unlink(path + "/" + name) != 0 { remove(path + "/" + name) }
        }
        closedir(folder)
        rmdir(path)
    }

    /// Makes a file and returns its path.
    @discardableResult
    func file(_ name: String, _ bytes: [UInt8] = []) -> String {
        let full = path + "/" + name
        let descriptor = open(full, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        _ = write(descriptor, bytes, bytes.count)
        close(descriptor)
        return full
    }

    @discardableResult
    func file(_ name: String, _ text: String) -> String { file(name, Array(text.utf8)) }

    func text(_ name: String) -> String {
        let descriptor = open(path + "/" + name, O_RDONLY)
        defer { close(descriptor) }
        var result: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count <= 0 { return String(decoding: result, as: UTF8.self) }
            result += chunk[..<count]
        }
    }
}
