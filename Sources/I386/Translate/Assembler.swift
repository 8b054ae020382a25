// An assembler for the part of x86-64 that translations are made of. It knows encodings and nothing about guests; tests
// hold it against the processor by way of the interpreter. Operand order is Intel's: destination first.

/// A host register by its number in encodings. As a byte operand, 4…7 are ah, ch, dh and bh: no instruction made here ever
/// needs spl, bpl, sil or dil.
typealias HostRegister = UInt8

enum Host {
    static var rax: HostRegister { 0 }
    static var rcx: HostRegister { 1 }
    static var rdx: HostRegister { 2 }
    static var rbx: HostRegister { 3 }
    static var rsp: HostRegister { 4 }
    static var rsi: HostRegister { 6 }
    static var rdi: HostRegister { 7 }
    /// The host address of the memory operand. Not one of r8…r15, because an instruction with ah cannot name those.
    static var address: HostRegister { 5 }  // rbp
    static var scratch: HostRegister { 8 }
    static var scratch2: HostRegister { 9 }
    /// Keeps an operand that an instruction destroys but its flags depend on.
    static var shadow: HostRegister { 10 }
    static var budget: HostRegister { 11 }
    static var tlb: HostRegister { 12 }
    static var ebp: HostRegister { 13 }
    static var state: HostRegister { 14 }
    static var esp: HostRegister { 15 }
}

/// A memory operand: `[base + index << scale + displacement]`; without a base the displacement is absolute.
struct HostMemory {
    var base: HostRegister?
    var index: HostRegister?
    var scale: UInt8 = 0
    var displacement: Int32 = 0
    /// A guest's address, of which the base of fs or gs is still missing (see `Translator.address`); no part of the encoding.
    var segment: Segment?

    static func at(_ base: HostRegister, _ displacement: Int32 = 0) -> HostMemory {
        HostMemory(base: base, displacement: displacement)
    }
}

/// What a ModRM byte can name.
enum HostOperand {
    case register(HostRegister)
    case memory(HostMemory)
}

/// The eight operations of group 1, and the shifts of group 2, by their number in encodings.
enum Group1: UInt8 { case add, or, adc, sbb, and, sub, xor, cmp }
enum Group2: UInt8 { case rol, ror, rcl, rcr, shl, shr, sal, sar }

/// A line of a listing.
struct ListedLine {
    var offset: Int
    var text: String
    /// Says what the following lines are for; not an instruction.
    var isHeading: Bool
}

/// Writes instructions one behind the other.
final class Assembler {
    let memory: CodeMemory
    /// Offset of the next instruction.
    var position = 0
    /// Something was asked for that has no encoding: what was written must not be run.
    var failed = false
    /// When somebody wants to read along: where each instruction starts and what it is called.
    var listing: [ListedLine]?

    init(memory: CodeMemory) { self.memory = memory }

    // MARK: Bytes

    @inline(__always) func byte(_ value: UInt8) {
        // SAFETY: the translator starts no block without room for the longest one; the check is for bugs of our own.
        precondition(position < memory.size)
        memory.writable.storeBytes(of: value, toByteOffset: position, as: UInt8.self)
        position += 1
    }
    func word32(_ value: UInt32) {
        for i in 0..<4 as Range<UInt32> { byte(UInt8(truncatingIfNeeded: value &>> (8 &* i))) }
    }
    func word64(_ value: UInt64) {
        for i in 0..<8 as Range<UInt64> { byte(UInt8(truncatingIfNeeded: value &>> (8 &* i))) }
    }
    @inline(__always) func note(_ text: @autoclosure () -> String) {
        if listing != nil { listing?.append(ListedLine(offset: position, text: text(), isHeading: false)) }
    }
    /// Jumps like to go to the start of a line of sixteen bytes.
    func align() {
        guard position & 15 != 0 else { return }
        note("(padding)")
        while position & 15 != 0 { byte(0x90) }
    }
    /// What the following instructions are for.
    @inline(__always) func heading(_ text: @autoclosure () -> String) {
        if listing != nil { listing?.append(ListedLine(offset: position, text: text(), isHeading: true)) }
    }

    // MARK: The general form

