// The only door to curses. Everything in it runs on the main thread, which owns the one instance; it copies the rows of
// the canvas that changed, and curses works out the bytes.

import CNcurses
import Glibc

/// Why there is no screen.
package struct ScreenError: Error, CustomStringConvertible {
    package var description: String
}

@MainActor
package final class CursesScreen {
    private let screen: OpaquePointer
    private let name: String
    private let depth: ColorDepth
    private let hasDefaultColors: Bool
    private var pairs: [UInt64: Int32] = [:]
    private var line: [cchar_t] = []
    package let hasUnicode: Bool
    /// How the cursor is to look from the next frame on, as DECSCUSR counts: 0 is what the user's terminal is set to.
    package var cursorStyle = 0
    private var shownCursorStyle = 0
    /// Private modes of the user's terminal that are on as long as the screen is ours.
    private let modes: [Int]
    /// 2004: pasted text comes in brackets.
    private static let wantedModes = [2004]

    /// Opens the screen on standard input and output, which must be a terminal.
    package init(environment: ProgramEnvironment) throws(ScreenError) {
        guard isatty(0) == 1, isatty(1) == 1 else {
            throw ScreenError(description: "panes need a terminal on standard input and output (lgtui run does not)")
        }
        hasUnicode = Self.chooseLocale(environment)
        let name = environment.terminalName ?? ""
        self.name = name
        // Terminals ignore modes that they do not know, except the old ones that have never heard of private modes.
        let isOld = ["linux", "vt", "ansi", "dumb", "sun"].contains { name.hasPrefix($0) }
        modes = isOld ? [] : Self.wantedModes
        if name.isEmpty {
            throw ScreenError(description: "TERM is not set, so there is no telling what the screen can do")
        }
        guard let screen = lgtui_newterm() else {
            throw ScreenError(
                description:
                    "the terminal type TERM=\(name) is not known here: install its terminfo (ncurses-term), or try TERM=xterm-256color"
                    .onOneLine)
        }
        self.screen = screen
        if tigetstr("cup").isMissing {
            endwin()
            throw ScreenError(description: "the terminal type TERM=\(name) cannot place its cursor".onOneLine)
        }
        let colors = has_colors() && start_color() == OK ? Int(lgtui_colors()) : 0
        depth = ColorDepth(colors: colors, forbidden: environment.forbidsColor)
        hasDefaultColors = use_default_colors() == OK
        raw()
        noecho()
        nonl()
        // Typing must not cut a frame short: curses would stop drawing when input waits.
        typeahead(-1)
        leaveok(lgtui_stdscr(), false)
        idlok(lgtui_stdscr(), true)
        CrashGuard.arm(restoring: Self.restoreBytes(modes: modes))
        setModes(true)
    }

    /// Curses and the C library must agree on UTF-8. A session without any locale gets C.UTF-8 rather than question
    /// marks; one that asks for another character set keeps it.
    private static func chooseLocale(_ environment: ProgramEnvironment) -> Bool {
        setlocale(LC_ALL, "")
        func isUTF8() -> Bool { nl_langinfo(nl_item(CODESET)).map { String(cString: $0) } == "UTF-8" }
        if isUTF8() { return true }
        switch environment.locale {
        case nil, "C", "POSIX": return setlocale(LC_ALL, "C.UTF-8") != nil && isUTF8()
        default: return false
        }
    }

    package var size: Size {
        Size(columns: Int(getmaxx(lgtui_stdscr())), rows: Int(getmaxy(lgtui_stdscr())))
    }

    /// Takes over a new size of the terminal.
    package func resize(to size: Size) {
        // A terminal of no size makes curses unhappy; it cannot show anything either.
        resizeterm(Int32(max(1, size.rows)), Int32(max(1, size.columns)))
    }

    /// Draws what changed and puts the cursor at `cursor`, or hides it.
    package func draw(_ canvas: inout Canvas, cursor: (column: Int, row: Int)?) {
        let window = lgtui_stdscr()
        canvas.takeDirtyRows { row, columns, cells in draw(row, columns, cells, window) }
        showCursorStyle(cursorStyle)
        if let cursor {
            curs_set(1)
            wmove(window, Int32(cursor.row), Int32(cursor.column))
        } else {
            curs_set(0)
        }
        wnoutrefresh(window)
        doupdate()
    }

    private func draw(
        _ row: Int, _ columns: Range<Int>, _ cells: ArraySlice<CanvasCell>, _ window: UnsafeMutablePointer<WINDOW>?
    ) {
        // Never begin in the right half of a wide character.
        var first = columns.lowerBound
        while first > 0, cells[cells.startIndex + first].width == 0 { first -= 1 }
        line.removeAll(keepingCapacity: true)
        var column = first
        while column < columns.upperBound {
            let cell = cells[cells.startIndex + column]
            line.append(curses(cell))
            column += max(1, Int(cell.width))
        }
        mvwadd_wchnstr(window, Int32(row), Int32(first), line, Int32(line.count))
    }

    private func curses(_ cell: CanvasCell) -> cchar_t {
        let (attributes, pair) = appearance(of: cell.style)
        var scalar = cell.scalar
        var marks = cell.marks
        // The C library must agree about the width, or everything to the right would shift.
        if scalar.value >= 0x7f, wcwidth(wchar_t(scalar.value)) != Int32(max(1, cell.width)) || !hasUnicode {
            scalar = cell.width == 2 ? "\u{ff1f}" : "?"
            if !hasUnicode { scalar = "?" }
            marks = .zero
        } else if scalar.value < 0x20 {
            scalar = " "
        }
        var text: (wchar_t, wchar_t, wchar_t, wchar_t, wchar_t, wchar_t) = (wchar_t(scalar.value), 0, 0, 0, 0, 0)
        if marks != .zero && hasUnicode {
            text.1 = Self.mark(marks[0])
            text.2 = Self.mark(marks[1])
            text.3 = Self.mark(marks[2])
            text.4 = Self.mark(marks[3])
        }
        var result = cchar_t()
        withUnsafeBytes(of: &text) { bytes in
            // SAFETY: six wide characters, the last of which is zero; setcchar reads up to the first zero.
            if let base = bytes.baseAddress?.assumingMemoryBound(to: wchar_t.self) {
                _ = lgtui_setcchar(&result, base, attributes, pair)
            }
        }
        return result
    }

    /// A combining character, or the end of the text when it is none: a second spacing character makes setcchar fail.
    private static func mark(_ value: UInt32) -> wchar_t {
        guard value != 0, let mark = wchar_t(exactly: value), wcwidth(mark) == 0 else { return 0 }
        return mark
    }

    private func appearance(of style: Style) -> (attr_t, Int32) {
        var attributes: attr_t = 0
        let wanted = style.attributes
        if wanted.contains(.bold) { attributes |= lgtui_bold }
        if wanted.contains(.dim) { attributes |= lgtui_dim }
        if wanted.contains(.italic) { attributes |= lgtui_italic }
        if wanted.contains(.underline) { attributes |= lgtui_underline }
        if wanted.contains(.blink) { attributes |= lgtui_blink }
        if wanted.contains(.reverse) { attributes |= lgtui_reverse }
        if wanted.contains(.invisible) { attributes |= lgtui_invisible }
        guard depth != .none else { return (attributes, 0) }
        let (foreground, bold) = depth.number(of: style.foreground, isForeground: true)
        let (background, _) = depth.number(of: style.background, isForeground: false)
        if bold { attributes |= lgtui_bold }
        return (attributes, pair(foreground, background))
    }

    /// The pair for two colours, made on first use. When there are more combinations than pairs, curses gives up the
    /// oldest; the table then only costs a wrong colour on a cell that nobody has touched for long.
    private func pair(_ foreground: Int32, _ background: Int32) -> Int32 {
        if foreground == -1 && background == -1 && hasDefaultColors { return 0 }
        let key = UInt64(UInt32(bitPattern: foreground)) << 32 | UInt64(UInt32(bitPattern: background))
        if let pair = pairs[key] { return pair }
        if pairs.count + 1 >= Int(lgtui_color_pairs()) { pairs.removeAll(keepingCapacity: true) }
        let pair = max(
            0,
            alloc_pair(
                foreground == -1 && !hasDefaultColors ? 7 : foreground,
                background == -1 && !hasDefaultColors ? 0 : background))
        pairs[key] = pair
        return pair
    }

    /// In terminals whose description says that they know how.
    private func showCursorStyle(_ style: Int) {
        guard style != shownCursorStyle, (0...6).contains(style), !tigetstr("Ss").isMissing else { return }
        putp("\u{1b}[\(style) q")
        shownCursorStyle = style
    }

    package func beep() { CNcurses.beep() }

    // MARK: Mouse

    /// Whether the terminal's description speaks of a mouse.
    package var canReportMouse: Bool { Self.describesMouse }
    private static var describesMouse: Bool { !tigetstr("kmous").isMissing || !tigetstr("XM").isMissing }

    private var isMouseOn = false

    /// Asks the terminal for mouse reports, or to stop them. Curses has a way of its own to do this, and to decode what
    /// comes; we read the terminal ourselves, so we ask ourselves.
    package func setMouse(_ isOn: Bool) {
        guard canReportMouse, isOn != isMouseOn else { return }
        isMouseOn = isOn
        Self.send(isOn ? MouseReport.on : MouseReport.off)
    }

    private static func send(_ bytes: [UInt8]) { _ = write(1, bytes, bytes.count) }

    /// Linux's own console and terminals from before Unicode have no heavy lines in their fonts.
    package var drawsHeavyLines: Bool { hasUnicode && !["linux", "vt100", "vt102", "vt220", "ansi"].contains(name) }

    /// Gives the terminal back as it was; `resume` takes it again.
    package func suspend() {
        if isMouseOn { Self.send(MouseReport.off) }
        showCursorStyle(0)
        setModes(false)
        curs_set(1)
        endwin()
    }

    package func resume() {
        reset_prog_mode()
        clearok(lgtui_stdscr(), true)
        wrefresh(lgtui_stdscr())
        if isMouseOn { Self.send(MouseReport.on) }
        setModes(true)
    }

    /// Paints everything anew, in case something else wrote to the terminal.
    package func repaint() {
        clearok(lgtui_stdscr(), true)
        // A shell that ran meanwhile has switched bracketed paste off.
        setModes(true)
    }

    private static func bytes(setting modes: [Int], _ isOn: Bool) -> [UInt8] {
        modes.flatMap { Array("\u{1b}[?\($0)\(isOn ? "h" : "l")".utf8) }
    }

    private func setModes(_ isOn: Bool) { writeAll(1, Self.bytes(setting: modes, isOn)) }

    /// Hands text to the clipboard of the user's terminal, if that allows it (OSC 52).
    package func setClipboard(_ text: [UInt8]) {
        guard !modes.isEmpty else { return }
        writeAll(1, Array("\u{1b}]52;c;\(base64(text))\u{7}".utf8))
    }

    /// Ends curses for good.
    package func close() {
        setMouse(false)
        showCursorStyle(0)
        setModes(false)
        curs_set(1)
        endwin()
        delscreen(screen)
        CrashGuard.disarm()
    }

    /// What the terminal must be sent to leave our screen, for a crash handler that cannot ask curses any more.
    private static func restoreBytes(modes: [Int]) -> [UInt8] {
        var bytes = bytes(setting: modes, false)
        // Before cnorm, which says whether the cursor blinks.
        if !tigetstr("Ss").isMissing { bytes += "\u{1b}[0 q".utf8 }
        for capability in ["sgr0", "op", "cnorm", "rmcup"] {
            guard let text = tigetstr(capability).text else { continue }
            bytes += withoutPadding(text)
        }
        return (describesMouse ? MouseReport.off : []) + bytes + [0x0d]
    }

    /// Strips `$<…>`, which asks curses to wait; a crashing program does not.
    private static func withoutPadding(_ text: String) -> [UInt8] {
        var result: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.first {
            if byte == UInt8(ascii: "$"), rest.dropFirst().first == UInt8(ascii: "<"),
                let end = rest.firstIndex(of: UInt8(ascii: ">"))
            {
                rest = rest[(end + 1)...]
            } else {
                result.append(byte)
                rest.removeFirst()
            }
        }
        return result
    }
}

extension Optional where Wrapped == UnsafeMutablePointer<CChar> {
    /// tigetstr answers null for "has none" and -1 for "is no string".
    fileprivate var text: String? {
        guard let self, self != UnsafeMutablePointer(bitPattern: -1) else { return nil }
        return String(cString: self)
    }

    fileprivate var isMissing: Bool { text == nil }
}
