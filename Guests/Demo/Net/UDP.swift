// UDP: a port to talk to, and no promise whatever. Three ports mean something here: chat lines and
// names are kept, and numbered packets to "discard" are counted. No checksums are made or asked for: nothing gets damaged between two pieces of memory.

enum UDP {
    static let source = 34
    static let target = 36
    static let length = 38
    static let checksum = 40
    static let payload = 42
    /// The longest text that fits.
    static let most = Frame.mostBytes - payload

    static let chatPort: UInt16 = 2007
    static let helloPort: UInt16 = 2008
    static let discardPort: UInt16 = 9

    /// What has arrived since the guest woke up. Written by the interrupt handler only.
    nonisolated(unsafe) private static var counters = Physical(0).pointer
    static var packets: Word { Word(counters, offset: 0) }
    /// Wraps around after 4 GB; who asks often enough does not mind.
    static var bytes: Word { Word(counters, offset: 4) }
    static var lastSender: Word { Word(counters, offset: 8) }
    /// Numbered packets that did not follow their predecessor.
    static var gaps: Word { Word(counters, offset: 12) }
    private static var expected: Word { Word(counters, offset: 16) }

    static func start() { counters = Frames.take().pointer }

    static func arrived(_ frame: Frame, on card: NetDevice) {
        guard frame.count >= payload else { return }
        let count = Int(frame.half(length)) - (payload - source)
        guard count >= 0, payload + count <= frame.count else { return }
        let sender = IPv4(frame.word(IPv4Header.source))
        packets.store(packets.load() &+ 1)
        bytes.store(bytes.load() &+ UInt32(count))
        lastSender.store(sender.value)
        switch frame.half(target) {
        case chatPort: Chat.arrived(from: sender, frame.base + payload, count: count)
        case helloPort:
            card.neighbours.learn(sender, frame.mac(Ethernet.source), addStrangers: true)
            Hello.arrived(from: sender, frame.base + payload, count: count)
        case discardPort where count >= 4:
            let number = frame.word(payload)
            if number != 0, number != expected.load() { gaps.store(gaps.load() &+ 1) }
            expected.store(number &+ 1)
        default: break
        }
    }

    /// Sends `count` bytes that already lie at `payload` of the card's output frame.
    @discardableResult
    static func send(count: Int, to address: IPv4, port: UInt16, at mac: MAC, on card: NetDevice) -> Bool {
        var frame = card.output
        frame.count = payload + count
        frame.set(half: port, at: source)
        frame.set(half: port, at: target)
        frame.set(half: UInt16(truncatingIfNeeded: frame.count - source), at: length)
        frame.set(half: 0, at: checksum)
        return IP.send(frame, proto: IPv4Header.udp, to: address, at: mac, on: card)
    }
}
