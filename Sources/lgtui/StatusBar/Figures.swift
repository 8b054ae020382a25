// What the status bar counts, and how the counts become rates. Independent of where the counts come from.

/// Counts since a guest's start.
package struct Figures: Equatable, Sendable {
    /// DMA transfers that the guest sent.
    package var dma: UInt64 = 0
    package var bytesRead: UInt64 = 0
    package var bytesWritten: UInt64 = 0
    package var diskRequests: UInt64 = 0
    package var packetsReceived: UInt64 = 0
    package var packetsSent: UInt64 = 0
    /// In either direction: nobody was there, or nobody had room.
    package var packetsDropped: UInt64 = 0
    /// Nanoseconds.
    package var processorTime: UInt64 = 0
    /// Nanoseconds that the guest slept.
    package var haltedTime: UInt64 = 0
    /// Bytes, and no count: what is, not what was done.
    package var memoryTouched: UInt64 = 0
    package var memorySize: UInt64 = 0

    package init() {}

    /// Whether any count is below what it was.
    package func isBehind(_ old: Figures) -> Bool {
        dma < old.dma || bytesRead < old.bytesRead || bytesWritten < old.bytesWritten
            || diskRequests < old.diskRequests || packetsReceived < old.packetsReceived || packetsSent < old.packetsSent
            || packetsDropped < old.packetsDropped || processorTime < old.processorTime
    }

    package static func + (a: Figures, b: Figures) -> Figures {
        var sum = Figures()
        sum.dma = a.dma &+ b.dma
        sum.bytesRead = a.bytesRead &+ b.bytesRead
        sum.bytesWritten = a.bytesWritten &+ b.bytesWritten
        sum.diskRequests = a.diskRequests &+ b.diskRequests
        sum.packetsReceived = a.packetsReceived &+ b.packetsReceived
        sum.packetsSent = a.packetsSent &+ b.packetsSent
        sum.packetsDropped = a.packetsDropped &+ b.packetsDropped
        sum.processorTime = a.processorTime &+ b.processorTime
        sum.memoryTouched = a.memoryTouched &+ b.memoryTouched
        sum.memorySize = a.memorySize &+ b.memorySize
        return sum
    }
}

/// Figures per second, over the last two seconds: long enough for eyes to catch a burst that took a millisecond.
package struct RateMeter: Sendable {
    package private(set) var total = Figures()
    package private(set) var perSecond = Figures()
    /// Figures per second from each sample to the next, the latest last: what a sparkline shows.
    package private(set) var history: [Figures] = []
    private var samples: [(figures: Figures, time: UInt64)] = []

    /// How far back a rate looks, in nanoseconds.
    package static let window: UInt64 = 2_000_000_000
    /// How many steps are remembered.
    package static let historyCount = 60

    package init() {}

    /// Whether the guest sleeps less than half of the time – not how much it runs: among many such guests each runs little.
    package var isBusy: Bool { !history.isEmpty && perSecond.haltedTime < 500_000_000 }

    /// Takes a sample at `now` (nanoseconds).
    package mutating func sample(_ figures: Figures, at now: UInt64) {
        // A restarted guest counts from zero again, which is no negative rate.
        if figures.isBehind(total) { samples.removeAll() }
        total = figures
        samples.append((figures, now))
        while samples.count > 2, now &- samples[1].time >= Self.window { samples.removeFirst() }
        guard let oldest = samples.first, now > oldest.time else {
            perSecond = Figures()
            return
        }
        perSecond = figures.perSecond(since: oldest.figures, nanoseconds: now - oldest.time)
        guard samples.count > 1 else { return }
        let before = samples[samples.count - 2]
        history.append(figures.perSecond(since: before.figures, nanoseconds: max(1, now &- before.time)))
        if history.count > Self.historyCount { history.removeFirst() }
    }
}

extension Figures {
    /// What was done a second between `old` and now. What is no count is left out.
    fileprivate func perSecond(since old: Figures, nanoseconds: UInt64) -> Figures {
        let seconds = Double(nanoseconds) / 1e9
        func rate(_ path: KeyPath<Figures, UInt64>) -> UInt64 {
            // A nap that is read while it ends may seem shorter than it was a moment ago.
            let (now, before) = (self[keyPath: path], old[keyPath: path])
            return now > before ? UInt64((Double(now - before) / seconds).rounded()) : 0
        }
        var result = Figures()
        result.dma = rate(\.dma)
        result.bytesRead = rate(\.bytesRead)
        result.bytesWritten = rate(\.bytesWritten)
        result.diskRequests = rate(\.diskRequests)
        result.packetsReceived = rate(\.packetsReceived)
        result.packetsSent = rate(\.packetsSent)
        result.packetsDropped = rate(\.packetsDropped)
        result.processorTime = rate(\.processorTime)
        result.haltedTime = rate(\.haltedTime)
        return result
    }
}

/// A count in at most five columns: `950`, `12.3k`, `4.50M`.
package func compact(_ value: UInt64) -> String {
    scaled(value, step: 1000, units: ["", "k", "M", "G", "T", "P", "E"])
}

/// Bytes in at most six columns: `950B`, `1.46M`. Powers of 1024, as disks are driven in sectors.
package func compactBytes(_ value: UInt64) -> String {
    scaled(value, step: 1024, units: ["B", "K", "M", "G", "T", "P", "E"])
}

private func scaled(_ value: UInt64, step: UInt64, units: [String]) -> String {
    if value < 1000 { return "\(value)\(units[0])" }
    var unit = 0
    var divisor: UInt64 = 1
    // Up a unit as soon as four digits would be needed.
    while value / divisor >= 1000, unit + 1 < units.count {
        divisor *= step
        unit += 1
    }
    let whole = value / divisor
    let rest = value % divisor
    // Three digits in all. The rest can be near 2⁶⁰, where a hundred of it no longer fit.
    let hundredths = divisor > 1 << 50 ? rest / (divisor / 100) : rest * 100 / divisor
    let text: String
    if whole >= 100 {
        text = "\(whole)"
    } else if whole >= 10 {
        text = "\(whole).\(min(99, hundredths) / 10)"
    } else {
        let digits = min(99, hundredths)
        text = "\(whole).\(digits < 10 ? "0" : "")\(digits)"
    }
    return text + units[unit]
}

/// Right-aligned in `columns`, so that the bar does not dance when a figure grows a digit.
package func padded(_ text: String, to columns: Int) -> String {
    String(repeating: " ", count: max(0, columns - text.count)) + text
}
