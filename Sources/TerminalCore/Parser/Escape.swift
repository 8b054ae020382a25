// ESC and one letter, with or without intermediates; resets; and the VT52 that hides in every VT100.

extension Emulator {
    mutating func escapeDispatch(_ final: UInt8) {
        if modes.contains(.vt52) {
            vt52Dispatch(final)
            return
        }
        guard !parser.tooManyIntermediates else { return }
        switch parser.intermediates {
        case 0: plainEscape(final)
        case UInt16(UInt8(ascii: "#")): lineControl(final)
        case UInt16(UInt8(ascii: "%")):
            // 8 is how Linux said G once.
            if final == UInt8(ascii: "G") || final == UInt8(ascii: "8") { parser.utf8 = true }
            if final == UInt8(ascii: "@") { parser.utf8 = false }
        case UInt16(UInt8(ascii: " ")):
            if final == UInt8(ascii: "F") { conformance.eightBit = false }
            if final == UInt8(ascii: "G") { conformance.eightBit = true }
        default: designate(final)
        }
    }

    private mutating func plainEscape(_ final: UInt8) {
        switch final {
        case UInt8(ascii: "7"): saveCursor()
        case UInt8(ascii: "8"): restoreCursor()
        case UInt8(ascii: "="): modes.insert(.applicationKeypad)
        case UInt8(ascii: ">"): modes.remove(.applicationKeypad)
        case UInt8(ascii: "D"):
            pendingWrap = false
            index()
        case UInt8(ascii: "E"):
            // In this order: whether the region scrolls depends on the column the cursor comes from.
            pendingWrap = false
            index()
            carriageReturn()
        case UInt8(ascii: "H"): tabs.set(x, true)
        case UInt8(ascii: "M"): reverseIndex()
        case UInt8(ascii: "N"): charsets.singleShift = 2
        case UInt8(ascii: "O"): charsets.singleShift = 3
        case UInt8(ascii: "V"):
            pen.attributes.insert(.protected)
            protection = .iso
        case UInt8(ascii: "W"):
            pen.attributes.remove(.protected)
            protection = .iso
        case UInt8(ascii: "Z"): reportPrimaryAttributes()
        case UInt8(ascii: "c"): hardReset()
        case UInt8(ascii: "n"): charsets.gl = 2
        case UInt8(ascii: "o"): charsets.gl = 3
        case UInt8(ascii: "|"): charsets.gr = 3
        case UInt8(ascii: "}"): charsets.gr = 2
        case UInt8(ascii: "~"): charsets.gr = 1
        case UInt8(ascii: "6"): backIndex()
        case UInt8(ascii: "9"): forwardIndex()
        default: break  // `\` ends strings; the rest is not of this terminal
        }
    }

    /// DECBI: left, or the columns between the margins move right.
    private mutating func backIndex() {
        pendingWrap = false
        if x == left, y >= top, y <= bottom { insertColumns(at: left, 1) } else if x > 0 { x -= 1 }
    }

    /// DECFI.
    private mutating func forwardIndex() {
        pendingWrap = false
        if x == right, y >= top, y <= bottom { deleteColumns(at: left, 1) } else if x < columns - 1 { x += 1 }
    }

    /// DECALN and the line attributes.
    private mutating func lineControl(_ final: UInt8) {
        switch final {
        case UInt8(ascii: "3"): setLineAttribute(.doubleHeightTop)
        case UInt8(ascii: "4"): setLineAttribute(.doubleHeightBottom)
        case UInt8(ascii: "5"): setLineAttribute(.normal)
        case UInt8(ascii: "6"): setLineAttribute(.doubleWidth)
        case UInt8(ascii: "8"): alignmentPattern()
        default: break
        }
    }

    private mutating func setLineAttribute(_ attribute: LineAttribute) {
        guard !modes.contains(.leftRightMargins) else { return }
        grid.lines[y].attribute = attribute
        x = min(x, lineColumns - 1)
        pendingWrap = false
        damage.mark(y)
    }

