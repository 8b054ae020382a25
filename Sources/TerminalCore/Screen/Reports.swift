// Answers to the guest. They go into a bounded buffer that the owner hands to the guest as if typed; nothing the guest
// wrote is ever repeated in them, so that a hostile file cannot type commands by being displayed.

struct Replies {
    private(set) var bytes: [UInt8] = []
    /// A guest that asks and never reads must not grow us: beyond this, whole answers are dropped.
    static let limit = 1 << 16

    mutating func append(_ text: String) {
        guard bytes.count + text.utf8.count <= Replies.limit else { return }
        bytes += text.utf8
    }

    mutating func take() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }
}

/// What DECSCL selected.
struct Conformance {
    /// 1 (VT100) to 5 (VT500).
    var level = 4
    /// C1 controls in answers are sent as one byte (S8C1T).
    var eightBit = false
}

extension Emulator {
    /// Queues an answer written with 7-bit introducers; with S8C1T they are shortened.
    mutating func reply(_ text: String) {
        guard conformance.eightBit, !parser.utf8 else {
            replies.append(text)
            return
        }
        var short = ""
        var escape = false
        for scalar in text.unicodeScalars {
            if escape {
                escape = false
                if scalar.value >= 0x40, scalar.value < 0x60, let c1 = Unicode.Scalar(scalar.value + 0x40) {
                    short.unicodeScalars.append(c1)
                    continue
                }
                short += "\u{1B}"
            } else if scalar == "\u{1B}" {
                escape = true
                continue
            }
            short.unicodeScalars.append(scalar)
        }
        replies.append(latin1: short)
    }

    // MARK: Device attributes

    /// DA1: a VT420 with 132 columns (1), selective erase (6), national sets (9), the technical set (15), horizontal
    /// scrolling (21), colour (22) and rectangular editing (28).
    mutating func reportPrimaryAttributes() {
        reply(modes.contains(.vt52) ? "\u{1B}/Z" : "\u{1B}[?64;1;6;9;15;21;22;28c")
    }

    /// DA2: VT420, firmware number, no cartridge. Programs take the number for xterm's patch level and choose what to send
    /// by it (vim its mouse coding and queries), so it is the level whose sequences are understood here.
    mutating func reportSecondaryAttributes() {
        if parser.parameters.value(0) == 0 { reply("\u{1B}[>41;385;0c") }
    }

    /// DA3: the unit's serial number.
    mutating func reportTertiaryAttributes() {
        if parser.parameters.value(0) == 0 { reply("\u{1B}P!|00000000\u{1B}\\") }
    }

    /// XTVERSION.
    mutating func reportVersion() {
        if parser.parameters.value(0) == 0 { reply("\u{1B}P>|lgtui\u{1B}\\") }
    }

    /// DECREQTPARM, as a VT100 on a fast line without parity.
    mutating func reportTerminalParameters() {
        let request = parser.parameters.value(0)
        if request <= 1 { reply("\u{1B}[\(request + 2);1;1;128;128;1;0x") }
    }

    // MARK: Status

    mutating func reportStatus(isPrivate: Bool) {
        let request = parser.parameters.value(0)
        let row = y - (modes.contains(.origin) ? top : 0) + 1
        let column = x - (modes.contains(.origin) ? left : 0) + 1
        switch (request, isPrivate) {
        case (5, false): reply("\u{1B}[0n")
        case (6, false): reply("\u{1B}[\(row);\(column)R")
        case (6, true): reply("\u{1B}[?\(row);\(column);1R")
        case (15, true): reply("\u{1B}[?13n")  // no printer
        case (25, true): reply("\u{1B}[?21n")  // user-defined keys locked
        case (26, true): reply("\u{1B}[?27;1;0;0n")  // North American keyboard
        case (53, true), (55, true): reply("\u{1B}[?50n")  // no locator
        case (56, true): reply("\u{1B}[?57;0n")
        case (62, true): reply("\u{1B}[0*{")  // no macro space
        case (63, true): reply("\u{1B}P\(parser.parameters.value(1))!~0000\u{1B}\\")
        case (75, true): reply("\u{1B}[?70n")
        case (85, true): reply("\u{1B}[?83n")
        default: break
        }
    }

