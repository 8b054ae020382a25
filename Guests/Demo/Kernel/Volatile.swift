// Memory that somebody else changes: the host, or an interrupt between two instructions. Every load and store here happens,
// in the order written.

import _Volatile

struct Word {
    private let register: VolatileMappedRegister<UInt32>

    init(at address: UInt) { register = VolatileMappedRegister(unsafeBitPattern: address) }
    init(_ base: UnsafeMutableRawPointer, offset: Int) { self.init(at: UInt(bitPattern: base + offset)) }

    func load() -> UInt32 { register.load() }
    func store(_ value: UInt32) { register.store(value) }
}

struct Byte {
    private let register: VolatileMappedRegister<UInt8>

    init(at address: UInt) { register = VolatileMappedRegister(unsafeBitPattern: address) }

    func load() -> UInt8 { register.load() }
    func store(_ value: UInt8) { register.store(value) }
}
