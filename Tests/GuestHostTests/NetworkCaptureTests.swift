// Captures: the bytes of the file, and what a full disk does to them.

import Glibc
import GuestHost
import Hypervisor
import Testing

@Suite struct NetworkCaptureTests {
    private let folder: TemporaryFolder
    private let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path + "/capture"
        folder.willHold("capture")
    }

    private func show(_ pieces: [[UInt8]], _ body: (MessagePieces, Int) -> Void) {
        let all = pieces.flatMap { $0 }
        all.withUnsafeBytes { bytes in
            var start = 0
            let buffers = pieces.map { piece in
                defer { start += piece.count }
                return UnsafeRawBufferPointer(rebasing: bytes[start..<start + piece.count])
            }
            buffers.withUnsafeBufferPointer { body($0, all.count) }
        }
    }

    private func word(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
        bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self) }
    }

    /// An ARP request, padded as Ethernet wants it.
    private var arp: [UInt8] {
        [255, 255, 255, 255, 255, 255, 2, 0, 1, 0, 0, 0, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 1, 0, 0, 0, 10, 0, 0, 1]
            + [0, 0, 0, 0, 0, 0, 10, 0, 0, 2] + Array(repeating: 0, count: 18)
    }

    @Test func `a capture holds each packet once, in both directions, with the time`() throws {
        let traffic = Traffic(log: { _ in })
        var before = timespec()
        clock_gettime(CLOCK_REALTIME, &before)
        try traffic.startCapture(to: path)
        show([Array(arp[..<14]), Array(arp[14...])]) { traffic.willSend($0, count: $1, to: 1) }
        // The copy for the next slot is the same packet; the same packet for the same slot is another one.
        show([arp]) { traffic.willSend($0, count: $1, to: 2) }
        show([arp]) { traffic.willSend($0, count: $1, to: 1) }
        show([Array(repeating: 7, count: 100)]) { traffic.received($0, count: $1) }
        #expect(traffic.reading(peers: 2).captured == 3)
        #expect(traffic.reading(peers: 2).capture == path)
        traffic.stopCapture()
        show([arp]) { traffic.willSend($0, count: $1, to: 1) }
        let reading = traffic.reading(peers: 2)
        #expect(reading.received.packets == 1 && reading.received.bytes == 100 && reading.capture == nil)

        let bytes = contents(path)
        #expect(bytes.count == 24 + 2 * (16 + 60) + 16 + 100)
        #expect(word(bytes, 0) == 0xa1b2_3c4d && word(bytes, 4) == 0x0004_0002 && word(bytes, 20) == 1)
        #expect(word(bytes, 32) == 60 && word(bytes, 36) == 60)
        #expect(Array(bytes[40..<100]) == arp)
        #expect(word(bytes, 24) >= UInt32(before.tv_sec) && word(bytes, 24) < UInt32(before.tv_sec) + 60)
        #expect(word(bytes, 28) < 1_000_000_000)
        #expect(bytes.suffix(100).allSatisfy { $0 == 7 })
    }

    @Test(.enabled(if: access("/usr/bin/tcpdump", X_OK) == 0, "tcpdump is not installed"))
    func `tcpdump reads it`() throws {
        let traffic = Traffic(log: { _ in })
        try traffic.startCapture(to: path)
        show([arp]) { traffic.willSend($0, count: $1, to: 1) }
        traffic.stopCapture()
        let output = folder.path + "/text"
        folder.willHold("text")
        #expect(system("/usr/bin/tcpdump -n -r \(path) > \(output) 2>/dev/null") == 0)
        #expect(String(decoding: contents(output), as: UTF8.self).contains("who-has 10.0.0.2 tell 10.0.0.1"))
    }

    @Test func `a full disk is one line, and the packets go on`() throws {
        let log = CollectingLog()
        let traffic = Traffic(log: { log.add($0) })
        try traffic.startCapture(to: "/dev/full")
        for _ in 0..<100 { show([arp]) { traffic.received($0, count: $1) } }
        #expect(log.wait(for: "/dev/full: the capture has stopped: No space left on device"))
        for _ in 0..<100 { show([arp]) { traffic.received($0, count: $1) } }
        #expect(traffic.reading(peers: 0).received.packets == 200)
        traffic.stopCapture()
        #expect(log.lines.count == 1)
    }

    @Test func `a file that cannot be made is an error with its name, and so is a pipe without a reader`() throws {
        let traffic = Traffic(log: { _ in })
        #expect { try traffic.startCapture(to: "/nowhere/x") } throws: { "\($0)".hasPrefix("/nowhere/x: ") }
        #expect(mkfifo(path, 0o600) == 0)
        #expect { try traffic.startCapture(to: path) } throws: { "\($0)".contains("nobody reads") }
    }

    @Test func `a pipe that is not read costs packets of the capture, not time`() throws {
        let traffic = Traffic(log: { _ in })
        #expect(mkfifo(path, 0o600) == 0)
        let reader = open(path, O_RDONLY | O_NONBLOCK)
        try #require(reader >= 0)
        try traffic.startCapture(to: path)
        let large = [[UInt8](repeating: 1, count: 60_000)]
        for _ in 0..<500 { show(large) { traffic.received($0, count: $1) } }
        let reading = traffic.reading(peers: 0)
        #expect(reading.received.packets == 500)
        #expect(reading.captureDrops > 100)
        #expect(reading.captured + reading.captureDrops == 500)
        close(reader)
        traffic.stopCapture()
    }
}
