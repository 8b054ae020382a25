// Kernels as they come, and kernels as they come back from a bad disk: each lie that a header can tell has its test, and a few
// thousand mangled files have to fail without taking the process along.

import GuestHost
import Hypervisor
import Testing

private let memory = MemorySize.test

extension MemorySize {
    /// 16 MiB.
    static var test: MemorySize { (try? MemorySize("16")) ?? .minimum }
}

private func elf(_ change: (inout ELFBuilder) -> Void = { _ in }) -> [UInt8] {
    var builder = ELFBuilder(segments: [.init(physical: 0x10_0000, contents: kernelCode(), memoryCount: 0x8000)])
    change(&builder)
    return builder.build()
}

private func load(_ bytes: [UInt8], _ size: MemorySize = memory) throws(LaunchError) -> KernelImage {
    try KernelImage(reading: MemoryImage(name: "kernel", contents: bytes), memory: size)
}

@Suite struct ELFTests {
    @Test func `a vmlinux tells where it lies, its page offset and its entry`() throws {
        let kernel = try load(elf())
        #expect(kernel.format == .elf)
        #expect(kernel.pageOffset == 0xc000_0000)
        #expect(kernel.start == 0x10_0000)
        #expect(kernel.end == 0x10_8000)
        #expect(kernel.image.extents == [.init(physical: 0x10_0000, count: 20480, offset: 0)])
        // The byte after the signature, in 2.6.23; the plain entry, before.
        #expect(try kernel.entry(for: .linux2623).rawValue == 0xc010_0000 + 5013)
        #expect(try kernel.entry(for: .mm2007).rawValue == 0xc010_0000)
        #expect(kernel.story == ["Section 0: size 32768 addr 0x100000"])
    }

    @Test func `segments that are no pages long or not page aligned end up where they belong`() throws {
        let bytes = elf {
            $0.segments = [
                .init(physical: 0x10_0123, contents: Array(repeating: 1, count: 0x100), alignment: 1),
                .init(type: 4, physical: 0xdead_0000, contents: [9, 9], alignment: 1),
                .init(physical: 0x10_0400, contents: Array(repeating: 2, count: 0x1000), alignment: 1),
                .init(
                    physical: 0x20_0001, contents: Array(repeating: 3, count: 0x10), memoryCount: 0x4000, alignment: 1),
            ]
        }
        let kernel = try load(bytes)
        #expect(
            kernel.image.extents == [
                .init(physical: 0x10_0000, count: 0x2000, offset: 0),
                .init(physical: 0x20_0000, count: 0x1000, offset: 0x2000),
            ])
        let map = try loadIntoMemory(.bytes(name: "kernel", bytes), dialect: .mm2007)
        #expect(map.bytes(0x10_0122, 3) == [0, 1, 1])
        #expect(map.bytes(0x10_0222, 2) == [1, 0])
        #expect(map.bytes(0x10_03ff, 2) == [0, 2])
        #expect(map.bytes(0x10_13ff, 2) == [2, 0])
        #expect(map.bytes(0x20_0000, 3) == [0, 3, 3])
        #expect(map.bytes(0x20_0010, 2) == [3, 0])
    }

    /// A spoiled field, and what must be said about it.
    struct Lie: Sendable, CustomTestStringConvertible {
        let message: String
        let tell: @Sendable (inout ELFBuilder) -> Void
        var testDescription: String { message }
        init(_ message: String, _ tell: @escaping @Sendable (inout ELFBuilder) -> Void) {
            self.message = message
            self.tell = tell
        }
    }

    @Test(arguments: [
        Lie("64-bit") { $0.elfClass = 2 },
        Lie("little-endian") { $0.data = 2 },
        Lie("e_type 1") { $0.type = 1 },
        Lie("e_machine 62") { $0.machine = 62 },
        Lie("e_phentsize 56") { $0.programHeaderSize = 56 },
        Lie("e_phnum 0") { $0.programHeaderCount = 0 },
        Lie("e_phnum 2049") { $0.programHeaderCount = 2049 },
        Lie("ends inside its program headers") { $0.programHeaderCount = 2000 },
        Lie("no PT_LOAD") { $0.segments[0].type = 4 },
        Lie("larger in the file") { $0.segments[0].memoryCount = 5 },
        Lie("p_vaddr − p_paddr is 0") { $0.pageOffset = 0 },
        Lie("not a multiple of 4 MiB") { $0.pageOffset = 0xc000_1000 },
        Lie("does not fit into 16 MiB") { $0.segments[0].memoryCount = 0x1000_0000 },
        Lie("does not fit into 16 MiB") { $0.segments[0].physical = 0xff_f000 },
        Lie("32-bit world") { $0.segments[0].physical = 0xffff_f000 },
        Lie("disagree about the page offset") {
            $0.segments.append(.init(physical: 0x30_0000, virtual: 0xd000_0000, contents: [1]))
        },
    ])
    func `each lie in a header is named`(lie: Lie) {
        #expect { try load(elf(lie.tell)) } throws: {
            let error = $0 as? LaunchError
            return error?.kind == .image && error?.path == "kernel" && "\($0)".contains(lie.message)
                && error?.place != nil
        }
    }

    @Test func `a kernel without the signature is no 2.6.23 guest but may be an older one`() throws {
        let kernel = try load(elf { $0.segments[0].contents = kernelCode(signature: false) })
        #expect(kernel.signatureEntry == nil)
        #expect { try kernel.entry(for: .linux2623) } throws: { "\($0)".contains("GenuineLguest") }
        #expect(try kernel.entry(for: .mm2007).rawValue == 0xc010_0000)
    }

    @Test func `truncating a vmlinux anywhere gives an error or a kernel, never a crash`() throws {
        let bytes = elf()
        for count in Array(stride(from: 0, to: 200, by: 1)) + Array(stride(from: 200, to: bytes.count, by: 997)) {
            #expect(throws: LaunchError.self) { try load(Array(bytes.prefix(count))) }
        }
    }

    @Test(arguments: 0..<8) func `mutating a vmlinux gives an error or a kernel, never a crash`(seed: UInt64) {
        var generator = SplitMix(seed: seed)
        let original = elf {
            $0.segments.append(.init(physical: 0x20_0000, contents: [1, 2, 3], memoryCount: 0x2000))
        }
        var survivors = 0
        for _ in 0..<300 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                // The headers are where it hurts.
                bytes[Int.random(in: 0..<116, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            if (try? loadIntoMemory(.bytes(name: "kernel", bytes), dialect: .mm2007)) != nil { survivors += 1 }
        }
        #expect(survivors < 300)
    }
}

