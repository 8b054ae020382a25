// Where typed bytes go. To the focused guest, mostly; but a pane may be locked against slips of the fingers, and a set of
// panes may get everything that is typed at one of them.

/// The panes that are typed at together.
package struct BroadcastSet: Equatable, Sendable {
    package private(set) var members: Set<Int> = []
    package private(set) var isOn = false

    package init() {}

    /// Turns it on for the chosen set; with none chosen, for all of `count` panes.
    package mutating func turnOn(count: Int) {
        if members.isEmpty { members = Set(0..<count) }
        isOn = true
    }

    package mutating func turnOnForAll(count: Int) {
        members = Set(0..<count)
        isOn = true
    }

    package mutating func turnOff() { isOn = false }

    /// Chooses a pane or not. A set that is on and loses its last member is off.
    package mutating func choose(_ pane: Int, _ isMember: Bool) {
        if isMember { members.insert(pane) } else { members.remove(pane) }
        if members.isEmpty { isOn = false }
    }

    /// Who gets what is typed at `pane`.
    package func targets(of pane: Int) -> [Int] {
        isOn && members.contains(pane) ? members.sorted() : [pane]
    }
}

extension Workspace {
    /// What typing `bytes` at the target does. Everything that is meant as typing goes through here.
    package mutating func type(_ bytes: [UInt8]) -> [Effect] {
        broadcast.targets(of: target).flatMap { type(bytes, at: $0) }
    }

    /// Types at one pane and no other.
    package mutating func type(_ bytes: [UInt8], at pane: Int) -> [Effect] {
        guard panes.indices.contains(pane) else { return [] }
        if panes[pane].badges.isReadOnly {
            tell("\(panes[pane].name) is read-only: `read-only off` lets you type again".onOneLine, .error)
            return []
        }
        return [.send(pane: pane, bytes: bytes)]
    }

    /// To be called after the set has changed.
    mutating func markBroadcast() {
        for index in panes.indices {
            panes[index].badges.isInBroadcast = broadcast.isOn && broadcast.members.contains(index)
        }
    }
}
