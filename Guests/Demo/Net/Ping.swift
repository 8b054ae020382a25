// ICMP echo, both ends of it. The answering end lives in the interrupt handler, so that a guest answers even while its
// user stares at the prompt, or a program in ring 3 has the processor.

enum Ping {
    private static let type = 34
    private static let checksum = 36
    private static let identifier = 38
    private static let sequence = 40
    private static let payload = 42
    static let bytes = 56

    private static let answer: UInt8 = 0
    private static let request: UInt8 = 8
    private static let ourIdentifier: UInt16 = 2007

    nonisolated(unsafe) private static var memory = Physical(0).pointer
    /// The number of the last answer to come back.
    private static var answered: Word { Word(memory, offset: 0) }

    /// The handler may not allocate, so everything it writes to is there before the first packet.
    static func start() { memory = Frames.take().pointer }

    // G:860 The shortest service there is: the same bytes go back where they came from, with two addresses swapped.
    static func arrived(_ frame: Frame, on card: NetDevice) {
        guard frame.count >= payload else { return }
        switch frame.byte(type) {
        case request:
            // One that was sent to everybody would be answered by everybody.
            guard frame.word(IPv4Header.target) == card.subnet.address.value else { return }
            frame.set(byte: answer, at: type)
            frame.set(half: 0, at: checksum)
            frame.set(half: frame.checksum(from: type, to: frame.count), at: checksum)
            frame.set(word: frame.word(IPv4Header.source), at: IPv4Header.target)
            frame.set(word: card.subnet.address.value, at: IPv4Header.source)
            frame.set(byte: 64, at: IPv4Header.timeToLive)
            IPv4Header.seal(frame)
            card.answer(frame)
        case answer where frame.half(identifier) == ourIdentifier:
            answered.store(UInt32(frame.half(sequence)))
        default: break
        }
    }

    /// Asks once and waits for the answer, at most a second. - Returns: how long it took, in nanoseconds.
    static func ask(_ target: IPv4, at mac: MAC, on card: NetDevice, number: UInt16) -> UInt64? {
        var frame = card.output
        frame.count = payload + bytes
        frame.set(half: UInt16(request) << 8, at: type)
        frame.set(half: 0, at: checksum)
        frame.set(half: ourIdentifier, at: identifier)
        frame.set(half: number, at: sequence)
        for index in 0..<bytes { frame.set(byte: UInt8(truncatingIfNeeded: index), at: payload + index) }
        frame.set(half: frame.checksum(from: type, to: frame.count), at: checksum)
        answered.store(.max)
        let start = Clock.now()
        IP.send(frame, proto: IPv4Header.icmp, to: target, at: mac, on: card)
        let hasAnswer = { answered.load() == UInt32(number) }
        Clock.sleep(until: start + Clock.second) { hasAnswer() || console.interrupted }
        return hasAnswer() ? Clock.now() - start : nil
    }
}
