// What C0 controls and control sequences mean. The parser has made sure of the form; here each function is one line.

extension Emulator {
    mutating func execute(_ byte: UInt8) {
        switch byte {
        case 0x07: bellCount &+= 1
        case 0x08: backspace()
        case 0x09: tabForward(1)
        case 0x0A, 0x0B, 0x0C: lineFeed()
        case 0x0D: carriageReturn()
        case 0x0E: charsets.gl = 1
        case 0x0F: charsets.gl = 0
        default: break  // NUL, ENQ (no answerback), DC1/DC3, CAN and SUB (the table has ended the sequence already)
        }
    }

    /// The end of a CSI sequence. The key is marker, intermediates and final byte.
    @inline(__always)
    mutating func controlDispatch(_ final: UInt8) {
        if parser.marker == 0, parser.intermediates == 0 {
            plainControl(final)
        } else if parser.marker == 0x3F, parser.intermediates == 0 {
            privateControl(final)
        } else if !parser.tooManyIntermediates {
            rareControl(final)
        }
    }

    @inline(__always)
    private mutating func plainControl(_ final: UInt8) {
        switch final {
        case UInt8(ascii: "m"): selectGraphics()
        case UInt8(ascii: "H"), UInt8(ascii: "f"):
            setPosition(row: parser.parameters.count(0) - 1, column: parser.parameters.count(1) - 1)
        case UInt8(ascii: "K"): eraseLine(parser.parameters.value(0))
        case UInt8(ascii: "J"): eraseDisplay(parser.parameters.value(0))
        case UInt8(ascii: "A"): cursorUp(parser.parameters.count(0))
        case UInt8(ascii: "B"): cursorDown(parser.parameters.count(0))
        case UInt8(ascii: "C"): cursorRight(parser.parameters.count(0))
        case UInt8(ascii: "D"): cursorLeft(parser.parameters.count(0))
        case UInt8(ascii: "G"), UInt8(ascii: "`"): setColumn(parser.parameters.count(0) - 1)
        case UInt8(ascii: "d"): setRow(parser.parameters.count(0) - 1)
        default: lessCommonControl(final)
        }
    }

    private mutating func lessCommonControl(_ final: UInt8) {
        let first = parser.parameters.count(0)
        switch final {
        case UInt8(ascii: "@"):
            pendingWrap = false
            shiftRight(first)
        case UInt8(ascii: "a"): setColumn(x - (modes.contains(.origin) ? left : 0) + first)
        case UInt8(ascii: "e"): setRow(y - (modes.contains(.origin) ? top : 0) + first)
        case UInt8(ascii: "E"):
            cursorDown(first)
            x = x >= left || modes.contains(.origin) ? left : 0
        case UInt8(ascii: "F"):
            cursorUp(first)
            x = x >= left || modes.contains(.origin) ? left : 0
        case UInt8(ascii: "I"): tabForward(first)
        case UInt8(ascii: "L"), UInt8(ascii: "M"):
            guard y >= top, y <= bottom, x >= left, x <= right else { return }
            if final == UInt8(ascii: "L") {
                scrollDown(from: y, by: first)
            } else {
                scrollUp(from: y, by: first, keep: false)
            }
            moveTo(x: left, y: y)
        case UInt8(ascii: "P"):
            pendingWrap = false
            shiftLeft(first)
        case UInt8(ascii: "S"): scrollUp(from: top, by: first, keep: true)
        case UInt8(ascii: "T"):
            // With five parameters this would start highlight tracking of the mouse, which needs the outer terminal.
            if parser.parameters.count <= 1 { scrollDown(first) }
        case UInt8(ascii: "^"): scrollDown(first)
        case UInt8(ascii: "X"): eraseCharacters(first)
        case UInt8(ascii: "Z"): tabBackward(first)
        case UInt8(ascii: "b"): repeatLast(first)
        case UInt8(ascii: "c"):
            if parser.parameters.value(0) == 0 { reportPrimaryAttributes() }
        case UInt8(ascii: "g"):
            switch parser.parameters.value(0) {
            case 0: tabs.set(x, false)
            case 3: tabs.clearAll()
            default: break
            }
        case UInt8(ascii: "h"): setModes(true, isPrivate: false)
        case UInt8(ascii: "l"): setModes(false, isPrivate: false)
        case UInt8(ascii: "n"): reportStatus(isPrivate: false)
        case UInt8(ascii: "r"): setVerticalMargins(parser.parameters.value(0), parser.parameters.value(1))
        case UInt8(ascii: "s"):
            if modes.contains(.leftRightMargins) {
                setHorizontalMargins(parser.parameters.value(0), parser.parameters.value(1))
            } else {
                saveCursor()
            }
        case UInt8(ascii: "u"): restoreCursor()
        case UInt8(ascii: "t"): windowOperation()
        case UInt8(ascii: "x"): reportTerminalParameters()
        default: break
        }
    }

