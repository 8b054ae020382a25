// A tap, with the real kernel at its other end. Each test has a network namespace of its own, on a thread of its own, so that
// nothing of this machine is touched; where the rights for that are missing the tests say so and pass.

import CLinux
import Glibc
import GuestHost
import Hypervisor
import Synchronization
import Testing

/// Runs `body` on a thread in a new network namespace. - Returns: why it could not, or nil.
func inNamespace(_ body: @escaping @Sendable () throws -> Void) throws -> String? {
    let outcome = Monitor<Result<String?, any Error>?>(nil)
    startTestThread {
        let result: Result<String?, any Error>
        if linux_unshare_network() != 0 {
            result = .success("no rights to make a network namespace: \(String(cString: strerror(errno)))")
        } else if access("/dev/net/tun", R_OK | W_OK) != 0 {
            result = .success("no access to /dev/net/tun")
        } else {
            result = Result {
                try body()
                return nil
            }
        }
        outcome.withLock { $0 = result }
    }
    try #require(outcome.wait(within: .seconds(90)) { $0 != nil })
    let reason = try outcome.withLock { $0 }?.get()
    if let reason { print("skipped: \(reason)") }
    return reason
}

/// A machine at the guest's end of a tap that answers ARP and ICMP echo requests, and has only so many buffers.
private final class Responder: Sendable {
    let traffic = Traffic(log: { _ in })
    let link: TapLink
    private static let mac: [UInt8] = [2, 0, 9, 0, 0, 0]
    private let answers = Monitor<[[UInt8]]>([])
    let echoes = Monitor(0)

    init(_ tap: TapInterface) throws { link = try TapLink(tap: tap, traffic: traffic) }

    func start(buffers: Int = 8) throws {
        let (answers, echoes) = (answers, echoes)
        try link.start(name: "test") { bytes in
            let isFull = answers.withLock { $0.count >= buffers }
            if isFull { return .full }
            let frame = Array(bytes)
            if let answer = Self.answer(frame) {
                if frame[12] == 8, frame[13] == 0 { echoes.withLock { $0 += 1 } }
                answers.withLock { $0.append(answer) }
            }
            return .moved(UInt32(bytes.count))
        }
    }

    /// The guest's own turn: sends all answers and so frees its buffers.
    func work() {
        let waiting = answers.withLock { answers in
            defer { answers = [] }
            return answers
        }
        for frame in waiting {
            _ = frame.withUnsafeBytes { bytes in
                MessagePieces.single(bytes) {
                    link.carry($0, count: bytes.count, to: TapLink.hostKey, hasReceiver: false)
                }
            }
        }
    }

    private static func answer(_ frame: [UInt8]) -> [UInt8]? {
        guard frame.count >= 42, frame[12] == 8 else { return nil }
        var answer = frame
        answer.replaceSubrange(0..<6, with: frame[6..<12])
        answer.replaceSubrange(6..<12, with: mac)
        if frame[13] == 6, frame[21] == 1 {
            answer[21] = 2
            answer.replaceSubrange(22..<28, with: mac)
            answer.replaceSubrange(28..<32, with: frame[38..<42])
            answer.replaceSubrange(32..<42, with: frame[22..<32])
            return answer
        }
        guard frame[13] == 0, frame[23] == 1, frame[34] == 8 else { return nil }
        answer.replaceSubrange(26..<30, with: frame[30..<34])
        answer.replaceSubrange(30..<34, with: frame[26..<30])
        // Type 8 becomes 0, and the checksum of the ones' complement grows by as much.
        answer[34] = 0
        let sum = UInt32(frame[36]) << 8 + UInt32(frame[37]) + 0x0800
        let folded = sum >> 16 + sum & 0xffff
        answer[36] = UInt8(folded >> 8)
        answer[37] = UInt8(folded & 255)
        return answer
    }
}

