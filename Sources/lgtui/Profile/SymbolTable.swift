// Names for addresses: from the symbol table of an ELF kernel, or from a System.map when the kernel is packed or stripped.
// Both are files, so neither is believed: every offset is checked, and a table of nonsense gives no names.

import GuestHost

/// The functions of a kernel by address.
package struct SymbolTable: Sendable {
    private struct Symbol: Sendable {
        var address: UInt32
        var name: String
        /// A label of assembly code or of the linker rather than a function.
        var isLabel = false

        /// Of several names for one place the most telling comes first: `schedule`, not `__sched_text_start`.
        var rank: Int {
            (isLabel ? 1 : 0) + (name.hasSuffix("_start") || name.hasSuffix("_end") || name.hasSuffix("text") ? 2 : 0)
        }
    }
    private var symbols: [Symbol] = []
    /// In order; static functions of different files may share a name.
    private var addresses: [String: [UInt32]] = [:]
    /// Where the text ends, if the table says so.
    private var end: UInt32?
    /// Whether the kernel's functions keep frame pointers; nil when that could not be seen.
    package private(set) var keepsFramePointers: Bool?
    /// Where the names come from, for people.
    package let origin: String

    package var isEmpty: Bool { symbols.isEmpty }
    package var count: Int { symbols.count }

    private init(origin: String) { self.origin = origin }

    /// The function that `address` lies in, and how far in.
    package func function(at address: UInt32) -> (name: String, offset: UInt32)? {
        if let end, address >= end, address < (symbols.last?.address ?? 0) { return nil }
        var (low, high) = (0, symbols.count)
        while low < high {
            let middle = (low + high) / 2
            if symbols[middle].address <= address { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return nil }
        let symbol = symbols[low - 1]
        // What lies far behind the last function is no part of it.
        guard address - symbol.address < Self.longestFunction else { return nil }
        return (symbol.name, address - symbol.address)
    }

    /// Where functions of that name begin.
    package func addresses(of name: String) -> [UInt32] { addresses[name] ?? [] }

    private static let longestFunction: UInt32 = 64 << 10
    private static let largestTable = 64 << 20

    private mutating func finish(_ found: [Symbol]) {
        symbols.reserveCapacity(found.count)
        for symbol in found.sorted(by: { ($0.address, $0.rank, $0.name) < ($1.address, $1.rank, $1.name) }) {
            if addresses[symbol.name]?.last != symbol.address {
                addresses[symbol.name, default: []].append(symbol.address)
            }
            if symbols.last?.address != symbol.address { symbols.append(symbol) }
        }
    }

    // MARK: System.map

    /// Lines of `c0100000 T _text`. Lines that are not are passed over.
    package init(systemMap bytes: [UInt8], origin: String) {
        self.init(origin: origin)
        var found: [Symbol] = []
        for line in bytes.split(separator: 0x0a) {
            let words = line.split(separator: 0x20)
            guard words.count >= 3, words[1].count == 1, let kind = words[1].first,
                let address = UInt32(String(decoding: words[0], as: UTF8.self), radix: 16)
            else { continue }
            let name = String(decoding: words[2], as: UTF8.self)
            if name == "_etext" { end = address }
            // Text, weak or not.
            guard [0x74, 0x54, 0x77, 0x57].contains(kind) else { continue }
            found.append(Symbol(address: address, name: name))
        }
        finish(found)
    }

    // MARK: ELF

    private struct Section {
        var kind: UInt32
        var flags: UInt32
        var address: UInt32
        var offset: UInt32
        var size: UInt32
        var link: UInt32
        var isCode: Bool { flags & 4 != 0 }
    }

    /// The symbol table of an ELF file; empty when there is none, or none that makes sense.
    package init(elf source: some ImageSource) {
        self.init(origin: source.name)
        guard let sections = Self.sections(of: source),
            let table = sections.first(where: { $0.kind == 2 }), Int(table.link) < sections.count,
            let entries = Self.bytes(source, table.offset, table.size),
            let names = Self.bytes(source, sections[Int(table.link)].offset, sections[Int(table.link)].size)
        else { return }
        var found: [Symbol] = []
        var prologues = (seen: 0, framed: 0)
        for at in stride(from: 0, to: entries.count - 15, by: 16) {
            let (value, kind, section) = (entries.word(at + 4), entries[at + 12] & 15, Int(entries.half(at + 14)))
            // Functions, and the labels of assembly code.
            guard kind == 2 || kind == 0, section > 0, section < sections.count, sections[section].isCode else {
                continue
            }
            guard let name = Self.name(names, at: Int(entries.word(at))) else { continue }
            found.append(Symbol(address: value, name: name, isLabel: kind == 0))
            // A look at some functions tells how all were compiled.
            if kind == 2, entries.word(at + 8) > 32, prologues.seen < 500 {
                let code = sections[section]
                let offset = value &- code.address &+ code.offset
                if let first = Self.bytes(source, offset, 3) {
                    prologues.seen += 1
                    if first == [0x55, 0x89, 0xe5] || first == [0x55, 0x8b, 0xec] { prologues.framed += 1 }
                }
            }
        }
        if prologues.seen > 0 { keepsFramePointers = prologues.framed * 2 > prologues.seen }
        finish(found)
    }

    private static func sections(of source: some ImageSource) -> [Section]? {
        guard let header = bytes(source, 0, 52), header[0..<5].elementsEqual([0x7f, 0x45, 0x4c, 0x46, 1]) else {
            return nil
        }
        let (offset, size, count) = (header.word(32), Int(header.half(46)), Int(header.half(48)))
        guard size == 40, count > 0, let table = bytes(source, offset, UInt32(size * count)) else { return nil }
        return (0..<count).map { i in
            let at = i * size
            return Section(
                kind: table.word(at + 4), flags: table.word(at + 8), address: table.word(at + 12),
                offset: table.word(at + 16), size: table.word(at + 20), link: table.word(at + 24))
        }
    }

    private static func bytes(_ source: some ImageSource, _ offset: UInt32, _ count: UInt32) -> [UInt8]? {
        guard count > 0, count <= largestTable, UInt64(offset) + UInt64(count) <= source.count else { return nil }
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(count)) { buffer, filled in
            filled = (try? source.read(at: UInt64(offset), into: UnsafeMutableRawBufferPointer(buffer))) ?? 0
        }
        return bytes.count == Int(count) ? bytes : nil
    }

    private static func name(_ names: [UInt8], at start: Int) -> String? {
        guard start > 0, start < names.count, let end = names[start...].firstIndex(of: 0), end > start,
            end - start < 256
        else { return nil }
        return String(decoding: names[start..<end], as: UTF8.self)
    }
}

extension [UInt8] {
    /// Little-endian fields, for offsets that have been checked.
    fileprivate func half(_ at: Int) -> UInt16 { UInt16(self[at]) | UInt16(self[at + 1]) << 8 }
    fileprivate func word(_ at: Int) -> UInt32 { UInt32(half(at)) | UInt32(half(at + 2)) << 16 }
}

extension SymbolTable {
    /// The names for a guest: from the file that was named, else from its kernel.
    package init(file: String?, kernel: KernelSource) throws(LaunchError) {
        guard let file else {
            switch kernel {
            case .bytes(let name, let bytes): self.init(elf: MemoryImage(name: name, contents: bytes))
            case .file(let path): self.init(elf: try FileImage(path: path))
            }
            return
        }
        let image = try FileImage(path: file)
        self.init(elf: image)
        if isEmpty, let text = Self.bytes(image, 0, UInt32(clamping: image.count)) {
            self.init(systemMap: text, origin: file)
        }
        guard !isEmpty else {
            throw LaunchError(
                .image, path: file, "holds no symbols of a kernel", at: "\(image.count) bytes",
                advice: "name the System.map or the vmlinux of the build")
        }
    }
}
