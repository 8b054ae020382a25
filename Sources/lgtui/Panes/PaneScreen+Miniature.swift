// A guest's screen, small: the last lines of its text as they are, or the shape of the whole screen in dots.

import TerminalCore

extension PaneScreen {
    /// The last lines with text on them, cut to `size`: where something happens.
    package func lastLines(_ size: Size) -> [String] {
        locked { terminal in
            var end = terminal.rows
            while end > 0, terminal.row(end - 1).allSatisfy(\.isBlank) { end -= 1 }
            return (max(0, end - size.rows)..<end).map { row in
                var line = ""
                var used = 0
                for cell in terminal.row(row) where cell.width > 0 {
                    if used + cell.width > size.columns { break }
                    used += cell.width
                    let scalars = terminal.scalars(of: cell)
                    if scalars.isEmpty { line += String(repeating: " ", count: cell.width) }
                    for scalar in scalars { line.unicodeScalars.append(scalar) }
                }
                return line
            }
        }
    }

    /// The whole screen in braille, two dots by four a cell; without Unicode in signs of different darkness.
    package func shape(_ size: Size, borders: BorderSet) -> [String] {
        locked { terminal in
            let width = min(size.columns, (terminal.columns + 1) / 2)
            let height = min(size.rows, (terminal.rows + 3) / 4)
            guard width > 0, height > 0 else { return [] }
            let (across, down) = (width * 2, height * 4)
            var dots = [Bool](repeating: false, count: across * down)
            for row in 0..<terminal.rows {
                let y = row * down / max(terminal.rows, down)
                for (column, cell) in terminal.row(row).enumerated() where !cell.isBlank && cell.scalar != " " {
                    let x = column * across / max(terminal.columns, across)
                    if y < down, x < across { dots[y * across + x] = true }
                }
            }
            return (0..<height).map { row in
                var line = ""
                for column in 0..<width {
                    line.unicodeScalars.append(
                        Self.sign(borders) { x, y in dots[(row * 4 + y) * across + column * 2 + x] })
                }
                return line
            }
        }
    }

    /// The character for eight dots (Unicode, U+2800: bits by column, the lowest row apart).
    private static func sign(_ borders: BorderSet, _ isSet: (Int, Int) -> Bool) -> Unicode.Scalar {
        let bits: [(x: Int, y: Int, bit: UInt32)] = [
            (0, 0, 1), (0, 1, 2), (0, 2, 4), (1, 0, 8), (1, 1, 16), (1, 2, 32), (0, 3, 64), (1, 3, 128),
        ]
        let set = bits.filter { isSet($0.x, $0.y) }
        if borders == .ascii {
            let darkness: [Unicode.Scalar] = [" ", ".", ":", ":", "=", "=", "#", "#", "#"]
            return darkness[set.count]
        }
        return set.isEmpty ? " " : Unicode.Scalar(0x2800 + set.reduce(0) { $0 | $1.bit }) ?? " "
    }
}
