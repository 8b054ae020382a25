// The devices of one guest, in the order of the bus. This is the file that knows which kinds there are: a new kind is built
// here from its part of the configuration, and everything else treats it as a `HostDevice`.

import Hypervisor
import I386

/// All devices of one life of one guest.
final class DeviceSet: Sendable {
    let devices: [any HostDevice]
    let console: Console
    private let disks: [Block]
    private let bus: DeviceBus
    /// A line for each device, for the curious.
    let story: [String]

    var pageCount: Int { bus.pageCount }

    /// H:132 Opens what the devices need and gives each its place: disks in the order of the command line, the console last.
    init(
        _ configuration: GuestConfiguration, sink: any ConsoleSink, queue: ConsoleInput, input: Int32?,
        observe: @escaping @Sendable ([UInt8]) -> Void, log: @escaping @Sendable (String) -> Void
    ) throws(LaunchError) {
        var bus = DeviceBus(memory: configuration.memory)
        var disks: [Block] = []
        var story: [String] = []
        for disk in configuration.disks {
            let slot = try bus.add(.block, features: DeviceBus.randomIRQ, pages: 1)
            guard let page = slot.page else { continue }
            let image = try DiskImage(disk, owner: configuration.name)
            let block = Block(
                index: disks.count, page: page, irq: slot.irq, image: image, verbose: configuration.verbose, log: log)
            disks.append(block)
            story.append(
                "device \(slot.descriptor)@\(page): block \(block.name), \(image.sectors) sectors"
                    + (image.isDirect ? ", direct" : ", buffered") + (image.readOnly ? ", read-only" : ""))
        }
        let slot = try bus.add(.console)
        console = Console(
            dialect: configuration.dialect, sink: sink, queue: queue, input: input, observe: observe, log: log)
        story.append("device \(slot.descriptor): console")
        self.bus = bus
        self.disks = disks
        self.story = story
        devices = disks + [console]
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