    /// One instruction with a ModRM byte.
    ///
    /// - Parameters:
    ///   - opcode: one byte, or 0x0f00 + byte. - size: 1, 2, 4 or 8 bytes; says which prefixes are needed.
    ///   - byteOperand: `operand` is a byte whatever the size is (movzx, setcc).
    func encode(
        _ opcode: UInt16, size: UInt8, reg: UInt8, _ operand: HostOperand, byteOperand: Bool = false
    ) {
        if size == 2 { byte(0x66) }
        var rex: UInt8 = size == 8 ? 0x48 : 0
        if reg >= 8 { rex |= 0x44 }
        var usesHighByte = size == 1 && opcode < 0x0f00 && reg >= 4 && reg < 8 && !isGroup(opcode)
        switch operand {
        case .register(let r):
            if r >= 8 { rex |= 0x41 }
            if size == 1 || byteOperand, r >= 4, r < 8 { usesHighByte = true }
        case .memory(let m):
            if let base = m.base, base >= 8 { rex |= 0x41 }
            if let index = m.index, index >= 8 { rex |= 0x42 }
        }
        if rex != 0 {
            // ah…bh cannot be named in an instruction that has a REX prefix.
            if usesHighByte { failed = true }
            byte(rex)
        }
        if opcode >= 0x0f00 { byte(0x0f) }
        byte(UInt8(truncatingIfNeeded: opcode))
        modrm(reg & 7, operand)
    }

    /// The reg field extends the opcode.
    private func isGroup(_ opcode: UInt16) -> Bool {
        switch opcode {
        case 0x80, 0xc0, 0xc6, 0xd0, 0xd2, 0xf6, 0xfe: true
        default: false
        }
    }

    private func modrm(_ reg: UInt8, _ operand: HostOperand) {
        switch operand {
        case .register(let r): byte(0xc0 | reg << 3 | r & 7)
        case .memory(let m):
            guard let base = m.base else {
                // Absolute, or index only: SIB without a base.
                byte(reg << 3 | 4)
                byte(m.scale << 6 | ((m.index ?? 4) & 7) << 3 | 5)
                word32(UInt32(bitPattern: m.displacement))
                return
            }
            let short = m.displacement >= -128 && m.displacement <= 127
            // rbp and r13 cannot go without a displacement.
            let mode: UInt8 = m.displacement == 0 && base & 7 != 5 ? 0 : short ? 0x40 : 0x80
            if m.index != nil || base & 7 == 4 {
                byte(mode | reg << 3 | 4)
                byte(m.scale << 6 | ((m.index ?? 4) & 7) << 3 | base & 7)
            } else {
                byte(mode | reg << 3 | base & 7)
            }
            if mode == 0x40 {
                byte(UInt8(truncatingIfNeeded: m.displacement))
            } else if mode == 0x80 {
                word32(UInt32(bitPattern: m.displacement))
            }
        }
    }

    func immediate(_ value: UInt32, _ size: UInt8) {
        switch size {
        case 1: byte(UInt8(truncatingIfNeeded: value))
        case 2:
            byte(UInt8(truncatingIfNeeded: value))
            byte(UInt8(truncatingIfNeeded: value >> 8))
        default: word32(value)
        }
    }

    // MARK: Jumps

    /// A jump whose target is not known yet; `bind` or `patch` puts it in.
    func jump(_ condition: UInt8? = nil) -> Int {
        note((condition.map { "j" + Self.conditions[Int($0)] } ?? "jmp") + " …")
        if let condition {
            byte(0x0f)
            byte(0x80 | condition)
        } else {
            byte(0xe9)
        }
        word32(0)
        return position - 4
    }
    func jump(_ condition: UInt8? = nil, to target: Int) { patch(jump(condition), to: target) }
    func call(to target: Int) {
        note("call")
        byte(0xe8)
        word32(UInt32(truncatingIfNeeded: target - (position + 4)))
    }
    /// The jump ends here.
    func bind(_ site: Int) { patch(site, to: position) }
    /// Points the jump with its displacement at `site` to `target`, both offsets.
    func patch(_ site: Int, to target: Int) {
        memory.writable.storeBytes(
            of: UInt32(truncatingIfNeeded: target - (site + 4)), toByteOffset: site, as: UInt32.self)
    }

    static let conditions = ["o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"]
    static var overflow: UInt8 { 0 }
    static var equal: UInt8 { 4 }
    static var notEqual: UInt8 { 5 }
    static var above: UInt8 { 7 }
    static var less: UInt8 { 12 }
    static var below: UInt8 { 2 }
    static var greater: UInt8 { 15 }
}
