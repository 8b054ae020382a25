// What only the Linux console does. `TERM=linux` is what init gives its children, so a guest's programs speak this dialect
// unless someone tells them otherwise (console_codes(4)).

extension Emulator {
    /// `OSC P nrrggbb` sets a palette entry, `OSC R` resets them all – and neither has an end, so that a terminal that waits
    /// for one swallows all that follows. ncurses sends the second whenever a program with colours ends.
    mutating func linuxPalette() -> Bool {
        guard !parser.stringIsDCS, let first = parser.string.first else { return false }
        if first == UInt8(ascii: "R") {
            palette.resetEntries()
        } else if first == UInt8(ascii: "P") {
            let digits = parser.string.dropFirst().map { UInt8(String(Unicode.Scalar($0)), radix: 16) }
            // Something else than a digit ends it without effect, as in the kernel.
            if digits.contains(nil) {
                parser.dropString()
                return true
            }
            guard digits.count == 7 else { return false }
            let values = digits.compactMap { $0 }
            palette[values[0]] = RGB(
                values[1] << 4 | values[2], values[3] << 4 | values[4], values[5] << 4 | values[6])
        } else {
            return false
        }
        parser.dropString()
        damage.markAll()
        return true
    }
}

extension Charsets {
    /// The scalar of a byte in code page 437; nil for ASCII and for the controls that are obeyed even then.
    static func pcGlyph(_ byte: UInt8) -> UInt32? {
        // NUL, BS, LF, FF, CR, SO, SI and ESC: `CTRL_ALWAYS` in the kernel's console.
        let obeyed: UInt32 = 0x0800_F501
        switch byte {
        case 0x00..<0x20: return obeyed >> UInt32(byte) & 1 != 0 ? nil : UInt32(lowGlyphs[Int(byte)])
        case 0x7F: return 0x2302
        case 0x80...: return UInt32(highGlyphs[Int(byte) - 0x80])
        default: return nil
        }
    }

    private static let lowGlyphs = Array(" ☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼".utf16)
    private static let highGlyphs = Array(
        ("ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀"
            + "αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{A0}").utf16)
}
