// A network card whose cable ends in a file. The device itself does very little: guests find each other's MACs in the page that
// they share, and the hypervisor moves their packets. It opens the file, shows the page, and counts.

import Glibc
import Hypervisor
import I386
import Synchronization

/// A device that packets go through.
protocol NetworkDevice: HostDevice {
    var traffic: Traffic { get }
    /// Reserves a guest id on the network; guests make their MAC of it.
    func claimID(_ id: UInt16) -> Bool
    func giveBackID(_ id: UInt16)
}

/// Descriptor bits of device type 2, besides the slot.
enum NetFeature {
    /// The guest need not compute checksums: nothing gets damaged between two pieces of memory.
    static let noChecksums: UInt16 = 0x4000
}

/// Device type 2 on a shared network.
final class SharedNet: NetworkDevice {
    let name: String
    let outputKey: DMAKey
    let traffic: Traffic
    private let page: GuestPhysical
    private let irq: IRQ
    private let file: NetworkFile
    private let link: SharedNetworkLink
    private let owner: String

    init(name: String, slot: DeviceSlot, page: GuestPhysical, file: NetworkFile, traffic: Traffic, owner: String) {
        self.name = name
        self.page = page
        irq = slot.irq
        self.file = file
        self.traffic = traffic
        self.owner = owner
        // Where nobody sends: all keys of the page belong to guests.
        outputKey = DMAKey(page.advanced(by: UInt32(file.slot) * 4))
        link = SharedNetworkLink(file: file, traffic: traffic)
    }

    deinit { close() }

    var counters: DeviceCounters {
        DeviceCounters(name: name, irq: irq, figures: .network(traffic.reading(peers: file.peers)))
    }

    /// H:134 Maps the network's page into the guest's memory. With the hypervisor of this process, the rest of the network
    /// becomes reachable too; a kernel's own hypervisor knows the page by itself.
    func attach(to lguest: any LguestDevice, memory: GuestMemory) throws(LaunchError) {
        do {
            try memory.map(file: file.descriptor, offset: 0, count: NetworkLayout.page, at: page, shared: true)
        } catch {
            throw .system("the page of network \(name) cannot be mapped into guest memory", errno: error.errno)
        }
        guard let bytes = memory.bytes(at: page, count: NetworkLayout.page), let start = bytes.baseAddress,
            let busGuard = BusGuard(start: start, count: NetworkLayout.page)
        else { throw .system("the page of network \(name) cannot be guarded", errno: ENOMEM) }
        guardedPage.withLock { $0 = (busGuard, memory) }
        guard let embedded = lguest as? EmbeddedLguest else { return }
        embedded.declareShared(page.frame, as: file.page, link: link)
        let (key, place) = (UInt32(file.slot) * 4, file.page)
        try link.start(name: owner) { embedded.deliver($0, at: key, in: place) }
    }

    func handleOutput(_ buffer: DMABuffer, port: DevicePort) -> UInt32 { 0 }

    func claimID(_ id: UInt16) -> Bool { file.claimID(id) }
    func giveBackID(_ id: UInt16) { file.giveBackID(id) }

    func close() {
        link.stop()
        traffic.stopCapture()
    }

    /// The guard and, for as long, the memory that it guards.
    private let guardedPage = Mutex<(BusGuard, GuestMemory)?>(nil)
}
