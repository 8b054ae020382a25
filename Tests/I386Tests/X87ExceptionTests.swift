// Unmasked exceptions arrive late: at the next instruction that waits. Which those are, and what each keeps from happening.

import I386
import Testing

@Suite struct X87ExceptionTests {
    /// 1 / 0 with zero-divide unmasked.
    private func pendingMachine() throws -> X87Machine {
        let machine = try X87Machine()
        machine.load(.zero, .one, control: 0x37B)
        try machine.run(0xD8, 0xF1)
        return machine
    }

    @Test func theFaultingInstructionItselfCompletesQuietly() throws {
        let machine = try pendingMachine()
        #expect(machine.status & 0x80FF == 0x8084)
        #expect(machine.unit.st(0) == .one)
    }

    @Test(
        arguments: [
            (0xD8, 0xC1), (0xD9, 0xD0), (0xD9, 0xF7), (0xDD, 0xC0), (0xD9, 0x28), (0xD9, 0x20), (0xDD, 0x20),
            (0xDB, 0xF1),
            (0xDA, 0xC1), (0xDD, 0x00),
        ] as [(UInt8, UInt8)])
    func waitingInstructionsRaiseMF(_ opcode: UInt8, _ modrm: UInt8) throws {
        let machine = try pendingMachine()
        let before = machine.unit.statusWord
        #expect(machine.fault(opcode, modrm) == .x87Error)
        #expect(machine.unit.statusWord == before)
        #expect(machine.unit.st(0) == .one)
    }

    @Test func waitRaisesMF() throws {
        let machine = try pendingMachine()
        #expect(machine.waitFault() == .x87Error)
        machine.load()
        #expect(machine.waitFault() == nil)
    }

    @Test(
        arguments: [
            (0xDB, 0xE0), (0xDB, 0xE1), (0xDB, 0xE2), (0xDB, 0xE3), (0xDB, 0xE4), (0xDF, 0xE0), (0xD9, 0x38),
            (0xDD, 0x38),
            (0xD9, 0x30), (0xDD, 0x30),
        ] as [(UInt8, UInt8)])
    func controlInstructionsWithNDoNotWait(_ opcode: UInt8, _ modrm: UInt8) throws {
        let machine = try pendingMachine()
        try machine.run(opcode, modrm)
    }

    @Test func anUndefinedEncodingIsFoundBeforeThePendingException() throws {
        let machine = try pendingMachine()
        #expect(machine.fault(0xD9, 0xD1) == .invalidOpcode)
    }

    @Test func clearingExceptionsKeepsTheConditionCodes() throws {
        let machine = try pendingMachine()
        machine.unit.statusWord |= 0x4700
        try machine.run(0xDB, 0xE2)
        #expect(machine.status == 0x7700)
    }

    @Test func loadingAControlWordCanUncoverAnOldException() throws {
        let machine = try X87Machine()
        machine.load(.zero, .one)
        try machine.run(0xD8, 0xF1)
        #expect(machine.status & 0x8080 == 0)
        machine.store32(0x37B)
        try machine.run(0xD9, 0x28)
        #expect(machine.status & 0x8080 == 0x8080)
        #expect(machine.waitFault() == .x87Error)
    }

    @Test func controlWordsKeepOnlyTheBitsThatExist() throws {
        let machine = try X87Machine()
        machine.load()
        for (written, kept) in [(UInt32(0xFFFF), UInt16(0x1F7F)), (0, 0x0040)] {
            machine.store32(written)
            try machine.run(0xD9, 0x28)
            try machine.run(0xD9, 0x38)
            #expect(machine.load16() == kept)
        }
    }

    @Test func anUnmaskedOverflowStillStoresAndPops() throws {
        let machine = try X87Machine()
        machine.load(.largest, .largest, control: 0x377)
        try machine.run(0xDE, 0xC9)
        #expect(machine.unit.st(0) == Extended80(0x5FFE, 0xFFFF_FFFF_FFFF_FFFE))
        #expect(machine.unit.tagWord == 0x3FFF)
    }

    @Test func anUnmaskedInvalidComparisonPopsNothing() throws {
        let machine = try X87Machine()
        machine.load(.quietNaN, .one, control: 0x37E)
        try machine.run(0xDE, 0xD9)
        #expect(machine.unit.tagWord == 0x8FFF)
        #expect(machine.status & 0x4581 == 0x4581)
    }

    @Test func pointersRememberTheLastNonControlInstruction() throws {
        let machine = try X87Machine()
        machine.load(.one)
        try machine.run(0xD8, 0x00)
        let state = machine.unit.fpu
        #expect(state.pointee.instructionPointer == 0xC0DE)
        #expect(state.pointee.instructionSelector == 0x1B)
        #expect(state.pointee.lastOpcode == 0x000)
        #expect(state.pointee.operandPointer == X87Machine.data - 0x100)
        #expect(state.pointee.operandSelector == 0x2B)
        machine.cpu.state.pointee.eip = 0xC0E0
        try machine.run(0xD9, 0x38)  // FNSTCW: control
        #expect(state.pointee.instructionPointer == 0xC0DE)
        try machine.run(0xD9, 0xE1)  // FABS: no operand
        #expect(state.pointee.instructionPointer == 0xC0E0)
        #expect(state.pointee.lastOpcode == 0x1E1)
        #expect(state.pointee.operandPointer == X87Machine.data - 0x100)
    }
}
