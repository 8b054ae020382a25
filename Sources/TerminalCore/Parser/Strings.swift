// OSC and DCS: strings that set titles, colours and links, or ask for settings. Guests are not trusted: titles are
// stripped of controls and cut, links are checked, the clipboard is not theirs.

/// Window and icon titles with their stacks.
struct Titles {
    var window = ""
    var icon = ""
    private var stack: [(window: String, icon: String)] = []

    /// Characters of a title that are kept.
    static let longest = 256
    static let deepest = 10

    /// `which`: 0 both, 1 icon, 2 window.
    mutating func push(_ which: Int) {
        guard which <= 2 else { return }
        if stack.count == Titles.deepest { stack.removeFirst() }
        stack.append((window, icon))
    }

    mutating func pop(_ which: Int) {
        guard which <= 2, let top = stack.popLast() else { return }
        if which != 1 { window = top.window }
        if which != 2 { icon = top.icon }
    }
}

extension Emulator {
    mutating func stringEnd() {
        defer { parser.dropString() }
        guard !parser.stringOverflowed else { return }
        if parser.stringIsDCS { deviceControl() } else { systemCommand() }
    }

    // MARK: OSC

    private mutating func systemCommand() {
        let string = parser.string
        var digits = 0
        var number = 0
        while digits < string.count, digits < 5, string[digits] >= 0x30, string[digits] <= 0x39 {
            number = number * 10 + Int(string[digits] - 0x30)
            digits += 1
        }
        guard digits > 0, digits == string.count || string[digits] == UInt8(ascii: ";") else { return }
        let rest = string.dropFirst(digits + 1)
        switch number {
        case 0:
            titles.window = Emulator.clean(rest)
            titles.icon = titles.window
        case 1: titles.icon = Emulator.clean(rest)
        case 2: titles.window = Emulator.clean(rest)
        case 4: paletteCommand(rest)
        case 5: break  // special colours (bold, underline …): none here
        case 8: linkCommand(rest)
        case 10, 11, 12, 17, 19: dynamicColors(from: number, rest)
        case 104: resetPalette(rest)
        case 110, 111, 112, 117, 119: palette.reset(dynamic: number - 100)
        default: return
        }
        damage.markAll()
    }

    /// Text without controls, decoded leniently and cut: safe to show anywhere.
    static func clean(_ bytes: ArraySlice<UInt8>) -> String {
        let text = String(decoding: bytes.prefix(Titles.longest * 4), as: UTF8.self)
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(Titles.longest) {
            switch scalar.properties.generalCategory {
            // Bidirectional overrides and other formats could make a title look like something else.
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: continue
            default: result.append(scalar)
            }
        }
        return String(result)
    }

    private mutating func paletteCommand(_ bytes: ArraySlice<UInt8>) {
        let fields = bytes.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
        var position = 0
        while position + 1 < fields.count {
            defer { position += 2 }
            guard let index = Emulator.number(fields[position]), index < 256 else { continue }
            let entry = UInt8(truncatingIfNeeded: index)
            if fields[position + 1].elementsEqual("?".utf8) {
                reply("\u{1B}]4;\(index);\(palette[entry].xParseColor)\u{1B}\\")
            } else if let color = RGB(parsing: fields[position + 1]) {
                palette[entry] = color
            }
        }
    }

    private mutating func resetPalette(_ bytes: ArraySlice<UInt8>) {
        if bytes.isEmpty {
            palette.resetEntries()
            return
        }
        for field in bytes.split(separator: UInt8(ascii: ";")) {
            if let index = Emulator.number(field), index < 256 { palette.reset(UInt8(truncatingIfNeeded: index)) }
        }
    }

