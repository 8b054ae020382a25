// Another process on the same network: this test program, started once more, with an environment that makes it play a part instead of
// testing. Only a real process can be killed in the middle of a transfer.

import Glibc
import GuestHost
import Hypervisor
import Synchronization
import Testing

/// A guest's end of a network without the guest: frames in and out by hand.
final class Station: Sendable {
    let file: NetworkFile
    let link: SharedNetworkLink
    let traffic = Traffic(log: { _ in })

    /// - Parameter deliver: what the guest's buffers make of a frame.
    init(_ path: String, deliver: @escaping @Sendable ([UInt8]) -> Delivery = { _ in .nothing }) throws {
        file = try NetworkFile(path: path, dialect: .linux2623)
        link = SharedNetworkLink(file: file, traffic: traffic)
        try link.start(name: "test") { deliver(Array($0)) }
    }

    /// Shows the MAC of the slot, as a driver does when it is up.
    func up() { file.head.base.advanced(by: file.slot * 6).copyMemory(from: mac(file.slot), byteCount: 6) }

    func mac(_ slot: Int) -> [UInt8] { [2, 0, UInt8(slot & 255), UInt8(slot >> 8), 0, 0] }

    func send(_ frame: [UInt8], to slot: Int) -> Bool {
        frame.withUnsafeBytes { bytes in
            MessagePieces.single(bytes) {
                link.carry($0, count: bytes.count, to: UInt32(slot) * 4, hasReceiver: false)
            }
        }
    }

    /// Sends as a guest does that minds: again, when there was no room.
    func insist(_ frame: [UInt8], to slot: Int) -> Bool {
        let deadline = ContinuousClock.now + .seconds(30)
        while !send(frame, to: slot) {
            guard ContinuousClock.now < deadline else { return false }
            usleep(50)
        }
        return true
    }
}

/// A frame with a number, of a length that depends on it, and with every byte depending on it.
func numberedFrame(_ number: UInt32) -> [UInt8] {
    let count = 60 + Int(number &* 7919 % 1455)
    return littleEndian(number) + (4..<count).map { UInt8(truncatingIfNeeded: Int(number) &+ $0) }
}

/// The number of a frame that is whole, or nil.
func number(of frame: [UInt8]) -> UInt32? {
    guard frame.count >= 4 else { return nil }
    let number = frame.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) }
    return frame == numberedFrame(number) ? number : nil
}

/// A child process that plays a part.
final class Peer {
    private let process: pid_t
    private var isGone = false

    init(_ part: String, network: String, argument: Int = 0) throws {
        var path = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &path, path.count - 1)
        try #require(count > 0)
        let words = ["peer", "--testing-library", "swift-testing", "--filter", "NetworkPeerTests"]
        let environment = [
            "LGTUI_TEST_PEER=\(part)", "LGTUI_TEST_NETWORK=\(network)", "LGTUI_TEST_ARGUMENT=\(argument)",
            "LD_LIBRARY_PATH=\(getenv("LD_LIBRARY_PATH").map { String(cString: $0) } ?? "")",
        ]
        var pid = pid_t()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        for output in [1, 2] as [Int32] { posix_spawn_file_actions_addopen(&actions, output, "/dev/null", O_WRONLY, 0) }
        defer { posix_spawn_file_actions_destroy(&actions) }
        let result = withStrings(words) { words in
            withStrings(environment) { posix_spawn(&pid, path, &actions, nil, words, $0) }
        }
        try #require(result == 0)
        process = pid
    }

    deinit { if !isGone { kill() } }

    func kill() {
        Glibc.kill(process, SIGKILL)
        _ = wait()
    }

    /// Waits for its end. - Returns: whether it was a good one.
    func wait() -> Bool {
        isGone = true
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return status == 0
    }
}

private func withStrings<Result>(
    _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    var pointers = strings.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    return pointers.withUnsafeMutableBufferPointer { buffer in
        // SAFETY: never empty, for there is always the nil at the end.
        body(buffer.baseAddress.unsafelyUnwrapped)
    }
}

private func setting(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

/// The parts. In an ordinary run this suite has nothing to do.
@Suite(.enabled(if: getenv("LGTUI_TEST_PEER") != nil)) struct NetworkPeerTests {
    private let path = setting("LGTUI_TEST_NETWORK") ?? ""
    private let argument = setting("LGTUI_TEST_ARGUMENT").flatMap { Int($0) } ?? 0

    @Test func `plays its part`() throws {
        switch setting("LGTUI_TEST_PEER") {
        case "exchange": try exchange()
        case "flood": try flood()
        case "scribble": try scribble()
        default: Issue.record("no such part")
        }
    }

    /// Sends `argument` numbered frames to slot 0, and expects as many from there, in order.
    private func exchange() throws {
        let next = Monitor(UInt32(0))
        let errors = Monitor(0)
        let station = try Station(path) { frame in
            let expected = next.withLock { $0 }
            if number(of: frame) != expected { errors.withLock { $0 += 1 } }
            next.withLock { $0 = expected &+ 1 }
            return .moved(UInt32(frame.count))
        }
        station.up()
        for number in 0..<UInt32(argument) { try #require(station.insist(numberedFrame(number), to: 0)) }
        try #require(next.wait(within: .seconds(60)) { $0 == UInt32(argument) })
        #expect(errors.withLock { $0 } == 0)
        station.link.stop()
        if errors.withLock({ $0 }) != 0 { exit(1) }
    }

    /// Sends numbered frames to slot 0 until it is killed.
    private func flood() throws {
        let station = try Station(path) { .moved(UInt32($0.count)) }
        station.up()
        var number: UInt32 = 0
        while true {
            if station.send(numberedFrame(number), to: 0) { number &+= 1 } else { usleep(50) }
        }
    }

    /// Takes a slot, and writes noise over everything that is not a MAC until it is killed.
    private func scribble() throws {
        let station = try Station(path)
        station.up()
        _ = station.send(numberedFrame(0), to: 0)
        let ring = NetworkLayout.ring(from: station.file.slot, to: 0)
        let mapping = try SharedMapping(
            file: station.file.descriptor, offset: ring, count: NetworkLayout.ringSize)
        var generator = SplitMix(seed: UInt64(argument))
        while true {
            for _ in 0..<1000 {
                let noise = generator.next()
                let value = noise & 1 == 0 ? UInt32(truncatingIfNeeded: noise >> 32) : UInt32(noise >> 52)
                if noise & 2 == 0 {
                    let place = Int(noise >> 8 & 0xffff_ffff) % (NetworkLayout.ringSize / 4) * 4
                    mapping.word(place).pointee.store(value, ordering: .relaxed)
                } else {
                    mapping.word(noise & 4 == 0 ? NetworkLayout.ringTailField : NetworkLayout.ringHeadField)
                        .pointee.store(value, ordering: .relaxed)
                }
            }
            // And rings like mad, in everybody's name.
            let bell = station.file.doorbell(0)
            for word in 0..<NetworkLayout.senderWords {
                station.file.head.word(bell + NetworkLayout.sendersField + 4 * word).pointee
                    .store(.max, ordering: .relaxed)
            }
            station.file.head.word(bell + NetworkLayout.bellField).pointee.wrappingAdd(1, ordering: .relaxed)
        }
    }
}
