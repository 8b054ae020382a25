// A guest that is being watched must not run slower for it. Every figure is an atomic that the guest's own thread bumps
// with a plain load and store (no other thread writes it), and that any thread may read at any time.

import I386
import Synchronization

/// Why a guest left its processor and came to the hypervisor.
public enum ExitKind: Int, CaseIterable, Sendable {
    case hypercall, pageFault, protectionFault, deviceNotAvailable, otherTrap, budgetSpent, interrupted, fatal
}

/// A reading of one guest's counters. Each figure is exact; together they are as consistent as a glance can be.
public struct LguestCounters: Hashable, Sendable {
    /// Instructions retired.
    public var instructions: UInt64 = 0
    /// What the engines did to run them.
    public var engine = EngineCounters()
    /// Exits, by `ExitKind.rawValue`.
    public var exits = [UInt64](repeating: 0, count: ExitKind.allCases.count)
    /// Hypercalls made, by number; asynchronous ones included. Number 11 does not exist.
    public var hypercalls = [UInt64](repeating: 0, count: Int(Hypercall.count))
    /// Those of them that came through the asynchronous ring.
    public var asynchronousHypercalls: UInt64 = 0
    public var interruptsDelivered: UInt64 = 0
    /// Traps reflected into the guest, page faults included; those that the processor delivers by itself are not seen.
    public var trapsDelivered: UInt64 = 0
    /// Page faults that the guest had to handle.
    public var pageFaults: UInt64 = 0
    public var portAccesses: UInt64 = 0
    /// BIND_DMA and SEND_DMA calls, and what guest-to-guest transfers moved. Launcher DMA is counted by its devices.
    public var dmaBinds: UInt64 = 0
    public var dmaSends: UInt64 = 0
    public var dmaBytesSent: UInt64 = 0
    public var dmaBytesReceived: UInt64 = 0
    /// Nanoseconds spent halted.
    public var haltedNanoseconds: UInt64 = 0
    /// Nanoseconds of processor time that the guest's thread used.
    public var threadNanoseconds: UInt64 = 0
    /// Whether the guest is asleep in HALT at this moment.
    public var isHalted = false

    public init() {}

    public var totalExits: UInt64 { exits.reduce(0, &+) }
    public var totalHypercalls: UInt64 { hypercalls.reduce(0, &+) }
    public func exits(_ kind: ExitKind) -> UInt64 { exits[kind.rawValue] }
}

// H:720
/// The live side of `LguestCounters`.
final class CounterBank: Sendable {
    let instructions = Atomic<UInt64>(0)
    let asynchronousHypercalls = Atomic<UInt64>(0)
    let interruptsDelivered = Atomic<UInt64>(0)
    let trapsDelivered = Atomic<UInt64>(0)
    let pageFaults = Atomic<UInt64>(0)
    let portAccesses = Atomic<UInt64>(0)
    let dmaBinds = Atomic<UInt64>(0)
    let dmaSends = Atomic<UInt64>(0)
    let dmaBytesSent = Atomic<UInt64>(0)
    /// The one figure that other guests' threads write, so it pays for a real atomic addition.
    let dmaBytesReceived = Atomic<UInt64>(0)
    let haltedNanoseconds = Atomic<UInt64>(0)
    /// Zero when awake, else the monotonic time at which the guest fell asleep.
    let asleepSince = Atomic<UInt64>(0)
    let exits = AtomicTable(count: ExitKind.allCases.count)
    let hypercalls = AtomicTable(count: Int(Hypercall.count))

    func count(_ exit: ExitKind) { exits.bump(exit.rawValue) }

    func reading() -> LguestCounters {
        var reading = LguestCounters()
        reading.exits = exits.values()
        reading.hypercalls = hypercalls.values()
        reading.asynchronousHypercalls = asynchronousHypercalls.load(ordering: .relaxed)
        reading.interruptsDelivered = interruptsDelivered.load(ordering: .relaxed)
        reading.trapsDelivered = trapsDelivered.load(ordering: .relaxed)
        reading.pageFaults = pageFaults.load(ordering: .relaxed)
        reading.portAccesses = portAccesses.load(ordering: .relaxed)
        reading.dmaBinds = dmaBinds.load(ordering: .relaxed)
        reading.dmaSends = dmaSends.load(ordering: .relaxed)
        reading.dmaBytesSent = dmaBytesSent.load(ordering: .relaxed)
        reading.dmaBytesReceived = dmaBytesReceived.load(ordering: .relaxed)
        let asleepSince = asleepSince.load(ordering: .relaxed)
        reading.isHalted = asleepSince != 0
        reading.haltedNanoseconds = haltedNanoseconds.load(ordering: .relaxed)
        if asleepSince != 0 {
            // Still asleep: count the nap up to now.
            let now = HostTime.monotonic()
            if now > asleepSince { reading.haltedNanoseconds &+= now - asleepSince }
        }
        return reading
    }
}

extension Atomic where Value == UInt64 {
    /// Adds without a locked instruction. Only for the one thread that writes this figure.
    @inline(__always)
    func bump(by amount: UInt64 = 1) {
        store(load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }
}

/// A fixed row of atomic counters.
final class AtomicTable: @unchecked Sendable {
    private let cells: UnsafeMutablePointer<Atomic<UInt64>>
    let count: Int

    init(count: Int) {
        self.count = count
        cells = .allocate(capacity: count)
        for index in 0..<count { (cells + index).initialize(to: Atomic(0)) }
    }

    deinit {
        cells.deinitialize(count: count)
        cells.deallocate()
    }

    /// Only for the thread that owns the table; an index outside it is ignored, since guests choose some of them.
    @inline(__always)
    func bump(_ index: Int) {
        guard index >= 0, index < count else { return }
        // SAFETY: the index was checked, and the cells live as long as this object.
        cells[index].bump()
    }

    func values() -> [UInt64] { (0..<count).map { cells[$0].load(ordering: .relaxed) } }
}
