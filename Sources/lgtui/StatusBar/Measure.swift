// What a guest is measured by, each thing once: how figures say it in words and how high a sparkline draws it. The
// status bar and the overview show the same.

package enum Measure: String, CaseIterable, Sendable {
    case cpu, dma, disk, iops, net

    /// For the manual, after "its".
    var meaning: String {
        switch self {
        case .cpu: "processor time in percent of one processor"
        case .dma: "DMA transfers, since its start and a second"
        case .disk: "bytes a second that it reads from and writes to disks"
        case .iops: "disk requests a second"
        case .net: "packets a second, in and out"
        }
    }

    /// How early it goes when there is no room: the lowest stays longest.
    var rank: Int {
        switch self {
        case .dma: 0
        case .disk: 1
        case .cpu: 2
        case .net: 3
        case .iops: 8
        }
    }

    private static let second: UInt64 = 1_000_000_000

    /// Both directions together, in the measure's own unit.
    package func amount(_ now: Figures) -> UInt64 {
        switch self {
        case .cpu: now.processorTime
        case .dma: now.dma
        case .disk: now.bytesRead &+ now.bytesWritten
        case .iops: now.diskRequests
        case .net: now.packetsReceived &+ now.packetsSent
        }
    }

    /// The amount in a few columns.
    package func short(_ now: Figures) -> String {
        switch self {
        case .cpu: "\(now.processorTime / (Self.second / 100))%"
        case .disk: compactBytes(amount(now))
        case .dma, .iops, .net: compact(amount(now))
        }
    }

    /// The last `columns` samples as bars. The highest fills a cell, but a processor's only when it is fully used.
    package func sparkline(of rates: RateMeter, columns: Int, borders: BorderSet) -> String {
        let ceiling = self == .cpu ? Self.second : 1
        return lgtui.sparkline(
            rates.history.suffix(columns).map(amount), columns: columns, ceiling: ceiling, borders: borders)
    }

    /// What the status bar says, with every number at its place from one sample to the next.
    func pieces(_ rates: RateMeter) -> [StatusBar.Piece] {
        let now = rates.perSecond
        switch self {
        case .cpu: return [.label("  cpu "), .figure(short(now), columns: 4)]
        case .dma:
            return [
                .label("  dma "), .figure(compact(rates.total.dma), columns: 5), .label(" "),
                .figure(short(now), columns: 4), .label("/s"),
            ]
        case .disk:
            return [
                .label("  disk r "), .figure(compactBytes(now.bytesRead), columns: 5), .label(" w "),
                .figure(compactBytes(now.bytesWritten), columns: 5), .label("/s"),
            ]
        case .iops: return [.label("  io "), .figure(short(now), columns: 4), .label("/s")]
        case .net:
            return [
                .label("  net in "), .figure(compact(now.packetsReceived), columns: 4), .label(" out "),
                .figure(compact(now.packetsSent), columns: 4), .label("/s"),
            ]
        }
    }
}
