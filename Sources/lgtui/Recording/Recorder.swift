// One recording that goes on. The guest's thread only puts down what happened; a thread of the recording's own turns it
// into the file's format and writes it. When the disk is slower than the guest, the guest waits, so nothing is ever
// lost; when the disk refuses, the recording ends with a reason and the guest does not notice.

import Glibc
import GuestHost
import SystemPackage

package final class Recorder: ConsoleListener {
    package let file: String
    package let format: RecordingFormat

    private struct Queue {
        var events: [RecordingEvent] = []
        var bytes = 0
        var isClosed = false
        /// The writer has written everything, or never will.
        var isDone = false
        var failure: String?
    }

    private let queue = Monitor(Queue())
    private let descriptor: Int32
    private let onFailure: @Sendable (String) -> Void

    /// So much may wait for the disk before the guest does.
    private static let capacity = 4 << 20

    /// Creates or replaces the file and begins.
    /// - Parameters:
    ///   - picture: what draws the screen as it is now, for a cast that begins late.
    ///   - onFailure: called once, on a thread of the recording's own, with one sentence, when it has to end by itself.
    package init(
        _ request: RecordingRequest, guest: String, size: Size, tail: [UInt8], picture: [UInt8] = [],
        onFailure: @escaping @Sendable (String) -> Void
    ) throws(CommandLineError) {
        let path = request.path(for: guest)
        file = path
        format = request.format
        self.onFailure = onFailure
        descriptor = try Self.open(path)
        let start = RecordingStart.now()
        let encoder = RecordingEncoder(request.format, title: guest, size: size, start: start, tail: tail)
        if request.format == .cast, !picture.isEmpty {
            queue.withLock { $0.events.append(.output(picture, time: start.steady)) }
        }
        guard startInBackground({ [self] in write(encoder) }) else {
            close(descriptor)
            throw CommandLineError("cannot start a thread to record \(guest)")
        }
    }

    private static func open(_ path: String) throws(CommandLineError) -> Int32 {
        func failure() -> CommandLineError { CommandLineError("cannot record to \(path): \(Errno(rawValue: errno))") }
        // Not blocking, or a FIFO that nobody reads would hold up everything; and not truncating, before it is ours.
        let flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK
        let descriptor = Glibc.open(path, flags, 0o644)
        guard descriptor >= 0 else { throw failure() }
        if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
            close(descriptor)
            throw CommandLineError("cannot record to \(path): another recording writes it")
        }
        var status = stat()
        let isFile = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        if isFile, ftruncate(descriptor, 0) != 0 {
            let error = failure()
            close(descriptor)
            throw error
        }
        _ = fcntl(descriptor, F_SETFL, 0)
        return descriptor
    }

    // MARK: The guest's side

    package func take(_ bytes: UnsafeRawBufferPointer, at time: UInt64) {
        let count = bytes.count
        _ = queue.wait(within: .seconds(1 << 30)) { $0.bytes < Self.capacity || $0.isDone || $0.isClosed }
        queue.withLock { queue in
            guard !queue.isDone else { return }
            queue.events.append(.output(Array(bytes), time: time))
            queue.bytes += count
        }
    }

    package func resized(to size: Size, at time: UInt64) {
        queue.withLock { if !$0.isDone { $0.events.append(.resize(size, time: time)) } }
    }

    package func guestEnded() { queue.withLock { if !$0.isDone { $0.events.append(.ended) } } }

    // MARK: The owner's side

    /// Why it ended by itself; nil while it goes on.
    package var failure: String? { queue.withLock { $0.failure } }

    /// Ends the recording. Returns when all is in the file, or after `limit`.
    @discardableResult
    package func finish(within limit: Duration) -> Bool {
        queue.withLock { $0.isClosed = true }
        return queue.wait(within: limit) { $0.isDone }
    }

    // MARK: The writer's side

    private func write(_ encoder: RecordingEncoder) {
        var encoder = encoder
        var bytes = encoder.begin()
        while true {
            if !bytes.isEmpty, !writeAll(descriptor, bytes) { return fail(errno) }
            bytes.removeAll(keepingCapacity: true)
            _ = queue.wait(within: .seconds(1 << 30)) { !$0.events.isEmpty || $0.isClosed }
            let (events, isLast) = queue.withLock { queue in
                defer {
                    queue.events = []
                    queue.bytes = 0
                }
                return (queue.events, queue.isClosed && queue.events.isEmpty)
            }
            for event in events { encoder.encode(event, to: &bytes) }
            if isLast { break }
        }
        encoder.finish(&bytes)
        if !writeAll(descriptor, bytes) { return fail(errno) }
        // Some file systems tell only now that there was no room.
        if close(descriptor) != 0, errno != EINTR { return fail(errno, isOpen: false) }
        queue.withLock { $0.isDone = true }
    }

    private func fail(_ code: Int32, isOpen: Bool = true) {
        if isOpen { close(descriptor) }
        let reason = "the recording to \(file) ended: \(Errno(rawValue: code))".onOneLine
        queue.withLock { queue in
            queue.failure = reason
            queue.isDone = true
            queue.events = []
        }
        onFailure(reason)
    }
}
