// Both engines, one behind the other: every stretch of generated code is undone and interpreted, and the two outcomes
// are compared bit by bit. Slow, and worth it: what this has run over may be trusted.

import Glibc

/// What one comparison needs to remember.
final class Lockstep {
    /// The first difference, in words.
    var difference: String?
    /// Pages as they were before either engine wrote to them.
    fileprivate(set) var before: [Int: [UInt8]] = [:]
    fileprivate var start = CPUState()
    fileprivate var entries: [(index: Int, entry: TLBEntry)] = []
    /// Stretches compared.
    var compared: UInt64 = 0
    private var random: UInt64 = 0x9e37_79b9_7f4a_7c15

    /// How far generated code may run beyond what it must: links and loops are to be seen, but not forever.
    func leeway() -> Int {
        random ^= random << 13
        random ^= random >> 7
        random ^= random << 17
        return Int(random % 300)
    }

    fileprivate func note(frame: Int, _ base: UnsafeMutableRawPointer) {
        guard before[frame] == nil else { return }
        before[frame] = Array(UnsafeRawBufferPointer(start: base + frame << 12, count: 4096))
    }
}

extension CPU {
    /// The first difference between the engines; after it `run` only returns `.interrupted`.
    public var lockstepDifference: String? { lockstep?.difference }
    /// Stretches that have been compared without one.
    public var lockstepComparisons: UInt64 { lockstep?.compared ?? 0 }

    /// A page is about to be written to.
    @inline(never)
    func noteForLockstep(frame: Int) {
        lockstep?.note(frame: frame, memory.base)
    }

    /// Before generated code runs: remember everything, and see to it that the first store into each page is noticed.
    func startRecording(_ l: Lockstep) {
        l.start = state.pointee
        l.before.removeAll(keepingCapacity: true)
        l.entries.removeAll(keepingCapacity: true)
        let space = spaces[core.pointee.space]
        space.forEachUsed { e in
            l.entries.append((e - space.entries, e.pointee))
            e.pointee.writeTag = .max
            return e.pointee.readTag != .max
        }
        core.pointee.isRecording = true
    }

    /// After it has run `count` instructions: does the interpreter get to the same end?
    func compare(_ l: Lockstep, _ block: BlockPointer, count: Int, faults: Bool, hasMarked: Bool) {
        defer { core.pointee.isRecording = false }
        let translated = state.pointee
        var after: [Int: [UInt8]] = [:]
        for (frame, bytes) in l.before {
            let page = memory.base + frame << 12
            after[frame] = Array(UnsafeRawBufferPointer(start: page, count: 4096))
            bytes.withUnsafeBytes { page.copyMemory(from: $0.baseAddress.unsafelyUnwrapped, byteCount: 4096) }
        }
        let space = spaces[core.pointee.space]
        space.dropEverything()
        for (index, entry) in l.entries {
            space.entries[index] = entry
            space.entries[index].writeTag = .max
            space.noteUse(space.entries + index)
        }
        state.pointee = l.start
        let exit = takeExit()
        // The last instruction may have been a segment register's.
        updateMode()
        let trace = block.pointee.trace
        var left = count
        var problem: String?
        do throws(CPUFault) {
            while left > 0 {
                let next = try findBlock()
                if Int(next.pointee.count) <= left { try interpret(next, &left) } else { try step(&left) }
            }
            // A helper has faulted, and may have got half-way: so shall the interpreter.
            if faults {
                try step(&left)
                problem = "the interpreter does not fault"
            }
        } catch {
            if !faults || left != 0 {
                problem = "the interpreter faults with vector \(error.vector) and \(left) instructions left"
            } else if error != core.pointee.fault {
                problem = "faults: translated \(core.pointee.fault), interpreted \(error)"
            }
        }
        l.compared += 1
        let other = takeExit()
        (core.pointee.exitPending, core.pointee.exitVector, core.pointee.exitIsSoftware) = exit
        if exit.isPending != other.isPending || (exit.isPending && exit != other) {
            problem = problem ?? "exit: translated \(exit), interpreted \(other)"
        }
        problem = problem ?? registerDifference(translated, state.pointee)
        for (frame, bytes) in l.before where problem == nil {
            let other = after[frame] ?? bytes
            let page = memory.base + frame << 12
            let same = other.withUnsafeBytes { memcmp($0.baseAddress.unsafelyUnwrapped, page, 4096) == 0 }
            guard !same else { continue }
            // A trace that was left for an access has marked the page tables already; the interpreter will.
            let marks: UInt8 = hasMarked ? 0x60 : 0
            let first = (0..<4096).first {
                let change = other[$0] ^ page.load(fromByteOffset: $0, as: UInt8.self)
                return change & ($0 & 3 == 0 ? ~marks : 0xff) != 0
            }
            guard let at = first else { continue }
            let found = page.load(fromByteOffset: at, as: UInt8.self)
            problem =
                "memory at physical \(GuestPhysical(UInt32(frame << 12 + at))): translated \(other[at]), "
                + "interpreted \(found)"
        }
        guard let problem else { return }
        l.difference =
            "\(problem)\nafter \(count) instructions from \(GuestVirtual(l.start.eip))\n"
            + "before: \(describe(l.start))\ntranslated: \(describe(translated))\n"
            + "interpreted: \(describe(state.pointee))\n" + (listing(trace: Int(trace)) ?? "")
    }

