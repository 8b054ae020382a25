// From bytes to keys: escape sequences, UTF-8, control characters. Also the one answer that terminals give unasked
// for keystrokes: the cursor's position. Pure: tested on the host.

public enum Key: Equatable {
    /// A whole character, as its UTF-8 bytes.
    case character([UInt8])
    /// Control and a letter, as the letter.
    case control(UInt8)
    /// Escape and a letter, which is what Alt sends.
    case alt(UInt8)
    case enter, backspace, delete, tab, escape
    case up, down, left, right, home, end, wordLeft, wordRight
    /// The terminal's answer to `ESC [ 6 n`, from 1.
    case position(row: Int, column: Int)
    /// A sequence that nobody here knows.
    case unknown
}

public struct KeyDecoder {
    private enum State {
        case ground
        case escape
        case sequence
        case singleShift
        case utf8(missing: Int)
    }

    private var state = State.ground
    private var pending: [UInt8] = []

    public init() {}

    /// Whether an escape has arrived whose meaning the next byte decides.
    public var isUndecided: Bool {
        if case .escape = state { return true }
        return false
    }

    /// Takes the next byte; nil while a key is incomplete.
    public mutating func feed(_ byte: UInt8) -> Key? {
        switch state {
        case .ground: return ground(byte)
        case .escape:
            state = .ground
            switch byte {
            case UInt8(ascii: "["):
                state = .sequence
                pending = []
                return nil
            case UInt8(ascii: "O"):
                state = .singleShift
                return nil
            case 0x1B:
                state = .escape
                return .escape
            case 0x20...0x7E: return .alt(byte)
            case 0x7F: return .alt(UInt8(ascii: "\u{8}"))
            default: return .unknown
            }
        case .sequence:
            if (0x40...0x7E).contains(byte) {
                state = .ground
                return sequence(final: byte)
            }
            if byte == 0x1B {
                state = .escape
                return .unknown
            }
            if pending.count < 32 { pending.append(byte) }
            return nil
        case .singleShift:
            state = .ground
            pending = []
            return sequence(final: byte)
        case .utf8(let missing):
            guard byte & 0xC0 == 0x80 else {
                state = .ground  // broken character: forget it, and look at this byte afresh
                return ground(byte)
            }
            pending.append(byte)
            guard missing > 1 else {
                state = .ground
                return .character(pending)
            }
            state = .utf8(missing: missing - 1)
            return nil
        }
    }

    private mutating func ground(_ byte: UInt8) -> Key? {
        switch byte {
        case 0x1B:
            state = .escape
            return nil
        case 0x0D, 0x0A: return .enter
        case 0x08, 0x7F: return .backspace
        case 0x09: return .tab
        case 0x00...0x1F: return .control(byte + 0x60)
        case 0x20...0x7E: return .character([byte])
        case 0xC2...0xDF, 0xE0...0xEF, 0xF0...0xF4:
            state = .utf8(missing: byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3)
            pending = [byte]
            return nil
        default: return .unknown
        }
    }

    private func sequence(final: UInt8) -> Key {
        let numbers = parameters()
        // A second parameter of 2 and up says which of Shift, Alt and Control were held.
        let modified = numbers.count > 1 && numbers[1] > 2
        switch final {
        case UInt8(ascii: "A"): return .up
        case UInt8(ascii: "B"): return .down
        case UInt8(ascii: "C"): return modified ? .wordRight : .right
        case UInt8(ascii: "D"): return modified ? .wordLeft : .left
        case UInt8(ascii: "H"): return .home
        case UInt8(ascii: "F"): return .end
        case UInt8(ascii: "R") where numbers.count == 2: return .position(row: numbers[0], column: numbers[1])
        case UInt8(ascii: "~"):
            switch numbers.first {
            case 1, 7: return .home
            case 4, 8: return .end
            case 3: return .delete
            default: return .unknown
            }
        default: return .unknown
        }
    }

    private func parameters() -> [Int] {
        var result = [0]
        for byte in pending {
            if byte == UInt8(ascii: ";") {
                result.append(0)
            } else if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte), result[result.count - 1] < 10_000 {
                result[result.count - 1] = result[result.count - 1] * 10 + Int(byte - UInt8(ascii: "0"))
            }
        }
        return result
    }
}
