// Names and texts that come from files and guests end up in messages on the user's terminal. A file called
// "\u{1b}[2J" must not get to clear the screen from inside an error message.

extension String {
    /// The same text with control characters shown as `^X` or a replacement character, so that it stays on one line.
    package var onOneLine: String {
        var result = ""
        result.reserveCapacity(utf8.count)
        for scalar in unicodeScalars {
            switch scalar.value {
            case 0..<0x20:
                result += "^"
                result.unicodeScalars.append(Unicode.Scalar(UInt8(scalar.value) + 0x40))
            case 0x7f: result += "^?"
            case 0x80..<0xa0, 0x2028, 0x2029, 0x202a...0x202e, 0x2066...0x2069: result.unicodeScalars.append("\u{fffd}")
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
