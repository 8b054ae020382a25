// The switches a program can throw. One word, so that a test in the printing loop is one instruction, and public, because
// what is drawn around the screen and how keys and mouse events are coded depends on them.

@frozen public struct Modes: OptionSet, Hashable, Sendable {
    public var rawValue: UInt64
    @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }
    @inlinable init(bit: UInt64) { self.rawValue = 1 << bit }

    // ANSI modes (CSI Pn h / l).
    /// KAM (2): the keyboard is locked.
    public static let keyboardLocked = Modes(bit: 0)
    /// IRM (4): printing shifts the rest of the line to the right.
    public static let insert = Modes(bit: 1)
    /// SRM (12): set means no local echo. Kept for DECRQM; the guest's own echo is what one sees.
    public static let noLocalEcho = Modes(bit: 2)
    /// LNM (20): LF also returns the carriage, and Return sends CR LF.
    public static let newLine = Modes(bit: 3)

    // DEC private modes (CSI ? Pn h / l).
    /// DECCKM (1): cursor keys send `ESC O A` instead of `ESC [ A`.
    public static let applicationCursorKeys = Modes(bit: 4)
    /// DECANM (2), inverted: the terminal is a VT52.
    public static let vt52 = Modes(bit: 5)
    /// DECCOLM (3). The pane's width is not the guest's to choose: only the clearing and homing happen.
    public static let columns132 = Modes(bit: 6)
    /// DECSCLM (4): smooth scrolling; remembered, never slow.
    public static let smoothScroll = Modes(bit: 7)
    /// DECSCNM (5): the whole screen in reverse.
    public static let reverseScreen = Modes(bit: 8)
    /// DECOM (6): cursor addressing is relative to the margins, and confined to them.
    public static let origin = Modes(bit: 9)
    /// DECAWM (7): printing past the right margin goes on in the next line.
    public static let autowrap = Modes(bit: 10)
    /// DECARM (8): keys repeat.
    public static let autorepeat = Modes(bit: 11)
    /// X10 mouse (9): button presses only.
    public static let mouseX10 = Modes(bit: 12)
    /// Mode 12: the cursor blinks.
    public static let cursorBlink = Modes(bit: 13)
    /// DECTCEM (25): the cursor is visible.
    public static let cursorVisible = Modes(bit: 14)
    /// Mode 40: DECCOLM is obeyed.
    public static let allow132 = Modes(bit: 15)
    /// Mode 45: BS at the left margin goes back to the end of the line above, if that line was wrapped.
    public static let reverseWrap = Modes(bit: 16)
    /// DECNKM (66) and ESC = / ESC >: the keypad sends application codes.
    public static let applicationKeypad = Modes(bit: 17)
    /// DECBKM (67): the backarrow key sends BS instead of DEL.
    public static let backarrowSendsBS = Modes(bit: 18)
    /// DECLRMM (69): left and right margins can be set.
    public static let leftRightMargins = Modes(bit: 19)
    /// DECNCSM (95): DECCOLM does not clear.
    public static let noClearOnDECCOLM = Modes(bit: 20)
    /// Mouse 1000: presses and releases.
    public static let mouseButtons = Modes(bit: 21)
    /// Mouse 1002: also motion while a button is down.
    public static let mouseDrag = Modes(bit: 22)
    /// Mouse 1003: all motion.
    public static let mouseMotion = Modes(bit: 23)
    /// Mode 1004: report focus in and out (`CSI I`, `CSI O`).
    public static let focusReports = Modes(bit: 24)
    /// Mouse coding 1005: UTF-8 coordinates.
    public static let mouseUTF8 = Modes(bit: 25)
    /// Mouse coding 1006: SGR.
    public static let mouseSGR = Modes(bit: 26)
    /// Mode 1007: on the alternate screen the wheel sends cursor keys.
    public static let alternateScroll = Modes(bit: 27)
    /// Mouse coding 1015: urxvt's decimal form.
    public static let mouseURXVT = Modes(bit: 28)
    /// Modes 47, 1047, 1049: the alternate screen is shown.
    public static let alternateScreen = Modes(bit: 29)
    /// Mode 2004: pastes are bracketed by `CSI 200 ~` and `CSI 201 ~`.
    public static let bracketedPaste = Modes(bit: 30)
    /// Mode 2026: the program is in the middle of a frame; draw the old one until it is done (or for at most a moment).
    public static let synchronizedOutput = Modes(bit: 31)
    /// Mode 1045: as 45, but also from lines that were not wrapped.
    public static let extendedReverseWrap = Modes(bit: 32)
    /// Mode 1048 has no state of its own beyond "a cursor was saved".
    public static let cursorSaved = Modes(bit: 33)
    /// Mode 1034: Meta sets the eighth bit. Remembered only.
    public static let metaEighthBit = Modes(bit: 34)
    /// Mode 1036: Meta sends ESC first.
    public static let metaSendsEscape = Modes(bit: 35)
    /// Mode 41: `more(1)` fix: a tab after the last column wraps first.
    public static let moreFix = Modes(bit: 36)
    /// Mode 2048: the guest asked to be told of size changes in band.
    public static let resizeReports = Modes(bit: 37)
    /// Mode 1016: SGR mouse coding in pixels. Remembered; a cell has no pixels here, so cells are reported.
    public static let mousePixels = Modes(bit: 38)
    /// ERM (6): erasing also takes protected cells.
    public static let eraseProtected = Modes(bit: 39)

    /// As after power-on or RIS.
    public static let initial: Modes = [
        .autowrap, .autorepeat, .cursorVisible, .noLocalEcho, .metaSendsEscape, .alternateScroll,
    ]
    /// Any of the four modes that report the mouse.
    public static let anyMouse: Modes = [.mouseX10, .mouseButtons, .mouseDrag, .mouseMotion]
}
