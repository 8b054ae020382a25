// String instructions. A repeated one is a loop of its own: registers are brought up to date after every element, so
// that a fault in the middle restarts where it happened, and it stops from time to time to let others be heard.

import Glibc
import Synchronization

extension CPU {
    /// Elements after which a repetition lets the run loop look up (it then continues where it stopped).
    private static var chunk: UInt32 { 32768 }

    /// - Returns: false when a repetition has not finished; `eip` is still at the instruction.
    func executeString(_ op: OpPointer) throws(CPUFault) -> Bool {
        guard op.has([.rep, .repne]) else {
            try stringElement(op)
            return true
        }
        let width: UInt8 = op.has(.address16) ? 2 : 4
        var left = Self.chunk
        // A single-stepped repetition traps after each element.
        if state.pointee.eflags & Flag.tf != 0 { left = 1 }
        let compares = op.pointee.operation == .cmps || op.pointee.operation == .scas
        var first = true
        while true {
            let count = register(4, width)
            if count == 0 { return true }
            // The first element is always done, so that a guest gets on however often it is interrupted.
            if left == 0
                || (!first && !core.pointee.isRecording && memory.attention.pointee.load(ordering: .relaxed) != 0)
            {
                return false
            }
            first = false
            let moved = bulk(op, min(count, left))
            if moved > 0 {
                left &-= moved
                setRegister(4, width, count &- moved)
                continue
            }
            try stringElement(op)
            left &-= 1
            setRegister(4, width, count &- 1)
            if compares, state.zf != op.has(.rep) { return true }
        }
    }

    private func stringElement(_ op: OpPointer) throws(CPUFault) {
        let size = op.pointee.size
        let width: UInt8 = op.has(.address16) ? 2 : 4
        let step = state.pointee.eflags & Flag.df != 0 ? 0 &- UInt32(size) : UInt32(size)
        let (esi, edi): (UInt8, UInt8) = (24, 28)
        switch op.pointee.operation {
        case .movs:
            let value = try read(try stringSource(op, width), size)
            try write(try stringDestination(op, width, write: true), size, value)
            setRegister(esi, width, register(esi, width) &+ step)
            setRegister(edi, width, register(edi, width) &+ step)
        case .stos:
            try write(try stringDestination(op, width, write: true), size, register(0, size))
            setRegister(edi, width, register(edi, width) &+ step)
        case .lods:
            setRegister(0, size, try read(try stringSource(op, width), size))
            setRegister(esi, width, register(esi, width) &+ step)
        case .scas:
            let value = try read(try stringDestination(op, width, write: false), size)
            _ = subtractFlags(register(0, size), value, 0, size)
            setRegister(edi, width, register(edi, width) &+ step)
        default:  // cmps
            // es:edi is looked at first, which shows when both fault.
            let b = try read(try stringDestination(op, width, write: false), size)
            let a = try read(try stringSource(op, width), size)
            _ = subtractFlags(a, b, 0, size)
            setRegister(esi, width, register(esi, width) &+ step)
            setRegister(edi, width, register(edi, width) &+ step)
        }
    }

    @inline(__always)
    private func stringSource(_ op: OpPointer, _ width: UInt8) throws(CPUFault) -> UInt32 {
        let offset = register(24, width)
        return op.has(.flat) ? offset : try linear(op.pointee.segment, offset, UInt32(op.pointee.size), write: false)
    }
    /// es:edi, which no prefix overrides. (`.flat` speaks of ds and es alike: it is a property of the mode.)
    @inline(__always)
    private func stringDestination(_ op: OpPointer, _ width: UInt8, write: Bool) throws(CPUFault) -> UInt32 {
        let offset = register(28, width)
        return op.has(.flat)
            ? offset : try linear(Segment.es.rawValue, offset, UInt32(op.pointee.size), write: write)
    }

    /// Moves or stores as many whole elements as one page on each side allows, if the TLB already knows both.
    ///
    /// - Returns: elements done; 0 when this has to go one by one.
    private func bulk(_ op: OpPointer, _ count: UInt32) -> UInt32 {
        let size = UInt32(op.pointee.size)
        let operation = op.pointee.operation
        guard op.has(.flat), state.pointee.eflags & Flag.df == 0 else { return 0 }
        if operation == .scas { return op.has(.repne) && size == 1 ? skipped(count) : 0 }
        guard operation == .movs || operation == .stos else { return 0 }
        let to = state.pointee.edi
        var n = min(count, (4096 - to & 0xfff) / size)
        guard n > 0, let target = fastWrite(to, 1) else { return 0 }
        if operation == .movs {
            let from = state.pointee.esi
            n = min(n, (4096 - from & 0xfff) / size)
            guard n > 0, let source = fastRead(from, 1) else { return 0 }
            let bytes = Int(n &* size)
            // A target shortly after its source repeats a pattern, which memmove would not.
            let distance = target - source
            if distance > 0, distance < bytes { return 0 }
            // SAFETY: both ranges stay inside pages that the TLB vouches for.
            memmove(target, source, bytes)
            state.pointee.esi = from &+ n &* size
        } else {
            let value = state.pointee.eax
            // SAFETY: as above.
            switch size {
            case 1: memset(target, Int32(value & 0xff), Int(n))
            case 2:
                for i in 0..<Int(n) {
                    target.storeBytes(of: UInt16(truncatingIfNeeded: value), toByteOffset: i * 2, as: UInt16.self)
                }
            default:
                for i in 0..<Int(n) { target.storeBytes(of: value, toByteOffset: i * 4, as: UInt32.self) }
            }
        }
        state.pointee.edi = to &+ n &* size
        return n
    }

    /// Bytes from edi on that REPNE SCASB passes without stopping: neither al nor the last of its count, so that one element is
    /// left to set the flags. In one page.
    private func skipped(_ count: UInt32) -> UInt32 {
        let from = state.pointee.edi
        let n = min(count &- 1, 4096 - from & 0xfff)
        guard n > 0, let bytes = fastRead(from, 1) else { return 0 }
        var skipped = n
        // SAFETY: the range stays inside a page that the TLB vouches for.
        if let found = memchr(bytes, Int32(state.pointee.eax & 0xff), Int(n)) {
            skipped = UInt32(truncatingIfNeeded: found - bytes)
        }
        guard skipped > 0 else { return 0 }
        let last = bytes.load(fromByteOffset: Int(skipped) - 1, as: UInt8.self)
        _ = subtractFlags(state.pointee.eax & 0xff, UInt32(last), 0, 1)
        state.pointee.edi = from &+ skipped
        return skipped
    }

    /// A repeated `movs` or `stos` that is short and goes through pages that the TLB knows.
    ///
    /// - Returns: false when something is left to do; the registers say what.
    func repeatQuickly(_ op: OpPointer) -> Bool {
        var left = state.pointee.ecx
        // What takes longer has to look up from time to time.
        guard left <= 4096 else { return false }
        while left > 0 {
            let moved = bulk(op, left)
            guard moved > 0 else { return false }
            left &-= moved
            state.pointee.ecx = left
        }
        return true
    }
}
