// Where packets are seen: each one passes here once on its way out of a guest and once on its way in, to be counted and, when
// somebody wants to look, to be written down.

import Hypervisor
import Synchronization

/// What is known about one device's packets.
package final class Traffic: Sendable {
    let meter = NetMeter()
    private let log: @Sendable (String) -> Void
    private let capture = Mutex<PacketCapture?>(nil)
    /// So that a packet costs no lock when nobody looks.
    private let isCapturing = Atomic<Bool>(false)

    package init(log: @escaping @Sendable (String) -> Void) { self.log = log }

    /// Before a packet leaves: writes it down.
    package func willSend(_ pieces: MessagePieces, count: Int, to receiver: Int) {
        guard isCapturing.load(ordering: .relaxed) else { return }
        capture.withLock { $0?.sent(pieces, count: count, to: receiver) }
    }

    package func received(_ pieces: MessagePieces, count: Int) {
        meter.received.note(count)
        guard isCapturing.load(ordering: .relaxed) else { return }
        capture.withLock { $0?.received(pieces, count: count) }
    }

    /// Begins a capture, in place of one that may be going on.
    package func startCapture(to path: String) throws(LaunchError) {
        let new = try PacketCapture(path: path, log: log)
        let old = capture.withLock { capture in
            let old = capture
            capture = new
            isCapturing.store(true, ordering: .relaxed)
            return old
        }
        old?.finish()
    }

    /// Ends the capture, when what is already captured is in the file.
    package func stopCapture() {
        let old = capture.withLock { capture in
            let old = capture
            capture = nil
            isCapturing.store(false, ordering: .relaxed)
            return old
        }
        old?.finish()
    }

    package func reading(peers: Int) -> NetCounters {
        var reading = meter.reading
        reading.peers = peers
        if let capture = capture.withLock({ $0 }) {
            let (packets, drops, isOpen) = capture.progress
            reading.capture = isOpen ? capture.path : nil
            reading.captured = packets
            reading.captureDrops = drops
        }
        return reading
    }
}

extension MessagePieces {
    /// One run of bytes as a message.
    package static func single<Result>(_ bytes: UnsafeRawBufferPointer, _ body: (MessagePieces) -> Result) -> Result {
        withUnsafePointer(to: bytes) { body(MessagePieces(start: $0, count: 1)) }
    }
}
