// Random but mostly well-formed terminal output: it reaches corners that noise never does.

struct SequenceGenerator {
    var random: SplitMix

    private static let texts = [
        "a", "hello", "漢字", "e\u{301}", "👩‍💻", "🇩🇪", "❤\u{FE0F}", "\t", "\r", "\n", "\r\n", "\u{8}", "─", "x\u{200D}",
        "the quick brown fox jumps over", "\u{FE0F}", "\u{301}", "1\u{FE0F}\u{20E3}", "👍🏽", "\u{7F}", "\u{E}q", "\u{F}",
    ]
    private static let escapes = [
        "7", "8", "D", "E", "M", "H", "c", "6", "9", "=", ">", "V", "W", "N", "O", "n", "o", "|", "}", "~", "#3", "#4",
        "#5", "#6", "#8", "(0", "(B", "(A", ")0", "*0", "+K", "%G", "-A", " F", " G",
    ]
    private static let finals = Array("@ABCDEFGHIJKLMPSTXZ`abcdefghlmnrstux^")
    private static let rare = [
        "!p", " q", "\"q", "\"p", "'}", "'~", "$p", "$r", "$t", "$v", "$x", "$z", "${", "*x", "*y", " @", " A", "$w",
    ]
    private static let modes = [
        1, 3, 5, 6, 7, 9, 12, 25, 40, 45, 47, 66, 67, 69, 95, 1000, 1002, 1003, 1004, 1006, 1047, 1048, 1049, 1045,
        2004, 2026, 2048,
    ]

    private mutating func number() -> Int {
        switch Int.random(in: 0..<12, using: &random) {
        case 0: 0
        case 1: 99999
        case 2: Int.random(in: 0...255, using: &random)
        default: Int.random(in: 1...12, using: &random)
        }
    }

    private mutating func parameters() -> String {
        let count = Int.random(in: 0...4, using: &random)
        return (0..<count).map { _ in
            Int.random(in: 0..<10, using: &random) == 0 ? "" : "\(number())"
        }.joined(separator: Int.random(in: 0..<12, using: &random) == 0 ? ":" : ";")
    }

    private mutating func pick<Value>(_ values: [Value], or fallback: Value) -> Value {
        values.randomElement(using: &random) ?? fallback
    }

    mutating func next() -> String {
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<7: return pick(SequenceGenerator.texts, or: "")
        case 7: return "\u{1B}" + pick(SequenceGenerator.escapes, or: "D")
        case 8..<14: return "\u{1B}[" + parameters() + String(pick(SequenceGenerator.finals, or: "m"))
        case 14: return "\u{1B}[?" + parameters() + String(pick(Array("JKhlnsrWm"), or: "J"))
        case 15:
            return "\u{1B}[?\(pick(SequenceGenerator.modes, or: 7))" + (Bool.random(using: &random) ? "h" : "l")
        case 16:
            return "\u{1B}[\([4, 20, 6].randomElement(using: &random) ?? 4)" + (Bool.random(using: &random) ? "h" : "l")
        case 17: return "\u{1B}[" + parameters() + pick(SequenceGenerator.rare, or: "!p")
        case 18: return "\u{1B}]\(pick([0, 2, 4, 8, 10, 104], or: 0));\(parameters());http://x/\u{1B}\\"
        default: return "\u{1B}[\(number());\(number())H"
        }
    }
}
