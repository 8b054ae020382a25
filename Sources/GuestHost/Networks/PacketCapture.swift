// A capture file: what tcpdump and Wireshark read, in the classic format with nanoseconds. Guests put packets into a queue
// in memory and go on; a thread of the capture's own takes them to the disk, however slow that is. A full queue loses
// packets of the capture, never of the network.

import CLinux
import Glibc
import Hypervisor
import Synchronization

/// One capture to one file.
final class PacketCapture: Sendable {
    let path: String

    private struct State {
        /// Whole records.
        var waiting: [UInt8] = []
        var packets: UInt64 = 0
        var drops: UInt64 = 0
        var isEnding = false
        /// The file is closed, by us or by its failure.
        var isClosed = false
        /// The last packet that was sent, and where to: a guest sends a broadcast once for each peer, in ascending
        /// order, and on a real wire it would be there once.
        var last: [UInt8] = []
        var lastReceiver = -1
    }
    private let state = Monitor(State())

    /// Bytes that may wait for the disk.
    private static let capacity = 8 << 20
    private static let recordHeader = 16
    /// The most of a packet that is kept; the file says so.
    private static let snapLength = 65_535
    /// "pcap" with nanoseconds, Ethernet.
    private static let magic: UInt32 = 0xa1b2_3c4d
    private static let linkType: UInt32 = 1

    /// H:192 Creates the file and starts the thread.
    init(path: String, log: @escaping @Sendable (String) -> Void) throws(LaunchError) {
        self.path = path
        // Without waiting, for a pipe that nobody reads; writing may wait.
        let descriptor = retryingInterrupted {
            open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK, 0o600)
        }
        guard descriptor >= 0 else {
            if errno == ENXIO {
                throw LaunchError(
                    .system, path: path, "is a pipe that nobody reads", advice: "start its reader first")
            }
            throw .system("cannot be opened for a capture", path: path, errno: errno)
        }
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK)
        let state = state
        let failure = startThread(named: "capture", stackBytes: 256 << 10) {
            Self.write(state, to: descriptor, path: path, log: log)
        }
        guard failure == 0 else {
            close(descriptor)
            throw .system("cannot start a thread for a capture", path: path, errno: failure)
        }
    }

    var progress: (packets: UInt64, drops: UInt64, isOpen: Bool) {
        state.withLock { ($0.packets, $0.drops, !$0.isClosed) }
    }

    func sent(_ pieces: MessagePieces, count: Int, to receiver: Int) {
        add(pieces, count: count, receiver: receiver)
    }

    func received(_ pieces: MessagePieces, count: Int) { add(pieces, count: count, receiver: nil) }

    private func add(_ pieces: MessagePieces, count: Int, receiver: Int?) {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        state.withLock { state in
            guard !state.isEnding, !state.isClosed else { return }
            let kept = min(count, Self.snapLength)
            guard state.waiting.count + Self.recordHeader + kept <= Self.capacity else {
                state.drops += 1
                return
            }
            let start = state.waiting.count
            state.waiting.append(word: UInt32(truncatingIfNeeded: time.tv_sec))
            state.waiting.append(word: UInt32(truncatingIfNeeded: time.tv_nsec))
            state.waiting.append(word: UInt32(kept))
            state.waiting.append(word: UInt32(truncatingIfNeeded: count))
            var rest = kept
            for piece in pieces where rest > 0 {
                let part = min(piece.count, rest)
                state.waiting.append(contentsOf: piece[..<part])
                rest -= part
            }
            if let receiver {
                let packet = state.waiting[(start + Self.recordHeader)...]
                let isCopy = receiver > state.lastReceiver && packet.elementsEqual(state.last)
                state.lastReceiver = receiver
                if isCopy {
                    state.waiting.removeSubrange(start...)
                    return
                }
                state.last = Array(packet)
            }
            state.packets += 1
        }
    }

    /// Ends the capture. Waits a moment for the disk; a reader of a pipe who does not read is not waited for.
    func finish() {
        state.withLock { $0.isEnding = true }
        _ = state.wait(within: .seconds(2)) { $0.isClosed }
    }

    private static var fileHeader: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(word: magic)
        bytes.append(word: 4 << 16 | 2)  // version 2.4
        bytes.append(word: 0)  // time zone: UTC
        bytes.append(word: 0)
        bytes.append(word: UInt32(snapLength))
        bytes.append(word: linkType)
        return bytes
    }

    /// The thread.
    private static func write(
        _ state: Monitor<State>, to descriptor: Int32, path: String, log: @Sendable (String) -> Void
    ) {
        var bytes = fileHeader
        while true {
            if let code = writeAll(bytes, to: descriptor) {
                log("\(printable(path)): the capture has stopped: \(errorText(code))")
                break
            }
            _ = state.wait(within: .seconds(1 << 40)) { !$0.waiting.isEmpty || $0.isEnding }
            bytes = state.withLock { state in
                defer { state.waiting = [] }
                return state.waiting
            }
            // Ending, and nothing left.
            if bytes.isEmpty { break }
        }
        close(descriptor)
        state.withLock {
            $0.isClosed = true
            $0.waiting = []
        }
    }

    /// - Returns: nil, or an errno.
    private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
        var done = 0
        while done < bytes.count {
            let put = bytes.withUnsafeBytes { buffer in
                retryingInterrupted {
                    Glibc.write(descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done)
                }
            }
            guard put > 0 else { return put == 0 ? ENOSPC : errno }
            done += put
        }
        return nil
    }
}

extension [UInt8] {
    /// Four bytes in the order of this machine; the magic number tells readers which that is.
    fileprivate mutating func append(word: UInt32) {
        Swift.withUnsafeBytes(of: word) { append(contentsOf: $0) }
    }
}
