// The screen of one guest: a terminal behind a lock. The guest's own thread feeds it – there is no queue between the
// two, so a guest that floods its console is slowed by its own terminal and by nothing else – and the main thread
// copies the rows that changed.

import Glibc
import GuestHost
import Synchronization
import TerminalCore

package final class PaneScreen: ConsoleSink, @unchecked Sendable {
    // SAFETY: a terminal belongs to one thread at a time; it is reached through `locked` only.
    private let terminal: Terminal
    // SAFETY: the same.
    private var writes = 0
    private let lock = Mutex(())
    private let wakeup: Wakeup
    /// Something was written since the last frame, which is still to come: who writes now need not ring again.
    /// Touched only with the lock held, as the two below.
    private var hasNews = false
    /// Since when a frame in the making (mode 2026) has kept the old one on the screen.
    private var heldSince: UInt64?
    /// The cursor of the frame that is on the screen.
    private var shownCursor: Cursor

    /// A frame is being drawn and wants the lock: a guest that floods its console steps aside for it.
    private let isAwaited = Atomic<Bool>(false)
    /// Frames in a row that did without this screen, because its lock was not to be had. Main thread only.
    private var missedFrames = 0

    /// What was seen at the last look, for looks that would have to wait for a guest that floods its console.
    private let lastGlance: Mutex<Glance>
    private let size: Mutex<Size>

    /// A guest that never ends its frame is believed this long.
    private static let longestHold: UInt64 = 100_000_000

    /// What the terminal answers to a guest that asks (its size, its kind) is typed back at the guest.
    private let reply = Mutex<(@Sendable ([UInt8]) -> Void)?>(nil)

    /// When each of the guest's lives began, by the clock of the stamps.
    let boots = Mutex<[UInt64]>([])

    /// - Parameter scrollback: lines to remember.
    package init(size: Size, wakeup: Wakeup, scrollback: Int = Settings().scrollback) {
        terminal = Terminal(columns: size.columns, rows: size.rows, scrollback: scrollback)
        shownCursor = terminal.cursor
        lastGlance = Mutex(Glance(terminal, terminal.cursor, writes: 0))
        self.size = Mutex(size)
        self.wakeup = wakeup
    }

    /// Mutex's own closure would have to send the terminal and everything it is painted on through the lock; both stay
    /// where they are, so the lock is taken by hand.
    package func locked<Result>(_ body: (Terminal) -> Result) -> Result {
        lock._unsafeLock()
        defer { lock._unsafeUnlock() }
        return body(terminal)
    }

    package func onReply(_ body: @escaping @Sendable ([UInt8]) -> Void) { reply.withLock { $0 = body } }

    package func write(_ bytes: UnsafeRawBufferPointer) {
        if isAwaited.load(ordering: .relaxed) { sched_yield() }
        let (answer, isFirst) = locked { terminal in
            terminal.clock = steadyNanoseconds()
            terminal.feed(bytes)
            writes &+= 1
            defer { hasNews = true }
            return (terminal.hasReplies ? terminal.takeReplies() : [], !hasNews)
        }
        if !answer.isEmpty { reply.withLock { $0 }?(answer) }
        // A flood would otherwise keep the main thread awake between frames, for nothing.
        if isFirst { wakeup.ring() }
    }

    /// Shows a line that is not the guest's: the launcher's story under --verbose.
    package func note(_ text: String) {
        locked { terminal in
            terminal.clock = steadyNanoseconds()
            // A guest may be in the middle of a line.
            let start = terminal.cursor.column > 0 ? "\r\n" : ""
            terminal.feed(start + "\u{1b}[0;2m" + text.onOneLine + "\u{1b}[0m\r\n")
        }
        wakeup.ring()
    }

    /// What draws the screen as it is now on an empty one.
    package func replay() -> [UInt8] { locked { ScreenReplay.bytes($0) } }

    /// A new life begins: the old one's last screen scrolls up and its modes are forgotten.
    package func startOver() {
        locked { terminal in
            // Blank lines first, so that what was on the screen is found in the scrollback.
            terminal.feed(
                "\u{1b}[?1049l\u{1b}[r\u{1b}[\(terminal.rows);1H" + String(repeating: "\n", count: terminal.rows))
            terminal.reset()
        }
        wakeup.ring()
    }

    package func resize(to size: Size) {
        guard size.columns > 0, size.rows > 0 else { return }
        let isNew = self.size.withLock { known in
            defer { known = size }
            return known != size
        }
        guard isNew else { return }
        locked { terminal in
            if terminal.columns != size.columns || terminal.rows != size.rows {
                terminal.resize(columns: size.columns, rows: size.rows)
            }
        }
    }

    /// What the guest is told when its pane wins or loses the keyboard, if it asked to be told.
    package func focusReport(_ hasFocus: Bool) -> [UInt8]? { locked { $0.encodeFocus(hasFocus) } }

    /// What the frame around the screen needs to know.
    package struct Glance: Sendable, Equatable {
        package var title: String
        package var cursorColumn: Int
        package var cursorRow: Int
        package var isCursorVisible: Bool
        /// DECSCUSR's number, 0 for the user's own.
        package var cursorStyle: Int
        package var wantsApplicationCursorKeys: Bool
        package var bells: Int
        package var isDamaged: Bool
        /// How often the guest wrote something.
        package var writes: Int

        fileprivate init(_ terminal: Terminal, _ cursor: Cursor, writes: Int) {
            title = terminal.title
            cursorColumn = cursor.column
            cursorRow = cursor.row
            isCursorVisible = cursor.isVisible
            cursorStyle = cursor.style
            wantsApplicationCursorKeys = terminal.modes.contains(.applicationCursorKeys)
            bells = terminal.bellCount
            isDamaged = terminal.isDamaged
            self.writes = writes
        }
    }

    /// Never waits: while the guest is writing, what was true at the last frame has to do. (With several looks at several
    /// panes a frame, waiting for flooding guests is what made keys slow.)
    package func glance() -> Glance {
        guard lock._unsafeTryLock() else { return lastGlance.withLock { $0 } }
        defer { lock._unsafeUnlock() }
        hasNews = false
        return look(terminal)
    }

    /// Whether a frame would show anything new; a guest that is writing this very moment surely has news.
    package var isDamaged: Bool {
        guard lock._unsafeTryLock() else { return true }
        defer { lock._unsafeUnlock() }
        return terminal.isDamaged
    }

    private func look(_ terminal: Terminal) -> Glance {
        let glance = Glance(terminal, heldSince == nil ? terminal.cursor : shownCursor, writes: writes)
        lastGlance.withLock { $0 = glance }
        return glance
    }

    /// Copies rows to the canvas: those that changed, or with `everything` all. The last `reserved` rows of `rect` are
    /// left for a banner; when the text reaches down there, its top is given up rather than its end. While the guest is in
    /// the middle of a frame and nothing else changed, the old one stays.
    package func paint(in rect: Rect, on canvas: inout Canvas, everything: Bool, reserved: Int = 0) {
        guard takeLockForFrame(patiently: everything || missedFrames >= 3) else {
            // The guest was put to sleep by the host in the middle of a write. The others' frame does not wait for that.
            missedFrames += 1
            wakeup.ring()
            return
        }
        defer { lock._unsafeUnlock() }
        missedFrames = 0
        paintLocked(in: rect, on: &canvas, everything: everything, reserved: reserved)
    }

    private func takeLockForFrame(patiently: Bool) -> Bool {
        if lock._unsafeTryLock() { return true }
        isAwaited.store(true, ordering: .relaxed)
        defer { isAwaited.store(false, ordering: .relaxed) }
        if patiently {
            lock._unsafeLock()
            return true
        }
        // A guest that runs lets go within some tens of microseconds.
        let end = steadyNanoseconds() + 300_000
        while steadyNanoseconds() < end {
            if lock._unsafeTryLock() { return true }
        }
        return false
    }

    private func paintLocked(in rect: Rect, on canvas: inout Canvas, everything: Bool, reserved: Int) {
        hasNews = false
        if !everything, isHeld(terminal) { return }
        heldSince = nil
        shownCursor = terminal.cursor
        defer { _ = look(terminal) }
        let shown = max(0, min(rect.rows, terminal.rows) - reserved)
        let shift = reserved == 0 ? 0 : max(0, Self.usedRows(terminal) - shown)
        if everything { terminal.damageAll() }
        let isReversed = terminal.modes.contains(.reverseScreen)
        // First all numbers, then the rows: the terminal may not be read while it counts.
        var changed: [Int] = []
        terminal.takeDamage { changed.append($0) }
        for row in changed {
            let target = row - shift
            guard target >= 0, target < shown else { continue }
            Self.paint(terminal, row, isReversed, in: rect, at: rect.row + target, on: &canvas)
        }
        if everything {
            let below = max(shown, 0)
            canvas.fill(
                Rect(column: rect.column, row: rect.row + below, columns: rect.columns, rows: rect.rows - below))
        }
    }

    private func isHeld(_ terminal: Terminal) -> Bool {
        guard terminal.modes.contains(.synchronizedOutput) else { return false }
        let now = steadyNanoseconds()
        let since = heldSince ?? now
        heldSince = since
        return now - since < Self.longestHold
    }

    /// Rows down to the last one with text or the cursor in it.
    static func usedRows(_ terminal: Terminal) -> Int {
        var rows = terminal.rows
        while rows > terminal.cursor.row + 1, terminal.row(rows - 1).allSatisfy(\.isBlank) { rows -= 1 }
        return rows
    }

    private static func paint(
        _ terminal: Terminal, _ row: Int, _ isReversed: Bool, in rect: Rect, at target: Int, on canvas: inout Canvas
    ) {
        let cells = terminal.row(row)
        var column = 0
        while column < rect.columns {
            guard column < cells.count else {
                canvas[rect.column + column, target] = .blank
                column += 1
                continue
            }
            let cell = cells[column]
            var style = Style(cell)
            if isReversed { style.attributes.formSymmetricDifference(.reverse) }
            var painted = CanvasCell(" ", style: style)
            if let scalar = cell.scalar {
                painted.scalar = scalar
            } else if cell.isCluster {
                let scalars = terminal.scalars(of: cell)
                painted.scalar = scalars.first ?? " "
                for (i, mark) in scalars.dropFirst().prefix(4).enumerated() { painted.marks[i] = mark.value }
            }
            // Curses knows no strikethrough. Unicode does: as a mark on the character.
            if cell.attributes.contains(.strikethrough), let free = (0..<4).first(where: { painted.marks[$0] == 0 }) {
                painted.marks[free] = 0x336
            }
            // Half of a wide character at the edge of the pane is none.
            if cell.width == 2 && column + 1 < rect.columns {
                painted.width = 2
                canvas[rect.column + column, target] = painted
                canvas[rect.column + column + 1, target] = CanvasCell(" ", style: style, width: 0)
                column += 2
            } else {
                if cell.width != 1 { painted.scalar = " " }
                canvas[rect.column + column, target] = painted
                column += 1
            }
        }
    }
}

extension Style {
    /// The looks of a terminal's cell. Both sides write colours the same way.
    init(_ cell: Cell) {
        self.init(
            foreground: Ink(rawValue: cell.foreground.rawValue), background: Ink(rawValue: cell.background.rawValue))
        let given = cell.attributes
        if given.isEmpty { return }
        if given.contains(.bold) { attributes.insert(.bold) }
        if given.contains(.faint) { attributes.insert(.dim) }
        if given.contains(.italic) { attributes.insert(.italic) }
        if given.contains(.blink) || given.contains(.rapidBlink) { attributes.insert(.blink) }
        if given.contains(.inverse) { attributes.insert(.reverse) }
        if given.contains(.invisible) { attributes.insert(.invisible) }
        if given.underline != .none { attributes.insert(.underline) }
    }
}
