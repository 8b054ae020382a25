// States from seeds: the twin of Tools/cpu-oracle/random.c. A change here is a change there, and a new recording.

/// SplitMix64.
struct Random {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
    mutating func next32() -> UInt32 { UInt32(truncatingIfNeeded: next()) }

    // The values at which carries, signs and widths change their minds.
    private static let edges: [UInt32] = [
        0, 1, 0xffff_ffff, 0x8000_0000, 0x7fff_ffff, 0x80, 0x7f, 0xff,
        0x8000, 0x7fff, 0xffff, 0x8080, 0x7f7f_7f7f, 0x8080_8080, 0xffff_0000, 0x9999_9999,
    ]

    mutating func interesting() -> UInt32 {
        let r = next()
        let low = UInt32(truncatingIfNeeded: r)
        switch r >> 32 & 7 {
        case 0, 1: return Self.edges[Int(low & 15)]
        case 2: return Self.edges[Int(low & 15)] &+ (low >> 8 & 3) &- 2
        case 3: return (low & 32 != 0 ? .max : 0) ^ (1 << (low & 31))
        default: return low
        }
    }

    mutating func float32() -> UInt32 {
        let r = next()
        let low = UInt32(truncatingIfNeeded: r)
        let sign = low & 0x8000_0000
        switch r >> 32 & 15 {
        case 0: return sign
        case 1: return sign | 0x7f80_0000
        case 2: return sign | 0x7f80_0000 | low & 0x7f_ffff
        case 3: return sign | low & 0x7f_ffff
        case 4: return sign | 0x3f80_0000
        case 5: return sign | 0x7f7f_ffff
        case 6: return sign | 0x0080_0000
        case 7: return sign | (0x3f80_0000 + (low & 0x1f) << 23)
        default: return low
        }
    }

    mutating func float64() -> UInt64 {
        let r = next()
        let low = next()
        let sign = low & 1 << 63
        let fraction = low & 0xf_ffff_ffff_ffff
        switch r & 15 {
        case 0: return sign
        case 1: return sign | 0x7ff << 52
        case 2: return sign | 0x7ff << 52 | fraction
        case 3: return sign | fraction
        case 4: return sign | 0x3ff << 52
        case 5: return sign | 0x7fef_ffff_ffff_ffff
        case 6: return sign | 1 << 52
        case 7: return sign | (0x3ff + (low & 63)) << 52
        case 8: return sign | (0x3ff + (low & 63)) << 52 | low >> 8 & 0xf_ffff_ffff_ffff
        default: return low
        }
    }

    /// kind: 0 anything, 1 moderate, 2 small, 3 near one.
    mutating func float80(kind: UInt8) -> (mantissa: UInt64, signExponent: UInt16) {
        let r = next()
        var m = next()
        let top: UInt64 = 1 << 63
        let sign = UInt16(truncatingIfNeeded: r) & 0x8000
        let spread = UInt16(truncatingIfNeeded: r >> 32)
        switch r >> 16 & 7 {
        case 0: m = top
        case 1: m = top | m & 0xff << 55
        case 2: m = .max << (m & 63)
        case 3: m = top | m >> (m & 63)
        default: break
        }
        let normal = m | top
        switch kind {
        case 1: return (normal, sign | (0x3fff - 40 + spread % 100))
        case 2: return (normal, sign | (0x3fff - 70 + spread % 70))
        case 3: return (normal, sign | (0x3fff - 2 + spread % 5))
        default: break
        }
        switch r >> 20 & 31 {
        case 0, 1: return (0, sign)
        case 2: return (top, sign | 0x3fff)
        case 3: return (top, sign | 0x7fff)
        case 4: return (m | 3 << 62, sign | 0x7fff)
        case 5: return (m & ~(1 << 62) | top | 1, sign | 0x7fff)
        case 6: return (m & ~top, sign)
        case 7: return (normal, sign)
        case 8: return (m & ~top, sign | spread & 0x7fff)
        case 9: return (m & ~top, sign | 0x7fff)
        case 10: return (normal, sign | 0x7ffe)
        case 11: return (normal, sign | 1)
        case 12: return (normal, sign | (1 + spread & 0x7f))
        case 13: return (normal, sign | (0x7ffe - spread & 0x7f))
        case 14, 15, 16: return (normal, sign | (0x3fff - 2 + (spread & 0x7f) % 70))
        case 17: return (normal, sign | (0x3fff - 0x400 + spread & 0x7ff))
        case 18: return (normal, sign | (0x3fff - 0x80 + spread & 0xff))
        case 19, 20: return (normal, sign | (spread & 0x7fff) % 0x7fff)
        default: return (normal, sign | (0x3fff - 4 + spread & 7))
        }
    }
}

/// The x87 as the recorder sees it.
struct CaseX87: Equatable {
    var control: UInt16 = 0
    var status: UInt16 = 0
    var valid: UInt8 = 0
    var eip: UInt32 = 0x0123_4567
    var data: UInt32 = 0x089A_BCDE
    var opcode: UInt16 = 0x123
    /// Physical registers.
    var mantissa = [UInt64](repeating: 0, count: 8)
    var signExponent = [UInt16](repeating: 0, count: 8)
}

