// The way of a byte: printable runs and the commonest controls are taken straight from the buffer, everything else goes
// through the table. The fast ways are exactly what the table would do, only in fewer steps, which the corpus checks by
// feeding every case whole, byte by byte and cut at random.
//
// Known deviations from other terminals:
//   * VT220 national replacement sets are always available, whatever DECNRCM says (xterm wants 8-bit mode first).
//   * DECCOLM clears and homes but never changes the width: that belongs to the pane.
//   * Titles are never reported back (CSI 21 t answers an empty one), OSC 52 (clipboard) is ignored.
//   * Sixel, ReGIS, user-defined keys and soft fonts are consumed without effect.
//   * Mouse highlight tracking (mode 1001) and the locator are not there; operations on the window are the pane's.
//   * Of 381 corpus cases without a change of size, libvterm 0.1.4 draws 278 alike and tmux 3.3a 247. What differs is what
//     they lack (left and right margins in motions and printing, rectangles, VT52, national sets, Linux's own sequences,
//     protection, clusters of several scalars) or chose otherwise: a due wrap survives EL, ED, ECH, ICH and DCH in tmux;
//     libvterm keeps half of a wide character; tmux drops ill-formed UTF-8 instead of showing U+FFFD.
//   * Bytes 0x80–0x9F in UTF-8 mode are ill-formed text, not C1 controls (as xterm; libvterm and tmux agree).

extension Emulator {
    mutating func feed(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        // SAFETY: the pointers stay within `bytes`, which the caller keeps alive during the call. Bytes are trivial.
        var next = base.assumingMemoryBound(to: UInt8.self)
        let end = next + bytes.count
        damage.other = true
        while next < end {
            if parser.mode == .ground { next = ground(next, end) } else { next = sequence(next, end) }
        }
    }

    /// Text and single controls, until a sequence starts or the buffer ends.
    private mutating func ground(
        _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
    ) -> UnsafePointer<UInt8> {
        var next = start
        while next < end {
            let byte = next.pointee
            if parser.partial.missing > 0 {
                if decode(byte) { next += 1 }
                if parser.mode != .ground { return next }
                continue
            }
            if byte >= 0x20, byte < 0x7F {
                let run = printableRun(next, end)
                if charsets.isPlain {
                    printASCII(next, run)
                    next += run
                } else {
                    printMapped(next.pointee)
                    next += 1
                }
                continue
            }
            switch byte {
            case 0x0A:
                next += 1
                lineFeed()
            case 0x0D:
                next += 1
                carriageReturn()
            case 0x1B:
                next += 1
                parser.clear()
                parser.mode = .escape
                guard next < end, next.pointee == 0x5B else { return next }
                parser.mode = .csiEntry
                next = controlSequence(next + 1, end)
                if parser.mode != .ground { return next }
            case 0x80...:
                if parser.utf8, !charsets.pcFont {
                    next = decodeRun(next, end)
                } else {
                    next += 1
                    eightBit(byte)
                }
                if parser.mode != .ground { return next }
            default:
                next += 1
                if charsets.pcFont, let scalar = Charsets.pcGlyph(byte) {
                    printScalar(scalar)
                } else if byte != 0x7F {
                    execute(byte)
                }
            }
        }
        return next
    }

    /// The common shape of a control sequence, `CSI digits ; digits final`, in one go. Whatever else turns up, the end of
    /// the buffer included, is left to the table, which starts over behind the CSI.
    @inline(__always)
    private mutating func controlSequence(
        _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
    ) -> UnsafePointer<UInt8> {
        var next = start
        var marker: UInt8 = 0
        if next < end, next.pointee == 0x3F {
            marker = 0x3F
            next += 1
        }
        guard parser.parameters.read(&next, end), next.pointee >= 0x40, next.pointee < 0x7F else {
            parser.parameters.clear()
            return start
        }
        parser.marker = marker
        parser.mode = .ground
        controlDispatch(next.pointee)
        return next + 1
    }

    /// Everything that is not ground: one byte at a time through the table, except that long strings go in runs.
    private mutating func sequence(
        _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
    ) -> UnsafePointer<UInt8> {
        var next = start
        if parser.mode == .vt52Position {
            return vt52Position(next.pointee) ? next + 1 : next
        }
        while next < end {
            let byte = next.pointee
            let entry = table.entry(parser.mode, byte)
            let action = ParserTable.action(entry)
            let following = ParserTable.mode(entry)
            next += 1
            switch action {
            case .put:
                if endsString(byte) {
                    parser.mode = .ground
                    if parser.utf8, !parser.stringOverflowed { parser.string.removeLast() }
                    stringEnd()
                    return next
                }
                parser.append(byte)
                if parser.string.count <= 8, linuxPalette() {
                    parser.mode = .ground
                    return next
                }
                continue
            case .none:
                // U+009C ends skipped strings too.
                if following == .ignoredString, endsString(byte) {
                    parser.mode = .ground
                    return next
                }
            case .execute: execute(byte)
            case .collect: parser.collect(byte)
            case .parameter: parser.parameters.take(byte)
            case .clear: parser.clear()
            case .escapeDispatch:
                parser.mode = .ground
                escapeDispatch(byte)
                return next
            case .csiDispatch:
                parser.mode = .ground
                controlDispatch(byte)
                return next
            case .dcsHook: parser.beginString(dcs: byte)
            case .oscStart: parser.beginString(dcs: nil)
            case .stringEnd:
                parser.mode = .ground
                stringEnd()
                return next
            case .stringCancel: parser.dropString()
            case .reconsider:
                next -= 1
            case .reconsiderEscape:
                next -= 1
                parser.dropString()
                parser.clear()
            }
            parser.mode = following
            if following == .ground { return next }
        }
        return next
    }

