// What generated code calls. These run in the middle of a trace, so they change nothing that the trace relies on: no
// mapping, no mode, and no code that is still wanted is overwritten.

import Synchronization

/// Finds the host address of a guest access that missed the TLB; 0 when the interpreter has to do it: it faults, straddles
/// a page, or stores into code.
let slowAccessHelper: @convention(c) (UnsafeMutableRawPointer, UInt32, UInt32) -> UInt = { state, linear, kind in
    // SAFETY: generated code passes the state of the CPU that runs it, which is alive while it runs.
    let frame = state.assumingMemoryBound(to: CPUState.self).frame
    guard let raw = frame.pointee.cpu else { return 0 }
    return Unmanaged<CPU>.fromOpaque(raw)._withUnsafeGuaranteedRef {
        $0.slowAccess(linear, bytes: kind & 0xffff, write: kind & 0x10000 != 0, isWindow: kind & 0x20000 != 0)
    }
}

/// Executes one op in full. 0: go on; 1: it has faulted; 2: leave, `eip` is set.
let executeOpHelper: @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> UInt32 = { state, op in
    // SAFETY: as above; ops live as long as the translations of their blocks.
    let frame = state.assumingMemoryBound(to: CPUState.self).frame
    guard let raw = frame.pointee.cpu else { return 1 }
    return Unmanaged<CPU>.fromOpaque(raw)._withUnsafeGuaranteedRef { $0.callOut(op.assumingMemoryBound(to: Op.self)) }
}

/// Prepares the image that FRSTOR will load. 0: the x87 is off, or has exceptions that are not masked.
let loadX87Helper: @convention(c) (UnsafeMutableRawPointer) -> UInt32 = { raw in
    // SAFETY: as above.
    let state = raw.assumingMemoryBound(to: CPUState.self)
    let control = state.pointee.x87.control
    guard state.pointee.cr0 & 0xc == 0, control & X87Status.exceptions == X87Status.exceptions else { return 0 }
    state.x87Image.fill(state.x87)
    let frame = state.frame
    frame.pointee.x87Opcode = TranslationFrame.none
    frame.pointee.x87Segment = 0xff
    frame.pointee.isX87Loaded = true
    return 1
}

/// Takes the x87 registers back out of the image that FNSAVE has just stored.
let storeX87Helper: @convention(c) (UnsafeMutableRawPointer) -> Void = { raw in
    // SAFETY: as above.
    let state = raw.assumingMemoryBound(to: CPUState.self)
    let frame = state.frame
    let fpu = state.x87
    frame.pointee.isX87Loaded = false
    state.x87Image.read(fpu)
    if frame.pointee.x87Opcode != TranslationFrame.none {
        fpu.pointee.lastOpcode = frame.pointee.x87Opcode
        fpu.pointee.instructionPointer = frame.pointee.x87Pointer
        fpu.pointee.instructionSelector = state.pointee.cs.selector
    }
    if frame.pointee.x87Segment != 0xff {
        fpu.pointee.operandPointer = frame.pointee.x87Data
        fpu.pointee.operandSelector = state.segment(frame.pointee.x87Segment).pointee.selector
    }
}

extension UnsafeMutablePointer<CPUState> {
    /// The x87 registers inside.
    @inline(__always) var x87: UnsafeMutablePointer<X87State> {
        // SAFETY: a stored property of a struct in memory.
        (UnsafeMutableRawPointer(self) + MemoryLayout<CPUState>.offset(of: \.x87).unsafelyUnwrapped)
            .assumingMemoryBound(to: X87State.self)
    }
}

extension CPU {
    /// Another thread wants something. Not heard while engines are compared, who would hear it at different times.
    var isWanted: Bool {
        memory.attention.pointee.load(ordering: .relaxed) != 0 && !core.pointee.isRecording
    }

    fileprivate func slowAccess(_ linear: UInt32, bytes: UInt32, write: Bool, isWindow: Bool) -> UInt {
        translator?.counters.slowAccesses &+= 1
        if isWindow, AddressSpace.isMarginal(linear) { return 0 }
        // Thousands of misses in a row are milliseconds: somebody who waits is not to wait for the end of the stretch.
        guard linear & 0xfff <= 4096 - bytes, !isWanted else { return 0 }
        do throws(CPUFault) {
            let host = try translate(linear, write: write, user: isUser)
            if write {
                let physical = host - memory.base
                let frame = physical >> 12
                if memory.frameHasCode[frame].load(ordering: .relaxed) != 0,
                    holdsCode(frame: frame, physical & 0xfff, (physical & 0xfff) + Int(bytes) - 1)
                {
                    core.pointee.hasMarked = true
                    return 0
                }
            }
            return UInt(bitPattern: host)
        } catch {
            // Nothing of the instruction has been done, and its accesses are checked in the order in which the interpreter makes
            // them: this is what it would raise. Of a window, nobody knows which access would have.
            if !isWindow {
                core.pointee.fault = error
                core.pointee.didFault = true
            }
            return 0
        }
    }

    fileprivate func callOut(_ op: OpPointer) -> UInt32 {
        state.unpackFlags()
        state.pointee.eip = op.pointee.start
        let before = code.deaths
        do throws(CPUFault) {
            let mode = core.pointee.mode
            // A data segment register has been loaded with what is flat as before: nothing that the trace was made for has changed.
            guard try execute(op) || (op.pointee.operation.loadsDataSegment && core.pointee.mode == mode) else {
                state.packFlags()
                return 2
            }
        } catch {
            state.packFlags()
            // Not to be executed a second time: it may have got half-way, as ENTER does.
            core.pointee.fault = error
            return 1
        }
        state.packFlags()
        guard code.deaths == before, !isWanted else {
            // It has overwritten code, perhaps that of this trace; or somebody waits, and a few hundred of these are long.
            state.pointee.eip = op.pointee.next
            return 2
        }
        return 0
    }
}
