// What a guest finds in its memory at the first instruction, in both dialects, read back the way a guest would read it.

import Glibc
import GuestHost
import Hypervisor
import I386
import Testing

/// Guest memory after loading, and the fake device that reads it.
func loadIntoMemory(
    _ kernel: KernelSource, dialect: Dialect, size: MemorySize = .test, initrd: String? = nil, arguments: [String] = [],
    library: ImageLibrary = ImageLibrary()
) throws(LaunchError) -> FakeLguest {
    FakeLguest(
        memory: try loadGuest(
            kernel, dialect: dialect, size: size, initrd: initrd, arguments: arguments, library: library
        ).memory)
}

func loadGuest(
    _ kernel: KernelSource, dialect: Dialect, size: MemorySize = .test, initrd: String? = nil, arguments: [String] = [],
    library: ImageLibrary = ImageLibrary()
) throws(LaunchError) -> LoadedGuest {
    let configuration = GuestConfiguration(
        name: "test", memory: size, kernel: kernel, dialect: dialect, initrd: initrd, arguments: arguments)
    return try GuestLoader(library: library).load(configuration, devicePages: 2)
}

private let kernel = KernelSource.bytes(
    name: "kernel",
    ELFBuilder(segments: [.init(physical: 0x10_0000, contents: kernelCode(), memoryCount: 0x8000)]).build())

extension GuestMemory {
    fileprivate func word(_ address: UInt32) -> UInt32? { load32(at: GuestPhysical(address)) }

    /// Walks the page tables for a virtual address; nil where nothing is mapped.
    fileprivate func translate(_ address: UInt32, directory: UInt32) -> UInt32? {
        guard let top = word(directory + (address >> 22) * 4), top & 0xfff == 7,
            let entry = word((top & ~0xfff) + (address >> 12 & 1023) * 4), entry & 0xfff == 7
        else { return nil }
        return entry & ~0xfff | address & 0xfff
    }

    fileprivate func string(_ address: UInt32) -> String {
        var bytes: [UInt8] = []
        while let byte = load8(at: GuestPhysical(address + UInt32(bytes.count))), byte != 0 { bytes.append(byte) }
        return String(decoding: bytes, as: UTF8.self)
    }
}

@Suite struct BootTests {
    @Test func `the zero page of 2.6.23 holds a memory map, a command line and the mark of lguest`() throws {
        let guest = try loadGuest(kernel, dialect: .linux2623, arguments: ["root=/dev/lgba", "quiet"])
        let memory = guest.memory
        #expect(memory.load8(at: GuestPhysical(0x1e8)) == 1)
        #expect((0..<5).map { memory.word(0x2d0 + $0 * 4) } == [0, 0, 16 << 20, 0, 1])
        #expect(memory.word(0x228) == 4096)
        #expect(memory.word(0x23c) == 1)
        #expect(memory.word(0x218) == 0)
        #expect(memory.load8(at: GuestPhysical(0x210)) == 0)
        #expect(memory.string(4096) == "root=/dev/lgba quiet ")
        #expect(guest.frameLimit.rawValue == (16 << 20) / 4096 + 2)
        #expect(guest.start.rawValue == 0xc010_0000 + 5013)
        #expect(guest.pageDirectory.rawValue == (16 << 20) - 4096)
    }

    @Test func `the boot data of mm-2007 are three fields`() throws {
        let folder = try TemporaryFolder()
        let initrd = try folder.file("initrd", Array(repeating: 0x77, count: 5000))
        let guest = try loadGuest(kernel, dialect: .mm2007, initrd: initrd, arguments: ["a", "b c"])
        #expect(guest.memory.word(0) == 4096)
        #expect(guest.memory.word(4) == 5000)
        #expect(guest.memory.string(8) == "a b c ")
        #expect(guest.start.rawValue == 0xc010_0000)
        // The initrd ends exactly at the end of memory, the page tables end at the page that it starts in.
        let end = UInt32(16 << 20)
        #expect(guest.memory.load8(at: GuestPhysical(end - 5001)) == 0)
        #expect(guest.memory.load8(at: GuestPhysical(end - 5000)) == 0x77)
        #expect(guest.memory.load8(at: GuestPhysical(end - 1)) == 0x77)
        #expect(guest.pageDirectory.rawValue == end - 8192 - 5 * 4096)
    }

    @Test func `the initrd of 2.6.23 starts on a page at the top of memory`() throws {
        let folder = try TemporaryFolder()
        let initrd = try folder.file("initrd", Array(repeating: 0x77, count: 5000))
        let guest = try loadGuest(kernel, dialect: .linux2623, initrd: initrd)
        let start = UInt32(16 << 20) - 8192
        #expect(guest.memory.word(0x218) == start)
        #expect(guest.memory.word(0x21c) == 5000)
        #expect(guest.memory.load8(at: GuestPhysical(0x210)) == 0xff)
        #expect(guest.memory.load8(at: GuestPhysical(start)) == 0x77)
        #expect(guest.memory.load8(at: GuestPhysical(start + 4999)) == 0x77)
        #expect(guest.memory.load8(at: GuestPhysical(start + 5000)) == 0)
        #expect(guest.pageDirectory.rawValue == start - 4096)
    }