    // MARK: XTWINOPS: the questions, and the title stack. A guest does not move windows.

    mutating func windowOperation() {
        switch parser.parameters.value(0) {
        case 11: reply("\u{1B}[1t")
        case 13: reply("\u{1B}[3;0;0t")
        case 18: reply("\u{1B}[8;\(rows);\(columns)t")
        case 19: reply("\u{1B}[9;\(rows);\(columns)t")
        case 20: reply("\u{1B}]L\u{1B}\\")
        case 21: reply("\u{1B}]l\u{1B}\\")
        case 22: titles.push(parser.parameters.value(1))
        case 23: titles.pop(parser.parameters.value(1))
        default: break
        }
    }

    /// Mode 2048: the size, unasked.
    mutating func reportSize() { reply("\u{1B}[48;\(rows);\(columns);0;0t") }

    // MARK: modifyOtherKeys

    mutating func setModifierKeys() {
        let resource = parser.parameters.value(0, or: -1)
        if resource == 4 { modifyOtherKeys = UInt8(truncatingIfNeeded: min(parser.parameters.value(1), 2)) }
        if resource == -1 { modifyOtherKeys = 0 }
    }

    mutating func reportModifierKeys() {
        if parser.parameters.value(0) == 4 { reply("\u{1B}[>4;\(modifyOtherKeys)m") }
    }

    // MARK: DECRQPSR

    mutating func reportPresentation(_ kind: Int) {
        switch kind {
        case 1: reply("\u{1B}P1$u\(cursorInformation)\u{1B}\\")
        case 2:
            let stops = (0..<columns).filter { tabs.contains($0) }.map { String($0 + 1) }
            reply("\u{1B}P2$u\(stops.joined(separator: "/"))\u{1B}\\")
        default: break
        }
    }

    /// DECCIR: position, page, rendition, protection, flags, GL, GR, sizes and names of G0–G3.
    private var cursorInformation: String {
        let attributes = pen.attributes
        var rendition: UInt8 = 0x40
        if attributes.contains(.bold) { rendition |= 1 }
        if attributes.underline != .none { rendition |= 2 }
        if attributes.contains(.blink) { rendition |= 4 }
        if attributes.contains(.inverse) { rendition |= 8 }
        if attributes.contains(.invisible) { rendition |= 16 }
        let protected: UInt8 = attributes.contains(.protected) ? 0x41 : 0x40
        var flags: UInt8 = 0x40
        if modes.contains(.origin) { flags |= 1 }
        if charsets.singleShift == 2 { flags |= 2 }
        if charsets.singleShift == 3 { flags |= 4 }
        if pendingWrap { flags |= 8 }
        let names = (0..<4 as Range<UInt8>).map { charsets[$0].designator }.joined()
        let sizes = (0..<4 as Range<UInt8>).reduce(into: UInt8(0x40)) { if charsets[$1] == .latin1 { $0 |= 1 << $1 } }
        func text(_ byte: UInt8) -> String { String(UnicodeScalar(byte)) }
        return "\(y + 1);\(x + 1);1;\(text(rendition));\(text(protected));\(text(flags));\(charsets.gl);\(charsets.gr);"
            + "\(text(sizes));\(names)"
    }
}

extension Replies {
    /// Scalars up to U+00FF as one byte each.
    mutating func append(latin1 text: String) {
        guard bytes.count + text.unicodeScalars.count <= Replies.limit else { return }
        bytes += text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
    }
}

extension Charsets.Set {
    /// The final of the sequence that designates the set.
    var designator: String {
        switch self {
        case .ascii: "B"
        case .graphics: "0"
        case .uk: "A"
        case .latin1: "A"
        case .supplemental: "%5"
        case .technical: ">"
        case .dutch: "4"
        case .finnish: "C"
        case .french: "R"
        case .frenchCanadian: "Q"
        case .german: "K"
        case .italian: "Y"
        case .norwegian: "`"
        case .portuguese: "%6"
        case .spanish: "Z"
        case .swedish: "H"
        case .swiss: "="
        }
    }
}
