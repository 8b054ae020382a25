// A workload with a kernel of its own, as a guest: everything that lgtui has for guests is in between, hypervisor, launcher and all.

import Glibc
import GuestHost
import Synchronization

enum GuestMachine {
    /// Runs the guest and times it between its markers "S" and "E".
    static func run(_ path: String) throws -> Machine.Result {
        let sink = MarkerSink()
        let guest = Guest(
            GuestConfiguration(name: "workload", memory: try MemorySize("64m"), kernel: .file(path: path)),
            console: sink)
        try guest.start()
        sink.attach(guest)
        guard guest.waitUntilStopped(within: .seconds(120)), let result = sink.result else {
            guest.kill()
            guest.waitUntilStopped(within: .seconds(10))
            throw BenchError.missing(marker: "E", command: "\(path): \(guest.state), it")
        }
        return result
    }
}

/// Hears the console on the guest's own thread, so what it reads of clock and counters is of that moment.
private final class MarkerSink: ConsoleSink {
    private struct Heard {
        var guest: Guest?
        var text = ""
        var start = 0.0
        var end = 0.0
        var before: UInt64 = 0
        var after: UInt64 = 0
    }
    private let heard = Mutex(Heard())

    func attach(_ guest: Guest) { heard.withLock { $0.guest = guest } }

    func write(_ bytes: UnsafeRawBufferPointer) {
        let time = now()
        heard.withLock { heard in
            for byte in bytes {
                let instructions = heard.guest?.counters.hypervisor.instructions ?? 0
                switch byte {
                case UInt8(ascii: "S"): (heard.start, heard.before) = (time, instructions)
                case UInt8(ascii: "E"): (heard.end, heard.after) = (time, instructions)
                default: heard.text.unicodeScalars.append(Unicode.Scalar(byte))
                }
            }
        }
    }

    var result: Machine.Result? {
        heard.withLock { heard in
            guard heard.end > 0 else { return nil }
            return Machine.Result(
                sum: String(heard.text.prefix(8)), seconds: heard.end - heard.start,
                instructions: heard.after &- heard.before)
        }
    }
}
