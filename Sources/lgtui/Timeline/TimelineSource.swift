// One guest's lines in the timeline: when each came and where it is, not what it says. Lines that have left the screen
// are looked at once; those on it, which may still change, again and again. The text is fetched when it is shown.

struct TimelineSource: Sendable {
    let pane: Int
    /// Whether its lines take part.
    var isShown = true

    /// Whole lines in the order in which they are in the terminal. Times never run backwards here, even if a program wrote
    /// to an upper line last: a merge needs an order.
    private(set) var stamps: [UInt64] = []
    private var numbers: [Int] = []
    /// How many lines in front of the first one were here once.
    private var base = 0
    /// Lines that cannot change any more.
    private var settled = 0
    /// The number of the first line that has not settled.
    private var resume = 0
    private(set) var renumberings = -1
    private var clock: UInt64 = .max

    // Which lines a filter lets pass, found little by little: `older` backwards from where the filter was set, `newer` as
    // lines settle, `open` anew each time. All are counted with `base`.
    private var filter: Pattern?
    /// The lines on the screen have not been looked at since the filter was set.
    private var isFilterNew = false
    private var older: [Int] = []
    private var newer: [Int] = []
    private var open: [Int] = []
    private var scannedFrom = 0
    private var scannedTo = 0

    init(pane: Int) { self.pane = pane }

    /// Lines there are, whether they pass or not.
    var total: Int { stamps.count }

    // MARK: What is seen. Lines that pass are counted from 0, the oldest.

    var count: Int {
        if !isShown { return 0 }
        return filter == nil ? stamps.count : older.count + newer.count + open.count
    }

    private func index(_ place: Int) -> Int {
        if filter == nil { return place }
        if place < older.count { return older[older.count - 1 - place] - base }
        let rest = place - older.count
        return (rest < newer.count ? newer[rest] : open[rest - newer.count]) - base
    }

    func key(_ place: Int) -> TimelineKey {
        let index = index(place)
        return TimelineKey(stamp: stamps[index], pane: pane, line: base + index)
    }

    /// How many of the lines that pass come at or before `key`.
    func count(upTo key: TimelineKey) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self.key(middle) <= key { low = middle + 1 } else { high = middle }
        }
        return low
    }

    func number(of key: TimelineKey) -> Int? {
        let index = key.line - base
        return numbers.indices.contains(index) ? numbers[index] : nil
    }

    // MARK: Taking in

    /// Takes in what is new on the screen.
    mutating func refresh(from screen: PaneScreen) {
        guard let news = screen.news(from: resume, renumberings: renumberings, since: clock) else {
            if isFilterNew { scanNew(on: screen) }
            return
        }
        clock = news.clock
        let isNew = news.renumberings != renumberings
        if isNew {
            base += stamps.count
            (stamps, numbers, settled) = ([], [], 0)
            renumberings = news.renumberings
        }
        stamps.removeLast(stamps.count - settled)
        numbers.removeLast(numbers.count - settled)
        resume = news.start
        var start = news.start
        var head: (stamp: UInt64, isEmpty: Bool)?
        for (index, line) in news.heads.enumerated() {
            let number = news.start + index
            if head == nil {
                head = (line.stamp, line.isEmpty)
                start = number
            }
            let isLast = index == news.heads.count - 1
            guard !line.isWrapped || isLast, let (stamp, isEmpty) = head else { continue }
            head = nil
            if stamp != 0 && !(isEmpty && !line.isWrapped) {
                stamps.append(max(stamp, stamps.last ?? 0))
                numbers.append(start)
            }
            if number < news.open && !line.isWrapped {
                settled = stamps.count
                resume = number + 1
            }
        }
        forget(before: news.first)
        if isNew { restartFilter() }
        scanNew(on: screen)
    }

    /// Drops lines that the scrollback has forgotten, many at a time.
    private mutating func forget(before first: Int) {
        guard let oldest = numbers.first, first - oldest > 1000 else { return }
        let gone = min(numbers.firstIndex { $0 >= first } ?? numbers.count, settled)
        stamps.removeFirst(gone)
        numbers.removeFirst(gone)
        settled -= gone
        base += gone
        newer.removeAll { $0 < base }
        while let last = older.last, last < base { older.removeLast() }
        scannedFrom = max(scannedFrom, base)
        scannedTo = max(scannedTo, base)
    }

    // MARK: The filter

    mutating func set(filter pattern: Pattern?) {
        filter = pattern
        restartFilter()
    }

    private mutating func restartFilter() {
        isFilterNew = true
        (older, newer, open) = ([], [], [])
        scannedFrom = base + settled
        scannedTo = scannedFrom
    }

    /// Older lines have not been looked at yet.
    var isBusy: Bool { isShown && filter != nil && scannedFrom > base }
    /// When the oldest line came that the filter has seen.
    var scannedSince: UInt64 { isBusy && scannedFrom - base < stamps.count ? stamps[scannedFrom - base] : .max }

    private func passing(_ range: Range<Int>, on screen: PaneScreen) -> [Int] {
        guard let filter, !range.isEmpty else { return [] }
        let matcher = PatternMatcher(filter)
        let texts = screen.texts(ofLines: range.map { numbers[$0 - base] }, renumberings: renumberings)
        return zip(range, texts).filter { matcher.matches($0.1.unicodeScalars.map(\.value)) }.map(\.0)
    }

    private mutating func scanNew(on screen: PaneScreen) {
        isFilterNew = false
        guard filter != nil else { return }
        let end = base + settled
        if scannedTo < end {
            newer += passing(scannedTo..<end, on: screen)
            scannedTo = end
        }
        open = passing(end..<(base + stamps.count), on: screen)
    }

    /// Looks at some more of the older lines.
    mutating func scanOlder(_ most: Int, on screen: PaneScreen) {
        let start = max(base, scannedFrom - most)
        older += passing(start..<scannedFrom, on: screen).reversed()
        scannedFrom = start
    }
}

/// A line's place in the order of all lines of all guests.
struct TimelineKey: Hashable, Comparable, Sendable {
    var stamp: UInt64
    var pane: Int
    var line: Int

    static func < (a: Self, b: Self) -> Bool { (a.stamp, a.pane, a.line) < (b.stamp, b.pane, b.line) }
}
