// The fuzz target: whatever a guest sends, the terminal keeps its invariants, tells the truth about what changed, stays
// within its limits, and comes to the same end however the bytes are cut.

import TerminalCore

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzTerminal(_ base: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    // SAFETY: libFuzzer gives `count` bytes at `base`; they are copied before anything else.
    guard let script = Script(Array(UnsafeBufferPointer(start: base, count: count))) else { return 0 }
    let whole = play(script) { $0.count }
    let single = play(script) { _ in 1 }
    var random = UInt64(truncatingIfNeeded: count) &* 0x9E37_79B9_7F4A_7C15 | 1
    let cut = play(script) { _ in
        random ^= random << 13
        random ^= random >> 7
        random ^= random << 17
        return Int(random >> 60) + 1
    }
    let replies = whole.takeReplies()
    if single.takeReplies() != replies || cut.takeReplies() != replies { fatalError("other replies when cut") }
    for (name, other) in [("byte by byte", single), ("cut at random", cut)] where State(other) != State(whole) {
        fatalError("\(name):\n\(ScreenText.json(other))\ninstead of\n\(ScreenText.json(whole))")
    }
    return 0
}

/// Plays the script in pieces whose length `piece` chooses.
private func play(_ script: Script, piece: (ArraySlice<UInt8>) -> Int) -> Terminal {
    let terminal = Terminal(columns: script.columns, rows: script.rows, scrollback: 20)
    var mirror = Mirror()
    for step in script.steps {
        switch step {
        case .feed(var bytes):
            while !bytes.isEmpty {
                let part = bytes.prefix(piece(bytes))
                part.withUnsafeBytes { terminal.feed($0) }
                bytes = bytes[part.endIndex...]
            }
        case .resize(let columns, let rows): terminal.resize(columns: columns, rows: rows)
        }
        if let broken = terminal.brokenInvariant() { fatalError(broken) }
        mirror.follow(terminal)
    }
    return terminal
}

/// All that can be seen of a terminal, much cheaper to compare than its JSON.
private struct State: Equatable {
    var cells: [Cell] = []
    var clusters: [Unicode.Scalar] = []
    var lines: [UInt8] = []
    var cursor: Cursor
    var modes: Modes
    var texts: [String]
    var bells: Int

    init(_ terminal: Terminal) {
        cursor = terminal.cursor
        modes = terminal.modes
        texts = [terminal.title, terminal.iconName]
        bells = terminal.bellCount
        for row in 0..<terminal.rows {
            take(terminal.row(row), terminal)
            lines += [terminal.lineAttribute(row).rawValue, terminal.isWrapped(row) ? 1 : 0]
        }
        for row in 0..<terminal.scrollbackCount {
            take(terminal.scrollbackRow(row), terminal)
            let head = terminal.scrollbackLine(row)
            lines += [head.attribute.rawValue, head.isWrapped ? 1 : 0]
        }
    }

    private mutating func take(_ row: UnsafeBufferPointer<Cell>, _ terminal: Terminal) {
        cells += row
        for cell in row where cell.isCluster || cell.extra != 0 {
            clusters += terminal.scalars(of: cell)
            if let link = terminal.hyperlink(of: cell) { texts += [link.id, link.uri] }
        }
    }
}

/// A screen that is only told what changed, as a pane is.
private struct Mirror {
    private var rows: [[Cell]] = []

    mutating func follow(_ terminal: Terminal) {
        if rows.count != terminal.rows || rows.first?.count != terminal.columns {
            rows = Array(repeating: [], count: terminal.rows)
        }
        terminal.takeDamage { rows[$0] = Array(terminal.row($0)) }
        for row in rows.indices where !rows[row].elementsEqual(terminal.row(row)) {
            fatalError("row \(row) changed, and nobody was told")
        }
    }
}
