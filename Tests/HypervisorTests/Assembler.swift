// The guests of these tests are a few dozen bytes of machine code each. This is just enough of an assembler to write
// them as if they were text, with labels; it knows the flat 32-bit encodings that the tests need, and no more.

/// Where a test guest's kernel sees physical 0.
let pageOffset: UInt32 = 0xc000_0000

enum Register: UInt8 { case eax, ecx, edx, ebx, esp, ebp, esi, edi }

struct Assembler {
    /// The address of the first byte.
    let origin: UInt32
    private(set) var bytes: [UInt8] = []
    private var labels: [String: UInt32] = [:]
    private enum Form { case relative, absolute, low16, high16 }
    private var fixups: [(at: Int, label: String, form: Form)] = []

    init(origin: UInt32) { self.origin = origin }

    var here: UInt32 { origin + UInt32(bytes.count) }

    mutating func raw(_ values: UInt8...) { bytes += values }
    mutating func word(_ value: UInt32) { for i in 0..<4 { bytes.append(UInt8(value >> (8 * i) & 0xff)) } }
    mutating func label(_ name: String) { labels[name] = here }

    private mutating func reference(_ label: String, _ form: Form) {
        fixups.append((bytes.count, label, form))
        word(0)
    }

    // MARK: Instructions

    mutating func mov(_ register: Register, _ value: UInt32) {
        raw(0xb8 + register.rawValue)
        word(value)
    }
    mutating func mov(_ register: Register, addressOf label: String) {
        raw(0xb8 + register.rawValue)
        reference(label, .absolute)
    }
    /// `mov to, from`
    mutating func mov(_ to: Register, _ from: Register) { raw(0x89, 0xc0 | from.rawValue << 3 | to.rawValue) }
    /// `mov [physical], register` through the kernel's map.
    mutating func store(_ register: Register, at physical: UInt32) {
        raw(0x89, 0x05 | register.rawValue << 3)
        word(physical &+ pageOffset)
    }
    /// `mov dword [physical], value`
    mutating func store(_ value: UInt32, at physical: UInt32) {
        raw(0xc7, 0x05)
        word(physical &+ pageOffset)
        word(value)
    }
    mutating func storeByte(_ value: UInt8, at physical: UInt32) {
        raw(0xc6, 0x05)
        word(physical &+ pageOffset)
        raw(value)
    }
    /// `mov register, [physical]`
    mutating func load(_ register: Register, at physical: UInt32) {
        raw(0x8b, 0x05 | register.rawValue << 3)
        word(physical &+ pageOffset)
    }
    /// `mov register, [virtual]`
    mutating func load(_ register: Register, virtual: UInt32) {
        raw(0x8b, 0x05 | register.rawValue << 3)
        word(virtual)
    }
    /// `mov register, [esp + offset]`
    mutating func loadStack(_ register: Register, _ offset: UInt8) {
        raw(0x8b, 0x44 | register.rawValue << 3, 0x24, offset)
    }
    mutating func push(_ value: UInt32) {
        raw(0x68)
        word(value)
    }
    mutating func push(addressOf label: String) {
        raw(0x68)
        reference(label, .absolute)
    }
    mutating func pop(_ register: Register) { raw(0x58 + register.rawValue) }
    mutating func increment(_ register: Register) { raw(0x40 + register.rawValue) }
    mutating func add(_ register: Register, _ value: UInt8) { raw(0x83, 0xc0 | register.rawValue, value) }
    mutating func jump(_ label: String) {
        raw(0xe9)
        reference(label, .relative)
    }
    /// `cmp eax, value; jne label`
    mutating func unlessEAX(_ value: UInt32, jump label: String) {
        raw(0x3d)
        word(value)
        raw(0x0f, 0x85)
        reference(label, .relative)
    }
    mutating func interrupt(_ vector: UInt8) { raw(0xcd, vector) }
    mutating func iret() { raw(0xcf) }
    mutating func nop() { raw(0x90) }
    /// `mov segment, ax`; 0 es, 2 ss, 3 ds, 4 fs, 5 gs.
    mutating func loadSegment(_ segment: UInt8) { raw(0x8e, 0xc0 | segment << 3) }
    /// `jmp .`
    mutating func spin() { raw(0xeb, 0xfe) }

    // MARK: Guest idioms

    mutating func hypercall(_ number: UInt32, _ edx: UInt32 = 0, _ ebx: UInt32 = 0, _ ecx: UInt32 = 0) {
        mov(.eax, number)
        mov(.edx, edx)
        mov(.ebx, ebx)
        mov(.ecx, ecx)
        interrupt(0x1f)
    }

    /// Tells the test something: a SEND_DMA to the launcher whose list address is the message.
    mutating func report(_ value: UInt32) { hypercall(13, 0, value) }
    mutating func report(_ register: Register) {
        mov(.ebx, register)
        mov(.eax, 13)
        mov(.edx, 0)
        interrupt(0x1f)
    }

    /// LOAD_IDT_ENTRY for a label; type 0xE or 0xF.
    mutating func gate(_ vector: UInt32, to label: String, type: UInt32 = 0xe, dpl: UInt32 = 0) {
        mov(.eax, 6)
        mov(.edx, vector)
        raw(0xbb)  // mov ebx, selector and low half of the handler
        reference(label, .low16)
        raw(0xb9)  // mov ecx, high half and type
        reference(label, .high16)
        raw(0x81, 0xc9)  // or ecx, flags
        word(0x8000 | dpl << 13 | type << 8)
        interrupt(0x1f)
    }

    /// The machine code, with all references filled in.
    func assembled() -> [UInt8] {
        var code = bytes
        for fixup in fixups {
            guard let target = labels[fixup.label] else { fatalError("no label \(fixup.label)") }
            let value =
                switch fixup.form {
                case .absolute: target
                case .relative: target &- (origin + UInt32(fixup.at) + 4)
                case .low16: 0x61 << 16 | target & 0xffff
                case .high16: target & 0xffff_0000
                }
            for i in 0..<4 { code[fixup.at + i] = UInt8(value >> (8 * i) & 0xff) }
        }
        return code
    }

    func address(of label: String) -> UInt32 { labels[label] ?? 0 }
}
