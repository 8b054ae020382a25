// What a byte means depends only on the state, so the whole grammar is a table: 15 states × 256 bytes, each entry an
// action and a next state. The states are those of DEC's own terminals as worked out by Paul Flo Williams
// (https://vt100.net/emu/dec_ansi_parser), with four deviations:
//   * a string is only dispatched by a whole ST (or by BEL, for OSC): an ESC inside it waits for its backslash, and
//     anything else drops the string, as xterm does;
//   * bytes from 0x80 up never select C1 controls here. In UTF-8 they are text in the ground state (U+0080–U+009F, once
//     decoded, act as C1) and data in strings; inside other sequences they cancel the sequence and are text again;
//   * ':' separates sub-parameters (ITU T.416) instead of spoiling the sequence;
//   * APC, PM and SOS are skipped.
// Deviations from xterm, VTE and libvterm that users could see are listed in Feed.swift.

enum ParserMode: UInt8 {
    case ground, escape, escapeIntermediate
    case csiEntry, csiParameter, csiIntermediate, csiIgnore
    case dcsEntry, dcsParameter, dcsIntermediate, dcsPassthrough
    case oscString, ignoredString
    /// After ESC inside a string that will be dispatched / that is skipped.
    case stringEscape, ignoredStringEscape
    /// VT52: after `ESC Y`, two bytes of position follow. Read by hand, not by the table.
    case vt52Position
}

enum ParserAction: UInt8 {
    case none
    case execute
    case collect
    case parameter
    case escapeDispatch
    case csiDispatch
    case clear
    case dcsHook
    case put
    case oscStart
    case stringEnd
    case stringCancel
    /// Leave the sequence and read this byte again in the ground state.
    case reconsider
    /// Leave the string, and read this byte again as the one after ESC.
    case reconsiderEscape
}

struct ParserTable: @unchecked Sendable {
    // SAFETY: written only in init, before `shared` is published; never freed.
    private let entries: UnsafeMutablePointer<UInt8>

    static let shared = ParserTable()

    @inline(__always)
    func entry(_ mode: ParserMode, _ byte: UInt8) -> UInt8 { entries[Int(mode.rawValue) << 8 | Int(byte)] }

    // SAFETY: an entry is action << 4 | mode, put together in `on` from valid values of two enums without gaps, so that the
    // bits are those of the same values again. (The table is asked for modes below 15 only; the last one is read by hand.)
    @inline(__always) static func action(_ entry: UInt8) -> ParserAction {
        unsafeBitCast(entry >> 4, to: ParserAction.self)
    }
    @inline(__always) static func mode(_ entry: UInt8) -> ParserMode { unsafeBitCast(entry & 15, to: ParserMode.self) }

