// When a guest dies of a trap, the traps before it often say more than the last one. With recording on, the last few are
// kept; without, nothing is done and nothing is paid.

import Synchronization

/// A trap that was handed to the guest, or that it died of.
public struct TrapRecord: Hashable, Sendable, CustomStringConvertible {
    public var vector: UInt8
    public var errorCode: UInt32
    public var eip: UInt32
    /// The faulting address; meaningful for page faults.
    public var cr2: UInt32
    /// Instructions retired before it.
    public var instructions: UInt64

    public var description: String {
        let address = vector == 14 ? ", address \(hex(cr2))" : ""
        return "trap \(vector) at \(hex(eip)), error code \(hex(errorCode))\(address), instruction \(instructions)"
    }
}

// H:730
/// The last 64 traps.
final class TrapLog: Sendable {
    static let capacity = 64
    private struct Ring {
        var records: [TrapRecord] = []
        var next = 0
    }
    private let ring = Mutex(Ring())

    func add(_ record: TrapRecord) {
        ring.withLock { ring in
            if ring.records.count < Self.capacity {
                ring.records.append(record)
            } else {
                ring.records[ring.next] = record
            }
            ring.next = (ring.next + 1) % Self.capacity
        }
    }

    func records() -> [TrapRecord] {
        ring.withLock { ring in
            guard ring.records.count == Self.capacity else { return ring.records }
            return Array(ring.records[ring.next...] + ring.records[..<ring.next])
        }
    }
}

extension EmbeddedLguest {
    func traceTrap(vector: UInt8, errorCode: UInt32) {
        guard let traps else { return }
        let state = cpu.state
        traps.add(
            TrapRecord(
                vector: vector, errorCode: errorCode, eip: state.pointee.eip, cr2: state.pointee.cr2,
                instructions: cpu.instructions))
    }
}
