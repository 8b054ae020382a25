// Bytes from the terminal, sorted: those for the guest pass untouched (and at once, except an escape that may be the
// start of a paste: it waits 25 ms for the rest), those after the prefix or in answer to a question become keys, and
// what the terminal brackets as pasted stays in one piece. Which of the two is meant can change in the middle of a
// read, when somebody types faster than we look, so the decoder hands out one piece at a time and is asked anew.

import TerminalCore

package struct InputDecoder: Sendable {
    package enum Piece: Equatable, Sendable {
        /// For the focused guest, exactly as typed.
        case guest([UInt8])
        /// The prefix key was pressed; what follows is a command.
        case prefix
        /// A key for lgtui itself.
        case key(Key)
        /// What the mouse did, in cells of the whole screen.
        case mouse(MouseEvent)
        /// Pasted text, as it was between the brackets.
        case paste([UInt8])
    }

    /// Who gets the next byte.
    package enum Target: Sendable { case guest, keys }

    /// The one byte that is not for guests; see KeyMap.
    package var prefix: UInt8

    /// The terminal was asked for mouse reports; without that, what looks like one was typed.
    package var hasMouse = false

    private var pending: [UInt8] = []
    /// A paste has begun and its end has not come yet.
    package private(set) var isPasting = false

    private static let pasteStart = Array("\u{1b}[200~".utf8)
    private static let pasteEnd = Array("\u{1b}[201~".utf8)

    package init(prefix: UInt8 = KeyMap().prefix) { self.prefix = prefix }

    /// Adds what was read. A flood is the terminal's own doing; all of it is kept, as typed input must not be lost.
    package mutating func append(_ bytes: some Sequence<UInt8>) { pending += bytes }

    package var isEmpty: Bool { pending.isEmpty }

    /// The next piece, or nil when more bytes are needed. With `isFinal`, an escape sequence that did not continue in
    /// time is taken for what it is: the Escape key.
    package mutating func next(for target: Target, isFinal: Bool = false) -> Piece? {
        if isPasting { return restOfPaste(isFinal: isFinal) }
        while hasMouse, let first = pending.first, first == 0x1b {
            switch MouseReport.find(in: pending[...]) {
            case .report(let event, let count):
                pending.removeFirst(count)
                if let event { return .mouse(event) }
                continue
            case .partial: if !isFinal { return nil }
            case .none: break
            }
            break
        }
        guard let first = pending.first else { return nil }
        switch match(Self.pasteStart, at: 0) {
        case .whole:
            pending.removeFirst(Self.pasteStart.count)
            isPasting = true
            return restOfPaste(isFinal: isFinal)
        case .part where !isFinal: return nil
        case .part, .none: break
        }
        if target == .guest {
            if first == prefix {
                pending.removeFirst()
                return .prefix
            }
            let end = endOfTyping(isFinal: isFinal)
            defer { pending.removeFirst(end) }
            return .guest(Array(pending[..<end]))
        }
        guard let (key, count) = Self.key(in: pending, isFinal: isFinal) else { return nil }
        pending.removeFirst(count)
        return .key(key)
    }

    // MARK: Pastes

    private enum Match { case whole, part, none }

    /// Whether `marker` stands at `index` of what is pending, or as much of it as there is.
    private func match(_ marker: [UInt8], at index: Int) -> Match {
        let rest = pending[index...].prefix(marker.count)
        guard rest.elementsEqual(marker.prefix(rest.count)) else { return .none }
        return rest.count == marker.count ? .whole : .part
    }

    /// How many bytes at the start are plainly for the guest: up to the prefix, or to what is or may become a paste or a
    /// report of the mouse. An escape that nothing follows is held for the moment in which the rest would come.
    private func endOfTyping(isFinal: Bool) -> Int {
        var end = 1
        while end < pending.count, pending[end] != prefix {
            if pending[end] == 0x1b {
                let match = match(Self.pasteStart, at: end)
                if match == .whole || match == .part && !isFinal { break }
                switch hasMouse ? MouseReport.find(in: pending[end...]) : .none {
                case .report: return end
                case .partial where !isFinal: return end
                case .partial, .none: break
                }
            }
            end += 1
        }
        return end
    }

    /// The paste when its end is there. A terminal that never says the end (`isFinal`) has pasted what has come.
    private mutating func restOfPaste(isFinal: Bool) -> Piece? {
        for index in pending.indices where pending[index] == 0x1b && match(Self.pasteEnd, at: index) == .whole {
            defer { pending.removeFirst(index + Self.pasteEnd.count) }
            isPasting = false
            return .paste(Array(pending[..<index]))
        }
        guard isFinal else { return nil }
        defer { pending = [] }
        isPasting = false
        return .paste(pending)
    }

    // MARK: Keys

    /// The key at the start of `bytes` and its length; nil when it may still go on.
    private static func key(in bytes: [UInt8], isFinal: Bool) -> (Key, Int)? {
        guard let first = bytes.first else { return nil }
        switch first {
        case 0x1b: return escapeSequence(in: bytes, isFinal: isFinal)
        case 0x09: return (.tab, 1)
        case 0x0a, 0x0d: return (.enter, 1)
        case 0x08, 0x7f: return (.backspace, 1)
        case 0x00..<0x20: return (.control(Character(Unicode.Scalar(first + 0x40)).lowercased().first ?? "@"), 1)
        case 0x20..<0x7f: return (.character(Character(Unicode.Scalar(first))), 1)
        default:
            let length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1
            if bytes.count < length && !isFinal { return nil }
            let encoded = bytes.prefix(length)
            guard let text = String(validating: encoded, as: UTF8.self), let character = text.first else {
                return (.unknown, 1)
            }
            return (.character(character), encoded.count)
        }
    }

    /// CSI and SS3 sequences (ECMA-48 5.4, and what xterm sends for cursor keys in both modes).
    private static func escapeSequence(in bytes: [UInt8], isFinal: Bool) -> (Key, Int)? {
        guard bytes.count > 1 else { return isFinal ? (.escape, 1) : nil }
        guard bytes[1] == UInt8(ascii: "[") || bytes[1] == UInt8(ascii: "O") else { return (.escape, 1) }
        var at = 2
        while at < bytes.count, (0x20..<0x40).contains(bytes[at]), at < 32 { at += 1 }
        guard at < bytes.count else { return isFinal ? (.unknown, bytes.count) : nil }
        let count = at + 1
        switch bytes[at] {
        case UInt8(ascii: "A"): return (.up, count)
        case UInt8(ascii: "B"): return (.down, count)
        case UInt8(ascii: "C"): return (.right, count)
        case UInt8(ascii: "D"): return (.left, count)
        case UInt8(ascii: "H"): return (.home, count)
        case UInt8(ascii: "F"): return (.end, count)
        case UInt8(ascii: "Z"): return (.backTab, count)
        case UInt8(ascii: "~"):
            switch bytes[2] {
            case UInt8(ascii: "1"), UInt8(ascii: "7"): return (.home, count)
            case UInt8(ascii: "4"), UInt8(ascii: "8"): return (.end, count)
            case UInt8(ascii: "5"): return (.pageUp, count)
            case UInt8(ascii: "6"): return (.pageDown, count)
            default: return (.unknown, count)
            }
        default: return (.unknown, count)
        }
    }
}

/// Rewrites the cursor keys in `bytes` the way a terminal in application cursor mode would have sent them (DECCKM):
/// the user's terminal never enters that mode, since other panes have other guests.
package func applicationCursorKeys(_ bytes: [UInt8]) -> [UInt8] {
    var result = bytes
    var at = 0
    while at + 2 < result.count {
        if result[at] == 0x1b, result[at + 1] == UInt8(ascii: "[") {
            switch result[at + 2] {
            case UInt8(ascii: "A")...UInt8(ascii: "D"), UInt8(ascii: "F"), UInt8(ascii: "H"):
                result[at + 1] = UInt8(ascii: "O")
                at += 2
            default: break
            }
        }
        at += 1
    }
    return result
}
