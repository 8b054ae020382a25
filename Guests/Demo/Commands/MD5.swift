// MD5 (RFC 1321): no longer a secret keeper, but what `md5sum` on the host prints, so that both sides of a disk can
// be compared. Pure: tested on the host.

public struct MD5 {
    private var state: (UInt32, UInt32, UInt32, UInt32) = (0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476)
    private var tail: [UInt8] = []
    private var length: UInt64 = 0

    public init() {}

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        length &+= UInt64(bytes.count)
        var position = 0
        if !tail.isEmpty {
            position = min(64 - tail.count, bytes.count)
            tail += bytes[0..<position]
            guard tail.count == 64 else { return }
            tail.withUnsafeBytes { block($0, at: 0) }
            tail = []
        }
        while bytes.count - position >= 64 {
            block(bytes, at: position)
            position += 64
        }
        tail += bytes[position...]
    }

    /// The digest in hexadecimal.
    public mutating func finish() -> Text {
        let bits = length &* 8
        var end: [UInt8] = [0x80]
        while (tail.count + end.count) % 64 != 56 { end.append(0) }
        for shift in stride(from: UInt64(0), to: 64, by: 8) { end.append(UInt8(truncatingIfNeeded: bits >> shift)) }
        end.withUnsafeBytes { update($0) }
        let (a, b, c, d) = (state.0.byteSwapped, state.1.byteSwapped, state.2.byteSwapped, state.3.byteSwapped)
        return "\(hex: a)\(hex: b)\(hex: c)\(hex: d)"
    }

    /// floor(2³² × |sin(i + 1)|), from the RFC.
    private static let sines: [UInt32] = [
        0xD76A_A478, 0xE8C7_B756, 0x2420_70DB, 0xC1BD_CEEE, 0xF57C_0FAF, 0x4787_C62A, 0xA830_4613, 0xFD46_9501,
        0x6980_98D8, 0x8B44_F7AF, 0xFFFF_5BB1, 0x895C_D7BE, 0x6B90_1122, 0xFD98_7193, 0xA679_438E, 0x49B4_0821,
        0xF61E_2562, 0xC040_B340, 0x265E_5A51, 0xE9B6_C7AA, 0xD62F_105D, 0x0244_1453, 0xD8A1_E681, 0xE7D3_FBC8,
        0x21E1_CDE6, 0xC337_07D6, 0xF4D5_0D87, 0x455A_14ED, 0xA9E3_E905, 0xFCEF_A3F8, 0x676F_02D9, 0x8D2A_4C8A,
        0xFFFA_3942, 0x8771_F681, 0x6D9D_6122, 0xFDE5_380C, 0xA4BE_EA44, 0x4BDE_CFA9, 0xF6BB_4B60, 0xBEBF_BC70,
        0x289B_7EC6, 0xEAA1_27FA, 0xD4EF_3085, 0x0488_1D05, 0xD9D4_D039, 0xE6DB_99E5, 0x1FA2_7CF8, 0xC4AC_5665,
        0xF429_2244, 0x432A_FF97, 0xAB94_23A7, 0xFC93_A039, 0x655B_59C3, 0x8F0C_CC92, 0xFFEF_F47D, 0x8584_5DD1,
        0x6FA8_7E4F, 0xFE2C_E6E0, 0xA301_4314, 0x4E08_11A1, 0xF753_7E82, 0xBD3A_F235, 0x2AD7_D2BB, 0xEB86_D391,
    ]
    /// Sixty-four steps in four rounds. Each round is a loop of its own with its own formula, so that the inner loop has
    /// no choices to make: this is most of what `disk sum` does.
    private mutating func block(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        var (a, b, c, d) = state
        MD5.sines.withUnsafeBufferPointer { sines in
            @inline(__always)
            func round(
                _ number: Int, _ shifts: (UInt32, UInt32, UInt32, UInt32), start: Int, stride: Int,
                mix: (UInt32, UInt32, UInt32) -> UInt32
            ) {
                var index = start
                @inline(__always)
                func step(_ position: Int, _ shift: UInt32) {
                    let word = bytes.loadUnaligned(fromByteOffset: offset &+ 4 &* index, as: UInt32.self)
                    let sum = a &+ mix(b, c, d) &+ sines[position] &+ UInt32(littleEndian: word)
                    (a, d, c, b) = (d, c, b, b &+ (sum &<< shift | sum &>> (32 &- shift)))
                    index = (index &+ stride) & 15
                }
                var position = number &* 16
                for _ in 0..<4 {
                    step(position, shifts.0)
                    step(position &+ 1, shifts.1)
                    step(position &+ 2, shifts.2)
                    step(position &+ 3, shifts.3)
                    position &+= 4
                }
            }
            round(0, (7, 12, 17, 22), start: 0, stride: 1) { $0 & $1 | ~$0 & $2 }
            round(1, (5, 9, 14, 20), start: 1, stride: 5) { $2 & $0 | ~$2 & $1 }
            round(2, (4, 11, 16, 23), start: 5, stride: 3) { $0 ^ $1 ^ $2 }
            round(3, (6, 10, 15, 21), start: 0, stride: 7) { $1 ^ ($0 | ~$2) }
        }
        state = (state.0 &+ a, state.1 &+ b, state.2 &+ c, state.3 &+ d)
    }
}
