// A vmlinux is an ELF executable: a header, then a list of segments that each say "these bytes of the file belong at
// this physical address". This file reads that list and believes none of it. Nothing here touches guest memory, so
// that a thousand mangled headers can be tried in a second.

/// The parts of a 32-bit x86 ELF executable that matter to a launcher.
package struct ELFImage: Equatable {
    /// One `PT_LOAD`.
    package struct Segment: Equatable {
        /// Its position in the program header table, as `readelf -l` counts them.
        package let index: Int
        package let fileOffset: UInt32
        package let fileCount: UInt32
        package let physical: UInt32
        package let memoryCount: UInt32
        /// First physical address after its file bytes; 64 bits wide because a liar may pass 4 GiB.
        package var fileEnd: UInt64 { UInt64(physical) + UInt64(fileCount) }
        package var memoryEnd: UInt64 { UInt64(physical) + UInt64(memoryCount) }
    }

    package let segments: [Segment]
    /// `e_entry`.
    package let entry: UInt32
    /// `p_vaddr − p_paddr`, the same for all segments.
    package let pageOffset: UInt32

    package static let magic: [UInt8] = [0x7f, 0x45, 0x4c, 0x46]
    private static let headerSize = 52
    private static let programHeaderSize = 32

    /// H:112 Reads the header and the program headers. All numbers come from the file, so all are checked here, once, and the
    /// rest of the launcher may rely on them: segments lie inside the file and below 4 GiB and agree on `pageOffset`.
    package init(reading source: some ImageSource) throws(LaunchError) {
        let header = try source.bytes(at: 0, count: Self.headerSize, what: "ELF header")
        func bad(_ problem: String, _ place: String, _ advice: String? = nil) -> LaunchError {
            LaunchError(.image, path: source.name, problem, at: place, advice: advice)
        }
        let wanted = "lguest guests are 32-bit x86 kernels: use the vmlinux of an i386 build"
        guard header[0..<4].elementsEqual(Self.magic) else {
            throw bad("is not an ELF file", "e_ident at offset 0x0")
        }
        guard header[4] == 1 else {
            throw bad("is a \(header[4] == 2 ? "64" : "strange")-bit ELF file", "EI_CLASS \(header[4])", wanted)
        }
        guard header[5] == 1 else {
            throw bad("is not a little-endian ELF file", "EI_DATA \(header[5])", wanted)
        }
        let type = header.u16(16)
        let machine = header.u16(18)
        guard type == 2 else {
            throw bad(
                "is not an executable ELF file", "e_type \(type), wanted 2 (ET_EXEC)",
                type == 1 ? "this looks like an object file or module; use the linked vmlinux" : wanted)
        }
        guard machine == 3 else { throw bad("is not for i386", "e_machine \(machine), wanted 3 (EM_386)", wanted) }
        entry = header.u32(24)
        let tableOffset = header.u32(28)
        let entrySize = header.u16(42)
        let entryCount = Int(header.u16(44))
        guard Int(entrySize) == Self.programHeaderSize else {
            throw bad("has a malformed ELF header", "e_phentsize \(entrySize), wanted \(Self.programHeaderSize)")
        }
        guard (1...65536 / Self.programHeaderSize).contains(entryCount) else {
            throw bad(
                "has a malformed ELF header", "e_phnum \(entryCount), wanted 1…\(65536 / Self.programHeaderSize)")
        }

        let table = try source.bytes(
            at: UInt64(tableOffset), count: entryCount * Self.programHeaderSize, what: "program headers")
        var segments: [Segment] = []
        var pageOffset: UInt32?
        for index in 0..<entryCount {
            let base = index * Self.programHeaderSize
            guard table.u32(base) == 1 else { continue }
            let virtual = table.u32(base + 8)
            let segment = Segment(
                index: index, fileOffset: table.u32(base + 4), fileCount: table.u32(base + 16),
                physical: table.u32(base + 12), memoryCount: table.u32(base + 20))
            func place(_ field: String, _ value: some BinaryInteger) -> String {
                "segment \(index), \(field) \(hex(value))"
            }
            guard segment.fileCount <= segment.memoryCount else {
                throw bad(
                    "has a segment larger in the file than in memory", place("p_filesz", segment.fileCount))
            }
            guard UInt64(segment.fileOffset) + UInt64(segment.fileCount) <= source.count else {
                throw bad(
                    "ends before its segments do", place("p_offset + p_filesz", segment.fileEndInFile),
                    "the file is truncated: copy or build it again")
            }
            guard segment.memoryEnd <= 1 << 32 else {
                throw bad("has a segment that leaves the 32-bit world", place("p_paddr", segment.physical))
            }
            guard segment.memoryCount > 0 else { continue }
            let difference = virtual &- segment.physical
            if let pageOffset, pageOffset != difference {
                throw bad(
                    "has segments that disagree about the page offset",
                    "segment \(index): p_vaddr − p_paddr is \(hex(difference)), before it was \(hex(pageOffset))")
            }
            pageOffset = difference
            segments.append(segment)
        }
        guard let pageOffset else {
            throw bad("has nothing to load", "no PT_LOAD among \(entryCount) program headers")
        }
        try PageOffset.check(pageOffset, of: source.name, at: "p_vaddr − p_paddr")
        self.pageOffset = pageOffset
        self.segments = segments
    }
}

extension ELFImage.Segment {
    var fileEndInFile: UInt64 { UInt64(fileOffset) + UInt64(fileCount) }
}

extension [UInt8] {
    /// A little-endian 16-bit field. For offsets that the caller has already checked.
    func u16(_ offset: Int) -> UInt16 { UInt16(self[offset]) | UInt16(self[offset + 1]) << 8 }
    /// A little-endian 32-bit field. For offsets that the caller has already checked.
    func u32(_ offset: Int) -> UInt32 { UInt32(u16(offset)) | UInt32(u16(offset + 2)) << 16 }
}
