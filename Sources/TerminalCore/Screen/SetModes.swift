// SM, RM, DECSET, DECRST, their saving and their reporting.

extension Emulator {
    /// The flag of a mode number; nil for modes this terminal does not have. The few that do more than flip a flag are in
    /// `setMode`.
    static func flag(_ number: Int, isPrivate: Bool) -> Modes? {
        guard isPrivate else {
            switch number {
            case 2: return .keyboardLocked
            case 4: return .insert
            case 6: return .eraseProtected
            case 12: return .noLocalEcho
            case 20: return .newLine
            default: return nil
            }
        }
        switch number {
        case 1: return .applicationCursorKeys
        case 3: return .columns132
        case 4: return .smoothScroll
        case 5: return .reverseScreen
        case 6: return .origin
        case 7: return .autowrap
        case 8: return .autorepeat
        case 9: return .mouseX10
        case 12: return .cursorBlink
        case 25: return .cursorVisible
        case 40: return .allow132
        case 41: return .moreFix
        case 45: return .reverseWrap
        case 47, 1047, 1049: return .alternateScreen
        case 66: return .applicationKeypad
        case 67: return .backarrowSendsBS
        case 69: return .leftRightMargins
        case 95: return .noClearOnDECCOLM
        case 1000: return .mouseButtons
        case 1002: return .mouseDrag
        case 1003: return .mouseMotion
        case 1004: return .focusReports
        case 1005: return .mouseUTF8
        case 1006: return .mouseSGR
        case 1007: return .alternateScroll
        case 1015: return .mouseURXVT
        case 1016: return .mousePixels
        case 1034: return .metaEighthBit
        case 1036: return .metaSendsEscape
        case 1045: return .extendedReverseWrap
        case 1048: return .cursorSaved
        case 2004: return .bracketedPaste
        case 2026: return .synchronizedOutput
        case 2048: return .resizeReports
        default: return nil
        }
    }

    mutating func setModes(_ on: Bool, isPrivate: Bool) {
        for position in 0..<parser.parameters.count {
            setMode(parser.parameters.value(position), on, isPrivate: isPrivate)
        }
    }

    mutating func setMode(_ number: Int, _ on: Bool, isPrivate: Bool) {
        // What came with a later level than DECSCL selected is not there.
        if isPrivate, number == 69 && conformance.level < 4 || number == 95 && conformance.level < 5 { return }
        guard isPrivate else {
            if let flag = Emulator.flag(number, isPrivate: false) { put(flag, on) }
            return
        }
        switch number {
        case 2:
            if !on { enterVT52() }
        case 3:
            guard modes.contains(.allow132) else { return }
            put(.columns132, on)
            resetMargins()
            modes.remove(.leftRightMargins)
            moveTo(x: 0, y: 0)
            if !modes.contains(.noClearOnDECCOLM) { clearScreen() }
        case 5:
            if modes.contains(.reverseScreen) != on { damage.markAll() }
            put(.reverseScreen, on)
        case 6:
            put(.origin, on)
            home()
        case 7:
            if modes.contains(.autowrap) != on { pendingWrap = false }
            put(.autowrap, on)
        case 9, 1000, 1002, 1003:
            // One kind of mouse reports at a time; resetting any ends them all.
            modes.subtract(.anyMouse)
            if on, let flag = Emulator.flag(number, isPrivate: true) { modes.insert(flag) }
        case 1005, 1006, 1015, 1016:
            modes.subtract([.mouseUTF8, .mouseSGR, .mouseURXVT, .mousePixels])
            if on, let flag = Emulator.flag(number, isPrivate: true) { modes.insert(flag) }
        case 47: showAlternate(on)
        case 1047:
            if !on, onAlternate { clearScreen() }
            showAlternate(on)
        case 1048:
            if on { saveCursor() } else { restoreCursor() }
        case 1049:
            if on {
                if !onAlternate { saveCursor() }
                showAlternate(true)
                clearScreen()
            } else {
                let wasAlternate = onAlternate
                showAlternate(false)
                if wasAlternate { restoreCursor() }
            }
        case 69:
            put(.leftRightMargins, on)
            if !on {
                left = 0
                right = columns - 1
            }
        case 2048:
            put(.resizeReports, on)
            if on { reportSize() }
        default:
            if let flag = Emulator.flag(number, isPrivate: true) { put(flag, on) }
        }
    }

    private mutating func put(_ flag: Modes, _ on: Bool) {
        if on { modes.insert(flag) } else { modes.remove(flag) }
    }

    /// Every line blank, in the current background; the cursor stays.
    mutating func clearScreen() {
        for row in 0..<rows { grid.clear(row, background: pen.background) }
        damage.markAll()
    }

    /// Swaps the two screens. The cursor stays where it is; what is on the hidden one waits.
    mutating func showAlternate(_ on: Bool) {
        guard on != onAlternate else { return }
        swap(&grid, &hidden)
        put(.alternateScreen, on)
        pendingWrap = false
        damage.markAll()
    }

    // MARK: XTSAVE, XTRESTORE, DECRQM

    mutating func saveModes() {
        for position in 0..<parser.parameters.count {
            let number = parser.parameters.value(position)
            guard let flag = Emulator.flag(number, isPrivate: true) else { continue }
            savedModes[UInt16(truncatingIfNeeded: number)] = modes.contains(flag)
        }
    }

    mutating func restoreModes() {
        for position in 0..<parser.parameters.count {
            let number = parser.parameters.value(position)
            guard let on = savedModes[UInt16(truncatingIfNeeded: number)] else { continue }
            setMode(number, on, isPrivate: true)
        }
    }

    /// DECRQM: 1 set, 2 reset, 3 always set, 4 always reset, 0 unknown.
    mutating func reportMode(isPrivate: Bool) {
        guard conformance.level >= 3 else { return }
        let number = parser.parameters.value(0)
        var state = 0
        if isPrivate, number == 2 {
            state = modes.contains(.vt52) ? 2 : 1
        } else if isPrivate, number == 2027 {
            state = 3  // grapheme clusters: always
        } else if let flag = Emulator.flag(number, isPrivate: isPrivate) {
            state = modes.contains(flag) ? 1 : 2
        } else if !isPrivate, [1, 5, 7, 10, 11, 13, 14, 15, 16, 17, 18, 19].contains(number) {
            state = 4  // the ECMA-48 modes that every VT leaves reset
        }
        reply("\u{1B}[\(isPrivate ? "?" : "")\(number);\(state)$y")
    }
}
