// What was copied, and where a mouse button went down: the part of copy mode that outlives it.

package struct Copying: Sendable {
    /// The text that was copied last; nil when none was.
    package var buffer: String?
    /// Where the button of the mouse went down.
    var press: Press?

    struct Press: Sendable {
        var pane: Int
        var column: Int
        var row: Int
        var time: UInt64
        /// 1, 2 for a double click, 3 for a triple click.
        var clicks: Int
        /// The mouse was moved, or a click selected something.
        var selects = false
    }

    /// Clicks closer together than this belong together.
    static let clickTime: UInt64 = 400_000_000

    package init() {}
}

extension Workspace {
    /// Types text at the focused guest as a paste.
    package mutating func paste(_ text: [UInt8]) -> [Effect] {
        guard panes.indices.contains(focus) else { return [] }
        let bytes = screens.indices.contains(focus) ? screens[focus].encodePaste(text) : text
        return type(bytes)
    }

    /// Keeps copied text, tells how much it was, and hands it on where that is allowed.
    mutating func keep(_ text: String) -> [Effect] {
        if text.isEmpty {
            tell("nothing to copy there")
            return []
        }
        copying.buffer = text
        let lines = text.count { $0 == "\n" } + (text.last == "\n" ? 0 : 1)
        let paste = keys.keys(of: "paste-buffer")
        let hint = paste.isEmpty ? "" : ": \(keys.prefixName) \(paste) types it"
        tell(lines == 1 ? "copied \(text.count) characters\(hint)" : "copied \(lines) lines\(hint)")
        // A terminal may belong to somebody else than its clipboard: only when the user says so.
        return settings.clipboard ? [.clipboard(Array(text.utf8))] : []
    }

    // MARK: Copy mode from outside

    /// The copy mode of a pane, if it has one.
    package func copyMode(of pane: Int) -> CopyMode? {
        overlays.lazy.compactMap { $0 as? CopyMode }.last { $0.pane == pane }
    }

    /// Changes the copy mode of a pane, which is opened first if need be; nil when there is nothing to copy from.
    @discardableResult
    package mutating func copy(
        from pane: Int, _ body: (inout CopyMode, inout Workspace) -> OverlayAnswer = { _, _ in .stays }
    ) -> [Effect]? {
        guard screens.indices.contains(pane), let rect = textRect(of: pane), !rect.isEmpty else { return nil }
        if copyMode(of: pane) == nil { open(CopyMode(pane: pane, history: screens[pane].history(), size: rect.size)) }
        return updateCopyMode(of: pane, body)
    }

    private mutating func updateCopyMode(
        of pane: Int, _ body: (inout CopyMode, inout Workspace) -> OverlayAnswer
    ) -> [Effect]? {
        update(CopyMode.self, where: { $0.pane == pane }, body)
    }

    // MARK: The mouse. Columns and rows count from the top left of the pane's text (`textRect`).

    /// The wheel was turned over a pane; positive is up, into the past.
    package mutating func wheel(pane: Int, lines: Int) -> [Effect] {
        guard screens.indices.contains(pane), lines != 0 else { return [] }
        if copyMode(of: pane) == nil {
            let bytes = screens[pane].encodeWheel(up: lines > 0, lines: min(abs(lines), 100))
            if !bytes.isEmpty { return [.send(pane: pane, bytes: bytes)] }
            // Below the bottom there is nothing, and a program that paints its screen has no past.
            if lines < 0 || screens[pane].isOnAlternateScreen { return [] }
        }
        let isNew = copyMode(of: pane) == nil
        return copy(from: pane) { mode, _ in
            // Who came by the wheel leaves by the wheel.
            if isNew { mode.leavesAtBottom = true }
            mode.scroll(by: -lines)
            return mode.isFinished ? .closes : .stays
        } ?? []
    }

    /// A button went down: the start of a selection, if the mouse is dragged from here. The second and third click at one
    /// place select the word and the line.
    package mutating func selectionPress(pane: Int, column: Int, row: Int) -> [Effect] {
        var press = Copying.Press(pane: pane, column: column, row: row, time: now, clicks: 1)
        if let last = copying.press, last.pane == pane, last.column == column, last.row == row,
            now &- last.time < Copying.clickTime
        {
            press.clicks = last.clicks % 3 + 1
        }
        press.selects = press.clicks > 1
        copying.press = press
        guard press.clicks > 1 else {
            return updateCopyMode(of: pane) { mode, _ in
                mode.click(column: column, row: row)
                return .stays
            } ?? []
        }
        let isNew = copyMode(of: pane) == nil
        return copy(from: pane) { mode, _ in
            if isNew { mode.leavesAtBottom = true }
            mode.select(press.clicks == 2 ? .word : .line, column: column, row: row)
            return .stays
        } ?? []
    }

    /// The mouse was moved with the button down; beyond the edges of the pane the text scrolls.
    package mutating func selectionDrag(column: Int, row: Int) -> [Effect] {
        guard let press = copying.press, press.column != column || press.row != row || press.selects else { return [] }
        copying.press?.selects = true
        let isNew = copyMode(of: press.pane) == nil
        return copy(from: press.pane) { mode, _ in
            if isNew { mode.leavesAtBottom = true }
            mode.drag(fromColumn: press.column, row: press.row, toColumn: column, row: row)
            return .stays
        } ?? []
    }

    /// The button was let go: what is selected is copied, and a copy mode that the mouse opened at the bottom goes away.
    package mutating func selectionRelease() -> [Effect] {
        guard let press = copying.press, press.selects else { return [] }
        return updateCopyMode(of: press.pane) { mode, workspace in
            let effects = workspace.keep(mode.selectedText)
            mode.release()
            return OverlayAnswer(effects: effects, closes: mode.isFinished)
        } ?? []
    }
}