/// A whole machine, before or after.
struct CaseState {
    var gpr = [UInt32](repeating: 0, count: 8)
    var eip: UInt32 = 0
    var eflags: UInt32 = 0
    var selectors: [UInt16] = []
    var window: [UInt8] = []
    var x87 = CaseX87()

    /// The initial state of a case.
    init(_ g: Group, index: Int) {
        var random = Random(state: UInt64(g.seed) << 32 | UInt64(index))
        _ = random.next()
        for i in 0..<8 { gpr[i] = random.interesting() }
        eflags = 0x302 | random.next32() & 0xcd5
        if g.isSequence { eflags &= ~0x100 }
        for o in g.overrides {
            let value = o.value &+ (random.next32() & o.mask)
            if o.register == 8 {
                eflags = eflags & ~o.mask | o.value
            } else if o.half {
                gpr[o.register] = gpr[o.register] & 0xffff_0000 | value & 0xffff
            } else {
                gpr[o.register] = value
            }
        }
        eip = g.address
        selectors = g.selectors
        window = g.windowKind == 6 ? g.cases[index].explicitWindow : Self.window(g.windowKind, &random)
        if g.hasX87 { makeX87(g, &random) }
    }

    private static func window(_ kind: UInt8, _ random: inout Random) -> [UInt8] {
        var w: [UInt8] = []
        func put(_ value: UInt64, _ count: Int) {
            for i in 0..<count { w.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * i))) }
        }
        switch kind {
        case 1: for _ in 0..<32 { put(UInt64(random.interesting()), 4) }
        case 2:
            for _ in 0..<16 {
                let r = random.next()
                put(
                    r >> 60 < 12 ? 0x4141_4141_4141_4141 : (r & 0x0101_0101_0101_0101) &+ 0x4040_4040_4040_4040, 8)
            }
        case 3: for _ in 0..<32 { put(UInt64(random.float32()), 4) }
        case 4: for _ in 0..<16 { put(random.float64(), 8) }
        case 5:
            for _ in 0..<12 {
                let f = random.float80(kind: 0)
                put(f.mantissa, 8)
                put(UInt64(f.signExponent), 2)
            }
            put(0, 8)
        default: break
        }
        return w
    }

    private mutating func makeX87(_ g: Group, _ random: inout Random) {
        let r = random.next()
        x87.control = UInt16(truncatingIfNeeded: r) & g.controlAnd | g.controlOr | 0x40
        if x87.control & 0x300 == 0x100 { x87.control |= 0x200 }
        x87.status = (UInt16(truncatingIfNeeded: r >> 16) & g.statusAnd | g.statusOr) & 0x7f7f
        if x87.status & ~x87.control & 0x3f != 0 { x87.status |= 0x8080 }
        let empty =
            UInt8(truncatingIfNeeded: r >> 32) & UInt8(truncatingIfNeeded: r >> 40) & g.emptyAnd | g.emptyOr
        let top = Int(x87.status >> 11 & 7)
        for i in 0..<8 {
            let physical = (top + i) & 7
            (x87.mantissa[physical], x87.signExponent[physical]) = random.float80(kind: g.kinds[min(i, 2)])
            if empty >> UInt8(i) & 1 == 0 { x87.valid |= 1 << UInt8(physical) }
        }
    }

    /// The state that the real processor left: this one with the recorded differences.
    func after(_ c: RecordedCase, in g: Group) -> CaseState {
        var s = self
        let next = c.vector == 1 ? g.address &+ UInt32(g.code.count) : g.address
        s.eip = c.eip ?? next
        s.eflags ^= c.flagsChanged
        var n = 0
        for i in 0..<8 where c.registersChanged >> UInt8(i) & 1 != 0 {
            s.gpr[i] = c.registers[n]
            n += 1
        }
        n = 0
        for i in 0..<6 where c.selectorsChanged >> UInt8(i) & 1 != 0 {
            s.selectors[i] = c.selectors[n]
            n += 1
        }
        n = 0
        for i in 0..<8 where c.x87Changed >> UInt16(i) & 1 != 0 {
            (s.x87.mantissa[i], s.x87.signExponent[i]) = c.x87Registers[n]
            n += 1
        }
        n = 0
        for i in 8..<14 where c.x87Changed >> UInt16(i) & 1 != 0 {
            let word = c.x87Words[n]
            n += 1
            switch i {
            case 8: s.x87.control = UInt16(truncatingIfNeeded: word)
            case 9: s.x87.status = UInt16(truncatingIfNeeded: word)
            case 10: s.x87.valid = UInt8(truncatingIfNeeded: word)
            case 11: s.x87.eip = word
            case 12: s.x87.data = word
            default: s.x87.opcode = UInt16(truncatingIfNeeded: word)
            }
        }
        return s
    }
}
