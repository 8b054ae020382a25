// Networks with guests on them: the demo guest has a driver and a small stack of its own, and what it says on its console is what a
// user would see. The host's kernel is the other end of the taps.

import Glibc
import GuestHost
import Hypervisor
import Testing

/// A demo guest with a network card and its own address, at its prompt.
private func guest(
    _ network: GuestConfiguration.Network, address: String, dialect: Dialect = .linux2623
) throws -> Real {
    let real = Real(demo, dialect: dialect, devices: [.network(network)], arguments: ["ip=\(address)", "quiet"])
    try real.guest.start()
    try #require(real.sink.wait(for: "demo> "))
    return real
}

private func end(_ guests: Real...) {
    for real in guests { real.guest.kill() }
    for real in guests { #expect(real.waitForEnd()) }
}

private let hasTcpdump = access("/usr/bin/tcpdump", X_OK) == 0

@Suite(.serialized) struct NetworkGuestTests {
    private let folder: TemporaryFolder
    private let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path + "/net"
        folder.willHold("net")
    }

    /// A line of chat as it stands on the receiver's console.
    private func line(_ words: String, from address: String) -> String { "\(address)\u{1B}[0m \(words)" }

    @Test(arguments: Dialect.allCases)
    func `three guests on one file hear a broadcast once each, and what is for one alone`(dialect: Dialect) throws {
        let guests = try (1...3).map { try guest(.shared(path), address: "10.9.0.\($0)", dialect: dialect) }
        let (toAll, toOne) = (line("good morning", from: "10.9.0.1"), line("between us", from: "10.9.0.2"))
        guests[0].guest.type(Array("chat 10.9.255.255 good morning\r".utf8))
        for other in [1, 2] { #expect(guests[other].sink.wait(for: toAll)) }
        guests[1].guest.type(Array("chat 10.9.0.3 between us\r".utf8))
        #expect(guests[2].sink.wait(for: toOne))
        // What was sent before these has arrived when they have.
        for (from, to) in [(0, 1), (1, 2), (2, 0), (1, 0), (2, 1), (0, 2)] {
            guests[from].guest.type(Array("chat 10.9.0.\(to + 1) goodbye\r".utf8))
            #expect(guests[to].sink.wait(for: line("goodbye", from: "10.9.0.\(from + 1)")))
        }
        #expect(guests.map { $0.sink.text.ranges(of: toAll).count } == [0, 1, 1])
        #expect(guests.map { $0.sink.text.ranges(of: toOne).count } == [0, 0, 1])
        end(guests[0], guests[1], guests[2])
        #expect(guests.allSatisfy { $0.guest.counters.networkTotal.drops == 0 })
    }

    @Test func `the host gets 1,000 echoes back from a guest on a tap, and the capture holds them all`() throws {
        let capture = folder.path + "/capture"
        folder.willHold("capture")
        let (text, isTested) = (folder.path + "/text", Monitor(false))
        folder.willHold("text")
        _ = try inNamespace {
            let real = try guest(
                .init(.tap(try TapAddress("10.9.8.1/24")), capture: capture), address: "10.9.8.2/24")
            let socket = socket(AF_INET, Int32(SOCK_RAW.rawValue), Int32(IPPROTO_ICMP))
            try #require(socket >= 0)
            defer { close(socket) }
            // What the host says to a new cable by itself may come before the guest listens.
            var early: UInt64?
            for sequence in 0..<UInt16(1000) {
                try #require(sendEcho(socket, to: IPv4Address(value: 0x0a09_0802), sequence: sequence))
                try #require(receiveEcho(socket) == sequence)
                early = early ?? real.guest.counters.networkTotal.drops
            }
            end(real)
            let counters = real.guest.counters.networkTotal
            #expect(counters.drops == early)
            #expect(counters.sent.packets >= 1001 && counters.received.packets >= 1001)
            isTested.withLock { $0 = true }
        }
        guard isTested.withLock({ $0 }) else { return }
        guard hasTcpdump else {
            print("not read back: tcpdump is not installed")
            return
        }
        #expect(system("/usr/bin/tcpdump -n -r \(capture) icmp > \(text) 2>/dev/null") == 0)
        let lines = String(decoding: contents(text), as: UTF8.self).split(separator: "\n")
        #expect(lines.count == 2000)
        // A question, and only then its answer.
        for (index, line) in lines.enumerated() {
            let kind =
                index % 2 == 0 ? "10.9.8.1 > 10.9.8.2: ICMP echo request" : "10.9.8.2 > 10.9.8.1: ICMP echo reply"
            try #require(line.contains(kind) && line.contains(" seq \(index / 2),"), "\(line)")
        }
    }

    @Test func `two guests reach each other over a bridge of the host`() throws {
        _ = try inNamespace {
            guard system("ip link add br0 type bridge && ip link set br0 up") == 0 else {
                print("skipped: this machine makes no bridges")
                return
            }
            let one = try guest(.tap(.bridge("br0")), address: "10.9.0.1")
            let two = try guest(.tap(.bridge("br0")), address: "10.9.0.2")
            #expect(one.ask("ping 10.9.0.2 1000", until: "1000 sent, 1000 answered"))
            #expect(two.ask("ping 10.9.0.1 1000", until: "1000 sent, 1000 answered"))
            end(one, two)
        }
    }
}
