// ARP: "who has 10.0.0.2?", shouted to everybody, and the answer, whispered back. What was heard is remembered for a
// minute in a table that never grows, for it is written by an interrupt handler.

enum ARP {
    private static let operation = 20
    private static let senderMAC = 22
    private static let senderIP = 28
    private static let targetMAC = 32
    private static let targetIP = 38
    private static let end = 42

    /// Turns the frame into a question. Its Ethernet header is the caller's.
    static func ask(_ frame: inout Frame, for target: IPv4, by mac: MAC, _ address: IPv4) {
        frame.count = end
        frame.set(word: 0x0001_0800, at: 14)  // Ethernet, IPv4
        frame.set(half: 0x0604, at: 18)  // with addresses of 6 and 4 bytes
        frame.set(half: 1, at: operation)
        frame.set(mac: mac, at: senderMAC)
        frame.set(word: address.value, at: senderIP)
        frame.set(mac: MAC(0), at: targetMAC)
        frame.set(word: target.value, at: targetIP)
    }

    // G:840 An answer is made of its question: swap the two halves, and put ourselves in.
    /// A question or an answer has arrived.
    static func arrived(_ frame: Frame, on card: NetDevice) {
        guard frame.count >= end, frame.word(14) == 0x0001_0800, frame.half(18) == 0x0604 else { return }
        let sender = frame.mac(senderMAC)
        let address = IPv4(frame.word(senderIP))
        let isForUs = frame.word(targetIP) == card.subnet.address.value
        // Strangers' gossip is no news, unless it is about somebody we know.
        card.neighbours.learn(address, sender, addStrangers: isForUs)
        guard isForUs, frame.half(operation) == 1 else { return }
        frame.set(half: 2, at: operation)
        frame.set(mac: sender, at: targetMAC)
        frame.set(word: address.value, at: targetIP)
        frame.set(mac: card.mac, at: senderMAC)
        frame.set(word: card.subnet.address.value, at: senderIP)
        card.answer(Frame(frame.base, count: end))
    }
}

/// The table of who is where. Each entry is {address, second it was heard, MAC}; the oldest makes room.
struct Neighbours {
    static let count = 32
    private static let bytes = 16
    private static let lifetime: UInt32 = 60

    private let table = Frames.take().pointer

    private func address(_ index: Int) -> Word { Word(table, offset: index * Neighbours.bytes) }
    private func heard(_ index: Int) -> Word { Word(table, offset: index * Neighbours.bytes + 4) }
    private func frame(_ index: Int) -> Frame { Frame(table + index * Neighbours.bytes + 8, count: 8) }

    /// Runs in the interrupt handler.
    func learn(_ sender: IPv4, _ mac: MAC, addStrangers: Bool) {
        guard sender.value != 0, !mac.isForMany else { return }
        var oldest = 0
        for index in 0..<Neighbours.count {
            if address(index).load() == sender.value { return note(sender, mac, at: index) }
            if heard(index).load() < heard(oldest).load() { oldest = index }
        }
        if addStrangers { note(sender, mac, at: oldest) }
    }

    private func note(_ sender: IPv4, _ mac: MAC, at index: Int) {
        frame(index).set(mac: mac, at: 0)
        heard(index).store(LguestData.seconds.load())
        address(index).store(sender.value)
    }

    func find(_ wanted: IPv4) -> MAC? {
        Interrupts.off {
            for index in 0..<Neighbours.count where address(index).load() == wanted.value {
                let age = LguestData.seconds.load() &- heard(index).load()
                return age < Neighbours.lifetime ? frame(index).mac(0) : nil
            }
            return nil
        }
    }

    /// What `net` shows: every entry, fresh or not.
    var all: [(address: IPv4, mac: MAC)] {
        var result: [(address: IPv4, mac: MAC)] = []
        for index in 0..<Neighbours.count where address(index).load() != 0 {
            result.append(Interrupts.off { (IPv4(address(index).load()), frame(index).mac(0)) })
        }
        return result
    }

    func forget() {
        Interrupts.off { for index in 0..<Neighbours.count { address(index).store(0) } }
    }
}
