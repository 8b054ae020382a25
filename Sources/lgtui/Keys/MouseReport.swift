// Mouse reports as terminals send them: SGR (mode 1006), which we ask for, and the old three bytes from terminals that know
// no better. A report may come in the middle of anything that is typed, and in pieces.

import TerminalCore

package enum MouseReport {
    /// What xterm-like terminals are told: buttons, motion with a button down, and coordinates of any size.
    package static let on: [UInt8] = Array("\u{1b}[?1002h\u{1b}[?1006h".utf8)
    package static let off: [UInt8] = Array("\u{1b}[?1006l\u{1b}[?1002l".utf8)

    /// The longest report that is waited for: three numbers of five digits and their signs.
    private static let longest = 24

    package enum Finding: Equatable, Sendable {
        /// No report begins here.
        case none
        /// It may be one, when more comes.
        case partial
        /// One of so many bytes; nil when it tells of nothing that is known.
        case report(MouseEvent?, count: Int)
    }

    /// Looks for a report at the start of `bytes`.
    package static func find(in bytes: ArraySlice<UInt8>) -> Finding {
        let start = bytes.startIndex
        guard bytes.first == 0x1b else { return .none }
        guard bytes.count > 1 else { return .partial }
        guard bytes[start + 1] == UInt8(ascii: "[") else { return .none }
        guard bytes.count > 2 else { return .partial }
        switch bytes[start + 2] {
        case UInt8(ascii: "M"):
            guard bytes.count >= 6 else { return .partial }
            let values = bytes[(start + 3)..<(start + 6)].map { Int($0) - 32 }
            let code = values[0]
            // The old form does not say which button was let go.
            let isRelease = code & 3 == 3 && code & 0x60 == 0
            return .report(event(code: code, values[1], values[2], isRelease: isRelease), count: 6)
        case UInt8(ascii: "<"):
            var numbers = [0]
            for index in bytes.indices.dropFirst(3).prefix(longest) {
                switch bytes[index] {
                case UInt8(ascii: "0")...UInt8(ascii: "9"):
                    let digit = Int(bytes[index] - UInt8(ascii: "0"))
                    numbers[numbers.count - 1] = min(99_999, numbers[numbers.count - 1] * 10 + digit)
                case UInt8(ascii: ";"): numbers.append(0)
                case UInt8(ascii: "M"), UInt8(ascii: "m"):
                    guard numbers.count == 3 else { return .none }
                    let isRelease = bytes[index] == UInt8(ascii: "m")
                    let found = event(code: numbers[0], numbers[1], numbers[2], isRelease: isRelease)
                    return .report(found, count: index - start + 1)
                default: return .none
                }
            }
            return bytes.count < 3 + longest ? .partial : .none
        default: return .none
        }
    }

    /// The event for xterm's button code and a position that counts from 1.
    private static func event(code: Int, _ column: Int, _ row: Int, isRelease: Bool) -> MouseEvent? {
        guard column >= 1, row >= 1, (0..<256).contains(code) else { return nil }
        let modifiers = MouseModifiers(rawValue: UInt8(code & 0x1c))
        let isMotion = code & 32 != 0
        guard let button = MouseButton(rawValue: UInt8(truncatingIfNeeded: code & ~0x3c)) else { return nil }
        let kind: MouseEvent.Kind = isRelease ? .release : isMotion ? .motion : .press
        return MouseEvent(kind, button, column: column - 1, row: row - 1, modifiers: modifiers)
    }
}
