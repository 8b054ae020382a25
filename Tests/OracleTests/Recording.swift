// Reads what Tools/cpu-oracle recorded: groups (one encoding, a recipe for states) and cases (what the real processor made
// of one state). The format is written by Tools/cpu-oracle/encode.c and described in its README.

import CZlib
import Glibc

/// One encoding with its recipe for machine states.
struct Group: Sendable {
    enum Flag {
        static let repeats: UInt8 = 1
        static let pair: UInt8 = 2
        static let x87: UInt8 = 4
        static let volatileResults: UInt8 = 8
        static let sequence: UInt8 = 16
    }
    /// register = value + (random & mask), in the low half only if `half`; register 8 is eflags.
    struct Override: Sendable {
        var register: Int
        var half: Bool
        var value: UInt32
        var mask: UInt32
    }

    var name = ""
    var code: [UInt8] = []
    var flags: UInt8 = 0
    var address: UInt32 = 0
    var seed: UInt32 = 0
    var count = 0
    /// Of a sequence: eflags that mean nothing at its end.
    var undefinedFlags: UInt32 = 0
    /// es cs ss ds fs gs.
    var selectors: [UInt16] = []
    var overrides: [Override] = []
    var windowKind: UInt8 = 0
    var explicitBytes = 0
    var window: UInt32 = 0
    var controlAnd: UInt16 = 0
    var controlOr: UInt16 = 0
    var statusAnd: UInt16 = 0
    var statusOr: UInt16 = 0
    var emptyAnd: UInt8 = 0
    var emptyOr: UInt8 = 0
    var kinds: [UInt8] = []
    var cases: [RecordedCase] = []

    var hasX87: Bool { flags & Flag.x87 != 0 }
    var isRepeated: Bool { flags & Flag.repeats != 0 }
    var isSequence: Bool { flags & Flag.sequence != 0 }
    var isPair: Bool { flags & Flag.pair != 0 }
}

/// What one state became: only what differs from it.
struct RecordedCase: Sendable {
    struct Run: Sendable {
        var offset: Int
        var bytes: [UInt8]
    }
    var explicitWindow: [UInt8] = []
    /// 1: the instruction completed.
    var vector: UInt8 = 0
    var errorCode: UInt32 = 0
    var cr2: UInt32 = 0
    /// nil: the next instruction, or this one if it faulted.
    var eip: UInt32?
    var flagsChanged: UInt32 = 0
    var registersChanged: UInt8 = 0
    var registers: [UInt32] = []
    var selectorsChanged: UInt8 = 0
    var selectors: [UInt16] = []
    var memory: [Run] = []
    var x87Changed: UInt16 = 0
    var x87Registers: [(UInt64, UInt16)] = []
    var x87Words: [UInt32] = []
}

struct RecordingError: Error, CustomStringConvertible {
    var description: String
}

enum Recording {
    /// All groups of one file beside this source.
    static func load(_ name: String, source: String = #filePath) throws(RecordingError) -> [Group] {
        let folder = source[..<(source.lastIndex(of: "/") ?? source.endIndex)]
        var reader = Reader(bytes: try inflate("\(folder)/Cases/\(name)"))
        guard reader.take(8) == Array("LGORACL1".utf8) else {
            throw RecordingError(description: "\(name): not a recording")
        }
        var groups: [Group] = []
        while let group = reader.group() { groups.append(group) }
        guard reader.position == reader.bytes.count else { throw RecordingError(description: "\(name): damaged") }
        return groups
    }

    private static func inflate(_ path: String) throws(RecordingError) -> [UInt8] {
        guard let file = gzopen(path, "rb") else { throw RecordingError(description: "\(path): cannot open") }
        defer { gzclose(file) }
        var all: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let n = gzread(file, &chunk, UInt32(chunk.count))
            guard n >= 0 else { throw RecordingError(description: "\(path): damaged") }
            if n == 0 { return all }
            all += chunk[..<Int(n)]
        }
    }
}

/// A cursor over the inflated bytes. The file is ours, so a cut one yields zeroes and is noticed by its length.
private struct Reader {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func u8() -> UInt8 {
        defer { position += 1 }
        return position < bytes.count ? bytes[position] : 0
    }
    mutating func u16() -> UInt16 { UInt16(u8()) | UInt16(u8()) << 8 }
    mutating func u32() -> UInt32 { UInt32(u16()) | UInt32(u16()) << 16 }
    mutating func u64() -> UInt64 { UInt64(u32()) | UInt64(u32()) << 32 }
    mutating func take(_ count: Int) -> [UInt8] {
        defer { position += count }
        return position + count <= bytes.count ? Array(bytes[position..<position + count]) : []
    }

    mutating func group() -> Group? {
        let length = Int(u8())
        guard length > 0 else { return nil }
        var g = Group()
        g.name = String(decoding: take(length), as: UTF8.self)
        g.code = take(Int(u8()))
        g.flags = u8()
        g.address = u32()
        g.seed = u32()
        g.count = Int(u16())
        if g.isSequence { g.undefinedFlags = UInt32(u16()) }
        g.selectors = take(6).map(UInt16.init)
        for _ in 0..<u8() {
            let register = u8()
            g.overrides.append(
                .init(register: Int(register & 15), half: register & 16 != 0, value: u32(), mask: u32()))
        }
        g.windowKind = u8()
        g.explicitBytes = Int(u8())
        g.window = u32()
        if g.hasX87 {
            (g.controlAnd, g.controlOr, g.statusAnd, g.statusOr) = (u16(), u16(), u16(), u16())
            (g.emptyAnd, g.emptyOr) = (u8(), u8())
            g.kinds = take(3)
        }
        g.cases.reserveCapacity(g.count)
        for _ in 0..<g.count { g.cases.append(oneCase(explicit: g.windowKind == 6 ? g.explicitBytes : 0)) }
        return g
    }

    private mutating func oneCase(explicit: Int) -> RecordedCase {
        var c = RecordedCase()
        if explicit > 0 { c.explicitWindow = take(explicit) }
        let head = u8()
        let sections = u8()
        c.vector = head & 0x7f
        c.registersChanged = u8()
        c.flagsChanged = UInt32(u16())
        if sections & 8 != 0 { c.flagsChanged |= UInt32(u16()) << 16 }
        if head & 0x80 != 0 { c.eip = u32() }
        if 10...14 ~= c.vector { c.errorCode = UInt32(u16()) }
        if c.vector == 14 { c.cr2 = u32() }
        if c.registersChanged != 0 { c.registers = (0..<c.registersChanged.nonzeroBitCount).map { _ in u32() } }
        if sections & 1 != 0 {
            c.selectorsChanged = u8()
            c.selectors = (0..<c.selectorsChanged.nonzeroBitCount).map { _ in u16() }
        }
        if sections & 2 != 0 {
            c.memory = (0..<u8()).map { _ in
                let offset = Int(u16())
                return .init(offset: offset, bytes: take(Int(u8())))
            }
        }
        if sections & 4 != 0 {
            c.x87Changed = u16()
            for i in 0..<8 where c.x87Changed >> UInt16(i) & 1 != 0 { c.x87Registers.append((u64(), u16())) }
            // control, status, valid, eip, data, opcode
            for i in 8..<14 where c.x87Changed >> UInt16(i) & 1 != 0 {
                c.x87Words.append(i == 10 ? UInt32(u8()) : i == 11 || i == 12 ? u32() : UInt32(u16()))
            }
        }
        return c
    }
}
