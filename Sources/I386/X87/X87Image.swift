// The x87 registers as FSAVE and FRSTOR of the host see them: the way in and out of generated code that computes with
// the host's x87. (SDM 1, figure 8-9: the 32-bit protected-mode format.)

/// 108 bytes at `image`.
struct X87Image {
    let image: UnsafeMutableRawPointer
    static var size: Int { 108 }

    /// What FRSTOR shall load. Pointers and opcode are kept elsewhere.
    func fill(_ fpu: UnsafeMutablePointer<X87State>) {
        func put(_ index: Int, _ word: UInt32) { image.storeBytes(of: word, toByteOffset: index * 4, as: UInt32.self) }
        put(0, UInt32(fpu.pointee.control))
        put(1, UInt32(fpu.pointee.statusWord))
        var tags: UInt32 = 0
        for i in 0..<8 as Range<UInt32> where fpu.pointee.occupied >> UInt8(i) & 1 == 0 { tags |= 3 << (2 * i) }
        put(2, tags)
        for i in 3..<7 { put(i, 0) }
        let unit = X87Unit(fpu)
        for i in 0..<8 {
            let value = unit.st(i)
            image.storeBytes(of: value.mantissa, toByteOffset: 28 + 10 * i, as: UInt64.self)
            image.storeBytes(of: value.signExponent, toByteOffset: 36 + 10 * i, as: UInt16.self)
        }
    }

    /// Takes over what FNSAVE has stored.
    func read(_ fpu: UnsafeMutablePointer<X87State>) {
        fpu.pointee.control = image.load(fromByteOffset: 0, as: UInt16.self)
        fpu.pointee.statusWord = image.load(fromByteOffset: 4, as: UInt16.self)
        let tags = image.load(fromByteOffset: 8, as: UInt16.self)
        var occupied: UInt8 = 0
        for i in 0..<8 as Range<UInt16> where tags >> (2 * i) & 3 != 3 { occupied |= 1 << UInt8(i) }
        fpu.pointee.occupied = occupied
        let unit = X87Unit(fpu)
        for i in 0..<8 {
            let value = Extended80(
                signExponent: image.loadUnaligned(fromByteOffset: 36 + 10 * i, as: UInt16.self),
                mantissa: image.loadUnaligned(fromByteOffset: 28 + 10 * i, as: UInt64.self))
            unit.replace(i, with: value)
        }
    }
}
