// A peer is a program. Its output is read byte by byte as it comes, because the moments at which two markers appear are
// what is measured; start-up of the peer does not count against it unless a benchmark says so.

import Glibc

enum BenchError: Error, CustomStringConvertible {
    case cannotStart(String, Int32)
    case missing(marker: String, command: String)
    case wrongSum(String, got: String, expected: String)
    case message(String)

    var description: String {
        switch self {
        case .cannotStart(let program, let code): "cannot start \(program): \(String(cString: strerror(code)))"
        case .missing(let marker, let command): "\(command) ended or hung before it printed \"\(marker)\""
        case .wrongSum(let name, let got, let expected): "\(name): checksum \(got), but native code says \(expected)"
        case .message(let text): text
        }
    }
}

func now() -> Double {
    var t = timespec()
    clock_gettime(CLOCK_MONOTONIC, &t)
    return Double(t.tv_sec) + Double(t.tv_nsec) * 1e-9
}

/// One run of a peer, with its standard output in our hands and its input empty.
struct Child {
    let pid: pid_t
    let output: Int32
    let started: Double

    init(_ arguments: [String]) throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw BenchError.cannotStart(arguments[0], errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for p in argv { free(p) } }
        var child: pid_t = 0
        started = now()
        let code = posix_spawnp(&child, arguments[0], &actions, nil, &argv, environ)
        close(ends[1])
        guard code == 0 else {
            close(ends[0])
            throw BenchError.cannotStart(arguments[0], code)
        }
        (pid, output) = (child, ends[0])
    }

    /// Reads until `marker` has been seen; nil at end of file or after `patience` seconds.
    /// - Returns: the time of the byte that completed it, and all text up to what came with it.
    func wait(for marker: String, patience: Double = 120) -> (time: Double, text: String)? {
        let wanted = Array(marker.utf8)
        var text: [UInt8] = []
        let deadline = now() + patience
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            var waiter = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
            let left = deadline - now()
            guard left > 0, poll(&waiter, 1, Int32(left * 1000)) > 0 else { return nil }
            let count = read(output, &chunk, chunk.count)
            guard count > 0 else { return nil }
            let time = now()
            text += chunk[0..<count]
            if contains(text, wanted, from: text.count - count - wanted.count) {
                return (time, String(decoding: text, as: UTF8.self))
            }
        }
    }

    private func contains(_ text: [UInt8], _ wanted: [UInt8], from: Int) -> Bool {
        var start = max(0, from)
        while start + wanted.count <= text.count {
            if text[start..<start + wanted.count].elementsEqual(wanted) { return true }
            start += 1
        }
        return false
    }

    func end() {
        kill(pid, SIGKILL)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) == -1 && errno == EINTR {}
        close(output)
    }
}

/// All bytes of a file, one of /proc included, which has no size.
func readFile(_ path: String) throws -> [UInt8] {
    guard let file = fopen(path, "r") else {
        throw BenchError.message("cannot read \(path): \(String(cString: strerror(errno)))")
    }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = fread(&chunk, 1, chunk.count, file)
        if count == 0 { return bytes }
        bytes += chunk[..<count]
    }
}
