// What a guest prints, as lines of plain text: for recordings that people read, for `--plain`, and for everything that
// waits for words. It is a very small terminal, one line high. Escape sequences are taken out; those that edit the line
// (a shell's line editor lives on them) are obeyed; those that move to another line end this one.

/// A line of plain text and when its first character came.
package struct ConsoleLine: Equatable, Sendable {
    package var text: [Unicode.Scalar]
    /// Nanoseconds of the steady clock.
    package var time: UInt64

    package var string: String {
        var result = ""
        result.unicodeScalars.append(contentsOf: text)
        return result
    }
}

/// Takes console bytes in pieces of any size and gives back lines.
package struct LineAssembler: Sendable {
    /// The line that has not ended yet: a prompt, mostly.
    package private(set) var open: [Unicode.Scalar] = []
    package private(set) var openTime: UInt64 = 0
    /// Where in `open` the next character goes.
    private var column = 0
    /// The cursor is on another line. Only when something is written there does this one end: a guest that sends the
    /// cursor to a corner, to ask how large the screen is, comes back.
    private var isAway = false
    private var saved = (column: 0, isAway: false)
    private var state = State.text
    private var parameters: [UInt8] = []
    /// A character of which bytes are still missing.
    private var partial: UInt32 = 0
    private var missing = 0
    private var smallest: UInt32 = 0

    private enum State {
        case text
        case escape
        /// After `ESC (` and its kind: one more byte.
        case charset
        /// CSI, until its final byte (ECMA-48 5.4).
        case control
        /// OSC, DCS, APC, PM, SOS: until ST, or BEL as xterm has it.
        case string
        case stringEscape
    }

    /// A guest that prints no line breaks gets them here.
    package static let maximumLength = 4096
    private static let maximumParameters = 32

    package init() {}

    /// Takes what was printed at `time`, and calls `body` with every line that is complete now.
    package mutating func feed(_ bytes: UnsafeRawBufferPointer, at time: UInt64, _ body: (ConsoleLine) -> Void) {
        var at = 0
        while at < bytes.count {
            let byte = bytes[at]
            at += 1
            if missing > 0 {
                if byte & 0xc0 == 0x80 {
                    continueCharacter(byte, time, body)
                    continue
                }
                missing = 0
                put("\u{fffd}", time, body)
            }
            switch state {
            case .text:
                if byte >= 0x20 && byte < 0x7f { put(Unicode.Scalar(byte), time, body) } else { text(byte, time, body) }
            case .escape: escape(byte, time, body)
            case .charset: state = .text
            case .control: control(byte, time, body)
            case .string:
                if byte == 0x07 || byte == 0x18 || byte == 0x1a { state = .text }
                if byte == 0x1b { state = .stringEscape }
            case .stringEscape:
                state = .text
                if byte != UInt8(ascii: "\\") { escape(byte, time, body) }
            }
        }
    }

    /// Ends the line that is open, if there is one.
    package mutating func finish(_ body: (ConsoleLine) -> Void) {
        if !open.isEmpty { endLine(body) }
        isAway = false
    }

    // MARK: Text

    private mutating func put(_ scalar: Unicode.Scalar, _ time: UInt64, _ body: (ConsoleLine) -> Void) {
        if isAway {
            let target = column
            finish(body)
            column = target
        }
        if open.isEmpty { openTime = time }
        if column == open.count {
            open.append(scalar)
        } else {
            while open.count < column { open.append(" ") }
            if column < open.count { open[column] = scalar } else { open.append(scalar) }
        }
        column += 1
        if open.count >= Self.maximumLength { endLine(body) }
    }

    private mutating func endLine(_ body: (ConsoleLine) -> Void) {
        body(ConsoleLine(text: open, time: openTime))
        open.removeAll(keepingCapacity: true)
        column = 0
        isAway = false
    }

    private mutating func text(_ byte: UInt8, _ time: UInt64, _ body: (ConsoleLine) -> Void) {
        switch byte {
        case 0x0a, 0x0b, 0x0c:
            if open.isEmpty { openTime = time }
            endLine(body)
        case 0x0d: column = 0
        case 0x08: column = max(0, column - 1)
        case 0x09: column = min(Self.maximumLength - 1, (column / 8 + 1) * 8)
        case 0x1b: state = .escape
        case 0xc2..<0xe0: beginCharacter(byte & 0x1f, missing: 1, smallest: 0x80)
        case 0xe0..<0xf0: beginCharacter(byte & 0x0f, missing: 2, smallest: 0x800)
        case 0xf0..<0xf5: beginCharacter(byte & 0x07, missing: 3, smallest: 0x10000)
        case 0x80...0xff: put("\u{fffd}", time, body)
        default: break
        }
    }

    private mutating func beginCharacter(_ bits: UInt8, missing: Int, smallest: UInt32) {
        partial = UInt32(bits)
        self.missing = missing
        self.smallest = smallest
    }

    private mutating func continueCharacter(_ byte: UInt8, _ time: UInt64, _ body: (ConsoleLine) -> Void) {
        partial = partial << 6 | UInt32(byte & 0x3f)
        missing -= 1
        guard missing == 0 else { return }
        let scalar = partial >= smallest ? Unicode.Scalar(partial) ?? "\u{fffd}" : "\u{fffd}"
        // C1 controls are no text, whatever they do elsewhere.
        if !(0x80..<0xa0).contains(scalar.value) { put(scalar, time, body) }
    }

    // MARK: Sequences

    private mutating func escape(_ byte: UInt8, _ time: UInt64, _ body: (ConsoleLine) -> Void) {
        state = .text
        switch byte {
        case UInt8(ascii: "["):
            parameters.removeAll(keepingCapacity: true)
            state = .control
        case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "X"), UInt8(ascii: "^"), UInt8(ascii: "_"):
            state = .string
        case 0x20..<0x30: state = .charset
        case 0x1b: state = .escape
        case UInt8(ascii: "7"): saved = (column, isAway)
        case UInt8(ascii: "8"): (column, isAway) = saved
        case UInt8(ascii: "D"), UInt8(ascii: "E"), UInt8(ascii: "M"), UInt8(ascii: "c"): leave()
        case 0..<0x20: text(byte, time, body)
        default: break
        }
    }

    private mutating func control(_ byte: UInt8, _ time: UInt64, _ body: (ConsoleLine) -> Void) {
        switch byte {
        case 0x20..<0x40:
            // More than anybody needs is somebody's joke; the end of the sequence still has to be found.
            if parameters.count < Self.maximumParameters { parameters.append(byte) }
            return
        case 0x1b:
            state = .escape
            return
        case 0x18, 0x1a: break
        case 0..<0x20:
            text(byte, time, body)
            // A line feed in the middle of a sequence does not end it.
            if state == .text { state = .control }
            return
        default: edit(byte)
        }
        state = .text
    }

    private mutating func leave() {
        isAway = true
        column = 0
    }

    /// Obeys what edits a line, and notes what leaves it.
    private mutating func edit(_ final: UInt8) {
        let first = parameters.prefix { (0x30...0x39).contains($0) }
        let number = first.prefix(5).reduce(0) { $0 * 10 + Int($1 - 0x30) }
        let count = max(1, number)
        switch final {
        case UInt8(ascii: "s"): saved = (column, isAway)
        case UInt8(ascii: "u"): (column, isAway) = saved
        case UInt8(ascii: "K") where !isAway:
            switch number {
            case 0: if column < open.count { open.removeSubrange(column...) }
            case 1: for i in 0..<min(column + 1, open.count) { open[i] = " " }
            default: open.removeAll(keepingCapacity: true)
            }
        case UInt8(ascii: "C"), UInt8(ascii: "a"): column = min(Self.maximumLength - 1, column + count)
        case UInt8(ascii: "D"): column = max(0, column - count)
        case UInt8(ascii: "G"), UInt8(ascii: "`"): column = min(Self.maximumLength, count) - 1
        case UInt8(ascii: "P") where !isAway:
            if column < open.count { open.removeSubrange(column..<min(open.count, column + count)) }
        case UInt8(ascii: "@") where !isAway:
            if column < open.count {
                let room = min(count, Self.maximumLength - 1 - open.count)
                open.insert(contentsOf: repeatElement(" ", count: max(0, room)), at: column)
            }
        case UInt8(ascii: "A"), UInt8(ascii: "B"), UInt8(ascii: "E"), UInt8(ascii: "F"), UInt8(ascii: "H"),
            UInt8(ascii: "f"), UInt8(ascii: "d"):
            leave()
        case UInt8(ascii: "J"): if number >= 2 { leave() }
        default: break
        }
    }
}
