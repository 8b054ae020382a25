// The door of this module: bytes in, a screen of cells out. A terminal knows nothing of guests and of curses; it belongs
// to whoever holds it, one thread at a time (put it in a `Mutex` to share it).

/// Where the cursor is and how it looks.
public struct Cursor: Hashable, Sendable {
    /// Counted from 0.
    public var column: Int
    public var row: Int
    /// DECTCEM.
    public var isVisible: Bool
    public var shape: CursorShape
    public var blinks: Bool
    /// The number that DECSCUSR asked for it by, 1–6; 0 when the guest leaves it to the user.
    public var style: Int
    /// The last column was just printed, and the next character goes to the next line.
    public var wrapsNext: Bool
}

/// A VT420-class terminal with xterm's additions.
public final class Terminal {
    var core: Emulator
    // SAFETY: `scratchColumns` initialised cells, freed or replaced only here.
    private var scratch: UnsafeMutablePointer<Cell>
    private var scratchColumns: Int

    /// - Parameters:
    ///   - columns: 1…4096; other values are clamped.
    ///   - rows: 1…4096; other values are clamped.
    ///   - scrollback: lines to remember, at most a million; 0 for none.
    public init(columns: Int = 80, rows: Int = 24, scrollback: Int = 10_000) {
        core = Emulator(columns: columns, rows: rows, scrollback: scrollback)
        scratchColumns = core.columns
        scratch = .allocate(capacity: scratchColumns)
        scratch.initialize(repeating: Cell(), count: scratchColumns)
    }

    deinit { scratch.deallocate() }

    public var columns: Int { core.columns }
    public var rows: Int { core.rows }

    /// The version of Unicode that says how wide a character is.
    public static let unicodeVersion = TerminalCore.unicodeVersion

    // MARK: In and out

    /// Takes what the guest wrote, cut anywhere.
    public func feed(_ bytes: UnsafeRawBufferPointer) { core.feed(bytes) }
    public func feed(_ bytes: some Sequence<UInt8>) {
        let bytes = ContiguousArray(bytes)
        bytes.withUnsafeBytes { core.feed($0) }
    }
    public func feed(_ text: String) { feed(text.utf8) }

    /// What the terminal answered since the last call (device attributes, positions …), to be typed to the guest.
    public func takeReplies() -> [UInt8] { core.replies.take() }
    public var hasReplies: Bool { !core.replies.bytes.isEmpty }

    /// A new size. Wrapped lines are cut anew; the cursor stays on its character.
    public func resize(columns: Int, rows: Int) {
        core.resize(columns: columns, rows: rows)
        guard core.columns != scratchColumns else { return }
        scratch.deallocate()
        scratchColumns = core.columns
        scratch = .allocate(capacity: scratchColumns)
        scratch.initialize(repeating: Cell(), count: scratchColumns)
    }

    /// As after power-on; the scrollback stays.
    public func reset() {
        core.parser.mode = .ground
        core.hardReset()
    }

    // MARK: Looking at it

    /// The cells of a row, `columns` of them. Valid until the terminal is next fed, resized or reset.
    public func row(_ index: Int) -> UnsafeBufferPointer<Cell> {
        precondition(index >= 0 && index < core.rows, "row out of range")
        // SAFETY: the grid's cells live until the next resize; the comment above is the contract with the caller.
        return UnsafeBufferPointer(start: core.grid.lines[index].cells, count: core.columns)
    }
    /// Single or double width and height.
    public func lineAttribute(_ index: Int) -> LineAttribute {
        precondition(index >= 0 && index < core.rows, "row out of range")
        return core.grid.lines[index].attribute
    }
    /// The row's text goes on in the next one.
    public func isWrapped(_ index: Int) -> Bool {
        precondition(index >= 0 && index < core.rows, "row out of range")
        return core.grid.lines[index].flags.contains(.wrapped)
    }

    public var scrollbackCount: Int { core.scrollback.count }
    /// A line of the scrollback, 0 the oldest, padded to `columns`. Valid until the next call of this terminal.
    public func scrollbackRow(_ index: Int) -> UnsafeBufferPointer<Cell> {
        precondition(index >= 0 && index < core.scrollback.count, "scrollback line out of range")
        _ = core.scrollback.read(index, into: scratch, width: scratchColumns)
        return UnsafeBufferPointer(start: scratch, count: scratchColumns)
    }
    /// Whether that line's text goes on in the next, and its width and height.
    public func scrollbackLine(_ index: Int) -> (isWrapped: Bool, attribute: LineAttribute) {
        precondition(index >= 0 && index < core.scrollback.count, "scrollback line out of range")
        let line = core.scrollback.read(index, into: scratch, width: scratchColumns)
        return (line.flags.contains(.wrapped), line.attribute)
    }
    /// Bytes that the scrollback holds.
    public var scrollbackBytes: Int { core.scrollback.residentBytes }

    /// The scalars of a cell: none for blanks and right halves, more than one for clusters.
    public func scalars(of cell: Cell) -> [Unicode.Scalar] { core.scalars(of: cell).compactMap(Unicode.Scalar.init) }
    /// The colour of the cell's underline; default: that of its text.
    public func underlineColor(of cell: Cell) -> Color { core.extras[cell.extra].underlineColor }
    public func hyperlink(of cell: Cell) -> Hyperlink? {
        cell.extra == 0 ? nil : core.link(core.extras[cell.extra].link)
    }

    public var cursor: Cursor {
        Cursor(
            column: core.x, row: core.y, isVisible: core.modes.contains(.cursorVisible), shape: core.shape,
            blinks: core.modes.contains(.cursorBlink), style: Int(core.cursorStyle), wrapsNext: core.pendingWrap)
    }
    public var modes: Modes { core.modes }
    public var palette: Palette { core.palette }
    /// Level of xterm's modifyOtherKeys, 0–2.
    public var modifyOtherKeys: Int { Int(core.modifyOtherKeys) }

    /// The window title, free of control characters and at most 256 characters long; still the guest's words.
    public var title: String { core.titles.window }
    public var iconName: String { core.titles.icon }
    /// Bells rung since the start.
    public var bellCount: Int { core.bellCount }

    // MARK: Damage

    /// Something changed since the last `takeDamage`.
    public var isDamaged: Bool { !core.damage.isEmpty }
    /// Calls `body` with each row that changed, from the top; the cursor and the rest are cheap enough to read anew.
    public func takeDamage(_ body: (Int) -> Void) {
        // Counted first, so that `body` may look at the terminal.
        var changed: [Int] = []
        core.damage.take { changed.append($0) }
        for row in changed { body(row) }
    }
    /// Makes the next `takeDamage` name every row.
    public func damageAll() { core.damage.markAll() }
}
