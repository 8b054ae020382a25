// All state of one terminal, in one value without references in its hot half. `feed` takes it inout once per chunk, so
// the printing loop pays neither reference counts nor exclusivity checks.

/// Where and how the next character is printed, as DECSC saves it.
struct SavedCursor {
    var x = 0
    var y = 0
    var pendingWrap = false
    var pen = Cell()
    var charsets = Charsets()
    var origin = false
}

/// How the cursor is drawn (DECSCUSR).
@frozen public enum CursorShape: UInt8, Sendable {
    case block, underline, bar
}

struct Emulator: ~Copyable {
    // MARK: The screens

    var columns: Int
    var rows: Int
    /// The grid that is shown and written to; `hidden` is the other one of primary and alternate.
    var grid: Grid
    var hidden: Grid
    var scrollback: Scrollback
    var damage: DamageMap

    // MARK: The cursor

    var x = 0
    var y = 0
    /// The last column was just printed: the next character wraps first. Columns are 0-based, `x` stays on the last one.
    var pendingWrap = false
    /// An empty cell with the current colours and attributes: printing is this plus the character.
    var pen = Cell()
    /// What new lines are stamped with; see `Terminal.clock`.
    var clock: UInt64 = 0
    var top = 0
    var bottom: Int
    var left = 0
    var right: Int
    var modes = Modes.initial
    var charsets = Charsets()
    /// [primary, alternate]
    var saved = (SavedCursor(), SavedCursor())
    var tabs: TabStops
    var shape = CursorShape.block
    /// As last asked for by DECSCUSR; 0: nobody did.
    var cursorStyle: UInt8 = 0
    /// The last graphic character, for REP; 0: none.
    var lastGraphic: UInt32 = 0
    /// Cursor position right after the last non-ASCII character, as `y << 16 | x`, -1 if none: clusters grow only there.
    var joinPosition = -1
    /// DECSCA was the last to protect (selective erase obeys) or SPA (every erase obeys).
    var protection = Protection.dec
    /// DECSACE: rectangle attributes apply to the rectangle (2) or to the stream of characters (0 and 1).
    var attributeExtent = 0
    var rectangularExtent: Bool { attributeExtent == 2 }

    enum Protection { case dec, iso }

    // MARK: The parser

    var parser = ParserState()
    let table = ParserTable.shared
    let widths = WidthTable.shared

    // MARK: The cold half

    var clusters = ClusterTable()
    var extras = NumberedTable(nothing: Extra(), capacity: 65534)
    var linkTable = NumberedTable(nothing: Hyperlink(id: "", uri: ""), capacity: 4096)
    /// Refusals to go before the side tables may be swept again.
    var sweepPause = 0
    var palette = Palette()
    var titles = Titles()
    var replies = Replies()
    var bellCount = 0
    /// How often all lines were cut anew, so that their numbers mean nothing any more.
    var renumberings = 0
    var savedModes: [UInt16: Bool] = [:]
    var conformance = Conformance()
    /// XTMODKEYS resource 4 and friends: what the UI should send for modified keys.
    var modifyOtherKeys: UInt8 = 0

    init(columns: Int, rows: Int, scrollback: Int) {
        let columns = min(max(columns, 1), Emulator.maximumColumns)
        let rows = min(max(rows, 1), Emulator.maximumRows)
        self.columns = columns
        self.rows = rows
        grid = Grid(columns: columns, rows: rows)
        hidden = Grid(columns: columns, rows: rows)
        self.scrollback = Scrollback(limit: min(scrollback, Emulator.maximumScrollback))
        damage = DamageMap(rows: rows)
        bottom = rows - 1
        right = columns - 1
        tabs = TabStops(columns: columns)
    }

    static let maximumColumns = 4096
    static let maximumRows = 4096
    static let maximumScrollback = 1_000_000

    // MARK: Small things everything uses

    /// Colour that erasing leaves behind (the background colour erase of the `bce` terminfo entries).
    var blank: Cell { Cell(background: pen.background) }

    @inline(__always) var onAlternate: Bool { modes.contains(.alternateScreen) }

    /// The cursor has left the position where it printed; a wrap that was due is forgotten.
    @inline(__always)
    mutating func moveTo(x newX: Int, y newY: Int) {
        pendingWrap = false
        x = newX
        y = newY
    }
}
