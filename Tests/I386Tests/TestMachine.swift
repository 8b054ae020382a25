// A guest of a few bytes: 1 MiB of memory mapped one to one, the GDT of an lguest guest, and code given as bytes.

import I386

final class TestMachine {
    let memory: GuestMemory
    let cpu: CPU

    static let directory: UInt32 = 0x1000
    static let table: UInt32 = 0x2000
    static let code: UInt32 = 0x10000
    static let data: UInt32 = 0x20000
    static let stack: UInt32 = 0x31000
    static let innerStack: UInt32 = 0x41000

    // The selectors of an lguest guest.
    static let kernelCode: UInt16 = 0x61
    static let kernelData: UInt16 = 0x69
    static let userCode: UInt16 = 0x73
    static let userData: UInt16 = 0x7b

    /// - Parameter ring: 1 or 3; all segments are flat.
    init(ring: Int = 1, _ bytes: [UInt8] = [], engine: Engine = .auto) throws {
        memory = try GuestMemory(size: 1 << 20)
        cpu = try CPU(memory: memory, engine: engine)
        _ = memory.store32(Self.table | 7, at: GuestPhysical(Self.directory))
        for page: UInt32 in 0..<256 { map(page << 12, to: page << 12, 7) }
        cpu.setDescriptor(12, 0x00cf_ba00_0000_ffff)
        cpu.setDescriptor(13, 0x00cf_b200_0000_ffff)
        cpu.setDescriptor(14, 0x00cf_fa00_0000_ffff)
        cpu.setDescriptor(15, 0x00cf_f200_0000_ffff)
        cpu.innerStack = (Self.kernelData, Self.innerStack)
        cpu.setGate(31, Gate(offset: 0, selector: 0x60, kind: .trap, dpl: 3, disposition: .exit))
        cpu.loadPageDirectory(GuestPhysical(Self.directory))
        enter(ring: ring)
        load(bytes)
    }

    func enter(ring: Int) {
        let (code, data) = ring == 1 ? (Self.kernelCode, Self.kernelData) : (Self.userCode, Self.userData)
        s.pointee.cs.selector = code
        s.pointee.ss.selector = data
        s.pointee.ds.selector = data
        s.pointee.es.selector = data
        cpu.refreshSegments()
        s.pointee.eip = Self.code
        s.pointee.esp = Self.stack
        s.pointee.eflags = 0x202
    }

    var s: UnsafeMutablePointer<CPUState> { cpu.state }

    /// Points a linear page at a physical one. The TLB is not told.
    func map(_ linear: UInt32, to physical: UInt32, _ flags: UInt32) {
        _ = memory.store32(physical | flags, at: GuestPhysical(Self.table + linear >> 12 * 4))
    }
    /// The same, and the TLB forgets.
    func remap(_ linear: UInt32, to physical: UInt32, _ flags: UInt32) {
        map(linear, to: physical, flags)
        cpu.invalidate(page: GuestVirtual(linear), in: nil)
    }
    func entry(_ linear: UInt32) -> UInt32 { word(Self.table + linear >> 12 * 4) }

    /// Puts code at a physical address, as a loader would.
    func load(_ bytes: [UInt8], at address: UInt32 = code) {
        for (i, byte) in bytes.enumerated() { _ = memory.store8(byte, at: GuestPhysical(address + UInt32(i))) }
    }
    func word(_ at: UInt32) -> UInt32 { memory.load32(at: GuestPhysical(at)) ?? 0xdead_beef }
    func set(_ value: UInt32, at: UInt32) { _ = memory.store32(value, at: GuestPhysical(at)) }
    /// The words from the top of the stack upwards.
    func stacked(_ count: Int) -> [UInt32] { (0..<count).map { word(s.pointee.esp + UInt32($0) * 4) } }

    @discardableResult
    func run(_ budget: Int = 100_000) -> Exit { cpu.run(budget: budget) }
    /// One instruction.
    @discardableResult
    func step() -> Exit { cpu.run(budget: 1) }

    /// What tests end with: `int $0x1f`.
    static let stop: [UInt8] = [0xcd, 0x1f]
    static let stopped = Exit.trap(vector: 31, errorCode: nil, kind: .software)

    static func fault(_ vector: UInt8, _ code: UInt32? = nil) -> Exit {
        .trap(vector: vector, errorCode: code, kind: .fault)
    }
}

/// Little-endian bytes of a 32-bit immediate.
func le(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}
