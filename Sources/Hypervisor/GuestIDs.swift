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

    /// The lowest id that nobody has and that `claim` accepts, or nil when there is none. `claim` is asked for one id after
    /// the other, under the lock, until it accepts one.
    package func take(where claim: (UInt16) -> Bool = { _ in true }) -> UInt16? {
        taken.withLock { taken in
            for id in 0..<limit where id >= taken.count || !taken[id] {
                guard claim(UInt16(id)) else { continue }
                while taken.count <= id { taken.append(false) }
                taken[id] = true
                return UInt16(id)
            }
            return nil
        }
    }

    package func giveBack(_ id: UInt16) {
        taken.withLock { taken in
            guard Int(id) < taken.count else { return }
            taken[Int(id)] = false
        }
    }
}
