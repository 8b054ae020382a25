// What a guest has done so far, in numbers, for the status bar and for --stats. Reading them never stops the guest: the
// hypervisor's figures are atomics, a device's figures sit behind a lock that its thread holds for nanoseconds.

import Hypervisor

/// A reading of everything that is counted about one guest.
public struct GuestCounters: Sendable {
    /// The hypervisor's figures: instructions, exits, hypercalls, interrupts, DMA. All zero before the first start.
    public var hypervisor = LguestCounters()
    /// One entry a device, in the order of the bus.
    public var devices: [DeviceCounters] = []
    /// Bytes of guest memory that occupy host memory; at most half a second old.
    public var memoryTouched: UInt64 = 0
    /// Bytes of memory that the guest believes to have.
    public var memorySize: UInt64 = 0
    /// Nanoseconds from this life's first instruction to now, or to its end.
    public var lifeNanoseconds: UInt64 = 0
    /// How often the guest was started.
    public var starts: UInt64 = 0

    public init() {}

    /// Nanoseconds of processor time that the guest's thread used.
    public var processorNanoseconds: UInt64 { hypervisor.threadNanoseconds }

    /// The figures of all disks together.
    public var blockTotal: BlockCounters {
        devices.reduce(into: BlockCounters()) { total, device in
            if case .block(let figures) = device.figures { total.add(figures) }
        }
    }

    /// The figures of all networks together.
    public var networkTotal: NetCounters {
        devices.reduce(into: NetCounters()) { total, device in
            if case .network(let figures) = device.figures { total.add(figures) }
        }
    }

    public var console: ConsoleCounters? {
        for device in devices { if case .console(let figures) = device.figures { return figures } }
        return nil
    }
}

/// The figures of one device.
public struct DeviceCounters: Sendable {
    /// `console`, `lgba`, `eth0`, …
    public var name: String
    /// Its interrupt line, where the device itself knows it.
    public var irq: IRQ?
    public var figures: Figures

    public enum Figures: Sendable, Equatable {
        case console(ConsoleCounters)
        case block(BlockCounters)
        case network(NetCounters)
    }
}

public struct ConsoleCounters: Sendable, Equatable {
    /// Times that the guest wrote, and the bytes.
    public var writes: UInt64 = 0
    public var bytesOut: UInt64 = 0
    /// Buffers that were filled for it, and the bytes.
    public var reads: UInt64 = 0
    public var bytesIn: UInt64 = 0
    /// Bytes of input that wait for the guest right now.
    public var inputWaiting = 0

    public init() {}
}

public struct BlockCounters: Sendable, Equatable {
    public var reads: UInt64 = 0
    public var writes: UInt64 = 0
    /// Bytes that really moved.
    public var bytesRead: UInt64 = 0
    public var bytesWritten: UInt64 = 0
    /// Requests that ended with result 2.
    public var errors: UInt64 = 0
    /// Requests that went through a bounce buffer because their memory was not aligned.
    public var bounced: UInt64 = 0
    /// Whether requests bypass the host's page cache (O_DIRECT).
    public var isDirect = false
    public var latency = LatencyCounters()

    public init() {}

    mutating func add(_ other: BlockCounters) {
        reads += other.reads
        writes += other.writes
        bytesRead += other.bytesRead
        bytesWritten += other.bytesWritten
        errors += other.errors
        bounced += other.bounced
        isDirect = isDirect || other.isDirect
        latency.add(other.latency)
    }
}

/// How long requests took, from the guest's DMA to its interrupt.
public struct LatencyCounters: Sendable, Equatable {
    public var count: UInt64 = 0
    public var totalNanoseconds: UInt64 = 0
    public var maximumNanoseconds: UInt64 = 0
    /// `buckets[i]` counts requests of at least 2^i and less than 2^(i+1) microseconds; the first also the faster ones,
    /// the last also the slower ones.
    public var buckets = [UInt64](repeating: 0, count: LatencyCounters.bucketCount)

    static let bucketCount = 24

    public init() {}

    mutating func note(nanoseconds: UInt64) {
        count += 1
        totalNanoseconds &+= nanoseconds
        maximumNanoseconds = max(maximumNanoseconds, nanoseconds)
        let microseconds = nanoseconds / 1000
        let bucket = microseconds == 0 ? 0 : 63 - microseconds.leadingZeroBitCount
        buckets[min(bucket, Self.bucketCount - 1)] += 1
    }

    mutating func add(_ other: LatencyCounters) {
        count += other.count
        totalNanoseconds &+= other.totalNanoseconds
        maximumNanoseconds = max(maximumNanoseconds, other.maximumNanoseconds)
        for index in buckets.indices { buckets[index] += other.buckets[index] }
    }

    /// The mean, or 0 when nothing was counted.
    public var meanNanoseconds: UInt64 { count == 0 ? 0 : totalNanoseconds / count }

    /// An upper bound, a power of two microseconds, for the given share (0…1) of all requests; 0 when there are none.
    public func microseconds(atOrBelow share: Double) -> UInt64 {
        guard count > 0 else { return 0 }
        let wanted = (share * Double(count)).rounded(.up)
        var seen: UInt64 = 0
        for (index, bucket) in buckets.enumerated() {
            seen += bucket
            if Double(seen) >= wanted { return 2 << UInt64(index) }
        }
        return 2 << UInt64(Self.bucketCount)
    }
}