@Suite struct BzImageTests {
    @Test func `a bzImage is unpacked to 1 MiB and its page offset guessed`() throws {
        let code = kernelCode()
        let kernel = try load(bzImage(of: code))
        #expect(kernel.format == .bzImage)
        #expect(kernel.pageOffset == 0xc000_0000)
        #expect(try kernel.entry(for: .linux2623).rawValue == 0xc010_0000 + 5013)
        #expect(try kernel.entry(for: .mm2007).rawValue == 0xc010_0000)
        #expect(kernel.end == 0x10_0000 + UInt64(code.count))
        #expect(kernel.story == ["Unpacked size 20000 addr 0x100000"])
        let map = try loadIntoMemory(.bytes(name: "kernel", bzImage(of: code)), dialect: .linux2623)
        #expect(map.bytes(0x10_0000, code.count) == code)
    }

    @Test func `a large kernel survives the trip`() throws {
        var code = kernelCode(count: 3_000_001)
        code[2_999_999] = 0x5a
        let map = try loadIntoMemory(.bytes(name: "kernel", bzImage(of: code)), dialect: .linux2623)
        #expect(map.bytes(0x10_0000, code.count) == code)
    }

    @Test func `things that only look like a gzip header are passed over`() throws {
        var image = bzImage(of: kernelCode())
        // A header that lacks only a stream; one preceded by half a magic number; one that crosses a 64 KiB window.
        image.replaceSubrange(1000..<1010, with: [0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 0, 3])
        image.replaceSubrange(2000..<2011, with: [0x1f, 0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 0, 3])
        #expect(try load(image).end == 0x10_0000 + 20000)
        let far = [UInt8](repeating: 0x90, count: (1 << 16) - 5) + gzip(kernelCode())
        #expect(try load(far).end == 0x10_0000 + 20000)
    }

    @Test func `the guess follows the code`() throws {
        #expect(try load(bzImage(of: kernelCode(top: 0x80))).pageOffset == 0x8000_0000)
        #expect { try load(bzImage(of: [UInt8](repeating: 0x90, count: 5000))) } throws: {
            "\($0)".contains("no page offset to be guessed")
        }
    }

    @Test func `the guess wants more than three votes`() {
        let vote: [UInt8] = [0xa1, 1, 2, 3, 0xc0]
        func guess(_ bytes: [UInt8]) -> UInt32? { bytes.withUnsafeBytes { PageOffset.guess(from: $0) } }
        #expect(guess(vote + vote + vote) == nil)
        #expect(guess(vote + vote + vote + vote) == 0xc000_0000)
        #expect(guess(vote + vote + vote + [0xa1, 1, 2, 3]) == nil)
        #expect(guess([]) == nil)
    }

    @Test func `files that are no kernels are told what they are`() {
        func message(_ bytes: [UInt8]) -> String {
            do { _ = try load(bytes) } catch { return "\(error)" }
            return "loaded"
        }
        #expect(message([1, 2, 3]).contains("too short"))
        #expect(message(Array(repeating: 0x20, count: 5000)).contains("neither an ELF file nor a bzImage"))
        #expect(message([0x1f, 0x8b, 8, 0] + Array(repeating: 0xff, count: 5000)).contains("gunzip"))
        var modern = [UInt8](repeating: 0, count: 5000)
        modern.replaceSubrange(0x202..<0x206, with: Array("HdrS".utf8))
        #expect(message(modern).contains("without a gzip stream"))
    }

    @Test func `a bomb stops at the guest's memory`() throws {
        let bomb = bzImage(of: [UInt8](repeating: 0, count: 40 << 20))
        #expect(bomb.count < 100_000)
        #expect { try load(bomb) } throws: { "\($0)".contains("unpacks to more than 15728640 bytes") }
    }

    @Test func `truncating a bzImage gives an error`() {
        let image = bzImage(of: kernelCode())
        for count in stride(from: 0, to: image.count - 3000, by: 331) {
            #expect(throws: LaunchError.self) { try load(Array(image.prefix(count))) }
        }
    }

    @Test func `a damaged stream is found by its checksum`() {
        let image = bzImage(of: kernelCode())
        var generator = SplitMix(seed: 3)
        for _ in 0..<100 {
            var bytes = image
            let place = Int.random(in: 9010..<image.count - 3000, using: &generator)
            bytes[place] ^= UInt8.random(in: 1...255, using: &generator)
            #expect { try load(bytes) } throws: { "\($0)".contains("gzip stream at offset 0x2328") }
        }
    }
}
