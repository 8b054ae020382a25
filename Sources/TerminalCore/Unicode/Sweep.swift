// The side tables are small and guests are many-faced: when one is full, everything that no cell names any more is
// thrown out. Should even that not help (a guest that keeps tens of thousands of clusters on its screens), marks, links
// and underline colours are left away for a while rather than looking at every cell again and again.

extension Emulator {
    mutating func extendCluster(_ prefix: UInt32, with scalar: UInt32) -> UInt32? {
        if let content = clusters.extend(prefix, with: scalar) { return content }
        guard clusters.isFull, sweepIfDue() else { return nil }
        // The prefix itself is in a cell, so it has survived.
        return clusters.extend(prefix, with: scalar)
    }

    mutating func internExtra(_ extra: Extra) -> UInt16 {
        if let number = extras.intern(extra) { return number }
        guard sweepIfDue() else { return 0 }
        // A link that no cell carried yet was swept with the rest.
        var extra = extra
        if !linkTable.isMarked(extra.link), linkTable[extra.link].uri.isEmpty { extra.link = 0 }
        return extras.intern(extra) ?? 0
    }

    mutating func internLink(_ link: Hyperlink) -> UInt16 {
        if let number = linkTable.intern(link) { return number }
        guard sweepIfDue() else { return 0 }
        return linkTable.intern(link) ?? 0
    }

    private mutating func sweepIfDue() -> Bool {
        guard sweepPause == 0 else {
            sweepPause -= 1
            return false
        }
        sweep()
        // A sweep that found little to throw out would only be repeated by the next mark.
        let crowded =
            clusters.count * 4 > ClusterTable.capacity * 3 || extras.count * 4 > extras.capacity * 3
            || linkTable.count * 4 > linkTable.capacity * 3
        sweepPause = crowded ? 4096 : 0
        return true
    }

    private mutating func sweep() {
        for row in 0..<rows {
            markCells(grid.lines[row])
            markCells(hidden.lines[row])
        }
        for index in 0..<scrollback.count {
            scrollback.visit(index, content: { clusters.mark($0) }, extra: { extras.mark($0) })
        }
        extras.mark(pen.extra)
        extras.mark(saved.0.pen.extra)
        extras.mark(saved.1.pen.extra)
        for number in 1...UInt16.max where extras.isMarked(number) { linkTable.mark(extras[number].link) }
        clusters.sweep()
        extras.sweep()
        linkTable.sweep()
    }

    private mutating func markCells(_ line: Line) {
        for column in 0..<Int(line.used) {
            let cell = line.cells[column]
            if cell.isCluster { clusters.mark(cell.content) }
            if cell.extra != 0 { extras.mark(cell.extra) }
        }
    }
}
