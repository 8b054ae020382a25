// The launcher and the hypervisor talk through one narrow door: a device that accepts four kinds of write and one kind
// of read. This file is that door as a Swift type, so that the launcher cannot tell the hypervisor in this process
// from a kernel module behind a character device.

import I386
import SystemPackage

/// Which of the two historical lguest interfaces a guest speaks.
///
/// The hypercalls, the rule that LGUEST_INIT comes first, and the DMA model are the same in both, so the hypervisor
/// treats them alike; what differs is laid out by the launcher (boot data, console keys, descriptor pages).
public enum Dialect: String, Sendable, CaseIterable {
    /// The first mainline release, Linux 2.6.23.
    case linux2623 = "2.6.23"
    /// The patch set of February 2007.
    case mm2007 = "mm-2007"
}

/// The number of a virtual interrupt line, 0…31; line 0 is the timer.
public struct IRQ: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    public init(_ rawValue: UInt32) { self.rawValue = rawValue }

    public static let timer = IRQ(0)
    /// How many lines there are (`LGUEST_IRQS`).
    public static let count: UInt32 = 32
    public var isValid: Bool { rawValue < Self.count }
    /// The vector that this line raises in the guest: external interrupts start at 32.
    public var vector: UInt32 { rawValue &+ 32 }
}

/// What a DMA transfer is addressed to: a guest-physical address inside a device's page, a multiple of 4.
public struct DMAKey: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public var rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    public init(_ rawValue: UInt32) { self.rawValue = rawValue }
    public init(_ address: GuestPhysical) { self.rawValue = address.rawValue }
    public var address: GuestPhysical { GuestPhysical(rawValue) }
    public var description: String { "0x" + String(rawValue, radix: 16) }
}

/// A DMA that the guest sent to its launcher: where its `lguest_dma` lies, and for whom it is.
public struct SentDMA: Hashable, Sendable {
    public var dma: GuestPhysical
    public var key: DMAKey
    public init(dma: GuestPhysical, key: DMAKey) {
        self.dma = dma
        self.key = key
    }
}

/// A free buffer that the guest bound for input, and the line to raise once its `used_len` is filled in.
public struct BoundDMA: Hashable, Sendable {
    public var dma: GuestPhysical
    public var irq: IRQ
    public init(dma: GuestPhysical, irq: IRQ) {
        self.dma = dma
        self.irq = irq
    }
}

// H:200
/// One guest, as its launcher drives it (`/dev/lguest`).
///
/// The thread that calls `initialize` owns the guest: only it may run the guest, fetch buffers and raise interrupts
/// (others get EPERM). `breakOut`, `counters` and `deathReason` may be used by any thread.
///
/// Before `initialize`, everything throws EINVAL. Once the guest is dead, everything throws ENOENT, and
/// `deathReason` says why it died.
public protocol LguestDevice: AnyObject, Sendable {
    /// Brings the guest's one processor to its first instruction (`LHREQ_INITIALIZE`).
    ///
    /// - Parameters:
    ///   - frameLimit: the number of the first frame that does not exist; nothing at or above it may be touched.
    ///   - pageDirectory: the initial page directory.
    ///   - start: the first instruction.
    ///   - pageOffset: where the guest kernel sees physical 0.
    /// - Throws: EBUSY when already initialised, EINVAL for a page offset in the top 4 MiB, ENOSPC when no guest id
    ///   is left, ENOMEM.
    func initialize(
        frameLimit: PageFrame, pageDirectory: GuestPhysical, start: GuestVirtual, pageOffset: UInt32
    ) throws(Errno)

    /// Finds a free buffer that the guest bound at `key` (`LHREQ_GETDMA`). The line is left in its `used_len`, which
    /// also marks it as taken; store the byte count there when it is filled, or 0 to give it back.
    /// - Throws: ENOENT when none is bound or none is free.
    func getDMA(key: DMAKey) throws(Errno) -> BoundDMA

    /// Makes a line pending (`LHREQ_IRQ`). - Throws: EINVAL for a line above 31.
    func raise(_ irq: IRQ) throws(Errno)

    /// With `true`, makes a running or future `run` throw EAGAIN and blocks until someone calls with `false`
    /// (`LHREQ_BREAK`). - Throws: ENOENT when the guest is or drops dead, so that nobody waits for a corpse.
    func breakOut(_ on: Bool) throws(Errno)

    /// Makes a running or future `run` throw EINTR once, and returns at once: a break-out that nobody has to release.
    /// - Returns: false when the device cannot do that, and nothing has happened.
    func nudge() -> Bool

    /// Runs the guest until it sends DMA to the launcher (`read`).
    /// - Throws: EAGAIN when broken out, EINTR when nudged or when a signal came, ENOENT when the guest is dead.
    func run() throws(Errno) -> SentDMA

    /// Why the guest died; nil while it lives.
    func deathReason() -> String?

    /// The last traps that were handed to the guest, oldest first, where the device records them.
    func trapLog() -> [TrapRecord]

    /// What has been counted so far; reading never disturbs the guest.
    var counters: LguestCounters { get }
}

extension LguestDevice {
    public func trapLog() -> [TrapRecord] { [] }

    /// `/dev/lguest` has no such request.
    public func nudge() -> Bool { false }
}

/// The first word of every write (`enum lguest_req`).
package enum RequestNumber {
    package static let initialize: UInt32 = 0
    package static let getDMA: UInt32 = 1
    package static let irq: UInt32 = 2
    package static let breakOut: UInt32 = 3
}