    private mutating func privateControl(_ final: UInt8) {
        switch final {
        case UInt8(ascii: "h"): setModes(true, isPrivate: true)
        case UInt8(ascii: "l"): setModes(false, isPrivate: true)
        case UInt8(ascii: "J"): eraseDisplay(parser.parameters.value(0), selective: true)
        case UInt8(ascii: "K"): eraseLine(parser.parameters.value(0), selective: true)
        case UInt8(ascii: "n"): reportStatus(isPrivate: true)
        case UInt8(ascii: "r"): restoreModes()
        case UInt8(ascii: "s"): saveModes()
        case UInt8(ascii: "W"):
            if parser.parameters.value(0) == 5 { tabs.reset() }
        case UInt8(ascii: "m"): reportModifierKeys()
        default: break
        }
    }

    private mutating func rareControl(_ final: UInt8) {
        guard parser.intermediates <= 0xFF else { return }
        switch (parser.marker, UInt8(truncatingIfNeeded: parser.intermediates), final) {
        case (0, UInt8(ascii: "!"), UInt8(ascii: "p")): softReset()
        case (0, UInt8(ascii: " "), UInt8(ascii: "q")): setCursorStyle(parser.parameters.value(0))
        case (0, UInt8(ascii: " "), UInt8(ascii: "@")): scrollColumns(parser.parameters.count(0))
        case (0, UInt8(ascii: " "), UInt8(ascii: "A")): scrollColumns(-parser.parameters.count(0))
        case (0, UInt8(ascii: "\""), UInt8(ascii: "q")): setProtection(parser.parameters.value(0))
        case (0, UInt8(ascii: "\""), UInt8(ascii: "p")): setConformance()
        case (0, UInt8(ascii: "'"), UInt8(ascii: "}")):
            if y >= top, y <= bottom { insertColumns(at: x, parser.parameters.count(0)) }
        case (0, UInt8(ascii: "'"), UInt8(ascii: "~")):
            if y >= top, y <= bottom { deleteColumns(at: x, parser.parameters.count(0)) }
        case (0, UInt8(ascii: "$"), UInt8(ascii: "p")): reportMode(isPrivate: false)
        case (0x3F, UInt8(ascii: "$"), UInt8(ascii: "p")): reportMode(isPrivate: true)
        case (0, UInt8(ascii: "$"), UInt8(ascii: "w")): reportPresentation(parser.parameters.value(0))
        case (0, UInt8(ascii: "$"), UInt8(ascii: "r")): changeRectangle(reverse: false)
        case (0, UInt8(ascii: "$"), UInt8(ascii: "t")): changeRectangle(reverse: true)
        case (0, UInt8(ascii: "$"), UInt8(ascii: "v")): copyRectangle()
        case (0, UInt8(ascii: "$"), UInt8(ascii: "x")): fillRectangle()
        case (0, UInt8(ascii: "$"), UInt8(ascii: "z")): eraseRectangle(selective: false)
        case (0, UInt8(ascii: "$"), UInt8(ascii: "{")): eraseRectangle(selective: true)
        case (0, UInt8(ascii: "*"), UInt8(ascii: "x")): attributeExtent = min(parser.parameters.value(0), 2)
        case (0, UInt8(ascii: "*"), UInt8(ascii: "y")): reportChecksum()
        case (UInt8(ascii: ">"), 0, UInt8(ascii: "c")): reportSecondaryAttributes()
        case (UInt8(ascii: "="), 0, UInt8(ascii: "c")): reportTertiaryAttributes()
        case (UInt8(ascii: ">"), 0, UInt8(ascii: "q")): reportVersion()
        case (UInt8(ascii: ">"), 0, UInt8(ascii: "m")): setModifierKeys()
        case (UInt8(ascii: ">"), 0, UInt8(ascii: "n")):
            if parser.parameters.value(0, or: 4) == 4 { modifyOtherKeys = 0 }
        default: break
        }
    }

    /// SL and SR: the columns between the margins move, whatever the cursor does.
    private mutating func scrollColumns(_ count: Int) {
        if count > 0 { deleteColumns(at: left, count) } else { insertColumns(at: left, -count) }
    }

    private mutating func setCursorStyle(_ style: Int) {
        guard style <= 6 else { return }
        cursorStyle = UInt8(truncatingIfNeeded: style)
        shape = style <= 2 ? .block : style <= 4 ? .underline : .bar
        if style == 0 || style % 2 == 1 { modes.insert(.cursorBlink) } else { modes.remove(.cursorBlink) }
    }

    private mutating func setProtection(_ value: Int) {
        guard value <= 2 else { return }
        if value == 1 { pen.attributes.insert(.protected) } else { pen.attributes.remove(.protected) }
        protection = .dec
    }
}
