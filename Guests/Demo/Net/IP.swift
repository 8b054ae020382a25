// IPv4, as much of it as a guest on one cable needs: no fragments, no options, no routers. What arrives is served in
// the interrupt handler, where nothing may allocate; what is sent is sent by commands.

enum IP {
    // G:820 A frame has arrived. One question at each step: is it for us, and who inside wants it?
    static func arrived(_ received: Frame, on card: NetDevice) {
        var frame = received
        guard frame.count >= Ethernet.payload else { return }
        switch frame.half(Ethernet.type) {
        case Ethernet.arp: ARP.arrived(frame, on: card)
        case Ethernet.ipv4:
            guard IPv4Header.check(&frame) else { return }
            let target = IPv4(frame.word(IPv4Header.target))
            guard target == card.subnet.address || card.subnet.isBroadcast(target) else { return }
            switch frame.byte(IPv4Header.proto) {
            case IPv4Header.icmp: Ping.arrived(frame, on: card)
            case IPv4Header.udp: UDP.arrived(frame, on: card)
            default: break
            }
        default: break
        }
    }

    /// The card whose network `target` is on, else the first: there are no routers in this world.
    static func card(for target: IPv4) -> NetDevice? {
        NetDevice.all.first { $0.subnet.contains(target) } ?? NetDevice.all.first
    }

    // G:850 Before anything can be sent, its receiver must be found; this is where ARP's question is asked.
    /// The card that `target` hears; asks three times. nil when nobody answers, or after ^C.
    static func resolve(_ target: IPv4, on card: NetDevice) -> MAC? {
        if card.subnet.isBroadcast(target) { return .broadcast }
        for _ in 0..<3 {
            if let mac = card.neighbours.find(target) { return mac }
            var frame = card.output
            ARP.ask(&frame, for: target, by: card.mac, card.subnet.address)
            frame.set(mac: .broadcast, at: Ethernet.target)
            frame.set(half: Ethernet.arp, at: Ethernet.type)
            card.send(frame)
            Clock.sleep(until: Clock.now() + Clock.second / 2) {
                card.neighbours.find(target) != nil || console.interrupted
            }
            if console.interrupted { return nil }
        }
        return card.neighbours.find(target)
    }

    nonisolated(unsafe) private static var packets: UInt16 = 0

    /// Wraps what lies in the frame behind the IPv4 header, and sends it. - Returns: whether somebody took it.
    @discardableResult
    static func send(_ frame: Frame, proto: UInt8, to target: IPv4, at mac: MAC, on card: NetDevice) -> Bool {
        packets &+= 1
        IPv4Header.write(frame, proto: proto, from: card.subnet.address, to: target, number: packets)
        frame.set(mac: mac, at: Ethernet.target)
        frame.set(half: Ethernet.ipv4, at: Ethernet.type)
        return card.send(frame)
    }
}