    /// OSC 10 and up: each further field is the next colour.
    private mutating func dynamicColors(from first: Int, _ bytes: ArraySlice<UInt8>) {
        var number = first
        for field in bytes.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false) {
            if field.elementsEqual("?".utf8) {
                if let color = palette.dynamic(number) { reply("\u{1B}]\(number);\(color.xParseColor)\u{1B}\\") }
            } else if let color = RGB(parsing: field) {
                palette.set(dynamic: number, color)
            }
            number += 1
        }
    }

    /// OSC 8 ; parameters ; URI. An empty URI ends the link.
    private mutating func linkCommand(_ bytes: ArraySlice<UInt8>) {
        guard let semicolon = bytes.firstIndex(of: UInt8(ascii: ";")) else { return }
        let uri = bytes[(semicolon + 1)...]
        var extra = extras[pen.extra]
        extra.link = 0
        // The specification asks for URIs of printable ASCII and for at least 2083 bytes.
        if !uri.isEmpty, uri.count <= 4096, uri.allSatisfy({ $0 >= 0x21 && $0 < 0x7F }) {
            var id = ""
            for parameter in bytes[..<semicolon].split(separator: UInt8(ascii: ":"))
            where parameter.starts(with: "id=".utf8) {
                id = Emulator.clean(parameter.dropFirst(3))
            }
            extra.link = internLink(Hyperlink(id: id, uri: String(decoding: uri, as: UTF8.self)))
        }
        pen.extra = internExtra(extra)
    }

    func link(_ number: UInt16) -> Hyperlink? { number == 0 ? nil : linkTable[number] }

    static func number(_ bytes: ArraySlice<UInt8>) -> Int? {
        guard !bytes.isEmpty, bytes.count <= 5 else { return nil }
        var value = 0
        for byte in bytes {
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        return value
    }

    // MARK: DCS

    private mutating func deviceControl() {
        switch (parser.marker, parser.intermediates, parser.dcsFinal) {
        case (0, UInt16(UInt8(ascii: "$")), UInt8(ascii: "q")): reportSetting()
        case (0, UInt16(UInt8(ascii: "+")), UInt8(ascii: "q")): reportCapabilities()
        case (0, UInt16(UInt8(ascii: "$")), UInt8(ascii: "t")): restorePresentation()
        default: break  // sixel, soft fonts, user-defined keys: consumed
        }
    }

    /// DECRQSS: the setting that the string names, in the form that would set it.
    private mutating func reportSetting() {
        let value: String?
        switch String(decoding: parser.string, as: UTF8.self) {
        case "m": value = "\(renditionParameters)m"
        case "r": value = "\(top + 1);\(bottom + 1)r"
        case "s": value = "\(left + 1);\(right + 1)s"
        case "t": value = "\(rows)t"
        case "$|": value = "\(columns)$|"
        case "*|": value = "\(rows)*|"
        case "\"p": value = "\(conformance.level + 60);\(conformance.eightBit ? 0 : 1)\"p"
        case "\"q": value = "\(pen.attributes.contains(.protected) ? 1 : 0)\"q"
        case "*x": value = "\(attributeExtent)*x"
        case " q":
            let base = shape == .block ? 2 : shape == .underline ? 4 : 6
            value = "\(base - (modes.contains(.cursorBlink) ? 1 : 0)) q"
        default: value = nil
        }
        reply(value.map { "\u{1B}P1$r\($0)\u{1B}\\" } ?? "\u{1B}P0$r\u{1B}\\")
    }

    /// SGR parameters that would make the current pen.
    var renditionParameters: String {
        var parts = ["0"]
        let attributes = pen.attributes
        let simple: [(Attributes, String)] = [
            (.bold, "1"), (.faint, "2"), (.italic, "3"), (.blink, "5"), (.rapidBlink, "6"), (.inverse, "7"),
            (.invisible, "8"), (.strikethrough, "9"), (.overline, "53"),
        ]
        for (attribute, number) in simple where attributes.contains(attribute) { parts.append(number) }
        switch attributes.underline {
        case .none: break
        case .single: parts.append("4")
        case .double: parts.append("21")
        default: parts.append("4:\(attributes.underline.rawValue)")
        }
        func color(_ color: Color, _ base: Int) {
            if let index = color.paletteIndex {
                if index < 8, base != 58 {
                    parts.append("\(base - 8 + Int(index))")
                } else if index < 16, base != 58 {
                    parts.append("\(base + 44 + Int(index))")
                } else {
                    parts.append("\(base):5:\(index)")
                }
            } else if let (red, green, blue) = color.components {
                parts.append("\(base):2::\(red):\(green):\(blue)")
            }
        }
        color(pen.foreground, 38)
        color(pen.background, 48)
        color(extras[pen.extra].underlineColor, 58)
        return parts.joined(separator: ";")
    }

    /// XTGETTCAP: the few terminfo capabilities programs ask for; names and values in hexadecimal.
    private mutating func reportCapabilities() {
        let known = ["TN": "xterm-256color", "Co": "256", "colors": "256", "RGB": "8"]
        for name in parser.string.split(separator: UInt8(ascii: ";")).prefix(16) {
            guard let decoded = Emulator.decodeHex(name), let value = known[decoded] else {
                reply("\u{1B}P0+r\u{1B}\\")
                continue
            }
            reply("\u{1B}P1+r\(Emulator.hex(decoded))=\(Emulator.hex(value))\u{1B}\\")
        }
    }

    private static func decodeHex(_ bytes: ArraySlice<UInt8>) -> String? {
        guard bytes.count % 2 == 0, bytes.count <= 32 else { return nil }
        var result: [UInt8] = []
        var index = bytes.startIndex
        while index < bytes.endIndex {
            guard let value = UInt8(String(decoding: bytes[index..<index + 2], as: UTF8.self), radix: 16) else {
                return nil
            }
            result.append(value)
            index += 2
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func hex(_ text: String) -> String {
        text.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined()
    }

    /// DECRSPS 2: tab stops as DECTABSR reported them.
    private mutating func restorePresentation() {
        guard parser.parameters.value(0) == 2 else { return }
        tabs.clearAll()
        for field in parser.string.split(separator: UInt8(ascii: "/")) {
            if let column = Emulator.number(field), column > 0 { tabs.set(column - 1, true) }
        }
    }
}
