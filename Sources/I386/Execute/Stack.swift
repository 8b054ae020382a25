// The stack: pushes and pops of every kind. esp changes only after all memory accesses have succeeded.

extension CPU {
    /// The part of esp that stack addresses use: all of it, or sp.
    @inline(__always) var stackMask: UInt32 { state.pointee.ss.is32Bit ? .max : 0xffff }

    @inline(__always) func setStackPointer(_ value: UInt32) {
        let mask = stackMask
        state.pointee.esp = state.pointee.esp & ~mask | value & mask
    }

    /// Writes below the top of the stack without moving it: the `depth`-th byte below.
    func storeBelow(_ depth: UInt32, _ value: UInt32, _ size: UInt8) throws(CPUFault) {
        let offset = (state.pointee.esp &- depth) & stackMask
        try write(try linear(Segment.ss.rawValue, offset, UInt32(size), write: true), size, value)
    }
    /// Checks such a write.
    func probeBelow(_ depth: UInt32, _ size: UInt8) throws(CPUFault) {
        let offset = (state.pointee.esp &- depth) & stackMask
        try probeWrite(try linear(Segment.ss.rawValue, offset, UInt32(size), write: true), UInt32(size), user: isUser)
    }
    /// Reads `depth` bytes above the top.
    func loadAbove(_ depth: UInt32, _ size: UInt8) throws(CPUFault) -> UInt32 {
        let offset = (state.pointee.esp &+ depth) & stackMask
        return try read(try linear(Segment.ss.rawValue, offset, UInt32(size), write: false), size)
    }

    func push(_ value: UInt32, _ size: UInt8) throws(CPUFault) {
        try storeBelow(UInt32(size), value, size)
        setStackPointer(state.pointee.esp &- UInt32(size))
    }

    func executePush(_ op: OpPointer) throws(CPUFault) {
        let size = op.pointee.size
        switch op.pointee.operation {
        case .push:
            // `push imm` is decoded as a source, `push r/m` as a destination.
            let value = op.has(.srcImmediate) ? op.pointee.imm & Self.mask(size) : try destination(op)
            try push(value, size)
        case .pushSegment:
            try push(UInt32(segment(UInt8(truncatingIfNeeded: op.pointee.aux)).pointee.selector), size)
        case .pushFlags:
            // RF and VM read as zero.
            try push(state.currentFlags & ~(Flag.rf | Flag.vm), size)
        default:  // pusha
            // A fault in the middle leaves what was pushed, below a stack pointer that has not moved.
            for i in 0..<8 as Range<UInt32> {
                try storeBelow((i &+ 1) &* UInt32(size), register(UInt8(i) * 4, size), size)
            }
            setStackPointer(state.pointee.esp &- 8 &* UInt32(size))
        }
    }

    func executePop(_ op: OpPointer) throws(CPUFault) {
        let size = op.pointee.size
        switch op.pointee.operation {
        case .pop:
            let value = try loadAbove(0, size)
            let before = state.pointee.esp
            // An address based on esp sees it already incremented; `pop esp` overwrites the increment.
            setStackPointer(before &+ UInt32(size))
            do throws(CPUFault) {
                try setDestination(op, value)
            } catch {
                state.pointee.esp = before
                throw error
            }
        case .popSegment:
            let which = UInt8(truncatingIfNeeded: op.pointee.aux)
            let selector = UInt16(truncatingIfNeeded: try loadAbove(0, size))
            // The increment belongs to the old stack, also when ss is what we pop.
            let mask = stackMask
            try loadSegmentRegister(which, selector)
            state.pointee.esp = state.pointee.esp & ~mask | (state.pointee.esp &+ UInt32(size)) & mask
        case .popFlags:
            let value = try loadAbove(0, size)
            setStackPointer(state.pointee.esp &+ UInt32(size))
            writeFlags(value, size)
        default:  // popa
            for i in 0..<8 as Range<UInt32> {
                // The slot of esp is read, as a fault on it shows, and ignored.
                let value = try loadAbove(i &* UInt32(size), size)
                if i != 3 { setRegister(UInt8(28 - 4 * i), size, value) }
            }
            setStackPointer(state.pointee.esp &+ 8 &* UInt32(size))
        }
    }

    /// POPF and IRET: what code at this privilege may change. IF, IOPL, VM silently stay.
    func writeFlags(_ value: UInt32, _ size: UInt8) {
        let changeable = changeableFlags(size)
        let flags = state.pointee.eflags & ~changeable | value & changeable
        state.setStatusFlags(flags)
        state.pointee.eflags = flags | 2
    }

    func changeableFlags(_ size: UInt8) -> UInt32 {
        var changeable = Flag.status | Flag.tf | Flag.df | Flag.nt
        if size == 4 { changeable |= Flag.ac | Flag.id }
        let iopl = UInt8(truncatingIfNeeded: state.pointee.eflags >> 12) & 3
        if state.pointee.cpl <= iopl { changeable |= Flag.if }
        if state.pointee.cpl == 0 { changeable |= Flag.iopl }
        return changeable
    }

    func executeEnter(_ op: OpPointer) throws(CPUFault) {
        let size = op.pointee.size
        let step = UInt32(size)
        let level = op.pointee.aux & 31
        let mask = stackMask
        var depth = step
        try storeBelow(depth, register(20, size), size)
        let frame = state.pointee.esp &- depth
        if level > 0 {
            var from = state.pointee.ebp
            for _ in 1..<level {
                from = from &- step
                let value = try read(try linear(Segment.ss.rawValue, from & mask, step, write: false), size)
                depth = depth &+ step
                try storeBelow(depth, value, size)
            }
            depth = depth &+ step
            try storeBelow(depth, frame, size)
        }
        depth = depth &+ op.pointee.imm
        try probeBelow(depth, size)
        setRegister(20, size, frame)
        setStackPointer(state.pointee.esp &- depth)
    }

    func executeLeave(_ op: OpPointer) throws(CPUFault) {
        let size = op.pointee.size
        let mask = stackMask
        let from = state.pointee.ebp & mask
        let value = try read(try linear(Segment.ss.rawValue, from, UInt32(size), write: false), size)
        setStackPointer(state.pointee.ebp &+ UInt32(size))
        setRegister(20, size, value)
    }
}
