// The bus is one page above the guest's memory with up to sixteen entries of twelve bytes. No probing, no configuration
// space, no slots: the guest reads the page and knows everything. It is hard to see what PCI needed the rest for.

import Hypervisor
import I386

/// What a descriptor says a device is (`type`).
package enum DeviceType: UInt16, Sendable {
    case console = 1
    case net = 2
    case block = 3
}

/// A device's place: its number on the bus decides its interrupt, its pages follow the device page.
package struct DeviceSlot: Sendable, Equatable {
    package let index: Int
    package let irq: IRQ
    /// First of its pages; nil when it has none.
    package let page: GuestPhysical?
    /// Where its descriptor lies.
    package let descriptor: GuestPhysical
}

/// The device page while it is being filled. Addresses are handed out before memory exists.
package struct DeviceBus {
    package static let maximumDevices = 16
    private static let descriptorSize: UInt32 = 12

    /// `features` bits that are not the guest's slot on a network.
    package static let randomIRQ: UInt16 = 0x8000

    private struct Entry {
        let type: DeviceType
        let features: UInt16
        let pages: UInt16
        let frame: UInt32
    }

    private let devicePage: UInt64
    private var entries: [Entry] = []
    /// Pages above memory, the device page included.
    package private(set) var pageCount = 1

    package init(memory: MemorySize) { devicePage = memory.bytes }

    /// H:130 Puts a device on the bus, behind those that are there.
    package mutating func add(
        _ type: DeviceType, features: UInt16 = 0, pages: UInt16 = 0
    ) throws(LaunchError) -> DeviceSlot {
        guard entries.count < Self.maximumDevices else {
            throw LaunchError(
                .usage, "a guest can have at most \(Self.maximumDevices) devices, its console included",
                advice: "leave out some disks or networks")
        }
        let index = entries.count
        let address = devicePage + UInt64(pageCount) * 4096
        let page = pages > 0 ? GuestPhysical(UInt32(truncatingIfNeeded: address)) : nil
        entries.append(
            Entry(type: type, features: features, pages: pages, frame: page.map(\.frame.rawValue) ?? 0))
        pageCount += Int(pages)
        return DeviceSlot(
            index: index, irq: IRQ(UInt32(index) + 1), page: page,
            descriptor: GuestPhysical(UInt32(truncatingIfNeeded: devicePage) + UInt32(index) * Self.descriptorSize))
    }

    /// The same for a device with one page, and where that is.
    package mutating func addWithPage(
        _ type: DeviceType, features: UInt16
    ) throws(LaunchError) -> (slot: DeviceSlot, page: GuestPhysical) {
        let slot = try add(type, features: features, pages: 1)
        return (slot, slot.page ?? GuestPhysical(0))
    }

    /// Writes the descriptors into the device page; the entry after the last stays zero, which ends the list.
    package func write(into memory: GuestMemory) -> Bool {
        var address = UInt32(truncatingIfNeeded: devicePage)
        for entry in entries {
            let good =
                memory.store16(entry.type.rawValue, at: GuestPhysical(address))
                && memory.store16(entry.features, at: GuestPhysical(address + 2))
                && memory.store16(0, at: GuestPhysical(address + 4))
                && memory.store16(entry.pages, at: GuestPhysical(address + 6))
                && memory.store32(entry.frame, at: GuestPhysical(address + 8))
            guard good else { return false }
            address += Self.descriptorSize
        }
        return true
    }
}
