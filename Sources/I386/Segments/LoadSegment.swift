// Loading ss, ds, es, fs and gs with every check of the manual (SDM 2, MOV to segment register), and reloading all of
// them after the hypervisor changed the GDT. cs is loaded by far transfers only.

extension CPU {
    /// Loads a data or stack segment register as `mov sreg, r16` does.
    ///
    /// - Throws: #GP, #SS or #NP with the selector as error code; the register is then unchanged. #UD for cs.
    public func loadSegment(_ which: Segment, selector: UInt16) throws(CPUFault) {
        let loaded: SegmentRegister
        switch which {
        case .cs: throw .invalidOpcode
        case .ss: loaded = try checkedStack(selector, cpl: state.pointee.cpl)
        default: loaded = try checkedData(selector)
        }
        segment(which.rawValue).pointee = loaded
        updateMode()
    }

    /// What a data segment register holds after loading `selector`.
    func checkedData(_ selector: UInt16) throws(CPUFault) -> SegmentRegister {
        guard selector & 0xfffc != 0 else {
            return SegmentRegister(base: 0, limit: 0, selector: selector, attributes: 0)
        }
        let code = UInt32(selector & 0xfffc)
        guard let d = lookUp(selector), d.isReadable else { throw .generalProtection(code) }
        if !d.isConforming, d.dpl < max(UInt8(selector & 3), state.pointee.cpl) { throw .generalProtection(code) }
        guard d.isPresent else { throw .segmentNotPresent(code) }
        return cache(d, selector)
    }

    /// What ss holds after loading `selector` for code at privilege `cpl`.
    func checkedStack(_ selector: UInt16, cpl: UInt8) throws(CPUFault) -> SegmentRegister {
        let code = UInt32(selector & 0xfffc)
        guard code != 0, let d = lookUp(selector), selector & 3 == cpl, d.isWritableData, d.dpl == cpl else {
            throw .generalProtection(code)
        }
        guard d.isPresent else { throw .stackFault(code) }
        return cache(d, selector)
    }

    /// The hidden part of a descriptor; marks it accessed in the table.
    func cache(_ d: Descriptor, _ selector: UInt16) -> SegmentRegister {
        if d.raw & Descriptor.accessed == 0 {
            gdt[Int(selector >> 3)] |= Descriptor.accessed
            prepareLoad(Int(selector >> 3))
        }
        return SegmentRegister(
            base: d.base, limit: d.limit, selector: selector, attributes: d.attributes | 1)
    }

    /// Reloads the hidden parts of all six registers from the GDT, as a switch into the guest does. A data register that
    /// could not be loaded any more becomes null; cs and ss keep what they have when their descriptor is gone.
    public func refreshSegments() {
        for which in Segment.allCases {
            let register = segment(which.rawValue)
            let selector = register.pointee.selector
            switch which {
            case .cs:
                if let d = lookUp(selector), d.isCode, d.isPresent { register.pointee = cache(d, selector) }
            case .ss:
                if let d = lookUp(selector), d.isWritableData, d.isPresent { register.pointee = cache(d, selector) }
            default:
                do throws(CPUFault) {
                    register.pointee = try checkedData(selector)
                } catch {
                    register.pointee = SegmentRegister()
                }
            }
        }
        updateMode()
    }

    /// Mode bits that the decoder specialises for.
    static var modeCode32: UInt8 { 1 }
    static var modeStack32: UInt8 { 2 }
    /// cs, ss, ds and es are flat 4 GiB and do what they are for: no instruction needs a segment check.
    static var modeFlat: UInt8 { 4 }

    /// 32 bits and flat: what everybody uses, and all that is translated.
    static var flatMode: UInt8 { modeFlat | modeCode32 | modeStack32 }

    /// Recomputes the mode after any change of a segment register, and what hangs on it.
    func updateMode() {
        let s = state.pointee
        var mode: UInt8 = 0
        if s.cs.is32Bit { mode |= Self.modeCode32 }
        if s.ss.is32Bit { mode |= Self.modeStack32 }
        if isFlatData(s.ss), isFlatData(s.ds), isFlatData(s.es), s.cs.base == 0, s.cs.limit == .max {
            mode |= Self.modeFlat
        }
        core.pointee.mode = mode
        core.pointee.isCacheable = s.cs.base == 0 && s.cs.limit == .max
        noteOpenSegments()
        retag()
    }

    /// Generated code adds the bases of fs and gs by itself when it finds them open.
    private func noteOpenSegments() {
        state.frame.pointee.fsIsOpen = state.pointee.fs.isOpen ? 1 : 0
        state.frame.pointee.gsIsOpen = state.pointee.gs.isOpen ? 1 : 0
    }

    private func isFlatData(_ s: SegmentRegister) -> Bool { s.base == 0 && s.isOpen }

    /// Whoever ran between two calls of `run` may have changed registers at will: derive everything again.
    func resynchronise() {
        state.pointee.zero = 0
        state.pointee.shiftAuxiliary = core.pointee.shiftAuxiliary
        state.pointee.eflags = state.pointee.eflags & 0x0027_7fd7 | 2
        selectSpace()
        updateMode()
    }
}
