// A guest, wherever it runs: something whose console can be read, and whose words have a time.

import Glibc
import GuestHost

final class Station {
    private let output: Int32
    private let stop: () -> Void
    private let guest: Guest?
    /// The process, if the guest has one of its own.
    let pid: pid_t?
    private var text: [UInt8] = []
    /// What was already asked for ends here.
    private var position = 0
    /// When the last bytes came.
    private(set) var time = now()

    private init(output: Int32, pid: pid_t? = nil, guest: Guest? = nil, stop: @escaping () -> Void) {
        self.output = output
        self.pid = pid
        self.guest = guest
        self.stop = stop
    }

    /// A program, with its console on its standard output.
    convenience init(program: [String]) throws {
        let child = try Child(program)
        self.init(output: child.output, pid: child.pid) { child.end() }
    }

    /// A guest of this process. Its console goes through a pipe, as the others' do.
    convenience init(guest configuration: GuestConfiguration) throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw BenchError.message("no pipe: \(String(cString: strerror(errno)))") }
        let (reading, writing) = (ends[0], ends[1])
        let guest = Guest(configuration, console: PipeSink(descriptor: writing))
        try guest.start()
        self.init(output: reading, guest: guest) {
            guest.kill()
            guest.waitUntilStopped(within: .seconds(10))
            close(writing)
            close(reading)
        }
    }

    /// What a guest of this process did so far; nil for a program.
    var counters: GuestCounters? { guest?.counters }

    /// The last of what was read, for messages.
    var said: String { String(decoding: text.suffix(400), as: UTF8.self) }

    /// Waits for `marker` behind everything that was waited for before.
    /// - Returns: when it came, and what came before it.
    func wait(for marker: String, patience: Double = 120) throws -> (time: Double, text: String) {
        let wanted = Array(marker.utf8)
        let deadline = now() + patience
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        var search = position
        while true {
            while search + wanted.count <= text.count {
                // A flood is searched as it comes, so the first byte alone has to say no.
                if text[search] == wanted[0], text[search..<search + wanted.count].elementsEqual(wanted) {
                    defer { position = search + wanted.count }
                    return (time, String(decoding: text[position..<search], as: UTF8.self))
                }
                search += 1
            }
            var waiter = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
            let left = deadline - now()
            let count = left > 0 && poll(&waiter, 1, Int32(left * 1000)) > 0 ? read(output, &chunk, chunk.count) : 0
            guard count > 0 else { throw BenchError.message("\"\(marker)\" never came; there is: \(said)") }
            time = now()
            text += chunk[..<count]
        }
    }

    func end() { stop() }
}

private final class PipeSink: ConsoleSink {
    private let descriptor: Int32

    init(descriptor: Int32) { self.descriptor = descriptor }

    func write(_ bytes: UnsafeRawBufferPointer) {
        var done = 0
        while done < bytes.count {
            let count = Glibc.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
            if count <= 0 { return }
            done += count
        }
    }
}

/// A folder for the files of a run, gone afterwards.
final class Folder {
    let path: String
    private var files = 0
    private var all: [String] = []

    init() throws {
        var template = Array("/tmp/lgtui-bench-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { $0.baseAddress.flatMap { mkdtemp($0) } != nil }
        guard made else { throw BenchError.message("no temporary folder: \(String(cString: strerror(errno)))") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for file in all { unlink(file) }
        rmdir(path)
    }

    /// The name of a file that does not exist yet.
    func name(_ kind: String) -> String {
        files += 1
        all.append("\(path)/\(kind)\(files)")
        return "\(path)/\(kind)\(files)"
    }
}
