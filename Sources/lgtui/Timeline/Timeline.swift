// What all guests said, in the order in which they said it: one page for questions such as "what did the server print when
// the client gave up?". It is fed from the panes' scrollbacks by the stamps of their lines, follows along while guests
// print, and can be narrowed to some guests and to lines that match.

import TerminalCore

package struct Timeline: Overlay {
    private(set) var merge: TimelineMerge
    /// The last line on the page; nil while the page follows the newest.
    private(set) var bottom: TimelineKey?
    /// The lines on the page, as of the last time it was drawn.
    private(set) var page: [TimelineKey] = []
    /// The line of the page that keys act on.
    private(set) var chosen = 0
    private var rows = 20
    /// Columns that are cut from the left of each text.
    private var shift = 0
    private var kind = StampKind.wall
    private(set) var filter: Pattern?
    private(set) var search: Pattern?
    private var searchesBack = true
    private var prompt: Prompt?
    private var hunt: Hunt?
    private var note = ""
    private var shownCursor: (column: Int, row: Int)?

    /// A pattern that is being typed.
    private struct Prompt: Sendable {
        enum Kind: String, Sendable {
            case forward = "/"
            case backward = "?"
            case filter = "&"
        }
        var kind: Kind
        var text = ""
        var error: PatternError?
    }

    /// A search that goes on, a little at each frame.
    private struct Hunt: Sendable {
        var cut: TimelineMerge.Cut
        var isBack: Bool
    }

    /// Nanoseconds of each frame for filtering and for searching.
    private static let slice: UInt64 = 8_000_000

    /// - Parameter shown: the panes that take part; nil for all.
    package init(panes: Int, shown: Set<Int>? = nil) {
        merge = TimelineMerge(sources: (0..<panes).map { TimelineSource(pane: $0) })
        if let shown { for pane in 0..<panes { merge.sources[pane].isShown = shown.contains(pane) } }
    }

    package var isFollowing: Bool { bottom == nil }
    package var cursor: (column: Int, row: Int)? { shownCursor }
    package var isBusy: Bool { hunt != nil || merge.sources.contains(where: \.isBusy) }

    // MARK: Keys

    package mutating func handle(_ key: Key, in workspace: inout Workspace) -> OverlayAnswer {
        note = ""
        hunt = nil
        // Fast fingers type before the page was drawn for the first time.
        if page.isEmpty {
            refresh(workspace.screens)
            page = merge.window(endingAt: bottom, rows: rows)
            chosen = max(0, page.count - 1)
        }
        if prompt != nil {
            handleInPrompt(key, in: workspace)
            return .stays
        }
        switch key {
        case .character("q"), .escape, .control("c"): return .closes
        case .enter: return dive(into: &workspace)
        case .up, .character("k"), .control("p"): step(by: -1)
        case .down, .character("j"), .control("n"): step(by: 1)
        case .pageUp, .control("b"): turn(by: -max(1, rows - 1))
        case .pageDown, .control("f"), .character(" "): turn(by: max(1, rows - 1))
        case .control("u"): turn(by: -max(1, rows / 2))
        case .control("d"): turn(by: max(1, rows / 2))
        case .home, .character("g"): goToStart()
        case .end, .character("G"), .character("F"): follow()
        case .left, .character("h"): shift = max(0, shift - 8)
        case .right, .character("l"): shift = min(shift + 8, 4096)
        case .character("0"): shift = 0
        case .character("/"): prompt = Prompt(kind: .forward)
        case .character("?"): prompt = Prompt(kind: .backward)
        case .character("&"), .character("f"): prompt = Prompt(kind: .filter, text: filter?.source ?? "")
        case .character("n"): startHunt(back: searchesBack)
        case .character("N"): startHunt(back: !searchesBack)
        case .character("o"): if let pane = chosenLine?.pane { show(only: pane) }
        case .character("x"): if let pane = chosenLine?.pane { hide(pane) }
        case .character("a"): for index in merge.sources.indices { merge.sources[index].isShown = true }
        case .tab: cycle(1)
        case .backTab: cycle(-1)
        case .character("t"): kind = kind == .wall ? .boot : .wall
        default: note = "no command on \(key.name)"
        }
        return .stays
    }

    package mutating func paste(_ text: [UInt8], in workspace: inout Workspace) -> OverlayAnswer {
        prompt?.text += String(decoding: text.prefix { $0 >= 0x20 }.prefix(SearchPrompt.longest), as: UTF8.self)
        return .stays
    }

    package mutating func handle(_ event: MouseEvent, in workspace: inout Workspace) -> OverlayAnswer {
        guard event.kind == .press else { return .stays }
        note = ""
        hunt = nil
        switch event.button {
        case .wheelUp: turn(by: -Workspace.wheelLines)
        case .wheelDown: turn(by: Workspace.wheelLines)
        case .left where page.indices.contains(event.row - 1):
            if bottom == nil { bottom = page.last }
            chosen = event.row - 1
        default: break
        }
        return .stays
    }

    private var chosenLine: TimelineKey? { page.indices.contains(chosen) ? page[chosen] : page.last }

    private mutating func step(by distance: Int) {
        if page.indices.contains(chosen + distance) {
            chosen += distance
            // The page stands still while somebody reads in it.
            if bottom == nil, chosen < page.count - 1 { bottom = page.last }
        } else {
            turn(by: distance)
        }
    }

    /// Moves the page by some lines; at its end it follows again.
    private mutating func turn(by distance: Int) {
        guard let last = page.last else { return }
        var cut = merge.cut(behind: last)
        var moved = 0
        while moved < abs(distance), (distance < 0 ? merge.stepBack(&cut) : merge.stepOn(&cut)) != nil { moved += 1 }
        if moved < abs(distance) { chosen = distance < 0 ? 0 : max(0, page.count - 1) }
        if distance > 0 && cut == merge.endCut { return follow() }
        if cut.allSatisfy({ $0 == 0 }) { return goToStart() }
        bottom = merge.stepBack(&cut)
        page = merge.window(endingAt: bottom, rows: rows)
    }

    private mutating func goToStart() {
        var cut = merge.startCut
        bottom = merge.stepOn(&cut)
        page = merge.window(endingAt: bottom, rows: rows)
        bottom = page.last
        chosen = 0
    }

    private mutating func follow() {
        bottom = nil
        page = merge.window(endingAt: nil, rows: rows)
        chosen = max(0, page.count - 1)
    }

    // MARK: Which guests

    private mutating func show(only pane: Int) {
        for index in merge.sources.indices { merge.sources[index].isShown = index == pane }
    }

    private mutating func hide(_ pane: Int) {
        if merge.sources.count(where: \.isShown) > 1 { merge.sources[pane].isShown = false }
    }

    /// All, then each guest alone, then all again.
    private mutating func cycle(_ step: Int) {
        let shown = merge.sources.indices.filter { merge.sources[$0].isShown }
        let count = merge.sources.count
        let now = shown.count == 1 && count > 1 ? shown[0] : count
        let next = (now + step + count + 1) % (count + 1)
        for index in merge.sources.indices { merge.sources[index].isShown = next == count || index == next }
    }

    // MARK: Patterns

    private mutating func handleInPrompt(_ key: Key, in workspace: Workspace) {
        guard var prompt else { return }
        switch key {
        case .enter: return take(prompt)
        case .escape, .control("c"):
            self.prompt = nil
            return
        case .backspace:
            if prompt.text.isEmpty {
                self.prompt = nil
                return
            }
            prompt.text.removeLast()
        case .control("u"): prompt.text = ""
        case .character(let character) where prompt.text.utf8.count < SearchPrompt.longest:
            prompt.text.append(character)
        default: return
        }
        prompt.error = nil
        do { _ = try Pattern(prompt.text) } catch { prompt.error = error }
        self.prompt = prompt
    }

    private mutating func take(_ prompt: Prompt) {
        var pattern: Pattern?
        if !prompt.text.isEmpty {
            do { pattern = try Pattern(prompt.text) } catch {
                self.prompt?.error = error
                return
            }
        }
        self.prompt = nil
        guard prompt.kind == .filter else {
            search = pattern ?? search
            searchesBack = prompt.kind == .backward
            return startHunt(back: searchesBack)
        }
        narrow(to: pattern)
    }

    /// Only lines that match are shown; nil for all.
    package mutating func narrow(to pattern: Pattern?) {
        filter = pattern
        for index in merge.sources.indices { merge.sources[index].set(filter: pattern) }
    }

    private mutating func startHunt(back: Bool) {
        guard search != nil else {
            note = "nothing to search for: / or ? and a pattern come first"
            return
        }
        guard let from = chosenLine else { return }
        var cut = merge.cut(behind: from)
        if back { _ = merge.stepBack(&cut) }
        hunt = Hunt(cut: cut, isBack: back)
    }

    /// Searches for a little while.
    private mutating func goHunting(_ screens: [PaneScreen]) {
        guard var hunt, let search else {
            self.hunt = nil
            return
        }
        let matcher = PatternMatcher(search)
        let end = steadyNanoseconds() &+ Self.slice
        while steadyNanoseconds() < end {
            guard let key = hunt.isBack ? merge.stepBack(&hunt.cut) : merge.stepOn(&hunt.cut) else {
                note = "nothing \(hunt.isBack ? "above" : "below") matches \(search.source)"
                self.hunt = nil
                return
            }
            guard matcher.matches(text(of: key, screens).unicodeScalars.map(\.value)) else { continue }
            self.hunt = nil
            if let row = page.firstIndex(of: key) {
                if bottom == nil { bottom = page.last }
                chosen = row
            } else {
                // Into the middle, with what came before and after.
                var cut = merge.cut(behind: key)
                var last = key
                for _ in 0..<(rows / 2) { last = merge.stepOn(&cut) ?? last }
                bottom = last
                page = merge.window(endingAt: last, rows: rows)
                chosen = page.firstIndex(of: key) ?? 0
            }
            return
        }
        self.hunt = hunt
    }

    private func text(of key: TimelineKey, _ screens: [PaneScreen]) -> String {
        let source = merge.sources[key.pane]
        guard screens.indices.contains(key.pane), let number = source.number(of: key) else { return "" }
        return screens[key.pane].texts(ofLines: [number], renumberings: source.renumberings).first ?? ""
    }

    /// Goes to the pane of the chosen line, in copy mode, with the cursor on it.
    private func dive(into workspace: inout Workspace) -> OverlayAnswer {
        guard let key = chosenLine, let number = merge.sources[key.pane].number(of: key) else { return .closes }
        workspace.focus(on: key.pane)
        _ = workspace.copy(from: key.pane) { mode, _ in
            mode.go(toLine: mode.text.line(withNumber: number))
            return .stays
        }
        return .closes
    }

    // MARK: Drawing

    /// Takes in what guests have printed, and works on what takes longer.
    mutating func refresh(_ screens: [PaneScreen]) {
        for index in merge.sources.indices where screens.indices.contains(index) {
            merge.sources[index].refresh(from: screens[index])
        }
        let end = steadyNanoseconds() &+ Self.slice
        // Newest first, over all guests, since that is where one looks.
        while steadyNanoseconds() < end,
            let next = merge.sources.indices.filter({ merge.sources[$0].isBusy })
                .max(by: { merge.sources[$0].scannedSince < merge.sources[$1].scannedSince }),
            screens.indices.contains(next)
        {
            merge.sources[next].scanOlder(64, on: screens[next])
        }
    }

    package mutating func paint(_ workspace: Workspace, _ stage: Stage, on canvas: inout Canvas) {
        shownCursor = nil
        let size = canvas.size
        rows = max(1, size.rows - (size.rows > 3 ? 2 : 1))
        let wasFull = bottom == nil && chosen >= page.count - 1
        refresh(workspace.screens)
        page = merge.window(endingAt: bottom, rows: rows)
        if wasFull { chosen = page.count - 1 }
        goHunting(workspace.screens)
        chosen = min(max(0, chosen), max(0, page.count - 1))
        canvas.fill(Rect(column: 0, row: 0, columns: size.columns, rows: size.rows))
        paintHead(workspace, stage, on: &canvas)
        let columns = TimelineColumns(workspace, width: size.columns, kind: kind, stage: stage)
        let matcher = (search ?? filter).map { PatternMatcher($0) }
        for (row, key) in page.enumerated() {
            let text = text(of: key, workspace.screens)
            columns.paint(
                key, text: text, hits: matcher, shift: shift, isChosen: row == chosen, row: row + 1, workspace,
                on: &canvas)
        }
        if page.isEmpty {
            let words = isBusy ? "looking…" : filter == nil ? "nobody has said anything yet" : "no line matches"
            canvas.write(words, column: 1, row: 1, limit: size.columns, style: stage.theme.hint)
        }
        if size.rows > 3 || prompt != nil { paintFoot(stage, on: &canvas) }
    }

    private func paintHead(_ workspace: Workspace, _ stage: Stage, on canvas: inout Canvas) {
        let theme = stage.theme
        let columns = canvas.size.columns
        canvas.fill(Rect(column: 0, row: 0, columns: columns, rows: 1), with: CanvasCell(style: theme.status))
        let shown = merge.sources.filter(\.isShown)
        var words = [" Timeline "]
        if shown.count == 1, merge.sources.count > 1 {
            words.append(workspace.panes[shown[0].pane].name)
        } else {
            words.append("\(shown.count)/\(merge.sources.count) guests")
        }
        if let filter { words.append("only /\(filter.source)/") }
        words.append("\(merge.count)\(merge.sources.contains(where: \.isBusy) ? "…" : "") lines")
        let at = canvas.write(words[0], column: 0, row: 0, limit: columns, style: theme.statusName)
        canvas.write(
            truncated(" " + words.dropFirst().joined(separator: ", ").onOneLine, to: columns - at), column: at, row: 0,
            limit: columns, style: theme.status)
        let below = bottom.map { merge.count(behind: $0) } ?? 0
        let place = bottom == nil ? " following " : below == 0 ? " end " : " \(below) below "
        canvas.write(
            place, column: max(0, columns - textWidth(place)), row: 0, limit: columns, style: theme.statusName)
    }

    private mutating func paintFoot(_ stage: Stage, on canvas: inout Canvas) {
        let (theme, row, columns) = (stage.theme, canvas.size.rows - 1, canvas.size.columns)
        canvas.fill(Rect(column: 0, row: row, columns: columns, rows: 1))
        if let prompt {
            let end = canvas.write(
                prompt.kind.rawValue + prompt.text.onOneLine, column: 0, row: row, limit: columns, style: theme.message)
            shownCursor = (min(end, columns - 1), row)
            if let error = prompt.error {
                canvas.write("  \(error)", column: end, row: row, limit: columns, style: theme.messageError)
            }
        } else if hunt != nil || !note.isEmpty {
            canvas.write(hunt == nil ? note : "searching…", column: 0, row: row, limit: columns, style: theme.message)
        } else {
            var at = 0
            for (key, meaning) in Self.hints where at < columns {
                at = canvas.write(" " + key, column: at, row: row, limit: columns, style: theme.hintKey)
                at = canvas.write(" " + meaning, column: at, row: row, limit: columns, style: theme.hint)
            }
        }
    }

    private static let hints = [
        ("/", "search"), ("&", "filter"), ("o", "only this guest"), ("x", "without it"), ("a", "all"),
        ("Enter", "go there"),
        ("t", "times"), ("F", "follow"), ("q", "close"),
    ]
}
