// Guests on one network that lie side by side show on the border between them what goes over the cable: arrows, which
// move with every sample as long as packets do. A still border means a quiet cable; arrows point where packets went.

/// What each guest has on each of its networks, and what was new there in the last sample.
package struct LinkActivity: Equatable, Sendable {
    /// One network card of one guest.
    package struct Card: Equatable, Sendable {
        package var pane: Int
        /// The same number for all cards on one network.
        package var network: Int
        package var sent: UInt64 = 0
        package var received: UInt64 = 0
        package var isSending = false
        package var isReceiving = false
    }

    package private(set) var cards: [Card] = []
    /// Counts samples in which something moved, so that the arrows move as well.
    package private(set) var phase = 0

    package init() {}

    /// Cards by guest; each names its network by anything that can be compared.
    package init<Medium: Hashable>(_ media: [[Medium]]) {
        var numbers: [Medium: Int] = [:]
        for (pane, own) in media.enumerated() {
            for medium in own {
                let number = numbers[medium] ?? numbers.count
                numbers[medium] = number
                cards.append(Card(pane: pane, network: number))
            }
        }
    }

    /// Takes the packet counts of one guest's cards, in order.
    package mutating func sample(_ pane: Int, _ counts: [(sent: UInt64, received: UInt64)]) {
        var counts = counts[...]
        for index in cards.indices where cards[index].pane == pane {
            guard let (sent, received) = counts.popFirst() else { return }
            // A guest that was started again counts from zero.
            cards[index].isSending = sent > cards[index].sent
            cards[index].isReceiving = received > cards[index].received
            cards[index].sent = sent
            cards[index].received = received
        }
    }

    /// To be called after all guests were sampled.
    package mutating func advance() {
        if cards.contains(where: { $0.isSending || $0.isReceiving }) { phase = (phase + 1) % Self.spacing }
    }

    /// Which way packets went between two guests: one sent and the other received on a network that they share.
    package func flow(_ a: Int, _ b: Int) -> (forth: Bool, back: Bool) {
        var (forth, back) = (false, false)
        for one in cards where one.pane == a {
            for other in cards where other.pane == b && other.network == one.network {
                if one.isSending && other.isReceiving { forth = true }
                if other.isSending && one.isReceiving { back = true }
            }
        }
        return (forth, back)
    }

    /// Cells from one arrow to the next.
    package static let spacing = 4

    /// An arrow on a border cell.
    package struct Arrow: Equatable, Sendable {
        package var column: Int
        package var row: Int
        package var scalar: Unicode.Scalar
        /// It lies on an upright border and points to the left or right.
        package var isAcross: Bool
    }

    /// All arrows on the borders of a page.
    package func arrows(_ plan: ScreenPlan, borders: BorderSet) -> [Arrow] {
        guard plan.isBoxed else { return [] }
        var result: [Arrow] = []
        for one in plan.frames {
            for other in plan.frames where other.pane != one.pane {
                let (a, b) = (one.content, other.content)
                let isBeside = b.column == a.endColumn + 1 && a.overlap(withRowsOf: b) > 0
                let isBelow = b.row == a.endRow + 1 && a.overlap(withColumnsOf: b) > 0
                guard isBeside || isBelow else { continue }
                let (forth, back) = flow(one.pane, other.pane)
                guard forth || back else { continue }
                if isBeside {
                    let scalars = Self.scalars(forth, back, borders == .ascii ? [">", "<"] : ["→", "←"])
                    let rows = max(a.row, b.row)..<min(a.endRow, b.endRow)
                    result += places(rows, scalars).map {
                        Arrow(column: a.endColumn, row: $0, scalar: $1, isAcross: true)
                    }
                } else {
                    let scalars = Self.scalars(forth, back, borders == .ascii ? ["v", "^"] : ["↓", "↑"])
                    let columns = max(a.column, b.column)..<min(a.endColumn, b.endColumn)
                    result += places(columns, scalars).map {
                        Arrow(column: $0, row: a.endRow, scalar: $1, isAcross: false)
                    }
                }
            }
        }
        return result
    }

    private static func scalars(_ forth: Bool, _ back: Bool, _ both: [Unicode.Scalar]) -> [Unicode.Scalar] {
        forth && back ? both : forth ? [both[0]] : [both[1]]
    }

    /// Where the arrows are now; with two directions they take turns.
    private func places(_ range: Range<Int>, _ scalars: [Unicode.Scalar]) -> [(Int, Unicode.Scalar)] {
        range.filter { ($0 - range.lowerBound) % Self.spacing == phase }.enumerated().map { index, place in
            (place, scalars[(index + phase) % scalars.count])
        }
    }
}
