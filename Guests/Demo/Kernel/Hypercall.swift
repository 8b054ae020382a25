// The guest's half of the hypercall interface: `int $0x1f` with a number and three words, and the ring in shared
// memory where calls can wait for the next trip to the host. All pointers in calls are physical.

enum Hypercall {
    enum Number: UInt32 {
        case flushAsync = 0
        case initialize = 1
        case crash = 2
        case loadGDT = 3
        case newPageTable = 4
        case flushTLB = 5
        case loadIDTEntry = 6
        case setStack = 7
        case taskSwitched = 8
        case setClockEvent = 9
        case halt = 10
        case bindDMA = 12
        case sendDMA = 13
        case setPTE = 14
        case setPMD = 15
        case loadTLS = 16
    }

    nonisolated(unsafe) private(set) static var direct: UInt32 = 0
    nonisolated(unsafe) private(set) static var queued: UInt32 = 0
    nonisolated(unsafe) private static var cursor: UInt32 = 0

    // G:200 The hypercall. Everything that a kernel on real hardware does with privileged instructions, we do with this.
    /// Asks the host now. Costs one world switch.
    @discardableResult
    static func call(_ number: Number, _ edx: UInt32 = 0, _ ebx: UInt32 = 0, _ ecx: UInt32 = 0) -> UInt32 {
        direct &+= 1
        return hypercall(number.rawValue, edx, ebx, ecx)
    }

    // G:210
    /// Leaves the call in the ring; the host serves the ring, in order, before the next direct call. For calls
    /// whose answer nobody wants. Interrupt handlers make hypercalls too, so the slot is filled with interrupts off.
    static func later(_ number: Number, _ edx: UInt32 = 0, _ ebx: UInt32 = 0, _ ecx: UInt32 = 0) {
        Interrupts.off {
            guard LguestData.status(cursor).load() == LguestData.free else {
                call(number, edx, ebx, ecx)  // full: this call empties it
                return
            }
            LguestData.argument(cursor, 0).store(number.rawValue)
            LguestData.argument(cursor, 1).store(edx)
            LguestData.argument(cursor, 2).store(ebx)
            LguestData.argument(cursor, 3).store(ecx)
            LguestData.status(cursor).store(LguestData.pending)  // last: from here on it is the host's
            cursor = (cursor + 1) % LguestData.ringSize
            queued &+= 1
        }
    }

    /// Ends this guest with a message of at most 127 bytes. "Power down" is the polite one.
    static func crash(_ message: Text) -> Never {
        let text = Heap.physicalCopy(Array(message.bytes.prefix(127)) + [0])
        while true { call(.crash, text.value) }
    }
}
