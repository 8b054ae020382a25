// What a status bar can be made of. A segment is a name in the settings, a weight that decides what goes first on a narrow
// screen, and a function from figures to pieces of text.

package enum StatusSegment: String, CaseIterable, Sendable {
    case name, state, marks, alerts, cpu, dma, disk, iops, net, memory, zoom, guests, clock
    case allCPU = "all-cpu"
    case allDMA = "all-dma"
    case allDisk = "all-disk"
    case allIOPS = "all-iops"
    case allNet = "all-net"

    package static let standardLeft: [StatusSegment] = [.name, .state, .marks, .alerts, .zoom, .cpu, .dma, .disk, .net]
    package static let standardRight: [StatusSegment] = [.guests, .allCPU, .allDMA, .allDisk, .allNet]

    /// What it shows, for the manual.
    package var meaning: String {
        switch self {
        case .name: "number and name of the focused guest"
        case .state: "whether it runs"
        case .marks: "what is special about its pane: BROADCAST, read-only, rec, sending"
        case .alerts: "other guests that a monitor calls for"
        case .cpu: "its processor time in percent of one processor"
        case .dma: "its DMA transfers, since its start and a second"
        case .disk: "bytes a second that it reads from and writes to disks"
        case .iops: "its disk requests a second"
        case .net: "its packets a second, in and out"
        case .memory: "memory that it has touched, of what it has"
        case .zoom: "whether its pane is zoomed"
        case .guests: "how many guests run"
        case .clock: "the time of day"
        case .allCPU, .allDMA, .allDisk, .allIOPS, .allNet: "the same of all guests together"
        }
    }

    /// What goes first when there is no room: the highest.
    var priority: Int {
        switch self {
        case .name: 0
        case .state, .marks: 1
        case .alerts: 2
        case .dma: 2
        case .disk: 3
        case .cpu: 4
        case .zoom, .guests, .memory, .clock: 5
        case .net: 6
        case .iops: 7
        case .allDMA: 8
        case .allDisk: 9
        case .allCPU: 10
        case .allNet: 11
        case .allIOPS: 12
        }
    }

    /// What all segments are made from.
    package struct Facts: Sendable {
        package var pane: Workspace.PaneInfo
        /// From 1.
        package var number: Int
        package var count: Int
        package var running: Int
        package var rates: RateMeter
        package var sum: RateMeter
        package var isZoomed: Bool
        /// Seconds since midnight, local time.
        package var timeOfDay: Int
        /// Who calls; empty when nobody does.
        package var alerts = ""

        package init(
            pane: Workspace.PaneInfo, number: Int, count: Int, running: Int, rates: RateMeter, sum: RateMeter,
            isZoomed: Bool, timeOfDay: Int = 0
        ) {
            self.pane = pane
            self.number = number
            self.count = count
            self.running = running
            self.rates = rates
            self.sum = sum
            self.isZoomed = isZoomed
            self.timeOfDay = timeOfDay
        }
    }

    /// The pieces; none when there is nothing to say.
    func pieces(_ facts: Facts) -> [StatusBar.Piece] {
        switch self {
        case .name: return [StatusBar.Piece(text: " \(facts.number) \(facts.pane.name) ".onOneLine, look: .name)]
        case .state: return [StatusBar.Piece(text: " \(facts.pane.phase.label)", look: .state)]
        case .marks:
            let words = facts.pane.badges.words
            return words.isEmpty ? [] : [StatusBar.Piece(text: " \(words.joined(separator: " ")) ", look: .name)]
        case .alerts: return facts.alerts.isEmpty ? [] : [StatusBar.Piece(text: " \(facts.alerts) ", look: .name)]
        case .zoom: return facts.isZoomed && facts.count > 1 ? [.label(" (zoomed)")] : []
        case .guests: return [.label(" all "), .figure("\(facts.running)/\(facts.count)"), .label(" up")]
        case .clock:
            let (hours, minutes) = (facts.timeOfDay / 3600 % 24, facts.timeOfDay / 60 % 60)
            return [.figure("  \(hours < 10 ? "0" : "")\(hours):\(minutes < 10 ? "0" : "")\(minutes)")]
        case .cpu, .dma, .disk, .iops, .net, .memory: return figures(facts.rates)
        case .allCPU, .allDMA, .allDisk, .allIOPS, .allNet: return figures(facts.sum)
        }
    }

    private func figures(_ rates: RateMeter) -> [StatusBar.Piece] {
        let now = rates.perSecond
        switch self {
        case .cpu, .allCPU: return [.label("  cpu "), .figure("\(now.processorTime / 10_000_000)%", columns: 4)]
        case .dma, .allDMA:
            return [
                .label("  dma "), .figure(compact(rates.total.dma), columns: 5), .label(" "),
                .figure(compact(now.dma), columns: 4), .label("/s"),
            ]
        case .disk, .allDisk:
            return [
                .label("  disk r "), .figure(compactBytes(now.bytesRead), columns: 5), .label("/s w "),
                .figure(compactBytes(now.bytesWritten), columns: 5), .label("/s"),
            ]
        case .iops, .allIOPS: return [.label("  io "), .figure(compact(now.diskRequests), columns: 4), .label("/s")]
        case .net, .allNet:
            return [
                .label("  net in "), .figure(compact(now.packetsReceived), columns: 4), .label("/s out "),
                .figure(compact(now.packetsSent), columns: 4), .label("/s"),
            ]
        case .memory:
            return [
                .label("  mem "), .figure(compactBytes(rates.total.memoryTouched), columns: 5), .label(" of "),
                .figure(compactBytes(rates.total.memorySize), columns: 5),
            ]
        default: return []
        }
    }
}
