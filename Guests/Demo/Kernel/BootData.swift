// What the launcher left at physical 0 for us to find. The two dialects agree on the place and on nothing else.

enum Dialect: UInt32 {
    case linux2623 = 0
    case mm2007 = 1

    var name: StaticString { self == .linux2623 ? "2.6.23" : "mm-2007" }
    /// Where console output is sent. Input is bound at key 0 in both.
    var consoleOutputKey: UInt32 { self == .linux2623 ? 0 : 4 }
}

struct BootData {
    let dialect: Dialect
    /// Bytes of memory; the device page lies right behind.
    let memory: UInt32
    let initrd: (start: UInt32, end: UInt32)
    /// The page tables we were started on: below the initrd.
    let firstTables: (start: UInt32, end: UInt32)
    private let text: Physical

    // G:130 The two dialects side by side: this is all that separates them, apart from the console's key.
    /// Reads the numbers. Needs no heap, for it tells the heap where memory is.
    init(_ dialect: Dialect, at data: Physical) {
        let zeroPage = data.pointer
        func word(_ offset: Int) -> UInt32 { zeroPage.load(fromByteOffset: offset, as: UInt32.self) }

        self.dialect = dialect
        let initrdBytes: UInt32
        switch dialect {
        case .linux2623:
            // Linux's own "zero page": the first entry of the e820 memory map, the initrd, the command line.
            memory = (word(0x2DC) == 0 ? word(0x2D8) : .max) & ~(pageSize - 1)
            let hasInitrd = word(0x210) & 0xFF != 0
            initrdBytes = hasInitrd ? word(0x21C) : 0
            initrd.start = hasInitrd ? word(0x218) : memory
            text = Physical(word(0x228))
        case .mm2007:
            // {max_pfn, initrd_size, command line}; the initrd ends where memory ends.
            memory = word(0) &* pageSize
            initrdBytes = word(4)
            initrd.start = memory &- initrdBytes
            text = Physical(data.value + 8)
        }
        initrd.end = initrd.start &+ initrdBytes

        let mappedPages = min(memory, 0 &- Layout.kernelBase) / pageSize
        firstTables.end = initrd.start & ~(pageSize - 1)
        firstTables.start = firstTables.end &- (1 + (mappedPages + 1023) / 1024) * pageSize
    }

    /// The command line, as the launcher joined it.
    var commandLine: [UInt8] {
        var result: [UInt8] = []
        while result.count < 2048 {
            let byte = text.pointer.load(fromByteOffset: result.count, as: UInt8.self)
            if byte == 0 { break }
            result.append(byte)
        }
        return result
    }
}
