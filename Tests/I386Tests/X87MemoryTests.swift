// Environments, full states, and page faults in the middle of either: after a fault nothing has happened.

import I386
import Testing

@Suite struct X87MemoryTests {
    private func busyMachine() throws -> X87Machine {
        let machine = try X87Machine()
        machine.load(.zero, .infinity, .one, control: 0xA7F)
        machine.unit.statusWord |= 0x4120
        let state = machine.unit.fpu
        state.pointee.instructionPointer = 0x1234_5678
        state.pointee.instructionSelector = 0x73
        state.pointee.lastOpcode = 0x5AB
        state.pointee.operandPointer = 0x89AB_CDEF
        state.pointee.operandSelector = 0x7B
        return machine
    }

    @Test func the32BitEnvironment() throws {
        let machine = try busyMachine()
        try machine.run(0xD9, 0x30)
        let words = (0..<7).map { machine.load32(UInt32(4 * $0)) }
        #expect(words == [0xFFFF_0A7F, 0xFFFF_6920, 0xFFFF_63FF, 0x1234_5678, 0x05AB_0073, 0x89AB_CDEF, 0xFFFF_007B])
    }

    @Test func the16BitEnvironment() throws {
        let machine = try busyMachine()
        try machine.run(0xD9, 0x30, operand16: true)
        let words = (0..<7).map { machine.load16(UInt32(2 * $0)) }
        #expect(words == [0x0A7F, 0x6920, 0x63FF, 0x5678, 0x0073, 0xCDEF, 0x007B])
    }

    @Test func storingTheEnvironmentMasksEverything() throws {
        let machine = try X87Machine()
        machine.load(.zero, .one, control: 0x37B)
        try machine.run(0xD8, 0xF1)
        try machine.run(0xD9, 0x30)
        #expect(machine.load32() == 0xFFFF_037B)
        #expect(machine.load32(4) & 0x8080 == 0x8080)
        #expect(machine.unit.controlWord == 0x37F)
        #expect(machine.status & 0x8084 == 0x0004)
    }

    @Test(arguments: [false, true])
    func savingAndRestoringIsLossless(operand16: Bool) throws {
        let machine = try busyMachine()
        let before = machine.unit.fpu.pointee
        try machine.run(0xDD, 0x30, operand16: operand16)
        #expect(machine.status == 0)
        #expect(machine.unit.controlWord == 0x37F)
        #expect(machine.unit.tagWord == 0xFFFF)
        for i in 0..<8 { machine.unit.push(Extended80(Int64(i + 3))) }
        try machine.run(0xDD, 0x20, operand16: operand16)
        let after = machine.unit.fpu.pointee
        #expect(after.control == before.control)
        #expect(after.statusWord == before.statusWord)
        #expect(after.occupied == before.occupied)
        #expect((0..<3).map { machine.unit.st($0) } == [.one, .infinity, .zero])
        #expect(machine.unit.isEmpty(3))
        #expect(after.lastOpcode == (operand16 ? 0 : before.lastOpcode))
        #expect(after.instructionPointer == (operand16 ? 0x5678 : before.instructionPointer))
        #expect(after.operandPointer == (operand16 ? 0xCDEF : before.operandPointer))
        #expect(after.operandSelector == before.operandSelector)
    }

    @Test func loadingAnEnvironmentCanLeaveAnExceptionPending() throws {
        let machine = try busyMachine()
        try machine.run(0xD9, 0x30)
        machine.store32(0xFFFF_0A40)
        try machine.run(0xD9, 0x20)
        #expect(machine.status == 0x6920 | 0x8080)
        #expect(machine.fault(0xD9, 0xD0) == .x87Error)
    }

    @Test(
        arguments: [
            (0xD9, 0x18, 4), (0xDD, 0x18, 8), (0xDB, 0x38, 10), (0xDF, 0x30, 10), (0xDF, 0x38, 8), (0xD9, 0x30, 28),
            (0xDD, 0x30, 108), (0xD9, 0x38, 2),
        ] as [(UInt8, UInt8, UInt32)])
    func aStoreThatFaultsHalfWayChangesNothing(_ opcode: UInt8, _ modrm: UInt8, _ size: UInt32) throws {
        let machine = try busyMachine()
        // The last byte falls into the read-only page.
        let address = X87Machine.readOnly - size + 1
        for i in 0..<(size - 1) { machine.store32(0, at: address + i - X87Machine.data) }
        let before = machine.unit.fpu.pointee
        #expect(machine.fault(opcode, modrm, at: address) == .pageFault(X87Machine.readOnly, errorCode: 7))
        #expect(machine.unit.statusWord == before.statusWord)
        #expect(machine.unit.controlWord == before.control)
        #expect(machine.unit.fpu.pointee.occupied == before.occupied)
        #expect(machine.unit.fpu.pointee.instructionPointer == before.instructionPointer)
        #expect(machine.load64(address - X87Machine.data) << 8 == 0, "not even the part that could be written")
    }

    @Test(
        arguments: [
            (0xD8, 0x00, 4), (0xDC, 0x00, 8), (0xDB, 0x28, 10), (0xDF, 0x20, 10), (0xD9, 0x20, 28), (0xDD, 0x20, 108),
            (0xD9, 0x28, 2),
        ] as [(UInt8, UInt8, UInt32)])
    func aLoadThatFaultsHalfWayChangesNothing(_ opcode: UInt8, _ modrm: UInt8, _ size: UInt32) throws {
        let machine = try busyMachine()
        let before = machine.unit.fpu.pointee
        let fault = machine.fault(opcode, modrm, at: X87Machine.missing - size + 1)
        #expect(fault == .pageFault(X87Machine.missing, errorCode: 4))
        #expect(machine.unit.statusWord == before.statusWord)
        #expect(machine.unit.controlWord == before.control)
        #expect(machine.unit.fpu.pointee.occupied == before.occupied)
        #expect(machine.unit.st(0) == .one)
    }

    /// A store that an unmasked exception forbids has to be a legal access all the same.
    @Test func aForbiddenStoreStillNeedsTheRightToWrite() throws {
        let machine = try X87Machine()
        machine.load(.largest, control: 0x377)
        #expect(machine.fault(0xD9, 0x18, at: X87Machine.readOnly)?.vector == 14)
        #expect(machine.status & 0xFF == 0)
    }
}