    /// What an `int` has asked for, and nobody asks for any more.
    private func takeExit() -> (isPending: Bool, vector: UInt8, isSoftware: Bool) {
        defer { core.pointee.exitPending = false }
        return (core.pointee.exitPending, core.pointee.exitVector, core.pointee.exitIsSoftware)
    }

    private func registerDifference(_ a: CPUState, _ b: CPUState) -> String? {
        let names = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "eip", "eflags"]
        let (x, y) = (words(a), words(b))
        for i in 0..<x.count where x[i] != y[i] {
            return "\(names[i]): translated \(Assembler.hex(x[i])), interpreted \(Assembler.hex(y[i]))"
        }
        guard (a.es, a.ss, a.ds) == (b.es, b.ss, b.ds), (a.cs, a.fs, a.gs) == (b.cs, b.fs, b.gs) else {
            return "a segment register"
        }
        var (p, q) = (a.x87, b.x87)
        let same = withUnsafeBytes(of: &p) { left in
            withUnsafeBytes(of: &q) { right in
                // Ten bytes of every sixteen are a register; the words behind them are compared by name.
                (0..<8).allSatisfy { r in (0..<10).allSatisfy { left[r * 16 + $0] == right[r * 16 + $0] } }
            }
        }
        if !same { return "an x87 register" }
        if (p.control, p.status, p.occupied, p.top, p.lastOpcode) != (
            q.control, q.status, q.occupied, q.top, q.lastOpcode
        ) {
            return "x87: translated \((p.control, p.status, p.occupied, p.top, p.lastOpcode)), "
                + "interpreted \((q.control, q.status, q.occupied, q.top, q.lastOpcode))"
        }
        if (p.instructionPointer, p.operandPointer) != (q.instructionPointer, q.operandPointer)
            || (p.instructionSelector, p.operandSelector) != (q.instructionSelector, q.operandSelector)
        {
            return "x87 pointers: translated \((p.instructionPointer, p.operandPointer)), "
                + "interpreted \((q.instructionPointer, q.operandPointer))"
        }
        return nil
    }

    private func words(_ s: CPUState) -> [UInt32] {
        // The flags are in the interpreter's words while a run is under way.
        var copy = s
        let flags = withUnsafeMutablePointer(to: &copy) { $0.currentFlags }
        return [s.eax, s.ecx, s.edx, s.ebx, s.esp, s.ebp, s.esi, s.edi, s.eip, flags]
    }
    private func describe(_ s: CPUState) -> String {
        zip(["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "eip", "eflags"], words(s))
            .map { "\($0)=\(Assembler.hex($1))" }.joined(separator: " ")
    }
}
