// How a typed line becomes commands: `;` separates them, spaces separate words, quotes keep both together.
// Pure: tested on the host.

public enum Words {
    /// The commands of a line, each as its words. Empty commands vanish.
    public static func split(_ line: [UInt8]) -> [[[UInt8]]] {
        var commands: [[[UInt8]]] = []
        var words: [[UInt8]] = []
        var word: [UInt8]?
        var quote: UInt8?
        for byte in line {
            if let open = quote {
                if byte == open { quote = nil } else { word?.append(byte) }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                quote = byte
                word = word ?? []
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: ";"):
                if let done = word { words.append(done) }
                word = nil
                if byte == UInt8(ascii: ";") {
                    if !words.isEmpty { commands.append(words) }
                    words = []
                }
            default: word = (word ?? []) + [byte]
            }
        }
        if let done = word { words.append(done) }
        if !words.isEmpty { commands.append(words) }
        return commands
    }
}
