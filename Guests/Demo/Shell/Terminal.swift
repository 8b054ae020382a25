// Full-screen manners: keys as they arrive, and how large the terminal is.

struct Terminal {
    private var decoder = KeyDecoder()
    /// As far as we know. 80×24 until the terminal has answered.
    private(set) var rows = 24
    private(set) var columns = 80

    /// Asks for the size; the answer comes with the keys.
    func askForSize() { console.print("\u{1B}7\u{1B}[999;999H\u{1B}[6n\u{1B}8") }

    /// The next key, at most until `deadline`. Size reports are taken note of and not returned, but end the wait, so
    /// that the caller can redraw.
    mutating func key(until deadline: UInt64) -> Key? {
        while let byte = console.readByte(until: deadline) {
            switch decoder.feed(byte) {
            case .position(let row, let column)?:
                (rows, columns) = (row, column)
                return nil
            case let key?: return key
            case nil: continue
            }
        }
        if decoder.isUndecided {
            decoder = KeyDecoder()
            return .escape
        }
        return nil
    }
}
