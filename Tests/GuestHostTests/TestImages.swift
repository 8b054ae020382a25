// Kernels and files that tests can spoil at will.

import CZlib
import Glibc
import GuestHost
import Testing

/// Builds a 32-bit ELF executable, field by field, so that each field can be wrong.
struct ELFBuilder {
    struct Segment {
        var type: UInt32 = 1
        var physical: UInt32
        var virtual: UInt32?
        var contents: [UInt8]
        var memoryCount: UInt32?
        /// Where in the file the bytes go; nil packs them behind what is there.
        var alignment = 4096
    }
    var elfClass: UInt8 = 1
    var data: UInt8 = 1
    var type: UInt16 = 2
    var machine: UInt16 = 3
    var entry: UInt32 = 0x10_0000
    var programHeaderSize: UInt16 = 32
    var programHeaderCount: UInt16?
    var pageOffset: UInt32 = 0xc000_0000
    var segments: [Segment]

    func build() -> [UInt8] {
        var offset = 52 + 32 * segments.count
        var headers: [UInt8] = []
        var body: [UInt8] = []
        for segment in segments {
            let start = (offset + segment.alignment - 1) / segment.alignment * segment.alignment
            body += [UInt8](repeating: 0, count: start - offset) + segment.contents
            offset = start + segment.contents.count
            let virtual = segment.virtual ?? (segment.physical &+ pageOffset)
            let words: [UInt32] = [
                segment.type, UInt32(start), virtual, segment.physical, UInt32(segment.contents.count),
                segment.memoryCount ?? UInt32(segment.contents.count), 7, 4096,
            ]
            headers += words.flatMap(littleEndian)
        }
        var header: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, elfClass, data, 1] + [UInt8](repeating: 0, count: 9)
        header += littleEndian(type) + littleEndian(machine) + littleEndian(UInt32(1)) + littleEndian(entry)
        header += littleEndian(UInt32(52)) + littleEndian(UInt32(0)) + littleEndian(UInt32(0))
        header += littleEndian(UInt16(52)) + littleEndian(programHeaderSize)
        header += littleEndian(programHeaderCount ?? UInt16(segments.count))
        header += [UInt8](repeating: 0, count: 52 - header.count)
        return header + headers + body
    }
}

func littleEndian<Integer: FixedWidthInteger>(_ value: Integer) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
}

/// Bytes that look like kernel code as far as a launcher looks: enough `mov 0xc0…,%eax` to guess a page offset from, and
/// the signature in the middle.
func kernelCode(count: Int = 20_000, signature: Bool = true, top: UInt8 = 0xc0) -> [UInt8] {
    var generator = SplitMix(seed: 7)
    // No a1 among the noise: a tally over noise is a lottery.
    var code = (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }.map { $0 == 0xa1 ? 0x90 : $0 }
    for place in stride(from: 100, to: 700, by: 100) where place + 5 <= count {
        code.replaceSubrange(place..<place + 5, with: [0xa1, 0x18, 0x60, 0x47, top])
    }
    if signature { code.replaceSubrange(5000..<5013, with: Array("GenuineLguest".utf8)) }
    return code
}

/// A bzImage: boot sector, "HdrS" at 0x202, some code, a gzip stream, some more code.
func bzImage(of kernel: [UInt8], prefix: Int = 9000) -> [UInt8] {
    var image = [UInt8](repeating: 0x90, count: prefix)
    image.replaceSubrange(0x202..<0x206, with: Array("HdrS".utf8))
    return image + gzip(kernel) + [UInt8](repeating: 0xcc, count: 3000)
}

/// Compresses as `gzip` does.
func gzip(_ bytes: [UInt8]) -> [UInt8] {
    var stream = z_stream()
    var output = [UInt8](repeating: 0, count: bytes.count + 4096)
    var input = bytes
    let count = input.withUnsafeMutableBufferPointer { input in
        output.withUnsafeMutableBufferPointer { output in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(input.count)
            stream.next_out = output.baseAddress
            stream.avail_out = UInt32(output.count)
            let size = Int32(MemoryLayout<z_stream>.size)
            guard deflateInit2_(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size) == Z_OK
            else { return 0 }
            let result = deflate(&stream, Z_FINISH)
            deflateEnd(&stream)
            return result == Z_STREAM_END ? Int(stream.total_out) : 0
        }
    }
    return Array(output.prefix(count))
}

/// A small generator with a seed, so that a failing mutation can be had again.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

/// A folder that goes with the test.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/lgtui-test-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        path = try #require(made)
    }

    deinit {
        for name in names { unlink(name) }
        rmdir(path)
    }

    private var names: [String] = []

    /// A file that somebody else will make.
    func willHold(_ name: String) { names.append(path + "/" + name) }

    func file(_ name: String, _ contents: [UInt8]) throws -> String {
        let file = path + "/" + name
        names.append(file)
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        try #require(write(descriptor, contents, contents.count) == contents.count)
        return file
    }

    /// A sparse file.
    func file(_ name: String, size: Int) throws -> String {
        let file = try file(name, [])
        try #require(truncate(file, off_t(size)) == 0)
        return file
    }
}

/// The contents of a file.
func contents(_ path: String) -> [UInt8] {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    let size = Int(lseek(descriptor, 0, SEEK_END))
    return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
        count = max(0, pread(descriptor, buffer.baseAddress, size, 0))
    }
}
