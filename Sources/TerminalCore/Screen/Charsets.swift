// ISO 2022: four designated sets, one of them in use for 0x20–0x7F (GL), one for 0xA0–0xFF (GR, only when UTF-8 is off).

struct Charsets {
    enum Set: UInt8 {
        case ascii, uk, graphics, latin1, supplemental, technical
        case dutch, finnish, french, frenchCanadian, german, italian, norwegian, portuguese, spanish, swedish, swiss
    }

    var g: (Set, Set, Set, Set) = (.ascii, .ascii, .supplemental, .supplemental)
    /// Which of G0–G3 is in GL, in GR, and (SS2, SS3) holds for one character only; 0: none.
    var gl: UInt8 = 0
    var gr: UInt8 = 2
    var singleShift: UInt8 = 0
    /// SGR 11: bytes select glyphs of the PC's own font, as `TERM=linux` draws its lines with.
    var pcFont = false

    subscript(index: UInt8) -> Set {
        get {
            switch index {
            case 0: g.0
            case 1: g.1
            case 2: g.2
            default: g.3
            }
        }
        set {
            switch index {
            case 0: g.0 = newValue
            case 1: g.1 = newValue
            case 2: g.2 = newValue
            default: g.3 = newValue
            }
        }
    }

    /// ASCII bytes are printed as they are.
    @inline(__always) var isPlain: Bool { singleShift == 0 && self[gl] == .ascii }

    /// The scalar that byte `code` (0x20–0x7E) means in `set`.
    static func map(_ code: UInt8, _ set: Set) -> UInt32 {
        switch set {
        case .ascii: return UInt32(code)
        case .latin1: return UInt32(code) | 0x80
        case .supplemental: return supplemental[code] ?? UInt32(code) | 0x80
        case .technical: return code >= 0x21 && code <= 0x7E ? UInt32(technical[Int(code) - 0x21]) : UInt32(code)
        case .graphics:
            return code >= 0x5F && code <= 0x7E ? UInt32(graphics[Int(code) - 0x5F]) : UInt32(code)
        default:
            guard let swaps = national[set] else { return UInt32(code) }
            for (index, from) in nationalCodes.enumerated() where from == code { return UInt32(swaps[index]) }
            return UInt32(code)
        }
    }

    /// DEC Special Graphics (VT100 User Guide, table 3-9), from 0x5F.
    private static let graphics: [UInt16] = [
        0x00A0, 0x25C6, 0x2592, 0x2409, 0x240C, 0x240D, 0x240A, 0x00B0, 0x00B1, 0x2424, 0x240B, 0x2518, 0x2510, 0x250C,
        0x2514, 0x253C, 0x23BA, 0x23BB, 0x2500, 0x23BC, 0x23BD, 0x251C, 0x2524, 0x2534, 0x252C, 0x2502, 0x2264, 0x2265,
        0x03C0, 0x2260, 0x00A3, 0x00B7,
    ]

    /// DEC Supplemental Graphic is Latin-1 but for these (VT220 Programmer Reference, table 2-3).
    private static let supplemental: [UInt8: UInt32] = [0x28: 0xA4, 0x57: 0x152, 0x5D: 0x178, 0x77: 0x153, 0x7D: 0xFF]

