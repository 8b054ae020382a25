// Erasing, with and without respect for protected cells. Erased cells take the current background and nothing else.

extension Emulator {
    /// What an erase spares.
    enum Sparing { case nothing, protected }

    /// ED, EL, ECH leave cells alone that SPA has protected; the selective forms those of DECSCA.
    func sparing(selective: Bool) -> Sparing {
        if selective { return protection == .dec ? .protected : .nothing }
        return protection == .iso && !modes.contains(.eraseProtected) ? .protected : .nothing
    }

    mutating func erase(_ row: Int, from: Int, to: Int, sparing: Sparing) {
        guard from < to else { return }
        damage.mark(row)
        if to >= columns { grid.lines[row].flags.remove(.wrapped) }
        guard sparing == .protected else {
            splitWide(row: row, from: from, to: to)
            grid.fill(row, from: from, to: to, with: blank)
            return
        }
        let cells = grid.lines[row].cells
        for column in from..<to where !cells[column].attributes.contains(.protected) {
            splitWide(row: row, from: column, to: column + 1)
            grid.fill(row, from: column, to: column + 1, with: blank)
        }
    }

    mutating func eraseLine(_ selection: Int, selective: Bool = false) {
        let sparing = sparing(selective: selective)
        switch selection {
        case 0: erase(y, from: x, to: columns, sparing: sparing)
        case 1: erase(y, from: 0, to: x + 1, sparing: sparing)
        case 2: erase(y, from: 0, to: columns, sparing: sparing)
        default: return
        }
        pendingWrap = false
    }

    mutating func eraseDisplay(_ selection: Int, selective: Bool = false) {
        let sparing = sparing(selective: selective)
        switch selection {
        case 0:
            eraseLine(0, selective: selective)
            eraseRows(y + 1, rows, sparing)
        case 1:
            eraseRows(0, y, sparing)
            eraseLine(1, selective: selective)
        case 2:
            eraseRows(0, rows, sparing)
        case 3 where !selective:
            scrollback.removeAll()
        default: return
        }
        if selection != 3 { pendingWrap = false }
    }

    private mutating func eraseRows(_ from: Int, _ to: Int, _ sparing: Sparing) {
        guard from < to else { return }
        for row in from..<to {
            if sparing == .nothing {
                grid.clear(row, background: pen.background)
            } else {
                erase(row, from: 0, to: columns, sparing: sparing)
            }
        }
        damage.mark(from: from, through: to - 1)
    }

    /// ECH.
    mutating func eraseCharacters(_ count: Int) {
        erase(y, from: x, to: min(columns, x + count), sparing: sparing(selective: false))
        pendingWrap = false
    }

    /// DECALN: the screen full of E, margins off, cursor home.
    mutating func alignmentPattern() {
        resetMargins()
        modes.remove(.origin)
        for row in 0..<rows {
            grid.clear(row, background: .default)
            grid.fill(row, from: 0, to: columns, with: Cell(content: 0x45))
        }
        moveTo(x: 0, y: 0)
        damage.markAll()
    }
}
