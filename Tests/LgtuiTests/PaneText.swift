// Panes with text in them and no guest behind: what copy mode and the timeline are tested on.

import lgtui

extension PaneScreen {
    func feed(_ text: String) { Array(text.utf8).withUnsafeBytes { write($0) } }
}

/// A workspace of panes whose screens show these texts.
func workspace(_ texts: [String], size: Size = Size(columns: 80, rows: 24)) -> Workspace {
    var workspace = Workspace(panes: texts.indices.map { "guest\($0 + 1)" }, size: size)
    let wakeup = Wakeup()
    for (index, text) in texts.enumerated() {
        workspace.panes[index].phase = .running
        let size = workspace.plan.frame(of: index)?.content.size ?? Size(columns: 80, rows: 24)
        let screen = PaneScreen(size: size, wakeup: wakeup)
        screen.feed(text)
        workspace.screens.append(screen)
    }
    return workspace
}

extension Workspace {
    /// Types bytes as a terminal would send them and returns what is to be done.
    mutating func type(_ text: String) -> [Effect] {
        var decoder = InputDecoder()
        decoder.append(Array(text.utf8))
        var effects: [Effect] = []
        while let piece = decoder.next(for: inputTarget, isFinal: true) { effects += handle(piece) }
        return effects
    }

    /// The rows of the screen as they are drawn, without the blanks at their ends.
    mutating func drawn() -> [String] {
        var painter = Painter(theme: Theme(name: "test"), borders: .ascii, size: size)
        let rates = panes.map { _ in RateMeter() }
        painter.paint(&self, rates: rates, sum: RateMeter())
        return painter.canvas.rows
    }

    /// The same until nothing that takes longer is left to do.
    mutating func settled() -> [String] {
        var rows = drawn()
        while overlays.contains(where: \.isBusy) { rows = drawn() }
        return rows
    }
}

extension Canvas {
    var rows: [String] {
        (0..<size.rows).map { row in
            var text = text(row: row)
            while text.last == " " { text.removeLast() }
            return text
        }
    }
}
