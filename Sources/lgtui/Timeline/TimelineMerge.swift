// Many guests' lines in one order, without ever making one list of them: a place in the timeline is one number per guest –
// how many of its lines lie before – and a step moves the one whose next line is due. Sixty-four guests with ten thousand
// lines each cost sixty-four comparisons a step, and only the lines on the screen are ever stepped over.

struct TimelineMerge: Sendable {
    var sources: [TimelineSource]

    /// How many lines of each source lie before a place.
    typealias Cut = [Int]

    var endCut: Cut { sources.map(\.count) }
    var startCut: Cut { sources.map { _ in 0 } }

    /// The place right behind `key`.
    func cut(behind key: TimelineKey) -> Cut { sources.map { $0.count(upTo: key) } }

    /// Moves `cut` over the line before it, and returns that.
    func stepBack(_ cut: inout Cut) -> TimelineKey? {
        var best: (source: Int, key: TimelineKey)?
        for (index, source) in sources.enumerated() where cut[index] > 0 {
            let key = source.key(cut[index] - 1)
            if best.map({ key > $0.key }) ?? true { best = (index, key) }
        }
        guard let best else { return nil }
        cut[best.source] -= 1
        return best.key
    }

    /// Moves `cut` over the line behind it, and returns that.
    func stepOn(_ cut: inout Cut) -> TimelineKey? {
        var best: (source: Int, key: TimelineKey)?
        for (index, source) in sources.enumerated() where cut[index] < source.count {
            let key = source.key(cut[index])
            if best.map({ key < $0.key }) ?? true { best = (index, key) }
        }
        guard let best else { return nil }
        cut[best.source] += 1
        return best.key
    }

    /// The `rows` lines that end with `key` (nil: the last there are), or the first ones when fewer lie before.
    func window(endingAt key: TimelineKey?, rows: Int) -> [TimelineKey] {
        let behind = key.map { cut(behind: $0) } ?? endCut
        var result: [TimelineKey] = []
        var back = behind
        while result.count < rows, let line = stepBack(&back) { result.append(line) }
        result.reverse()
        var on = behind
        while result.count < rows, let line = stepOn(&on) { result.append(line) }
        return result
    }

    /// Lines behind `key`.
    func count(behind key: TimelineKey) -> Int {
        zip(cut(behind: key), sources).reduce(0) { $0 + $1.1.count - $1.0 }
    }

    var count: Int { sources.reduce(0) { $0 + $1.count } }
}
