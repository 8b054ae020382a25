// The VT400's rectangle functions. Coordinates are 1-based, inclusive, relative to the margins with DECOM.

extension Emulator {
    struct Rectangle {
        var top: Int, left: Int, bottom: Int, right: Int
    }

    /// The rectangle in parameters `first…first + 3`, clipped to the page (or the margins, with DECOM); nil when it is empty.
    /// As a stream of characters from corner to corner it may end left of where it begins.
    private func rectangle(_ first: Int, stream: Bool = false) -> Rectangle? {
        let origin = modes.contains(.origin)
        let rowBase = origin ? top : 0
        let columnBase = origin ? left : 0
        let lastRow = origin ? bottom : rows - 1
        let lastColumn = origin ? right : columns - 1
        let result = Rectangle(
            top: rowBase + parser.parameters.count(first) - 1,
            left: columnBase + parser.parameters.count(first + 1) - 1,
            bottom: min(rowBase + parser.parameters.count(first + 2, or: rows) - 1, lastRow),
            right: min(columnBase + parser.parameters.count(first + 3, or: columns) - 1, lastColumn))
        guard result.top <= result.bottom, result.left <= lastColumn, result.right >= columnBase else { return nil }
        return result.left <= result.right || stream && result.top < result.bottom ? result : nil
    }

    /// DECCRA. Pages other than the one there is are taken for it.
    mutating func copyRectangle() {
        guard let source = rectangle(0) else { return }
        let origin = modes.contains(.origin)
        let row = (origin ? top : 0) + parser.parameters.count(5) - 1
        let column = (origin ? left : 0) + parser.parameters.count(6) - 1
        let height = min(source.bottom - source.top + 1, (origin ? bottom : rows - 1) + 1 - row)
        let width = min(source.right - source.left + 1, (origin ? right : columns - 1) + 1 - column)
        guard height > 0, width > 0 else { return }
        let order = row <= source.top ? Array(0..<height) : Array((0..<height).reversed())
        for offset in order {
            splitWide(row: row + offset, from: column, to: column + width)
            copyCells(
                fromRow: source.top + offset, from: source.left, toRow: row + offset, to: column, count: width)
            mendWide(row: row + offset, from: column, to: column + width)
        }
    }

    /// DECFRA.
    mutating func fillRectangle() {
        let code = parser.parameters.value(0)
        guard (0x20...0x7E).contains(code) || (0xA0...0xFF).contains(code), let area = rectangle(1) else { return }
        var cell = pen
        cell.content = UInt32(code)
        for row in area.top...area.bottom {
            splitWide(row: row, from: area.left, to: area.right + 1)
            grid.fill(row, from: area.left, to: area.right + 1, with: cell)
            damage.mark(row)
        }
    }

    /// DECERA takes everything, DECSERA spares what DECSCA protected.
    mutating func eraseRectangle(selective: Bool) {
        guard let area = rectangle(0) else { return }
        for row in area.top...area.bottom {
            let wrapped = grid.lines[row].flags.contains(.wrapped)
            erase(row, from: area.left, to: area.right + 1, sparing: selective ? sparing(selective: true) : .nothing)
            if wrapped { grid.lines[row].flags.insert(.wrapped) }
        }
    }

    /// DECCARA sets attributes, DECRARA reverses them, in the rectangle or in the stream of characters between its corners.
    mutating func changeRectangle(reverse: Bool) {
        guard let area = rectangle(0, stream: !rectangularExtent) else { return }
        let first = modes.contains(.origin) ? left : 0
        let last = modes.contains(.origin) ? right : columns - 1
        for row in area.top...area.bottom {
            let from = rectangularExtent || row == area.top ? area.left : first
            let to = rectangularExtent || row == area.bottom ? area.right : last
            guard from <= to else { continue }
            let line = grid.lines + row
            for column in from...to { change(&line.pointee.cells[column], reverse: reverse) }
            line.pointee.used = max(line.pointee.used, Int32(truncatingIfNeeded: to + 1))
            line.pointee.flags.insert(.styled)
            damage.mark(row)
        }
    }

    private func change(_ cell: inout Cell, reverse: Bool) {
        for position in 4..<max(5, parser.parameters.count) {
            let value = parser.parameters.value(position)
            let attribute: Attributes
            switch value {
            case 0:
                if reverse {
                    let underline = cell.attributes.underline
                    cell.attributes.formSymmetricDifference([.bold, .blink, .inverse, .invisible])
                    cell.attributes.underline = underline == .none ? .single : .none
                } else {
                    cell.attributes.formIntersection(.protected)
                }
                continue
            case 1, 22: attribute = .bold
            case 5, 25: attribute = .blink
            case 7, 27: attribute = .inverse
            case 8, 28: attribute = .invisible
            case 4, 24:
                let on = reverse ? cell.attributes.underline == .none : value == 4
                cell.attributes.underline = on ? .single : .none
                continue
            default: continue
            }
            if reverse {
                cell.attributes.formSymmetricDifference(attribute)
            } else if value < 20 {
                cell.attributes.insert(attribute)
            } else {
                cell.attributes.remove(attribute)
            }
        }
    }

    /// DECRQCRA: the negated sum of the characters and their attributes, as xterm counts it.
    mutating func reportChecksum() {
        let id = parser.parameters.value(0)
        var sum: UInt32 = 0
        if let area = rectangle(2) {
            for row in area.top...area.bottom {
                let cells = grid.lines[row].cells
                for column in area.left...area.right { sum = sum &+ checksum(of: cells[column]) }
            }
        }
        let value = String((0 &- sum) & 0xFFFF, radix: 16, uppercase: true)
        reply("\u{1B}P\(id)!~\(String(repeating: "0", count: 4 - value.count))\(value)\u{1B}\\")
    }

    private func checksum(of cell: Cell) -> UInt32 {
        var sum =
            clusters.base(cell.content & ~Cell.roleMask)
        if cell.isBlank || cell.role == .tail { sum = 0x20 }
        if cell.attributes.contains(.invisible) { sum &+= 0x08 }
        if cell.attributes.underline != .none { sum &+= 0x10 }
        if cell.attributes.contains(.inverse) { sum &+= 0x20 }
        if cell.attributes.contains(.blink) { sum &+= 0x40 }
        if cell.attributes.contains(.bold) { sum &+= 0x80 }
        return sum
    }
}
