// A network card, made of nothing but memory. One page, shared by everybody on the network, holds their addresses; a packet
// is a DMA to the key of whoever is meant. There is no switch: whoever sends to many sends many times.

final class NetDevice: Device {
    private static let macBytes = 6
    private static let slots = Int(pageSize) / macBytes
    private static let buffers = 32
    private static let bufferBytes = Int(pageSize) / 2
    /// What is not the number of our slot: "no checksums needed", and "the interrupt is random".
    private static let flags: UInt16 = 0xC000

    let descriptor: DeviceDescriptor
    let mac: MAC
    var subnet: Subnet
    let neighbours = Neighbours()
    /// Where commands build what they send. Answers are built where their questions lie.
    let output: Frame

    private let index: Int
    let slot: Int
    private let page: UnsafeMutableRawPointer
    private let key: UInt32
    private let received: [DMA]
    private let memory: UnsafeMutableRawPointer
    private let sending = DMA()
    private let answering = DMA()
    private var next = 0
    /// Slots that may be taken: all before this one.
    private var known = 0
    private let figures = Frames.take().pointer

    /// Every card, in the order of the bus: eth0, eth1, ...
    nonisolated(unsafe) private(set) static var all: [NetDevice] = []

    // G:800 A card joins its network: it puts out buffers, and only then its address, so that nobody writes too early.
    init?(on descriptor: DeviceDescriptor) {
        guard descriptor.pages >= 1 else { return nil }
        self.descriptor = descriptor
        index = NetDevice.all.count
        mac = MAC(guest: LguestData.guestID)
        subnet = Subnet(guest: LguestData.guestID, network: index)
        slot = Int(descriptor.features & ~NetDevice.flags)
        guard slot < NetDevice.slots else { return nil }
        page = Paging.mapDevice(frame: descriptor.frame, count: descriptor.pages)
        key = descriptor.frame * pageSize
        output = Frame(Frames.take().pointer, count: 0)

        // Two frames a page: no piece of a DMA may cross a page.
        let use = Frames.Use.kernel.rawValue
        memory = Frames.take(run: NetDevice.buffers / 2, use, use).pointer
        received = DMA.array(count: NetDevice.buffers)
        for index in 0..<NetDevice.buffers {
            received[index].setPiece(
                0, at: Physical(memory + index * NetDevice.bufferBytes), count: UInt16(NetDevice.bufferBytes))
        }
        Interrupts.handle(descriptor.irq) { [self] in takeFrames() }
        guard received[0].bind(to: key + 4 * UInt32(slot), irq: descriptor.irq, count: NetDevice.buffers) else {
            return nil
        }
        Frame(page, count: Int(pageSize)).set(mac: mac, at: slot * NetDevice.macBytes)
        NetDevice.all.append(self)
    }

    private func figure(_ offset: Int) -> Word { Word(figures, offset: offset) }
    var sent: Word { figure(0) }
    var sentBytes: Word { figure(4) }
    /// Nobody was there, or nobody had room.
    var lost: Word { figure(8) }
    var taken: Word { figure(12) }
    var takenBytes: Word { figure(16) }

    var name: Text { "eth\(index)" }
    var summary: Text { "slot \(slot), \(subnet.text), \(sent.load()) frames sent, \(taken.load()) received" }

    private func occupant(_ slot: Int) -> MAC? {
        let mac = Frame(page, count: Int(pageSize)).mac(slot * NetDevice.macBytes)
        // A first byte of 0 is an empty slot; the older dialect filled them with ff.
        return mac.value & 255 == 0 || mac == .broadcast ? nil : mac
    }

    /// The others on this network: their slots and addresses.
    var peers: [(slot: Int, mac: MAC)] {
        var result: [(slot: Int, mac: MAC)] = []
        for other in 0..<NetDevice.slots where other != slot {
            if let mac = occupant(other) { result.append((other, mac)) }
        }
        return result
    }

    // MARK: Sending

    /// Sends a frame from a command. - Returns: whether anybody took it.
    @discardableResult
    func send(_ frame: Frame) -> Bool {
        frame.set(mac: mac, at: Ethernet.source)
        return transmit(frame, by: sending)
    }

    /// Sends a received frame back, in the interrupt handler: the buffer it came in carries it home.
    func answer(_ frame: Frame) {
        frame.set(mac: frame.mac(Ethernet.source), at: Ethernet.target)
        frame.set(mac: mac, at: Ethernet.source)
        transmit(frame, by: answering)
    }

    // G:810 Sending: a copy to everybody whose address fits, and to everybody who wants to see everything.
    @discardableResult
    private func transmit(_ frame: Frame, by dma: DMA) -> Bool {
        let target = frame.mac(Ethernet.target)
        dma.setPiece(0, at: Physical(frame.base), count: UInt16(frame.count))
        // Most of the page is empty and stays so: look at all of it only now and then, or when the receiver may be new.
        let looksEverywhere = target.isForMany || sent.load() % 256 == 0
        var result = transmit(frame, to: target, before: looksEverywhere ? NetDevice.slots : known, by: dma)
        if !result.found, !looksEverywhere { result = transmit(frame, to: target, before: NetDevice.slots, by: dma) }
        if !result.delivered { lost.store(lost.load() &+ 1) }
        return result.delivered
    }

    private func transmit(
        _ frame: Frame, to target: MAC, before end: Int, by dma: DMA
    ) -> (found: Bool, delivered: Bool) {
        var result = (found: false, delivered: false)
        for other in 0..<end where other != slot {
            guard let mac = occupant(other) else { continue }
            known = max(known, other + 1)
            guard target.isForMany || mac == target || mac.isForMany else { continue }
            result.found = true
            dma.usedLength = 0
            dma.send(to: key + 4 * UInt32(other))
            if dma.usedLength != 0 {
                result.delivered = true
                sent.store(sent.load() &+ 1)
                sentBytes.store(sentBytes.load() &+ UInt32(frame.count))
            }
        }
        return result
    }

    // MARK: Receiving

    /// Serves every filled buffer, in the order in which they were filled, and puts it out again.
    private func takeFrames() {
        var empty = 0
        while empty < NetDevice.buffers {
            let dma = received[next]
            let count = Int(dma.usedLength)
            if count == 0 {
                empty += 1
            } else {
                empty = 0
                taken.store(taken.load() &+ 1)
                takenBytes.store(takenBytes.load() &+ UInt32(count))
                let buffer = memory + next * NetDevice.bufferBytes
                IP.arrived(Frame(buffer, count: min(count, NetDevice.bufferBytes)), on: self)
                dma.usedLength = 0
            }
            next = next + 1 == NetDevice.buffers ? 0 : next + 1
        }
    }
}
