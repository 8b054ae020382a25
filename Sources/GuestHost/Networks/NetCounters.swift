// What went over a guest's cable, counted where it happens: a sender's thread counts for the receiver too, so every figure is
// an atomic, and reading them stops nobody.

import Synchronization

/// The figures of one network device, seen from the guest: sent is what the guest sent.
public struct NetCounters: Sendable, Equatable {
    public struct Direction: Sendable, Equatable {
        public var packets: UInt64 = 0
        public var bytes: UInt64 = 0
        /// Packets that got lost at this device: sent to somebody who had no room or was not there, or received when
        /// the guest had no use for them.
        public var drops: UInt64 = 0

        public init() {}

        mutating func add(_ other: Direction) {
            packets &+= other.packets
            bytes &+= other.bytes
            drops &+= other.drops
        }
    }

    /// A broadcast counts once for every guest that it was sent to, as it does in the guest.
    public var sent = Direction()
    public var received = Direction()
    /// Of the packets sent, those that had to wait outside of guest memory: for another process, or for a slow receiver.
    public var queued: UInt64 = 0
    /// The other ends of the network that are there at this moment, the host of a tap included.
    public var peers = 0
    /// The file that a capture goes to; nil when there is none.
    public var capture: String?
    /// Packets in that file, and packets that came too fast for it.
    public var captured: UInt64 = 0
    public var captureDrops: UInt64 = 0

    public init() {}

    public var packets: UInt64 { sent.packets &+ received.packets }
    public var bytes: UInt64 { sent.bytes &+ received.bytes }
    public var drops: UInt64 { sent.drops &+ received.drops }

    mutating func add(_ other: NetCounters) {
        sent.add(other.sent)
        received.add(other.received)
        queued &+= other.queued
        peers += other.peers
        captured &+= other.captured
        captureDrops &+= other.captureDrops
    }
}

/// The live side of `NetCounters`. Any thread may note, any thread may read.
final class NetMeter: Sendable {
    final class Direction: Sendable {
        let packets = Atomic<UInt64>(0)
        let bytes = Atomic<UInt64>(0)
        let drops = Atomic<UInt64>(0)

        func note(_ count: Int) {
            packets.wrappingAdd(1, ordering: .relaxed)
            bytes.wrappingAdd(UInt64(count), ordering: .relaxed)
        }

        func drop(_ packets: UInt64 = 1) { drops.wrappingAdd(packets, ordering: .relaxed) }

        var reading: NetCounters.Direction {
            var reading = NetCounters.Direction()
            reading.packets = packets.load(ordering: .relaxed)
            reading.bytes = bytes.load(ordering: .relaxed)
            reading.drops = drops.load(ordering: .relaxed)
            return reading
        }
    }

    let sent = Direction()
    let received = Direction()
    let queued = Atomic<UInt64>(0)

    var reading: NetCounters {
        var reading = NetCounters()
        reading.sent = sent.reading
        reading.received = received.reading
        reading.queued = queued.load(ordering: .relaxed)
        return reading
    }
}