    private init() {
        entries = .allocate(capacity: 16 * 256)
        entries.initialize(repeating: 0, count: 16 * 256)

        // Ground: C0 is executed, the rest is printed before the table is ever asked.
        on(.ground, 0x00...0x1F, .execute, .ground)

        // C0 inside a sequence is executed on the spot and the sequence goes on.
        for mode: ParserMode in [
            .escape, .escapeIntermediate, .csiEntry, .csiParameter, .csiIntermediate, .csiIgnore,
        ] {
            on(mode, 0x00...0x1F, .execute, mode)
            on(mode, 0x7F...0x7F, .none, mode)
        }
        for mode: ParserMode in [.dcsEntry, .dcsParameter, .dcsIntermediate] { on(mode, 0x00...0x7F, .none, mode) }

        on(.escape, 0x20...0x2F, .collect, .escapeIntermediate)
        on(.escape, 0x30...0x7E, .escapeDispatch, .ground)
        on(.escape, 0x5B...0x5B, .clear, .csiEntry)
        on(.escape, 0x5D...0x5D, .oscStart, .oscString)
        on(.escape, 0x50...0x50, .clear, .dcsEntry)
        for introducer: UInt8 in [0x58, 0x5E, 0x5F] { on(.escape, introducer...introducer, .none, .ignoredString) }
        on(.escapeIntermediate, 0x20...0x2F, .collect, .escapeIntermediate)
        on(.escapeIntermediate, 0x30...0x7E, .escapeDispatch, .ground)

        on(.csiEntry, 0x20...0x2F, .collect, .csiIntermediate)
        on(.csiEntry, 0x30...0x3B, .parameter, .csiParameter)
        on(.csiEntry, 0x3C...0x3F, .collect, .csiParameter)
        on(.csiEntry, 0x40...0x7E, .csiDispatch, .ground)
        on(.csiParameter, 0x20...0x2F, .collect, .csiIntermediate)
        on(.csiParameter, 0x30...0x3B, .parameter, .csiParameter)
        on(.csiParameter, 0x3C...0x3F, .none, .csiIgnore)
        on(.csiParameter, 0x40...0x7E, .csiDispatch, .ground)
        on(.csiIntermediate, 0x20...0x2F, .collect, .csiIntermediate)
        on(.csiIntermediate, 0x30...0x3F, .none, .csiIgnore)
        on(.csiIntermediate, 0x40...0x7E, .csiDispatch, .ground)
        on(.csiIgnore, 0x20...0x3F, .none, .csiIgnore)
        on(.csiIgnore, 0x40...0x7E, .none, .ground)

        on(.dcsEntry, 0x20...0x2F, .collect, .dcsIntermediate)
        on(.dcsEntry, 0x30...0x3B, .parameter, .dcsParameter)
        on(.dcsEntry, 0x3C...0x3F, .collect, .dcsParameter)
        on(.dcsEntry, 0x40...0x7E, .dcsHook, .dcsPassthrough)
        on(.dcsParameter, 0x20...0x2F, .collect, .dcsIntermediate)
        on(.dcsParameter, 0x30...0x3B, .parameter, .dcsParameter)
        on(.dcsParameter, 0x3C...0x3F, .none, .ignoredString)
        on(.dcsParameter, 0x40...0x7E, .dcsHook, .dcsPassthrough)
        on(.dcsIntermediate, 0x20...0x2F, .collect, .dcsIntermediate)
        on(.dcsIntermediate, 0x30...0x3F, .none, .ignoredString)
        on(.dcsIntermediate, 0x40...0x7E, .dcsHook, .dcsPassthrough)

        on(.dcsPassthrough, 0x00...0xFF, .put, .dcsPassthrough)
        on(.oscString, 0x00...0x1F, .none, .oscString)
        on(.oscString, 0x20...0xFF, .put, .oscString)
        on(.oscString, 0x07...0x07, .stringEnd, .ground)
        on(.ignoredString, 0x00...0xFF, .none, .ignoredString)

        on(.stringEscape, 0x00...0xFF, .reconsiderEscape, .escape)
        on(.stringEscape, 0x5C...0x5C, .stringEnd, .ground)
        on(.ignoredStringEscape, 0x00...0xFF, .reconsiderEscape, .escape)
        on(.ignoredStringEscape, 0x5C...0x5C, .none, .ground)

        for mode: ParserMode in [
            .escape, .escapeIntermediate, .csiEntry, .csiParameter, .csiIntermediate, .csiIgnore, .dcsEntry,
            .dcsParameter,
            .dcsIntermediate,
        ] {
            on(mode, 0x80...0xFF, .reconsider, .ground)
        }

        // From anywhere: CAN and SUB end whatever was going on, ESC starts anew.
        for raw in 0..<15 as Range<UInt8> {
            guard let mode = ParserMode(rawValue: raw) else { continue }
            let inString = [.dcsPassthrough, .oscString].contains(mode)
            for code: UInt8 in [0x18, 0x1A] { on(mode, code...code, inString ? .stringCancel : .execute, .ground) }
            switch mode {
            case .dcsPassthrough, .oscString: on(mode, 0x1B...0x1B, .none, .stringEscape)
            case .ignoredString: on(mode, 0x1B...0x1B, .none, .ignoredStringEscape)
            case .stringEscape, .ignoredStringEscape: on(mode, 0x1B...0x1B, .clear, .escape)
            default: on(mode, 0x1B...0x1B, .clear, .escape)
            }
        }
    }

    private func on(_ mode: ParserMode, _ bytes: ClosedRange<UInt8>, _ action: ParserAction, _ next: ParserMode) {
        for byte in bytes { entries[Int(mode.rawValue) << 8 | Int(byte)] = action.rawValue << 4 | next.rawValue }
    }
}