    /// ST as one character: 0x9C on an 8-bit line, C2 9C in UTF-8. (A bare 9C there is the tail of many a letter.)
    @inline(__always)
    private mutating func endsString(_ byte: UInt8) -> Bool {
        let ends = byte == 0x9C && (!parser.utf8 || parser.previousInString == 0xC2)
        parser.previousInString = byte
        return ends
    }

    // MARK: Beyond ASCII

    /// One byte of a scalar that was cut. Returns false when the byte must be looked at again.
    private mutating func decode(_ byte: UInt8) -> Bool {
        switch parser.partial.step(byte) {
        case .more: return true
        case .scalar(let value):
            printOrControl(value)
            return true
        case .illFormed(let again):
            printScalar(0xFFFD)
            return !again
        }
    }

    /// Scalars from 0x80 up, as many as follow each other.
    @inline(__always)
    private mutating func decodeRun(
        _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
    ) -> UnsafePointer<UInt8> {
        var next = start
        while next < end, next.pointee >= 0x80 {
            let first = UInt32(next.pointee)
            // Whole, well-formed scalars of two and three bytes; the rest takes the careful way.
            if first >= 0xE1, first <= 0xEC, end - next >= 3 {
                let second = UInt32(next[1])
                let third = UInt32(next[2])
                if second & 0xC0 == 0x80, third & 0xC0 == 0x80 {
                    next += 3
                    printScalar((first & 0x0F) << 12 | (second & 0x3F) << 6 | third & 0x3F)
                    continue
                }
            } else if first >= 0xC3, first <= 0xDF, end - next >= 2 {
                let second = UInt32(next[1])
                if second & 0xC0 == 0x80 {
                    next += 2
                    printScalar((first & 0x1F) << 6 | second & 0x3F)
                    continue
                }
            } else if first >= 0xF1, first <= 0xF3, end - next >= 4 || first == 0xF0, end - next >= 4, next[1] >= 0x90 {
                let (second, third, fourth) = (UInt32(next[1]), UInt32(next[2]), UInt32(next[3]))
                if second & 0xC0 == 0x80, third & 0xC0 == 0x80, fourth & 0xC0 == 0x80 {
                    next += 4
                    printScalar((first & 7) << 18 | (second & 0x3F) << 12 | (third & 0x3F) << 6 | fourth & 0x3F)
                    continue
                }
            }
            repeat {
                if decode(next.pointee) { next += 1 }
            } while parser.partial.missing > 0 && next < end
            if parser.mode != .ground { return next }
        }
        return next
    }

    private mutating func printOrControl(_ scalar: UInt32) {
        if scalar < 0xA0 { controlC1(UInt8(truncatingIfNeeded: scalar)) } else { printScalar(scalar) }
    }

    /// A byte ≥ 0x80 while UTF-8 is off: C1, or a character of the set in GR.
    private mutating func eightBit(_ byte: UInt8) {
        if charsets.pcFont, let scalar = Charsets.pcGlyph(byte) {
            printScalar(scalar)
            return
        }
        if byte < 0xA0 {
            controlC1(byte)
            return
        }
        if byte == 0xFF || byte == 0xA0 {
            printScalar(UInt32(byte))
            return
        }
        let set = charsets[charsets.gr]
        printScalar(Charsets.map(byte & 0x7F, set))
    }

    /// C1 controls are ESC and a letter in one byte.
    private mutating func controlC1(_ code: UInt8) {
        parser.clear()
        parser.mode = .escape
        let entry = table.entry(.escape, code - 0x40)
        parser.mode = ParserTable.mode(entry)
        switch ParserTable.action(entry) {
        case .escapeDispatch: escapeDispatch(code - 0x40)
        case .oscStart: parser.beginString(dcs: nil)
        default: break
        }
    }
}

extension ParserState {
    mutating func beginString(dcs final: UInt8?) {
        stringIsDCS = final != nil
        dcsFinal = final ?? 0
        stringOverflowed = false
        previousInString = 0
        string.removeAll(keepingCapacity: true)
    }

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        if string.count < ParserState.stringLimit { string.append(byte) } else { stringOverflowed = true }
    }

    mutating func dropString() {
        string.removeAll(keepingCapacity: true)
        stringOverflowed = false
    }
}
