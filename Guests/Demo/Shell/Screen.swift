// What a shell must know of character widths: that some take two columns and some none. Coarse on purpose - the blocks
// where wide characters live, not the table of each. Pure: tested on the host.

public enum Screen {
    /// Columns that one UTF-8 character takes.
    public static func width(of character: [UInt8]) -> Int {
        guard let first = character.first, first >= 0x80 else { return 1 }
        var scalar = UInt32(first) & (first < 0xE0 ? 0x1F : first < 0xF0 ? 0x0F : 0x07)
        for byte in character.dropFirst() { scalar = scalar << 6 | UInt32(byte & 0x3F) }
        switch scalar {
        case 0x300...0x36F, 0x200B...0x200F, 0x20D0...0x20FF, 0xFE00...0xFE0F: return 0
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF,
            0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }
}
