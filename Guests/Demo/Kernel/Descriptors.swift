// The GDT and the IDT. Ours is the usual flat arrangement; the host keeps its own copies, looks each
// entry over, and raises ring 0 to ring 1 wherever we had ideas above our station.

enum Descriptors {
    static let kernelCode: UInt32 = 0x61  // index 12, ring 1
    static let kernelData: UInt32 = 0x69  // index 13, ring 1
    static let userCode: UInt32 = 0x73  // index 14, ring 3
    static let userData: UInt32 = 0x7B  // index 15, ring 3

    private static let entries = 32

    /// Base 0, limit 4 GiB, 32 bits, accessed.
    private static func flat(type: UInt64, ring: UInt64, present: Bool = true) -> UInt64 {
        let access = (present ? 0x80 : 0) | ring << 5 | 0x10 | type | 1
        return 0x00CF_0000_0000_FFFF | access << 40
    }

    // G:300 Who may do what (GDT) and who is called when something happens (IDT). The host checks both and keeps copies.
    static func load() {
        let table = Frames.take().pointer.bindMemory(to: UInt64.self, capacity: entries)
        table.update(repeating: 0, count: entries)
        table[12] = flat(type: 0xA, ring: 1)
        table[13] = flat(type: 0x2, ring: 1)
        table[14] = flat(type: 0xA, ring: 3)
        table[15] = flat(type: 0x2, ring: 3)
        // Two descriptors exist to be loaded in vain, by `fault segment` and `fault stack` in either ring.
        table[17] = flat(type: 0x2, ring: 1, present: false)
        table[18] = flat(type: 0x2, ring: 3, present: false)
        Hypercall.call(.loadGDT, Physical(UnsafeRawPointer(table)).value, UInt32(entries))

        // A trap gate leaves interrupts alone, so the host can let the processor deliver it by itself. The page fault has
        // an interrupt gate: its address is in a shared word, to be read before anything else can fault.
        for vector in 0..<UInt32(32) {
            let forEverybody = (3...5).contains(vector)
            setGate(
                vector, stub: vector, kind: vector == Trap.pageFault ? .interrupt : .trap, ring: forEverybody ? 3 : 1)
        }
        for irq in 0..<UInt32(Interrupts.count) { setGate(32 + irq, stub: 32 + irq, kind: .interrupt, ring: 1) }
        setGate(0x80, stub: 64, kind: .trap, ring: 3)
    }

    enum GateKind: UInt32 {
        case interrupt = 0xE
        case trap = 0xF
    }

    static func setGate(_ vector: UInt32, stub: UInt32, kind: GateKind, ring: UInt32) {
        let handler = address_of_trap_stub(stub)
        let low = kernelCode << 16 | handler & 0xFFFF
        let high = handler & 0xFFFF_0000 | 0x8000 | ring << 13 | kind.rawValue << 8
        Hypercall.later(.loadIDTEntry, vector, low, high)
    }

    /// Takes a handler away, so that the vector kills this guest.
    static func removeGate(_ vector: UInt32) { Hypercall.call(.loadIDTEntry, vector, 0, 0) }
}
