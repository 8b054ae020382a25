// Copy mode: the past of one pane, with vi's keys, while its guest and all others go on. It looks at a frozen copy of the
// text, so whatever the guest prints meanwhile neither moves the view nor takes the lines away that are being read. Keys for
// other panes pass it by: one may leave a pane in copy mode and type at its neighbour.

import TerminalCore

package struct CopyMode: Overlay {
    package let pane: Int
    package let text: HistoryText
    package private(set) var layout: TextLayout
    /// Rows of the pane.
    package private(set) var rows: Int
    /// The row of the layout that is shown first.
    package internal(set) var top: Int
    /// The place that keys move.
    package internal(set) var place: TextPlace
    package internal(set) var selection: Selection?
    package internal(set) var search = CopySearch()
    /// The pattern is being typed.
    package internal(set) var prompt: SearchPrompt?

    /// The column that up and down try to keep.
    private var goal: Int?
    /// Digits typed before a key.
    private var times: Int?
    /// `f`, `F`, `t` or `T` waits for its character; the last of them, for `;`.
    private var pendingFind: Find?
    private var lastFind: (find: Find, character: Character)?
    /// It was opened by a wheel or a page key, and goes away when one leads back to the bottom.
    var leavesAtBottom = false
    /// Scrolling has led back to the bottom, and there is nothing to stay for.
    private(set) var isFinished = false
    var shownCursor: (column: Int, row: Int)?

    package init(pane: Int, history: History, size: Size) {
        self.pane = pane
        text = HistoryText(history)
        layout = TextLayout(text, columns: size.columns)
        rows = max(1, size.rows)
        place = text.place(ofLine: history.cursor.line, column: history.cursor.column)
        top = 0
        top = lastTop
        reveal()
    }

    // MARK: The view

    /// The first row when the end of the text is in sight.
    var lastTop: Int { max(0, layout.rows - rows) }

    /// Takes over the size of the pane. What was first on the screen stays first, unless the end was in sight.
    mutating func fit(_ size: Size) {
        guard size.columns != layout.columns || size.rows != rows, size.columns > 0, size.rows > 0 else { return }
        let wasLast = top == lastTop
        let first = layout.place(row: top, column: 0)
        rows = size.rows
        if size.columns != layout.columns { layout = TextLayout(text, columns: size.columns) }
        top = wasLast ? lastTop : min(layout.position(of: first).row, lastTop)
        reveal()
    }

    /// Scrolls as little as shows the cursor.
    mutating func reveal() {
        let row = layout.position(of: place).row
        top = min(max(top, row - rows + 1), row)
        top = min(max(0, top), max(lastTop, 0))
    }

    /// Moves the view; the cursor stays in sight.
    mutating func scroll(by distance: Int) {
        let old = top
        top = min(max(0, top + distance), lastTop)
        let row = layout.position(of: place).row
        if row < top || row >= top + rows { move(toRow: min(max(row, top), top + rows - 1)) }
        isFinished = leavesAtBottom && distance > 0 && top == lastTop && old <= top && selection == nil
    }

    /// Shows a line in the middle of the pane, with the cursor at its start.
    package mutating func go(toLine line: Int) {
        place = TextPlace(line: min(max(0, line), text.count - 1), offset: 0)
        let row = layout.position(of: place).row
        top = min(max(0, row - rows / 2), lastTop)
    }

    // MARK: Keys

    package func takesKeys(in workspace: Workspace) -> Bool {
        workspace.focus == pane && workspace.plan.frame(of: pane) != nil
    }

    package var takesMouse: Bool { false }
    package var isBusy: Bool { search.isBusy(in: text) }

    package mutating func paste(_ text: [UInt8], in workspace: inout Workspace) -> OverlayAnswer {
        guard prompt != nil else {
            workspace.tell("\(workspace.panes[pane].name) is in copy mode: q leaves it")
            return .stays
        }
        prompt?.text += String(decoding: text.prefix { $0 >= 0x20 }.prefix(SearchPrompt.longest), as: UTF8.self)
        lookAhead()
        return .stays
    }

    package mutating func handle(_ key: Key, in workspace: inout Workspace) -> OverlayAnswer {
        if let rect = workspace.textRect(of: pane) { fit(rect.size) }
        if prompt != nil { return handleInPrompt(key, in: &workspace) }
        if let find = pendingFind {
            pendingFind = nil
            if case .character(let character) = key {
                lastFind = (find, character)
                findCharacter(find, character)
            }
            times = nil
            return .stays
        }
        if case .character(let digit) = key, let value = digit.wholeNumberValue, digit.isASCII,
            value > 0 || times != nil
        {
            times = min((times ?? 0) * 10 + value, 1_000_000)
            return .stays
        }
        defer { times = nil }
        if let answer = leave(key, in: &workspace) { return answer }
        if !scrollKey(key), !moveKey(key), !selectKey(key), let answer = searchKey(key, in: &workspace) {
            return answer
        }
        return isFinished ? .closes : .stays
    }

    private mutating func leave(_ key: Key, in workspace: inout Workspace) -> OverlayAnswer? {
        switch key {
        case .character("q"), .control("c"): return .closes
        case .escape:
            if selection == nil { return .closes }
            selection = nil
            return .stays
        case .enter where selection == nil: return .closes
        case .enter: return OverlayAnswer(effects: workspace.keep(selectedText), closes: true)
        case .character("y"), .character("Y"):
            if selection == nil { selection = Selection(kind: .lines, anchor: place) }
            return OverlayAnswer(effects: workspace.keep(selectedText), closes: true)
        default: return nil
        }
    }

    private mutating func scrollKey(_ key: Key) -> Bool {
        let count = times ?? 1
        switch key {
        case .pageUp, .control("b"): scroll(by: -max(1, rows - 2) * count)
        case .pageDown, .control("f"): scroll(by: max(1, rows - 2) * count)
        case .control("u"): halfPage(-count)
        case .control("d"): halfPage(count)
        case .control("y"): scroll(by: -count)
        case .control("e"): scroll(by: count)
        default: return false
        }
        return true
    }

    /// As in vi, the cursor goes along.
    private mutating func halfPage(_ count: Int) {
        let distance = max(1, rows / 2) * count
        let row = layout.position(of: place).row
        scroll(by: distance)
        move(toRow: min(max(0, row + distance), layout.rows - 1))
        reveal()
    }

    private mutating func moveKey(_ key: Key) -> Bool {
        let count = times ?? 1
        let row = layout.position(of: place).row
        switch key {
        case .up, .character("k"), .control("p"): move(toRow: row - count)
        case .down, .character("j"), .control("n"): move(toRow: row + count)
        default:
            goal = nil
            guard moveAcross(key, count) else { return false }
        }
        reveal()
        return true
    }

    private mutating func moveAcross(_ key: Key, _ count: Int) -> Bool {
        switch key {
        case .left, .character("h"), .backspace: step(by: -count)
        case .right, .character("l"): step(by: count)
        case .home, .character("0"): place.offset = 0
        case .character("^"): place.offset = firstText(of: place.line)
        case .end, .character("$"):
            place.offset = lastOffset(of: place.line)
            goal = .max
        case .character("w"): repeatWalk(count) { $0.toNextWord(.small) }
        case .character("b"): repeatWalk(count) { $0.toPreviousWord(.small) }
        case .character("e"): repeatWalk(count) { $0.toEndOfWord(.small) }
        case .character("W"): repeatWalk(count) { $0.toNextWord(.big) }
        case .character("B"): repeatWalk(count) { $0.toPreviousWord(.big) }
        case .character("E"): repeatWalk(count) { $0.toEndOfWord(.big) }
        case .character("g"): place = TextPlace(line: times.map { min($0, text.count) - 1 } ?? 0, offset: 0)
        case .character("G"): place = TextPlace(line: times.map { min($0, text.count) - 1 } ?? lastLine, offset: 0)
        case .character("H"): toRowOfScreen(min(count, rows) - 1)
        case .character("M"): toRowOfScreen(min(rows, layout.rows - top) / 2)
        case .character("L"): toRowOfScreen(min(rows, layout.rows - top) - min(count, rows))
        case .character("{"): for _ in 0..<min(count, text.count) { toParagraph(-1) }
        case .character("}"): for _ in 0..<min(count, text.count) { toParagraph(1) }
        case .character("f"): pendingFind = .forward
        case .character("F"): pendingFind = .backward
        case .character("t"): pendingFind = .till
        case .character("T"): pendingFind = .tillBackward
        case .character(";"): if let (find, character) = lastFind { findCharacter(find, character) }
        case .character(","): if let (find, character) = lastFind { findCharacter(find.opposite, character) }
        default: return false
        }
        return true
    }

    private mutating func repeatWalk(_ count: Int, _ walk: (inout TextWalker) -> Bool) {
        var walker = TextWalker(text, at: place)
        for _ in 0..<count where !walk(&walker) { break }
        place = walker.place
    }

    // MARK: Moving

    func lastOffset(of line: Int) -> Int {
        let line = text.line(line)
        return line.start(of: line.count - 1)
    }

    private func firstText(of line: Int) -> Int {
        let line = text.line(line)
        return (0..<line.count).first { line.first(at: $0) != " " } ?? 0
    }

    /// The last line with text, or the last one.
    private var lastLine: Int { (0..<text.count).last { text.length($0) > 0 } ?? text.count - 1 }

    /// Puts the cursor on a row of the layout, in the column that it would like best.
    private mutating func move(toRow row: Int) {
        let column = goal ?? layout.position(of: place).column
        goal = column
        let row = min(max(0, row), layout.rows - 1)
        place = layout.place(row: row, column: min(column, layout.columns - 1))
        let line = text.line(place.line)
        let first = layout.place(row: row, column: 0).offset
        place.offset = max(first, line.start(of: place.offset))
    }

    private mutating func step(by count: Int) {
        let line = text.line(place.line)
        for _ in 0..<min(abs(count), line.count) {
            if count < 0 {
                if place.offset == 0 { break }
                place.offset = line.start(of: place.offset - 1)
            } else {
                let next = place.offset + (line.isTail(place.offset + 1) ? 2 : 1)
                if next >= line.count { break }
                place.offset = next
            }
        }
    }

    private mutating func toRowOfScreen(_ row: Int) {
        let line = layout.cells(ofRow: min(max(0, top + row), layout.rows - 1))
        let found = text.line(line.line)
        let first = line.cells.first { $0 < found.count && found.first(at: $0) != " " }
        place = TextPlace(line: line.line, offset: first ?? line.cells.lowerBound)
    }

    private mutating func toParagraph(_ step: Int) {
        var line = place.line
        while (0..<text.count).contains(line), text.length(line) == 0 { line += step }
        while (0..<text.count).contains(line), text.length(line) > 0 { line += step }
        place = TextPlace(line: min(max(0, line), text.count - 1), offset: 0)
    }

    private enum Find {
        case forward, backward, till, tillBackward

        var opposite: Find {
            switch self {
            case .forward: .backward
            case .backward: .forward
            case .till: .tillBackward
            case .tillBackward: .till
            }
        }
    }

    private mutating func findCharacter(_ find: Find, _ character: Character) {
        let line = text.line(place.line)
        let wanted = character.unicodeScalars.first ?? " "
        let isForward = find == .forward || find == .till
        let gap = find == .till || find == .tillBackward ? 1 : 0
        for _ in 0..<min(times ?? 1, max(1, line.count)) {
            let found =
                isForward
                ? (0..<line.count).first { $0 > place.offset + gap && line.first(at: $0) == wanted && !line.isTail($0) }
                : (0..<line.count).last { $0 < place.offset - gap && line.first(at: $0) == wanted && !line.isTail($0) }
            guard let found else { return }
            place.offset = isForward ? found - gap : min(line.count - 1, found + gap)
        }
        reveal()
    }
}