    /// DEC Technical (VT330/VT340 Programmer Reference, volume 1, table 2-9), from 0x21. U+FFFD: no such character.
    private static let technical: [UInt16] = [
        0x23B7, 0x250C, 0x2500, 0x2320, 0x2321, 0x2502, 0x23A1, 0x23A3, 0x23A4, 0x23A6, 0x239B, 0x239D, 0x239E, 0x23A0,
        0x23A8, 0x23AC, 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD, 0x2264,
        0x2260, 0x2265, 0x222B, 0x2234, 0x221D, 0x221E, 0x00F7, 0x0394, 0x2207, 0x03A6, 0x0393, 0x223C, 0x2243, 0x0398,
        0x00D7, 0x039B, 0x21D4, 0x21D2, 0x2261, 0x03A0, 0x03A8, 0xFFFD, 0x03A3, 0xFFFD, 0xFFFD, 0x221A, 0x03A9, 0x039E,
        0x03A5, 0x2282, 0x2283, 0x2229, 0x222A, 0x2227, 0x2228, 0x00AC, 0x03B1, 0x03B2, 0x03C7, 0x03B4, 0x03B5, 0x03C6,
        0x03B3, 0x03B7, 0x03B9, 0x03B8, 0x03BA, 0x03BB, 0xFFFD, 0x03BD, 0x2202, 0x03C0, 0x03C8, 0x03C1, 0x03C3, 0x03C4,
        0xFFFD, 0x0192, 0x03C9, 0x03BE, 0x03C5, 0x03B6, 0x2190, 0x2191, 0x2192, 0x2193,
    ]

    /// The twelve places where the national sets of the VT220 differ from ASCII.
    private static let nationalCodes: [UInt8] = [
        0x23, 0x40, 0x5B, 0x5C, 0x5D, 0x5E, 0x5F, 0x60, 0x7B, 0x7C, 0x7D, 0x7E,
    ]
    private static let national: [Set: [UInt16]] = [
        .uk: utf16("£@[\\]^_`{|}~"),
        .dutch: utf16("£¾ĳ½|^_`¨ƒ¼´"),
        .finnish: utf16("#@ÄÖÅÜ_éäöåü"),
        .french: utf16("£à°ç§^_`éùè¨"),
        .frenchCanadian: utf16("#àâçêî_ôéùèû"),
        .german: utf16("#§ÄÖÜ^_`äöüß"),
        .italian: utf16("£§°çé^_ùàòèì"),
        .norwegian: utf16("#ÄÆØÅÜ_äæøåü"),
        .portuguese: utf16("#@ÃÇÕ^_`ãçõ~"),
        .spanish: utf16("£§¡Ñ¿^_`°ñç~"),
        .swedish: utf16("#ÉÄÖÅÜ_éäöåü"),
        .swiss: utf16("ùàéçêîèôäöüû"),
    ]
    private static func utf16(_ text: String) -> [UInt16] { Array(text.utf16) }

    /// The set that the final bytes of `ESC ( …` name; nil for sets this terminal does not have.
    static func named(_ intermediate: UInt8, _ final: UInt8) -> Set? {
        switch (intermediate, final) {
        case (0, UInt8(ascii: "B")), (0, UInt8(ascii: "1")): .ascii
        case (0, UInt8(ascii: "0")), (0, UInt8(ascii: "2")): .graphics
        case (0, UInt8(ascii: "A")): .uk
        case (0, UInt8(ascii: "<")), (UInt8(ascii: "%"), UInt8(ascii: "5")): .supplemental
        case (0, UInt8(ascii: ">")): .technical
        case (0, UInt8(ascii: "4")): .dutch
        case (0, UInt8(ascii: "C")), (0, UInt8(ascii: "5")): .finnish
        case (0, UInt8(ascii: "R")), (0, UInt8(ascii: "f")): .french
        case (0, UInt8(ascii: "Q")), (0, UInt8(ascii: "9")): .frenchCanadian
        case (0, UInt8(ascii: "K")): .german
        case (0, UInt8(ascii: "Y")): .italian
        case (0, UInt8(ascii: "`")), (0, UInt8(ascii: "E")), (0, UInt8(ascii: "6")): .norwegian
        case (UInt8(ascii: "%"), UInt8(ascii: "6")): .portuguese
        case (0, UInt8(ascii: "Z")): .spanish
        case (0, UInt8(ascii: "H")), (0, UInt8(ascii: "7")): .swedish
        case (0, UInt8(ascii: "=")): .swiss
        default: nil
        }
    }
}
