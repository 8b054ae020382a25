// Every one of the 8 × (8 + 64) encodings of D8–DF: it runs, or it is #UD, as on a real processor.

import I386
import Testing

@Suite struct X87EncodingTests {
    /// What a real processor refuses, row by row; FISTTP (SSE3) in addition.
    private func refuses(_ opcode: UInt8, _ modrm: UInt8) -> Bool {
        if modrm < 0xC0 {
            let rows: [UInt8: [UInt8]] = [0xD9: [1], 0xDB: [1, 4, 6], 0xDD: [1, 5], 0xDF: [1]]
            return rows[opcode]?.contains(modrm >> 3) ?? false
        }
        let ranges: [UInt8: [ClosedRange<UInt8>]] = [
            0xD9: [0xD1...0xD7, 0xE2...0xE3, 0xE6...0xE7, 0xEF...0xEF],
            0xDA: [0xE0...0xE8, 0xEA...0xFF],
            0xDB: [0xE5...0xE7, 0xF8...0xFF],
            0xDD: [0xF0...0xFF],
            0xDE: [0xD8...0xD8, 0xDA...0xDF],
            0xDF: [0xE1...0xE7, 0xF8...0xFF],
        ]
        return ranges[opcode]?.contains { $0.contains(modrm) } ?? false
    }

    @Test(arguments: UInt8(0xD8)...0xDF, [false, true])
    func exactlyTheUndefinedOnesAreRefused(_ opcode: UInt8, pending: Bool) throws {
        let machine = try X87Machine()
        let forms = (0..<8).map { UInt8($0 << 3) } + Array(UInt8(0xC0)...0xFF)
        for modrm in forms {
            machine.load(.one, .two, .three)
            machine.store64(0x037F)
            if pending {
                machine.unit.controlWord = 0x37E
                machine.unit.statusWord |= 1
            }
            let fault = machine.fault(opcode, modrm)
            #expect((fault == .invalidOpcode) == refuses(opcode, modrm), "modrm \(modrm)")
            #expect(pending || fault != .x87Error, "modrm \(modrm)")
        }
    }

    @Test(
        arguments: [
            // alias, what it does
            ((0xDC, 0xD1), (0xD8, 0xD1)), ((0xDC, 0xD9), (0xD8, 0xD9)), ((0xDE, 0xD1), (0xD8, 0xD9)),
            ((0xDD, 0xC9), (0xD9, 0xC9)), ((0xDF, 0xC9), (0xD9, 0xC9)), ((0xDF, 0xD1), (0xDD, 0xD9)),
            ((0xDF, 0xD9), (0xDD, 0xD9)), ((0xD9, 0xD9), (0xDD, 0xD9)),
        ] as [((UInt8, UInt8), (UInt8, UInt8))])
    func undocumentedAliasesDoWhatTheirNamesakesDo(_ alias: (UInt8, UInt8), _ original: (UInt8, UInt8)) throws {
        var results: [(UInt16, UInt16, [Extended80])] = []
        for form in [alias, original] {
            let machine = try X87Machine()
            machine.load(.three, .two, .one)
            try machine.run(form.0, form.1)
            results.append((machine.status, machine.unit.tagWord, (0..<8).map { machine.unit.st($0) }))
        }
        #expect(results[0] == results[1])
    }

    @Test(
        arguments: [
            (0xD8, 0xC1, 3), (0xD8, 0xC9, 2), (0xD8, 0xE1, 1), (0xD8, 0xE9, -1), (0xD8, 0xF1, 2),
            (0xDC, 0xC1, 3), (0xDC, 0xC9, 2), (0xDC, 0xE1, 1), (0xDC, 0xE9, -1), (0xDC, 0xF1, 2),
            (0xDE, 0xC1, 3), (0xDE, 0xE1, 1), (0xDE, 0xE9, -1), (0xDE, 0xF1, 2),
        ] as [(UInt8, UInt8, Int64)])
    func operandOrder(_ opcode: UInt8, _ modrm: UInt8, _ result: Int64) throws {
        let machine = try X87Machine()
        machine.load(.one, .two)
        try machine.run(opcode, modrm)
        #expect(machine.unit.st(opcode == 0xDC ? 1 : 0) == Extended80(result))
        #expect(machine.unit.isEmpty(1) == (opcode == 0xDE))
    }

    @Test func statusWordIntoAX() throws {
        let machine = try X87Machine()
        machine.load(.two, .one)
        machine.cpu.state.pointee.eax = 0xDEAD_BEEF
        try machine.run(0xD8, 0xD1)
        try machine.run(0xDF, 0xE0)
        #expect(machine.cpu.state.pointee.eax == 0xDEAD_3100)
    }
}
