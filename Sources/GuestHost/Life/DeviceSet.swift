// The devices of one guest, in the order of the bus. This is the file that knows which kinds there are: a new kind is built
// here from its part of the configuration, and everything else treats it as a `HostDevice`.

import Hypervisor
import I386

/// All devices of one life of one guest.
final class DeviceSet: Sendable {
    let devices: [any HostDevice]
    let console: Console
    private let disks: [Block]
    /// In the order of the bus: the first is eth0.
    let networks: [any NetworkDevice]
    private let bus: DeviceBus
    /// A line for each device, for the curious.
    let story: [String]

    var pageCount: Int { bus.pageCount }

    /// H:132 Opens what the devices need and gives each its place: in the order of the command line, the console last.
    init(
        _ configuration: GuestConfiguration, sink: any ConsoleSink, queue: ConsoleInput, input: Int32?,
        observe: @escaping @Sendable ([UInt8]) -> Void, log: @escaping @Sendable (String) -> Void
    ) throws(LaunchError) {
        var bus = DeviceBus(memory: configuration.memory)
        var disks: [Block] = []
        var networks: [any NetworkDevice] = []
        var all: [any HostDevice] = []
        var story: [String] = []
        for device in configuration.devices {
            switch device {
            case .disk(let disk):
                let (block, line) = try Self.makeBlock(disk, index: disks.count, configuration, &bus, log)
                disks.append(block)
                all.append(block)
                story.append(line)
            case .network(let network):
                let (net, line) = try Self.makeNetwork(network, index: networks.count, configuration, &bus, log)
                networks.append(net)
                all.append(net)
                story.append(line)
            }
        }
        let slot = try bus.add(.console)
        console = Console(
            dialect: configuration.dialect, sink: sink, queue: queue, input: input, observe: observe, log: log)
        story.append("device \(slot.descriptor): console")
        self.bus = bus
        self.disks = disks
        self.networks = networks
        self.story = story
        devices = all + [console]
    }

    private static func makeBlock(
        _ disk: GuestConfiguration.Disk, index: Int, _ configuration: GuestConfiguration, _ bus: inout DeviceBus,
        _ log: @escaping @Sendable (String) -> Void
    ) throws(LaunchError) -> (Block, String) {
        let (slot, page) = try bus.addWithPage(.block, features: DeviceBus.randomIRQ)
        let image = try DiskImage(disk, owner: configuration.name)
        let block = Block(
            index: index, page: page, irq: slot.irq, image: image, verbose: configuration.verbose, log: log)
        return (
            block,
            "device \(slot.descriptor)@\(page): block \(block.name), \(image.sectors) sectors"
                + (image.isDirect ? ", direct" : ", buffered") + (image.readOnly ? ", read-only" : "")
        )
    }

    private static func makeNetwork(
        _ network: GuestConfiguration.Network, index: Int, _ configuration: GuestConfiguration, _ bus: inout DeviceBus,
        _ log: @escaping @Sendable (String) -> Void
    ) throws(LaunchError) -> (any NetworkDevice, String) {
        let traffic = Traffic(log: log)
        if let path = network.capture { try traffic.startCapture(to: path) }
        let card = { (slot: DeviceSlot, page: GuestPhysical) in
            NetCard(
                name: "eth\(index)", page: page, irq: slot.irq, owner: configuration.name, traffic: traffic)
        }
        let place = { (slot: DeviceSlot, page: GuestPhysical) in "device \(slot.descriptor)@\(page)" }
        switch network.medium {
        case .shared(let path):
            let file = try NetworkFile(path: path, dialect: configuration.dialect)
            let (slot, page) = try bus.addWithPage(.net, features: UInt16(file.slot) | NetFeature.noChecksums)
            let net = SharedNet(card(slot, page), file: file)
            return (net, "\(place(slot, page)): net \(net.name), slot \(file.slot) of \(printable(path))")
        case .tap(let address):
            // The host believes no packet without a checksum, so the guest has to compute them.
            let (slot, page) = try bus.addWithPage(
                .net, features: UInt16(TapLink.guestSlot) | DeviceBus.randomIRQ)
            let tap = try TapInterface(address)
            let net = try TapNet(card(slot, page), tap: tap)
            return (net, "\(place(slot, page)): net \(net.name), host interface \(tap.name)")
        }
    }

    /// H:138 Connects the devices with the guest's memory and its hypervisor.
    func attach(to lguest: any LguestDevice, memory: GuestMemory) throws(LaunchError) {
        for device in devices { try device.attach(to: lguest, memory: memory) }
        guard !networks.isEmpty, let embedded = lguest as? EmbeddedLguest else { return }
        // The guest makes its MAC of its id, so all of its networks have a say in it.
        embedded.chooseID { [networks] id in
            for (index, network) in networks.enumerated() where !network.claimID(id) {
                for earlier in networks[..<index] { earlier.giveBackID(id) }
                return false
            }
            return true
        }
    }

    /// Writes the device page and what devices put into their own pages.
    func announce(in memory: GuestMemory) -> Bool {
        bus.write(into: memory) && disks.allSatisfy { $0.announce(in: memory) }
    }

    func close() {
        for device in devices { device.close() }
    }

    var counters: [DeviceCounters] { devices.map(\.counters) }
}
