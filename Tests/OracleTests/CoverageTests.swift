// Nothing that the decoder knows may be missing from the recordings, in any of its sizes and places.

import I386
import Testing

@Suite struct CoverageTests {
    /// What the real processor could not be asked in ring 3, with the reason.
    static let unrecordable: [UInt16: Set<UInt8>] = [
        0x0f00: [0, 1],  // SLDT, STR: UMIP refuses them and the kernel invents an answer
        0x0f01: [0, 1, 4],  // SGDT, SIDT, SMSW: the same
    ]

    /// Every opcode with its ModRM reg field, place of the operand and sizes that occurs in a recording.
    private static func recorded() throws -> Set<String> {
        var seen: Set<String> = []
        for file in OracleTests.files where file != "sequences.cases.gz" {
            for g in try Recording.load(file) where !g.cases.isEmpty {
                let shape = InstructionShape(g.code, isPair: g.isPair)
                for reg in [nil, UInt8(shape.reg)] {
                    seen.insert(variant(shape.opcode, reg, nil, sized: nil))
                    seen.insert(variant(shape.opcode, reg, nil, sized: shape.operandSize16))
                    for place in [shape.isMemory ? shape.addressSize16 ? "a16" : "a32" : "register"] {
                        seen.insert(variant(shape.opcode, reg, place, sized: nil))
                        seen.insert(variant(shape.opcode, reg, place, sized: shape.operandSize16))
                    }
                }
            }
        }
        return seen
    }

    private static func variant(_ opcode: UInt16, _ reg: UInt8?, _ place: String?, sized: Bool?) -> String {
        var text = InstructionShape.name(opcode)
        if let reg { text += "/\(reg)" }
        if let place { text += " " + place }
        if let sized { text += sized ? " o16" : " o32" }
        return text
    }

    @Test func everyFormThatTheDecoderKnowsIsRecorded() throws {
        let seen = try Self.recorded()
        var missing: [String] = []
        let forms = KnownForm.all
        #expect(forms.count > 400)
        for form in forms {
            if let reg = form.reg, Self.unrecordable[form.opcode]?.contains(reg) == true { continue }
            var places: [String?] = [nil]
            if form.hasModRM, !form.isPrivileged {
                places = form.isMemoryOnly ? ["a32", "a16"] : ["register", "a32", "a16"]
            }
            for place in places {
                for sized in form.isSized && !form.isPrivileged ? [false, true] : [nil] {
                    let wanted = Self.variant(form.opcode, form.reg, place, sized: sized)
                    if !seen.contains(wanted) { missing.append(wanted) }
                }
            }
        }
        #expect(missing.isEmpty, "not recorded: \(missing.joined(separator: ", "))")
    }

    @Test func everyX87EncodingIsRecorded() throws {
        var seen: Set<UInt16> = []
        for g in try Recording.load("x87.cases.gz") {
            let shape = InstructionShape(g.code)
            // A memory form stands for all of its addressing modes.
            let modrm = shape.isMemory ? shape.modrm & 0x38 : shape.modrm
            seen.insert(shape.opcode << 8 | UInt16(modrm))
        }
        var missing: [String] = []
        for opcode: UInt16 in 0xd8...0xdf {
            for modrm in Array(stride(from: 0, to: 0x40, by: 8)) + Array(0xc0..<0x100) {
                // FISTTP came with SSE3, so the real processor does not refuse it.
                if modrm == 8, [0xdb, 0xdd, 0xdf].contains(opcode) { continue }
                if !seen.contains(opcode << 8 | UInt16(modrm)) {
                    missing.append(String(opcode << 8 | UInt16(modrm), radix: 16))
                }
            }
        }
        #expect(missing.isEmpty, "not recorded: \(missing.joined(separator: ", "))")
    }
}
