// `net` and `ip`: who we are on the network, and who else is there.

enum NetCommands {
    /// The card for a target that the user typed; says what is wrong with it otherwise.
    static func target(_ word: [UInt8]) -> (address: IPv4, mac: MAC, card: NetDevice)? {
        guard let address = IPv4(word) else {
            console.print("\(word): not an address; write one like 10.0.0.2\n")
            return nil
        }
        guard let card = IP.card(for: address) else {
            console.print("This guest has no network.\n")
            return nil
        }
        guard address != card.subnet.address else {
            console.print("\(address.text) is this guest itself.\n")
            return nil
        }
        console.flush()
        guard let mac = IP.resolve(address, on: card) else {
            if !console.interrupted { console.print("\(address.text): nobody answers\n") }
            return nil
        }
        return (address, mac, card)
    }

    static var net: Command {
        Command(name: "net", usage: "", summary: "network cards, neighbours, counters") { _, _ in
            if NetDevice.all.isEmpty { console.print("This guest has no network.\n") }
            for card in NetDevice.all {
                console.print(
                    """
                    \(card.name)  \(card.mac.text)  \(card.subnet.text)  slot \(card.slot)
                      sent     \(card.sent.load(), width: 10) frames \(card.sentBytes.load(), width: 12) bytes, \
                    \(card.lost.load()) without a receiver
                      received \(card.taken.load(), width: 10) frames \(card.takenBytes.load(), width: 12) bytes

                    """)
                let known = card.neighbours.all
                for (slot, mac) in card.peers {
                    let address = known.first { $0.mac == mac }?.address
                    let who = address.map { "\($0.text) \(Hello.name(of: $0) ?? "")" as Text }
                    console.print(
                        "  slot \(slot, width: 3)  \(mac.text)  \(who ?? (mac.isForMany ? "sees everything" : "-"))\n")
                }
            }
        }
    }

    static var address: Command {
        Command(name: "ip", usage: "[ethN] [A.B.C.D[/PREFIX]]", summary: "show or change our address") { words, _ in
            var words = words
            var card = NetDevice.all.first
            if let first = words.first, first.starts(with: "eth") {
                card = NetDevice.all.first { $0.name.bytes == first }
                words.removeFirst()
            }
            guard let card else {
                console.print("There is no such network card.\n")
                return
            }
            guard let word = words.first else {
                console.print("\(card.name) \(card.subnet.text)\n")
                return
            }
            guard let subnet = Subnet(word) else {
                console.print("\(word): not an address; write one like 10.0.0.2 or 10.0.0.2/24\n")
                return
            }
            Interrupts.off { card.subnet = subnet }
            card.neighbours.forget()
        }
    }
}
