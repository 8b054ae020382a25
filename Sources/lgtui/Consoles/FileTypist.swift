// Types a file at a guest, as fast as the guest reads and not faster: a console has no flow control that a program in the
// guest could use, so the only thing that can be known is how much the guest has not taken yet.

import Glibc
import GuestHost
import Synchronization
import SystemPackage

package final class FileTypist: Sendable {
    private let path: String
    private let isRaw: Bool
    private let descriptor: Int32
    private let total: Int
    private let sent = Atomic<Int>(0)
    private let isStopped = Atomic<Bool>(false)

    /// So much may wait at the guest's door: little, since what waits there cannot be called back.
    private static let ahead = 2048

    package struct Ending: Sendable, Equatable {
        package var text: String
        package var isComplete: Bool
    }

    package init(_ path: String, isRaw: Bool) throws(CommandLineError) {
        func failure(_ text: String) -> CommandLineError { CommandLineError("cannot send \(path): \(text)") }
        self.path = path
        self.isRaw = isRaw
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure("\(Errno(rawValue: errno))") }
        var status = stat()
        let isFile = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        total = Int(status.st_size)
        // Whatever was opened is closed by deinit.
        if !isFile { throw failure("it is no regular file") }
    }

    deinit { close(descriptor) }

    package var percent: Int {
        let sent = sent.load(ordering: .relaxed)
        return total > 0 ? min(100, sent.multipliedReportingOverflow(by: 100).partialValue / total) : 100
    }

    package func stop() { isStopped.store(true, ordering: .relaxed) }

    /// Types until the end of the file, of the guest or of our patience; on a thread of its own.
    package func run(_ guest: Guest) -> Ending {
        var buffer = [UInt8](repeating: 0, count: Self.ahead)
        var chunk: [UInt8] = []
        var isAfterReturn = false
        while true {
            if isStopped.load(ordering: .relaxed) { return ended("stopped") }
            let waiting = Self.waiting(guest)
            guard guest.state.isAlive else { return ended("the guest has stopped") }
            if waiting >= Self.ahead {
                usleep(5000)
                continue
            }
            if chunk.isEmpty {
                let count = read(descriptor, &buffer, Self.ahead - waiting)
                if count < 0 && errno == EINTR { continue }
                if count < 0 { return ended("\(Errno(rawValue: errno))") }
                if count == 0 {
                    return Ending(
                        text: "\(path) is typed: \(compactBytes(UInt64(sent.load(ordering: .relaxed))))".onOneLine,
                        isComplete: true)
                }
                chunk = isRaw ? Array(buffer[..<count]) : Self.typed(buffer[..<count], &isAfterReturn)
                sent.wrappingAdd(count, ordering: .relaxed)
            }
            let accepted = guest.type(chunk)
            chunk.removeFirst(accepted)
            if accepted == 0 { usleep(5000) }
        }
    }

    private func ended(_ reason: String) -> Ending {
        Ending(text: "\(path) was typed only to \(percent)%: \(reason)".onOneLine, isComplete: false)
    }

    private static func waiting(_ guest: Guest) -> Int {
        for device in guest.counters.devices {
            if case .console(let console) = device.figures { return console.inputWaiting }
        }
        return 0
    }

    /// Line ends as keyboards make them: LF and CR LF are both one Enter.
    static func typed(_ bytes: some Sequence<UInt8>, _ isAfterReturn: inout Bool) -> [UInt8] {
        var result: [UInt8] = []
        for byte in bytes {
            if byte == 0x0a {
                if !isAfterReturn { result.append(0x0d) }
            } else {
                result.append(byte)
            }
            isAfterReturn = byte == 0x0d
        }
        return result
    }
}
