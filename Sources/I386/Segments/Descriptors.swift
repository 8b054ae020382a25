// Segment descriptors: the GDT as the host's own array, and what a raw 64-bit descriptor means (SDM 3A 3.4.5).

struct Descriptor {
    let raw: UInt64
    init(_ raw: UInt64) { self.raw = raw }

    var base: UInt32 { UInt32(truncatingIfNeeded: (raw >> 16) & 0xff_ffff | (raw >> 32) & 0xff00_0000) }
    /// In bytes, granularity applied.
    var limit: UInt32 {
        let limit = UInt32(truncatingIfNeeded: raw & 0xffff | (raw >> 32) & 0xf_0000)
        return raw & 1 << 55 != 0 ? limit << 12 | 0xfff : limit
    }
    var attributes: UInt16 { UInt16(truncatingIfNeeded: raw >> 40) & 0xf0ff }
    var access: UInt8 { UInt8(truncatingIfNeeded: raw >> 40) }
    var dpl: UInt8 { access >> 5 & 3 }
    var isPresent: Bool { access & 0x80 != 0 }
    /// Code or data, as opposed to a gate, a TSS or an LDT.
    var isSegment: Bool { access & 0x10 != 0 }
    var isCode: Bool { access & 0x18 == 0x18 }
    var isConforming: Bool { access & 0x1c == 0x1c }
    var isReadable: Bool { isSegment && (!isCode || access & 2 != 0) }
    var isWritableData: Bool { access & 0x1a == 0x12 }
    static let accessed: UInt64 = 1 << 40
}

extension CPU {
    /// Sets one GDT entry. Hidden segment parts keep what they were loaded with, as on the real CPU.
    public func setDescriptor(_ index: Int, _ raw: UInt64) {
        guard (0..<Self.maximumDescriptors).contains(index) else { return }
        gdt[index] = raw
        forgetCrossings(index)
        prepareLoad(index)
    }
    /// One GDT entry; 0 outside of the table.
    public func descriptor(_ index: Int) -> UInt64 {
        (0..<Self.maximumDescriptors).contains(index) ? gdt[index] : 0
    }
    /// The last valid byte of the GDT: entries × 8 − 1.
    public var gdtLimit: UInt16 {
        get { core.pointee.gdtLimit }
        set {
            core.pointee.gdtLimit = newValue
            forgetCrossings(nil)
            prepareLoads()
        }
    }

    /// The descriptor that a selector names, or nil when it points outside of the GDT or into the LDT we do not have.
    func lookUp(_ selector: UInt16) -> Descriptor? {
        guard selector & 4 == 0, selector | 7 <= core.pointee.gdtLimit else { return nil }
        return Descriptor(gdt[Int(selector >> 3)])
    }

    /// A pointer to one of the six segment registers.
    @inline(__always)
    func segment(_ index: UInt8) -> UnsafeMutablePointer<SegmentRegister> { state.segment(index) }
}

extension UnsafeMutablePointer<CPUState> {
    @inline(__always)
    func segment(_ index: UInt8) -> UnsafeMutablePointer<SegmentRegister> {
        // SAFETY: es…gs are six consecutive fields of one type; index is 0…5 by decoding.
        (UnsafeMutableRawPointer(self) + CPUState.segmentsOffset)
            .assumingMemoryBound(to: SegmentRegister.self) + Int(index)
    }
}