    @Test(arguments: Dialect.allCases) func `all memory is mapped at the page offset and nowhere else`(dialect: Dialect)
        throws
    {
        let guest = try loadGuest(kernel, dialect: dialect)
        let directory = guest.pageDirectory.rawValue
        for page in stride(from: UInt32(0), to: 16 << 20, by: 4096) {
            #expect(guest.memory.translate(0xc000_0000 + page, directory: directory) == page)
        }
        #expect(guest.memory.translate(0, directory: directory) == nil)
        #expect(guest.memory.translate(0xc100_0000, directory: directory) == nil)
        #expect(guest.memory.translate(0xbfff_f000, directory: directory) == nil)
    }

    @Test func `three gigabytes are mapped as far as there are addresses, and the initrd stays within reach`() throws {
        let folder = try TemporaryFolder()
        let initrd = try folder.file("initrd", Array(repeating: 0x77, count: 5000))
        let guest = try loadGuest(kernel, dialect: .linux2623, size: .maximum, initrd: initrd)
        let directory = guest.pageDirectory.rawValue
        #expect(guest.memory.translate(0xffff_f000, directory: directory) == 0x3fff_f000)
        #expect(guest.memory.translate(0xc000_0000, directory: directory) == 0)
        let initrdStart: UInt32 = 0x3000_0000 - 8192
        #expect(guest.memory.word(0x218) == initrdStart)
        #expect(guest.memory.word(0x2d8) == 0xc000_0000)
        #expect(guest.frameLimit.rawValue == 0xc0002)
        // And all that costs next to nothing until it is used.
        #expect(guest.memory.residentBytes < 4 << 20)
    }

    @Test func `memory that a guest does not touch costs nothing`() throws {
        let guest = try loadGuest(kernel, dialect: .linux2623, size: try MemorySize("256"))
        #expect(guest.memory.residentBytes < 1 << 20)
    }

    @Test func `guests of one kernel share its pages until they write`() throws {
        let library = ImageLibrary()
        let first = try loadGuest(kernel, dialect: .linux2623, library: library)
        let second = try loadGuest(kernel, dialect: .linux2623, library: library)
        #expect(library.count == 1)
        _ = first.memory.store32(0x1234_5678, at: GuestPhysical(0x10_0000))
        #expect(second.memory.word(0x10_0000) != 0x1234_5678)
    }

    @Test func `a kernel that changes on disk is a new kernel, and running guests keep the old one`() throws {
        let folder = try TemporaryFolder()
        let library = ImageLibrary()
        var builder = ELFBuilder(segments: [.init(physical: 0x10_0000, contents: kernelCode())])
        let path = try folder.file("vmlinux", builder.build())
        let old = try loadGuest(.file(path: path), dialect: .linux2623, library: library)
        builder.segments[0].contents[4000] ^= 0xff
        _ = try folder.file("vmlinux", builder.build())
        let new = try loadGuest(.file(path: path), dialect: .linux2623, library: library)
        #expect(library.count == 2)
        #expect(new.memory.load8(at: GuestPhysical(0x10_0000 + 4000)) == builder.segments[0].contents[4000])
        // Truncating the file under a mapping would raise SIGBUS on the next touch; guests have their own copy.
        #expect(truncate(path, 0) == 0)
        #expect(old.memory.load8(at: GuestPhysical(0x10_0000 + 4000)) == builder.segments[0].contents[4000] ^ 0xff)
        #expect(new.memory.load8(at: GuestPhysical(0x10_0000 + 19999)) == builder.segments[0].contents[19999])
    }

    @Test func `the library forgets what nobody uses`() throws {
        let library = ImageLibrary()
        do { _ = try loadGuest(kernel, dialect: .linux2623, library: library) }
        #expect(library.count == 0)
    }

    @Test(arguments: Dialect.allCases) func `an initrd that does not fit is refused`(dialect: Dialect) throws {
        let folder = try TemporaryFolder()
        for size in [16 << 20, (16 << 20) + 1, (16 << 20) - 4096, (16 << 20) - 8192, 15 << 20] {
            let initrd = try folder.file("initrd", size: size)
            #expect { try loadGuest(kernel, dialect: dialect, initrd: initrd) } throws: {
                "\($0)".contains("give the guest more memory")
            }
        }
        let empty = try folder.file("empty", [])
        #expect { try loadGuest(kernel, dialect: dialect, initrd: empty) } throws: { "\($0)".contains("is empty") }
        #expect { try loadGuest(kernel, dialect: dialect, initrd: folder.path + "/none") } throws: {
            "\($0)".contains("No such file") && "\($0)".contains("/none")
        }
        #expect { try loadGuest(kernel, dialect: dialect, initrd: folder.path) } throws: {
            "\($0)".contains("is a folder")
        }
    }

    @Test func `a kernel in the way of boot data or page tables is refused`() throws {
        let low = ELFBuilder(segments: [.init(physical: 0x1000, contents: kernelCode())]).build()
        #expect { try loadGuest(.bytes(name: "low", low), dialect: .linux2623) } throws: {
            "\($0)".contains("boot data")
        }
        let high = ELFBuilder(segments: [.init(physical: 0xff_9000, contents: kernelCode())]).build()
        #expect { try loadGuest(.bytes(name: "high", high), dialect: .linux2623) } throws: {
            "\($0)".contains("page tables")
        }
    }

    @Test func `arguments have to fit their page`() throws {
        let fits = [String(repeating: "x", count: 4094)]
        #expect(try loadGuest(kernel, dialect: .linux2623, arguments: fits).memory.string(4096).count == 4095)
        #expect { try loadGuest(kernel, dialect: .mm2007, arguments: fits) } throws: { "\($0)".contains("too long") }
        #expect { try loadGuest(kernel, dialect: .linux2623, arguments: fits + ["y"]) } throws: {
            "\($0)".contains("too long")
        }
    }
}
