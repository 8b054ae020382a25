// The `:` prompt. One line at the foot, with history, completion, and the keys that every shell has. What it runs is what
// keys run.

package struct Prompt: Overlay {
    package private(set) var text: [Character] = []
    /// 0…text.count
    private var caret = 0
    private var killed: [Character] = []
    /// The line of the history that is shown; nil: the one being typed.
    private var place: Int?
    private var typed: [Character] = []
    /// What Tab found, as long as nothing else was typed.
    package private(set) var candidates: [String] = []
    package private(set) var cursor: (column: Int, row: Int)?

    /// - Parameter text: what stands there at first, with the cursor behind it.
    package init(text: String = "") {
        self.text = Array(text)
        caret = self.text.count
    }

    package mutating func handle(_ key: Key, in workspace: inout Workspace) -> OverlayAnswer {
        if key != .tab { candidates = [] }
        switch key {
        case .enter:
            let line = String(text)
            workspace.history.add(line)
            return OverlayAnswer(effects: workspace.run(line), closes: true)
        case .escape, .control("c"), .control("g"): return .closes
        case .backspace where text.isEmpty: return .closes
        case .tab: complete(in: workspace)
        case .up, .control("p"): recall(-1, workspace.history.lines)
        case .down, .control("n"): recall(1, workspace.history.lines)
        default: edit(key)
        }
        return .stays
    }

    /// The first line of what was pasted; nothing runs before somebody has read it.
    package mutating func paste(_ text: [UInt8], in workspace: inout Workspace) -> OverlayAnswer {
        insert(Array(String(decoding: text.prefix { $0 >= 0x20 }, as: UTF8.self)))
        return .stays
    }

    private mutating func edit(_ key: Key) {
        switch key {
        case .character(let character): insert([character])
        case .backspace: if caret > 0 { remove(caret - 1..<caret) }
        case .control("d"): if caret < text.count { remove(caret..<caret + 1) }
        case .left, .control("b"): caret = max(0, caret - 1)
        case .right, .control("f"): caret = min(text.count, caret + 1)
        case .home, .control("a"): caret = 0
        case .end, .control("e"): caret = text.count
        case .control("k"): kill(caret..<text.count)
        case .control("u"): kill(0..<caret)
        case .control("w"): kill(wordStart..<caret)
        case .control("y"): insert(killed)
        default: break
        }
    }

    private mutating func insert(_ characters: [Character]) {
        // A line of a thousand characters has been pasted by mistake.
        guard text.count + characters.count <= 4096 else { return }
        text.insert(contentsOf: characters, at: caret)
        caret += characters.count
        place = nil
    }

    private mutating func remove(_ range: Range<Int>) {
        text.removeSubrange(range)
        caret = range.lowerBound
        place = nil
    }

    private mutating func kill(_ range: Range<Int>) {
        if !range.isEmpty { killed = Array(text[range]) }
        remove(range)
    }

    private var wordStart: Int {
        var at = caret
        while at > 0, text[at - 1] == " " { at -= 1 }
        while at > 0, text[at - 1] != " " { at -= 1 }
        return at
    }

    /// Goes through those lines of the history that begin as the typed one does.
    private mutating func recall(_ direction: Int, _ lines: [String]) {
        if place == nil { typed = text }
        var at = (place ?? lines.count) + direction
        while lines.indices.contains(at), !lines[at].hasPrefix(String(typed)) { at += direction }
        if lines.indices.contains(at) {
            place = at
            text = Array(lines[at])
        } else if direction > 0 {
            place = nil
            text = typed
        }
        caret = text.count
    }

    // MARK: Completion

    private mutating func complete(in workspace: Workspace) {
        let before = String(text[..<caret])
        let (start, found) = Completion.candidates(for: before, in: workspace)
        candidates = []
        guard let first = found.first else { return }
        let typed = caret - start
        guard typed >= 0 else { return }
        let common = found.dropFirst().reduce(first) { a, b in String(zip(a, b).prefix { $0 == $1 }.map(\.0)) }
        if found.count > 1 { candidates = found }
        guard common.count > typed || found.count == 1 else { return }
        remove(start..<caret)
        // A folder goes on; everything else is done.
        insert(Array(common) + (found.count == 1 && !common.hasSuffix("/") ? [" "] : []))
    }

    // MARK: Looks

    package mutating func paint(_ workspace: Workspace, _ stage: Stage, on canvas: inout Canvas) {
        let size = canvas.size
        guard size.rows > 0, size.columns > 2 else { return }
        let row = workspace.plan.messageRow ?? size.rows - 1
        canvas.fill(
            Rect(column: 0, row: row, columns: size.columns, rows: 1), with: CanvasCell(style: stage.theme.message))
        canvas.write(":", column: 0, row: row, limit: size.columns, style: stage.theme.hintKey)
        // A long line is shown through a window that follows the cursor.
        let widths = text.map { textWidth(String($0)) }
        let room = size.columns - 2
        var from = 0
        while widths[from..<caret].reduce(0, +) >= room { from += 1 }
        let shown = String(text[from...]).onOneLine
        let end = canvas.write(
            truncated(shown, to: size.columns - 1), column: 1, row: row, limit: size.columns, style: stage.theme.message
        )
        cursor = (1 + widths[from..<caret].reduce(0, +), row)
        let above = (workspace.plan.statusRow ?? row) == row ? row - 1 : row - 2
        if candidates.isEmpty {
            paintHint(workspace, at: end + 2, row: row, on: &canvas, style: stage.theme.hint)
        } else {
            paintCandidates(upTo: above, on: &canvas, theme: stage.theme)
        }
    }

    /// What the command that is being typed wants.
    private func paintHint(_ workspace: Workspace, at column: Int, row: Int, on canvas: inout Canvas, style: Style) {
        guard let name = String(text).split(separator: " ").first,
            let command = Command.table.first(where: { $0.name == name })
        else { return }
        let hint = [command.arguments, command.summary].filter { !$0.isEmpty }.joined(separator: "  – ")
        let room = canvas.size.columns - column
        guard room > 8 else { return }
        canvas.write(truncated(hint, to: room), column: column, row: row, limit: canvas.size.columns, style: style)
    }

    private func paintCandidates(upTo last: Int, on canvas: inout Canvas, theme: Theme) {
        let columns = canvas.size.columns
        var lines: [String] = [""]
        for candidate in candidates {
            let word = truncated(candidate.onOneLine, to: columns - 2)
            if lines[lines.count - 1].isEmpty {
                lines[lines.count - 1] = " " + word
            } else if textWidth(lines[lines.count - 1]) + 2 + textWidth(word) <= columns - 1 {
                lines[lines.count - 1] += "  " + word
            } else {
                lines.append(" " + word)
            }
        }
        let most = max(1, min(lines.count, canvas.size.rows / 2))
        if lines.count > most { lines = Array(lines.prefix(most - 1)) + [" …"] }
        for (index, line) in lines.enumerated() {
            let row = last - lines.count + 1 + index
            canvas.fill(Rect(column: 0, row: row, columns: columns, rows: 1), with: CanvasCell(style: theme.help))
            canvas.write(line, column: 0, row: row, limit: columns, style: theme.help)
        }
    }
}

/// What was typed at prompts, the newest last; no line twice in a row, and not without end.
package struct PromptHistory: Sendable, Equatable {
    package private(set) var lines: [String] = []
    package static let most = 500

    package init(_ lines: [String] = []) { for line in lines { add(line) } }

    package mutating func add(_ line: String) {
        guard !line.allSatisfy({ $0 == " " }), line != lines.last else { return }
        lines.append(line)
        if lines.count > Self.most { lines.removeFirst(lines.count - Self.most) }
    }
}
