// Lines that meet must join. Each border cell has up to four arms, each arm light or heavy, and Unicode has a
// character for every combination – so the lines are first drawn as arms, and only then turned into characters.
// A junction between the focused pane's heavy frame and a light neighbour comes out right by itself.

/// The lines around panes, as arms.
package struct BorderGrid: Sendable {
    package enum Weight: UInt8, Sendable { case none, light, heavy }

    package let size: Size
    /// Two bits an arm: up, right, down, left.
    private var arms: [UInt8]

    package init(size: Size) {
        self.size = size
        arms = Array(repeating: 0, count: size.columns * size.rows)
    }

    /// Draws the frame just outside `rect`; heavy arms win over light ones.
    package mutating func box(around rect: Rect, _ weight: Weight) {
        let left = rect.column - 1
        let right = rect.endColumn
        let top = rect.row - 1
        let bottom = rect.endRow
        guard right > left, bottom > top else { return }
        for column in left..<right {
            for row in [top, bottom] {
                add(weight, column: column, row: row, arm: Self.right)
                add(weight, column: column + 1, row: row, arm: Self.left)
            }
        }
        for row in top..<bottom {
            for column in [left, right] {
                add(weight, column: column, row: row, arm: Self.down)
                add(weight, column: column, row: row + 1, arm: Self.up)
            }
        }
    }

    private static let up = 0
    private static let right = 2
    private static let down = 4
    private static let left = 6

    private mutating func add(_ weight: Weight, column: Int, row: Int, arm: Int) {
        guard column >= 0, column < size.columns, row >= 0, row < size.rows else { return }
        let index = row * size.columns + column
        let old = arms[index] >> UInt8(arm) & 3
        if weight.rawValue > old { arms[index] = arms[index] & ~(3 << UInt8(arm)) | weight.rawValue << UInt8(arm) }
    }

    /// The character at a cell and the heaviest of its arms; nil where no line passes.
    package func character(column: Int, row: Int, set: BorderSet) -> (Unicode.Scalar, Weight)? {
        guard column >= 0, column < size.columns, row >= 0, row < size.rows else { return nil }
        let cell = arms[row * size.columns + column]
        if cell == 0 { return nil }
        let isHeavy = cell & 0b1010_1010 != 0
        let weight: Weight = isHeavy ? .heavy : .light
        switch set {
        case .ascii:
            let isVertical = cell & 0b0011_0011 != 0
            let isHorizontal = cell & 0b1100_1100 != 0
            if isVertical && isHorizontal { return (isHeavy ? "#" : "+", weight) }
            return (isVertical ? (isHeavy ? "#" : "|") : (isHeavy ? "=" : "-"), weight)
        case .heavy:
            return (Self.joined[Int(cell)] ?? " ", weight)
        }
    }

    /// Draws all lines inside `rect`.
    package func paint(on canvas: inout Canvas, in rect: Rect, _ stage: Stage) {
        for row in rect.row..<rect.endRow {
            for column in rect.column..<rect.endColumn {
                guard let (scalar, weight) = character(column: column, row: row, set: stage.borders) else { continue }
                let style = weight == .heavy ? stage.theme.borderFocused : stage.theme.border
                canvas[column, row] = CanvasCell(scalar, style: style)
            }
        }
    }

    /// Box-drawing characters by arms, as up, right, down, left with 1 light and 2 heavy (Unicode, U+2500–U+257F).
    private static let joined: [Unicode.Scalar?] = {
        let table: [(Unicode.Scalar, String)] = [
            ("─", "0101"), ("━", "0202"), ("│", "1010"), ("┃", "2020"),
            ("┌", "0110"), ("┍", "0210"), ("┎", "0120"), ("┏", "0220"),
            ("┐", "0011"), ("┑", "0012"), ("┒", "0021"), ("┓", "0022"),
            ("└", "1100"), ("┕", "1200"), ("┖", "2100"), ("┗", "2200"),
            ("┘", "1001"), ("┙", "1002"), ("┚", "2001"), ("┛", "2002"),
            ("├", "1110"), ("┝", "1210"), ("┞", "2110"), ("┟", "1120"),
            ("┠", "2120"), ("┡", "2210"), ("┢", "1220"), ("┣", "2220"),
            ("┤", "1011"), ("┥", "1012"), ("┦", "2011"), ("┧", "1021"),
            ("┨", "2021"), ("┩", "2012"), ("┪", "1022"), ("┫", "2022"),
            ("┬", "0111"), ("┭", "0112"), ("┮", "0211"), ("┯", "0212"),
            ("┰", "0121"), ("┱", "0122"), ("┲", "0221"), ("┳", "0222"),
            ("┴", "1101"), ("┵", "1102"), ("┶", "1201"), ("┷", "1202"),
            ("┸", "2101"), ("┹", "2102"), ("┺", "2201"), ("┻", "2202"),
            ("┼", "1111"), ("┽", "1112"), ("┾", "1211"), ("┿", "1212"),
            ("╀", "2111"), ("╁", "1121"), ("╂", "2121"), ("╃", "2112"),
            ("╄", "2211"), ("╅", "1122"), ("╆", "1221"), ("╇", "2212"),
            ("╈", "1222"), ("╉", "2122"), ("╊", "2221"), ("╋", "2222"),
            ("╴", "0001"), ("╵", "1000"), ("╶", "0100"), ("╷", "0010"),
            ("╸", "0002"), ("╹", "2000"), ("╺", "0200"), ("╻", "0020"),
            ("╼", "0201"), ("╽", "1020"), ("╾", "0102"), ("╿", "2010"),
        ]
        var result = [Unicode.Scalar?](repeating: nil, count: 256)
        for (scalar, arms) in table {
            let digits = arms.utf8.map { $0 - 0x30 }
            result[Int(digits[0] | digits[1] << 2 | digits[2] << 4 | digits[3] << 6)] = scalar
        }
        return result
    }()
}
