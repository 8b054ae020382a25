// A network card whose cable ends in a file. The device itself does very little: guests find each other's MACs in the page that
// they share, and the hypervisor moves their packets. It opens the file, shows the page, and counts.

import Glibc
import Hypervisor
import I386
import Synchronization

/// What is the same about a card wherever its cable ends.
struct NetCard: Sendable {
    /// `eth0`, …
    let name: String
    let page: GuestPhysical
    let irq: IRQ
    /// The guest that it is in.
    let owner: String
    let traffic: Traffic
}

/// A device that packets go through.
protocol NetworkDevice: HostDevice {
    var card: NetCard { get }
    /// How many others are on the network.
    var peers: Int { get }
    /// Reserves a guest id on the network; guests make their MAC of it.
    func claimID(_ id: UInt16) -> Bool
    func giveBackID(_ id: UInt16)
}

extension NetworkDevice {
    var name: String { card.name }
    var traffic: Traffic { card.traffic }
    var counters: DeviceCounters {
        DeviceCounters(name: name, irq: card.irq, figures: .network(traffic.reading(peers: peers)))
    }
}

/// Descriptor bits of device type 2, besides the slot.
enum NetFeature {
    /// The guest need not compute checksums: nothing gets damaged between two pieces of memory.
    static let noChecksums: UInt16 = 0x4000
}

/// Device type 2 on a shared network.
final class SharedNet: NetworkDevice {
    let card: NetCard
    private let file: NetworkFile
    private let link: SharedNetworkLink

    init(_ card: NetCard, file: NetworkFile) {
        self.card = card
        self.file = file
        link = SharedNetworkLink(file: file, traffic: card.traffic)
    }

    deinit { close() }

    var peers: Int { file.peers }
    /// Where nobody sends: all keys of the page belong to guests.
    var outputKey: DMAKey { DMAKey(card.page.advanced(by: UInt32(file.slot) * 4)) }

    /// H:134 Maps the network's page into the guest's memory. With the hypervisor of this process, the rest of the network
    /// becomes reachable too; a kernel's own hypervisor knows the page by itself.
    func attach(to lguest: any LguestDevice, memory: GuestMemory) throws(LaunchError) {
        do {
            try memory.map(file: file.descriptor, offset: 0, count: NetworkLayout.page, at: card.page, shared: true)
        } catch {
            throw .system("the page of network \(name) cannot be mapped into guest memory", errno: error.errno)
        }
        guard let bytes = memory.bytes(at: card.page, count: NetworkLayout.page), let start = bytes.baseAddress,
            let busGuard = BusGuard(start: start, count: NetworkLayout.page)
        else { throw .system("the page of network \(name) cannot be guarded", errno: ENOMEM) }
        guardedPage.withLock { $0 = (busGuard, memory) }
        guard let embedded = lguest as? EmbeddedLguest else { return }
        embedded.declareShared(card.page.frame, as: file.page, link: link)
        let (key, place) = (UInt32(file.slot) * 4, file.page)
        try link.start(name: card.owner) { embedded.deliver($0, at: key, in: place) }
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
