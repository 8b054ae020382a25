// With `hello` among its arguments, a guest tells everybody on its networks its name once a second, for as long as its
// shell has nothing better to do. `net` then shows names beside addresses, and whoever watches the host sees that the
// cable is plugged in.

enum Hello {
    private static let most = 24
    private static let entries = 32
    /// Address and length come first.
    private static let header = 8

    nonisolated(unsafe) private static var table = Physical(0).pointer
    /// When to say it next. Without `hello`, never.
    nonisolated(unsafe) private(set) static var due = UInt64.max

    static func start() { table = Frames.take().pointer }

    static func begin() { due = NetDevice.all.isEmpty ? .max : 0 }

    private static func entry(_ index: Int) -> UnsafeMutableRawPointer { table + index * (header + most) }

    /// Runs in the interrupt handler. A table full of strangers stays as it is: the names are a courtesy.
    static func arrived(from sender: IPv4, _ text: UnsafeMutableRawPointer, count: Int) {
        for index in 0..<entries {
            let place = entry(index)
            let known = place.load(as: UInt32.self)
            guard known == 0 || known == sender.value else { continue }
            let count = min(count, most)
            place.storeBytes(of: UInt32(truncatingIfNeeded: count), toByteOffset: 4, as: UInt32.self)
            (place + header).copyMemory(from: text, byteCount: count)
            place.storeBytes(of: sender.value, as: UInt32.self)
            return
        }
    }

    /// What the guest at `address` calls itself.
    static func name(of address: IPv4) -> Text? {
        Interrupts.off {
            for index in 0..<entries where entry(index).load(as: UInt32.self) == address.value {
                let count = Int(entry(index).load(fromByteOffset: 4, as: UInt32.self))
                let bytes = [UInt8](UnsafeRawBufferPointer(start: entry(index) + header, count: count))
                return "\(Text.printable(bytes))"
            }
            return nil
        }
    }

    // G:880 The one thing that this guest does unasked.
    /// Says `name` on every network, if it is time.
    static func sayIfDue(_ name: [UInt8]) {
        guard due != .max, Clock.now() >= due else { return }
        due = Clock.now() + Clock.second
        let name = name.prefix(most)
        for card in NetDevice.all {
            UnsafeMutableRawBufferPointer(start: card.output.base + UDP.payload, count: name.count).copyBytes(
                from: name)
            UDP.send(count: name.count, to: .broadcast, port: UDP.helloPort, at: .broadcast, on: card)
        }
    }
}
