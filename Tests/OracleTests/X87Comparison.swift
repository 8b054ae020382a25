// Comparing x87 states: bit for bit, except where the manual gives an ulp, and for the pointers that the recording machine
// does not keep.

struct X87Comparison {
    let shape: InstructionShape
    let before: CaseX87

    func compare(_ wanted: inout CaseX87, _ got: inout CaseX87, _ differ: (String, String) -> Void) {
        let undefined = Undefined.status(shape)
        if wanted.control != got.control {
            differ("control", "control: expected \(hex(UInt32(wanted.control))), got \(hex(UInt32(got.control)))")
        }
        if (wanted.status ^ got.status) & ~undefined != 0 {
            differ(
                "status " + Self.statusNames((wanted.status ^ got.status) & ~undefined),
                "status: expected \(hex(UInt32(wanted.status))) [\(Self.statusNames(wanted.status))],"
                    + " got \(hex(UInt32(got.status))) [\(Self.statusNames(got.status))]")
        }
        if wanted.valid != got.valid {
            differ("tags", "occupied: expected \(hex2(wanted.valid)), got \(hex2(got.valid))")
        }
        for i in 0..<8 where wanted.mantissa[i] != got.mantissa[i] || wanted.signExponent[i] != got.signExponent[i] {
            if Undefined.isTranscendental(shape), isWithinOneUlp(wanted, got, i) { continue }
            differ("ST", "R\(i): expected \(Self.describe(wanted, i)), got \(Self.describe(got, i))")
        }
        guard Undefined.pointersAreVisible(statusAfter: wanted.status) else { return }
        if wanted.eip != got.eip { differ("FIP", "FIP: expected \(hex(wanted.eip)), got \(hex(got.eip))") }
        if wanted.data != got.data { differ("FDP", "FDP: expected \(hex(wanted.data)), got \(hex(got.data))") }
        if wanted.opcode != got.opcode {
            differ("FOP", "FOP: expected \(hex(UInt32(wanted.opcode))), got \(hex(UInt32(got.opcode)))")
        }
    }

    /// Neighbours in the order of magnitudes, of the same sign, neither of them infinite or a NaN.
    private func isWithinOneUlp(_ a: CaseX87, _ b: CaseX87, _ i: Int) -> Bool {
        guard a.signExponent[i] & 0x8000 == b.signExponent[i] & 0x8000 else { return false }
        func ordinal(_ s: CaseX87) -> (UInt64, UInt64) {
            // Exponent and mantissa without its integer bit count up together.
            (UInt64(s.signExponent[i] & 0x7fff), s.mantissa[i] & ~(1 << 63))
        }
        let (ea, ma) = ordinal(a)
        let (eb, mb) = ordinal(b)
        guard ea != 0x7fff, eb != 0x7fff else { return false }
        if ea == eb { return ma > mb ? ma - mb <= 1 : mb - ma <= 1 }
        let (low, high) = ea < eb ? ((ea, ma), (eb, mb)) : ((eb, mb), (ea, ma))
        return low.0 + 1 == high.0 && low.1 == .max >> 1 && high.1 == 0
    }

    static func describe(_ s: CaseX87, _ i: Int) -> String {
        let digits = String(s.mantissa[i], radix: 16)
        let exponent = String(s.signExponent[i], radix: 16)
        let text = exponent + "." + String(repeating: "0", count: 16 - digits.count) + digits
        return s.valid >> UInt8(i) & 1 == 0 ? text + "(empty)" : text
    }

    static func statusNames(_ status: UInt16) -> String {
        let names: [(UInt16, String)] = [
            (1, "IE"), (2, "DE"), (4, "ZE"), (8, "OE"), (16, "UE"), (32, "PE"), (64, "SF"), (0x80, "ES"), (0x100, "C0"),
            (0x200, "C1"), (0x400, "C2"), (0x3800, "TOP"), (0x4000, "C3"), (0x8000, "B"),
        ]
        return names.filter { status & $0.0 != 0 }.map(\.1).joined(separator: " ")
    }
}