private func checksum(_ bytes: [UInt8]) -> UInt16 {
    var sum: UInt32 = 0
    for index in stride(from: 0, to: bytes.count, by: 2) { sum += UInt32(bytes[index]) << 8 + UInt32(bytes[index + 1]) }
    while sum > 0xffff { sum = sum >> 16 + sum & 0xffff }
    return ~UInt16(sum)
}

/// Sends an echo request from the host. - Returns: whether it could be sent.
func sendEcho(_ socket: Int32, to address: IPv4Address, sequence: UInt16) -> Bool {
    var packet: [UInt8] = [8, 0, 0, 0, 0x12, 0x34, UInt8(sequence >> 8), UInt8(sequence & 255)]
    packet += (0..<56).map { UInt8($0) }
    let sum = checksum(packet)
    packet[2] = UInt8(sum >> 8)
    packet[3] = UInt8(sum & 255)
    var target = sockaddr_in()
    target.sin_family = sa_family_t(AF_INET)
    target.sin_addr.s_addr = address.value.bigEndian
    return withUnsafePointer(to: &target) { target in
        target.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            sendto(socket, packet, packet.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    } == packet.count
}

/// The sequence number of the next echo reply that arrives.
func receiveEcho(_ socket: Int32) -> UInt16? {
    var buffer = [UInt8](repeating: 0, count: 2048)
    while true {
        var request = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        guard poll(&request, 1, 30_000) > 0 else { return nil }
        let count = recv(socket, &buffer, buffer.count, 0)
        guard count >= 28, buffer[20] == 0, buffer[24] == 0x12, buffer[25] == 0x34 else { continue }
        return UInt16(buffer[26]) << 8 | UInt16(buffer[27])
    }
}

@Suite(.serialized) struct NetworkTapTests {
    @Test func `the host gets 1,000 echoes back, in order and without loss`() throws {
        _ = try inNamespace {
            let tap = try TapInterface(try TapAddress("10.9.8.1/24"))
            #expect(tap.hardwareAddress.count == 6 && tap.hardwareAddress.contains { $0 != 0 })
            let responder = try Responder(tap)
            try responder.start()
            let socket = socket(AF_INET, Int32(SOCK_RAW.rawValue), Int32(IPPROTO_ICMP))
            try #require(socket >= 0)
            defer { close(socket) }
            let (isDone, hasEnded) = (Monitor(false), Monitor(false))
            startTestThread {
                while !isDone.withLock({ $0 }) {
                    responder.work()
                    usleep(200)
                }
                hasEnded.withLock { $0 = true }
            }
            for sequence in 0..<UInt16(1000) {
                try #require(sendEcho(socket, to: IPv4Address(value: 0x0a09_0802), sequence: sequence))
                try #require(receiveEcho(socket) == sequence)
            }
            isDone.withLock { $0 = true }
            // The last echo may be here before its sender has counted it.
            #expect(hasEnded.wait(within: .seconds(30)) { $0 })
            responder.link.stop()
            let reading = responder.traffic.reading(peers: 1)
            #expect(reading.sent.drops == 0 && reading.received.drops == 0)
            #expect(reading.sent.packets >= 1001 && reading.received.packets == 0)
        }
    }

    @Test func `frames wait for a guest without buffers, and what the queue cannot hold is counted`() throws {
        _ = try inNamespace {
            let tap = try TapInterface(try TapAddress("10.9.8.1/24"))
            let responder = try Responder(tap)
            try responder.start(buffers: 4)
            let socket = socket(AF_INET, Int32(SOCK_RAW.rawValue), Int32(IPPROTO_ICMP))
            try #require(socket >= 0)
            defer { close(socket) }
            let target = IPv4Address(value: 0x0a09_0802)
            // The first one makes the host ask for the MAC.
            _ = sendEcho(socket, to: target, sequence: 0)
            let deadline = ContinuousClock.now + .seconds(30)
            while responder.echoes.withLock({ $0 }) < 1, ContinuousClock.now < deadline {
                responder.work()
                usleep(500)
            }
            responder.work()
            #expect(receiveEcho(socket) == 0)
            for sequence in 1...UInt16(100) { _ = sendEcho(socket, to: target, sequence: sequence) }
            // Four buffers are filled, the rest waits in order until there are more.
            var next: UInt16 = 1
            while next <= 100, ContinuousClock.now < deadline {
                responder.work()
                while next <= 100, let sequence = receiveEchoNow(socket) {
                    #expect(sequence == next)
                    next += 1
                }
                usleep(200)
            }
            #expect(next == 101)
            // Far more than the kernel's queue holds.
            for sequence in 101...UInt16(3000) { _ = sendEcho(socket, to: target, sequence: sequence) }
            responder.link.stop()
            #expect(responder.traffic.reading(peers: 1).received.drops > 0)
        }
    }

    @Test func `the interface goes with its descriptor`() throws {
        _ = try inNamespace {
            var tap: TapInterface? = try TapInterface(try TapAddress("10.9.8.1/24"))
            let name = try #require(tap?.name)
            #expect(name.hasPrefix("lgtui"))
            #expect(if_nametoindex(name) != 0)
            tap = nil
            #expect(if_nametoindex(name) == 0)
        }
    }

    @Test func `a bridge that is not there is named, with the command that makes it`() throws {
        _ = try inNamespace {
            #expect { try TapInterface(.bridge("nobridge")) } throws: {
                "\($0)".contains("there is no bridge 'nobridge'")
                    && "\($0)".contains("ip link add nobridge type bridge")
            }
            #expect { try TapInterface(.bridge("lo")) } throws: { "\($0)".contains("'lo'") }
        }
    }

    @Test func `two taps on a bridge hear each other`() throws {
        _ = try inNamespace {
            guard system("ip link add br0 type bridge && ip link set br0 up") == 0 else {
                print("skipped: this machine makes no bridges")
                return
            }
            let taps = try (0..<2).map { _ in try TapInterface(.bridge("br0")) }
            let heard = Monitor(0)
            let frame: [UInt8] = [UInt8](repeating: 255, count: 6) + [2, 0, 1, 0, 0, 0, 0x88, 0xb5] + (0..<50)
            let links = try taps.map { try TapLink(tap: $0, traffic: Traffic(log: { _ in })) }
            try links[0].start(name: "a") { _ in .moved(1) }
            try links[1].start(name: "b") { bytes in
                if Array(bytes) == frame { heard.withLock { $0 += 1 } }
                return .moved(1)
            }
            // A new port listens and learns before it forwards, unless spanning trees are off: then it forwards at once.
            let deadline = ContinuousClock.now + .seconds(40)
            while heard.withLock({ $0 }) == 0, ContinuousClock.now < deadline {
                frame.withUnsafeBytes { bytes in
                    MessagePieces.single(bytes) {
                        _ = links[0].carry($0, count: bytes.count, to: TapLink.hostKey, hasReceiver: false)
                    }
                }
                usleep(10_000)
            }
            #expect(heard.withLock { $0 } > 0)
            for link in links { link.stop() }
        }
    }

    @Test func `the kernel's table of interfaces is read right`() {
        let table = """
            Inter-|   Receive                                                |  Transmit
             face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls
                lo:       1       2    3    4    5     6          7         8        9      10   11   12   13    14
            lgtui0:     100       2    3    4    5     6          7         8        9      10   11  345   13    14
            """
        #expect(TapInterface.drops(of: "lgtui0", in: table) == 345)
        #expect(TapInterface.drops(of: "lgtui", in: table) == 0)
    }
}

/// The same as `receiveEcho`, without waiting.
private func receiveEchoNow(_ socket: Int32) -> UInt16? {
    var request = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
    guard poll(&request, 1, 0) > 0 else { return nil }
    return receiveEcho(socket)
}
