// Loading a data segment register, prepared: what each entry of the GDT comes to is worked out when the entry is set, not each time
// that a kernel loads it, which is six times in a system call. Generated code copies it from here.

/// What a data segment register will hold, apart from its selector. Plain old data at fixed offsets, which stubs know.
struct SegmentLoad {
    var base: UInt32 = 0
    var limit: UInt32 = 0
    var attributes: UInt16 = 0
    /// See `SegmentRegister.isOpen`.
    var isOpen: UInt8 = 0
    /// And base 0 as well: the mode stays flat.
    var isFlat: UInt8 = 0
    /// The highest CPL and RPL that may load it; -1: to be looked at more closely, and perhaps a fault.
    var privilege: Int32 = -1

    static var size: Int { 16 }
    /// As many entries as a guest under lguest has.
    static var count: Int { 32 }

    static var facts: [(name: String, assumed: Int, actual: Int?)] {
        typealias L = MemoryLayout<SegmentLoad>
        return [
            ("SegmentLoad.limit", 4, L.offset(of: \.limit)), ("SegmentLoad.attributes", 8, L.offset(of: \.attributes)),
            ("SegmentLoad.isOpen", 10, L.offset(of: \.isOpen)), ("SegmentLoad.isFlat", 11, L.offset(of: \.isFlat)),
            ("SegmentLoad.privilege", 12, L.offset(of: \.privilege)), ("SegmentLoad", size, L.stride),
        ]
    }
}

extension SegmentRegister {
    /// Present, writable, expand-up, limit 4 GiB: whatever the offset, nothing can be wrong with it.
    var isOpen: Bool { limit == .max && attributes & 0x9e == 0x92 }
}

extension CPU {
    /// One entry of the table has changed.
    func prepareLoad(_ index: Int) {
        guard index < SegmentLoad.count else { return }
        let load = state.loads + index
        guard index > 0 else {
            // The null selector, for anybody.
            load.pointee = SegmentLoad(privilege: 3)
            return
        }
        load.pointee = SegmentLoad()
        // What has not been accessed yet has to be marked by the first who loads it.
        guard let d = lookUp(UInt16(index << 3)), d.isReadable, d.isPresent, d.raw & Descriptor.accessed != 0 else {
            return
        }
        let register = SegmentRegister(base: d.base, limit: d.limit, selector: 0, attributes: d.attributes)
        load.pointee = SegmentLoad(
            base: d.base, limit: d.limit, attributes: d.attributes, isOpen: register.isOpen ? 1 : 0,
            isFlat: register.isOpen && d.base == 0 ? 1 : 0, privilege: d.isConforming ? 3 : Int32(d.dpl))
    }

    func prepareLoads() {
        for index in 0..<SegmentLoad.count { prepareLoad(index) }
    }
}
