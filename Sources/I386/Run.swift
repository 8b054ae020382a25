// The outer loop: find a block, run blocks until something comes up, and decide what that something means. Everything
// rare lives here, so that the inner loop (Interpreter.swift) can be about speed only.

import Glibc
import Synchronization

extension CPU {
    /// Runs the guest for at most `budget` instructions (a repeated string instruction counts as one, or as one per
    /// 32,768 elements, and so does the delivery of an exception). With a budget of 1 exactly one instruction is executed, or its exception raised.
    public func run(budget: Int) -> Exit {
        resynchronise()
        state.setStatusFlags(state.pointee.eflags)
        core.pointee.exitPending = false
        var left = max(budget, 0)
        let exit = runBlocks(&left)
        state.pointee.eflags = state.currentFlags
        publishRetired(max(budget, 0) - left)
        return exit
    }

    private func runBlocks(_ left: inout Int) -> Exit {
        while true {
            if let exit = attend() { return exit }
            if lockstep?.difference != nil { return .interrupted }
            if left <= 0 { return .budgetSpent }
            do throws(CPUFault) {
                if state.pointee.eflags & Flag.tf == 0, core.pointee.isCacheable {
                    let block = try findBlock()
                    if let translator, try runTranslated(block, &left, translator) {
                        // Done, as far as it went.
                    } else if Int(block.pointee.count) <= left {
                        // What has no translation is the interpreter's from now on. What has one is not for lack of budget.
                        if block.pointee.patience < 0, block.pointee.trace < 0 { block.pointee.patience = .max }
                        try interpret(block, &left)
                    } else {
                        try step(&left)
                    }
                } else if let exit = try singleStep(&left) {
                    return exit
                }
            } catch {
                if let exit = raise(error, kind: .fault) { return exit }
                // Delivering counts, or a handler that faults at once would never use up a budget.
                left -= 1
            }
            if core.pointee.exitPending {
                core.pointee.exitPending = false
                return .trap(
                    vector: core.pointee.exitVector, errorCode: nil,
                    kind: core.pointee.exitIsSoftware ? .software : .trap)
            }
        }
    }

    /// What other threads want.
    private func attend() -> Exit? {
        guard memory.attention.pointee.load(ordering: .relaxed) != 0 else { return nil }
        let wanted = memory.attention.pointee.exchange(0, ordering: .acquiring)
        if wanted & GuestMemory.codeOverwritten != 0 { dropOverwritten() }
        if wanted & GuestMemory.sampleRequested != 0 { takeSample() }
        return wanted & GuestMemory.exitRequested != 0 ? .interrupted : nil
    }

    /// One instruction from the scratch block.
    func step(_ left: inout Int) throws(CPUFault) {
        let block = try decodeScratch()
        var one = 1
        defer { left -= 1 - one }
        try interpret(block, &one)
    }

    /// One instruction, and the debug trap after it if TF was set before it.
    private func singleStep(_ left: inout Int) throws(CPUFault) -> Exit? {
        let tracing = state.pointee.eflags & Flag.tf != 0
        core.pointee.inhibitTrap = false
        try step(&left)
        guard tracing, !core.pointee.inhibitTrap, !core.pointee.exitPending else { return nil }
        // A delivered `int n` has cleared TF before the trap could be taken.
        switch code.scratch.ops.pointee.operation {
        case .int, .int3, .int1: return nil
        default: break
        }
        state.pointee.dr6 |= 0x4000
        return raise(CPUFault(vector: 1), kind: .trap)
    }

    /// Delivers an exception, or says how to leave for it.
    private func raise(_ fault: CPUFault, kind: TrapKind) -> Exit? {
        var current = fault
        var kind = kind
        while true {
            if current.isIllegalTranslation {
                return .illegalTranslation(
                    entry: current.errorCode, address: GuestVirtual(current.address), isDirectory: current.isDirectory)
            }
            if current.vector == 14 { state.pointee.cr2 = current.address }
            let errorCode = current.hasErrorCode ? current.errorCode : nil
            let gate = gates[Int(current.vector)]
            guard gate.delivers else { return .trap(vector: current.vector, errorCode: errorCode, kind: kind) }
            do throws(CPUFault) {
                try enter(
                    handler: gate.offset, selector: gate.selector, errorCode: errorCode,
                    flagsToPush: state.currentFlags | (kind == .fault ? Flag.rf : 0), maskInterrupts: gate.isInterrupt)
                return nil
            } catch {
                if !error.isIllegalTranslation, doubles(current.vector, error.vector) {
                    return .doubleFault(first: current.vector, second: error.vector)
                }
                current = error
                kind = .fault
            }
        }
    }

    /// SDM 3A, table 6-5: which second exception during the delivery of a first makes a double fault.
    private func doubles(_ first: UInt8, _ second: UInt8) -> Bool {
        func contributes(_ vector: UInt8) -> Bool { vector == 0 || (10...13).contains(vector) }
        if first == 14 { return second == 14 || contributes(second) }
        return contributes(first) && contributes(second)
    }
}

func monotonicNanoseconds() -> UInt64 {
    var t = timespec()
    clock_gettime(CLOCK_MONOTONIC, &t)
    return UInt64(bitPattern: Int64(t.tv_sec)) &* 1_000_000_000 &+ UInt64(bitPattern: Int64(t.tv_nsec))
}