    /// SCS.
    private mutating func designate(_ final: UInt8) {
        var selector = UInt8(truncatingIfNeeded: parser.intermediates)
        var second: UInt8 = 0
        if parser.intermediates > 0xFF {
            second = selector
            selector = UInt8(truncatingIfNeeded: parser.intermediates >> 8)
        }
        switch selector {
        case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"):
            guard let set = Charsets.named(second, final) else { return }
            charsets[selector - UInt8(ascii: "(")] = set
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "/"):
            if second == 0, final == UInt8(ascii: "A") { charsets[selector - UInt8(ascii: "-") + 1] = .latin1 }
        default: break
        }
    }

    // MARK: Resets

    /// DECSTR (VT510 manual, table of states after a soft reset).
    mutating func softReset() {
        modes.subtract([
            .insert, .origin, .keyboardLocked, .applicationCursorKeys, .applicationKeypad, .reverseWrap,
            .extendedReverseWrap, .leftRightMargins,
        ])
        modes.formUnion([.cursorVisible, .autowrap])
        resetMargins()
        pen = Cell()
        protection = .dec
        charsets = Charsets()
        if onAlternate { saved.1 = SavedCursor() } else { saved.0 = SavedCursor() }
        attributeExtent = 0
        pendingWrap = false
    }

    /// RIS. What the guest may not take from the user stays: scrollback and the size.
    mutating func hardReset() {
        showAlternate(false)
        modes = .initial
        resetMargins()
        pen = Cell()
        protection = .dec
        charsets = Charsets()
        saved = (SavedCursor(), SavedCursor())
        tabs.reset()
        shape = .block
        cursorStyle = 0
        lastGraphic = 0
        joinPosition = -1
        attributeExtent = 0
        savedModes = [:]
        conformance = Conformance()
        modifyOtherKeys = 0
        palette = Palette()
        titles = Titles()
        parser.utf8 = true
        parser.partial = PartialScalar()
        for row in 0..<rows { hidden.clear(row, background: .default) }
        clearScreen()
        moveTo(x: 0, y: 0)
    }

    /// DECSCL: the level, and how C1 is sent. Selecting a level is a soft reset.
    mutating func setConformance() {
        let level = parser.parameters.value(0) - 60
        guard level >= 1, level <= 5 else { return }
        softReset()
        conformance.level = level
        conformance.eightBit = level > 1 && parser.parameters.value(1) != 1
    }

    // MARK: VT52

    mutating func enterVT52() {
        modes.insert(.vt52)
        resetMargins()
        charsets = Charsets()
        modes.subtract([.origin, .leftRightMargins])
    }

    /// One of the two bytes after `ESC Y`: row and column plus 32. Returns false for a byte that is neither.
    mutating func vt52Position(_ byte: UInt8) -> Bool {
        guard byte >= 0x20, byte < 0x7F else {
            parser.vt52Row = nil
            parser.mode = .ground
            return false
        }
        guard let row = parser.vt52Row else {
            parser.vt52Row = byte
            return true
        }
        parser.vt52Row = nil
        parser.mode = .ground
        setPosition(row: Int(row) - 0x20, column: Int(byte) - 0x20)
        return true
    }

    private mutating func vt52Dispatch(_ final: UInt8) {
        switch final {
        case UInt8(ascii: "A"): cursorUp(1)
        case UInt8(ascii: "B"): cursorDown(1)
        case UInt8(ascii: "C"): cursorRight(1)
        case UInt8(ascii: "D"): cursorLeft(1)
        case UInt8(ascii: "F"): charsets[0] = .graphics
        case UInt8(ascii: "G"): charsets[0] = .ascii
        case UInt8(ascii: "H"): moveTo(x: 0, y: 0)
        case UInt8(ascii: "I"): reverseIndex()
        case UInt8(ascii: "J"): eraseDisplay(0)
        case UInt8(ascii: "K"): eraseLine(0)
        case UInt8(ascii: "Y"): parser.mode = .vt52Position
        case UInt8(ascii: "Z"): reportPrimaryAttributes()
        case UInt8(ascii: "="): modes.insert(.applicationKeypad)
        case UInt8(ascii: ">"): modes.remove(.applicationKeypad)
        case UInt8(ascii: "<"):
            modes.remove(.vt52)
            charsets = Charsets()
        case UInt8(ascii: "c"): hardReset()
        default: break
        }
    }
}
