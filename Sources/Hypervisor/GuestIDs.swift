// Linux makes its network address out of the guest id, so two living guests of one process must never share one; a dead
// guest's number goes to the next that asks.

import Synchronization

/// Hands out the lowest free guest id.
package final class GuestIDs: Sendable {
    /// The ids of this process.
    package static let process = GuestIDs()

    private let taken: Mutex<[Bool]>
    private let limit: Int

    /// - Parameter limit: how many guests may live at once; ids are 16 bits wide.
    package init(limit: Int = 65_536) {
        self.limit = min(limit, 65_536)
        taken = Mutex([])
    }

    /// The lowest id that nobody has, or nil when all are taken.
    package func take() -> UInt16? {
        taken.withLock { taken in
            let id = taken.firstIndex(of: false) ?? taken.count
            guard id < limit else { return nil }
            if id == taken.count { taken.append(true) } else { taken[id] = true }
            return UInt16(id)
        }
    }

    package func giveBack(_ id: UInt16) {
        taken.withLock { taken in
            guard Int(id) < taken.count else { return }
            taken[Int(id)] = false
        }
    }
}
