// The two shapes in which kernels come, ELF and bzImage, end here as one: a shared image, a page offset and an entry
// point. This is also where a file that is neither gets told what it is.

import CLinux
import Glibc
import Hypervisor
import I386

/// Where a kernel comes from.
public enum KernelSource: Sendable, Equatable {
    /// A vmlinux or bzImage file.
    case file(path: String)
    /// The same, already in memory; the name is for messages.
    case bytes(name: String, [UInt8])

    public var name: String {
        switch self {
        case .file(let path): path
        case .bytes(let name, _): name
        }
    }
}

/// A kernel, unpacked and understood, ready to be mapped into any number of guests.
package final class KernelImage: Sendable {
    package enum Format: Sendable, Equatable { case elf, bzImage }

    package let name: String
    package let format: Format
    package let image: SharedImage
    /// `p_vaddr − p_paddr`, or the guess for a bzImage.
    package let pageOffset: UInt32
    /// `e_entry` as the file has it; the load address for a bzImage.
    package let elfEntry: UInt32
    /// Physical address of the byte after "GenuineLguest", if the kernel says so.
    package let signatureEntry: UInt32?
    /// First and last+1 physical byte that the kernel occupies from the start, zeroed memory included.
    package let start: UInt64
    package let end: UInt64
    /// What loading has to tell a curious user, in the order of things.
    package let story: [String]

    /// A bzImage is always unpacked at 1 MiB. The kernel's configuration could move it; nobody's does.
    package static let bzImageAddress: UInt64 = 0x10_0000
    package static let signature: [UInt8] = Array("GenuineLguest".utf8)
    /// What a bzImage may grow to, whatever the guest's memory. Real ones stay below 30 MiB.
    static let unpackedLimit: UInt64 = 256 << 20

    /// H:110 Reads a kernel of either format; `memory` is what the guest will have.
    package init(reading source: some ImageSource, memory: MemorySize) throws(LaunchError) {
        name = source.name
        guard source.count >= 64 else {
            throw LaunchError(
                .image, path: source.name, "is too short to be a kernel", at: "\(source.count) bytes",
                advice: "name a vmlinux (ELF) or a bzImage")
        }
        var story: [String] = []
        let magic = try source.bytes(at: 0, count: 4, what: "first bytes")
        if magic == ELFImage.magic {
            let elf = try ELFImage(reading: source)
            for segment in elf.segments {
                let index = segment.index
                story.append("Section \(index): size \(segment.memoryCount) addr \(hex(segment.physical))")
                guard segment.memoryEnd <= memory.bytes else {
                    throw LaunchError(
                        .image, path: source.name, "does not fit into \(memory) of guest memory",
                        at: "segment \(index) ends at \(hex(segment.memoryEnd))", advice: "give the guest more memory")
                }
            }
            format = .elf
            image = try SharedImage(
                copying: elf.segments.map {
                    .init(
                        physical: UInt64($0.physical), count: UInt64($0.fileCount), sourceOffset: UInt64($0.fileOffset))
                }, of: source)
            pageOffset = elf.pageOffset
            elfEntry = elf.entry
            start = elf.segments.map { UInt64($0.physical) }.min() ?? 0
            end = elf.segments.map(\.memoryEnd).max() ?? 0
        } else {
            format = .bzImage
            image = try Self.unpack(source, memory: memory)
            start = Self.bzImageAddress
            end = Self.bzImageAddress + image.byteCount
            elfEntry = UInt32(Self.bzImageAddress)
            story.append("Unpacked size \(image.byteCount) addr \(hex(Self.bzImageAddress))")
            guard let guess = try image.withBytesOfAllExtents(PageOffset.guess) else {
                throw LaunchError(
                    .image, path: source.name, "unpacks to something that does not look like kernel code",
                    at: "no page offset to be guessed in \(image.byteCount) bytes",
                    advice: "use the vmlinux, which states its page offset")
            }
            try PageOffset.check(guess, of: source.name, at: "the guessed page offset")
            pageOffset = guess
        }
        signatureEntry = try Self.findSignature(in: image)
        self.story = story
    }

    /// H:118 Where the virtual CPU starts, as a virtual address. A 2.6.23 guest hides its lguest entry behind a signature, so
    /// that one kernel can also boot on bare metal; a guest of February 2007 was built for nothing else and starts at
    /// its plain entry, which is a physical address.
    package func entry(for dialect: Dialect) throws(LaunchError) -> GuestVirtual {
        switch dialect {
        case .mm2007:
            return GuestVirtual(elfEntry &+ pageOffset)
        case .linux2623:
            guard let signatureEntry else {
                throw LaunchError(
                    .image, path: name, "is not an lguest guest of Linux 2.6.23",
                    at: "no \"GenuineLguest\" in the loaded image",
                    advice:
                        "build the kernel with CONFIG_LGUEST_GUEST=y, or choose the mm-2007 dialect for an older one")
            }
            return GuestVirtual(signatureEntry &+ pageOffset)
        }
    }

    /// Tries each thing in a bzImage that looks like a gzip stream, and keeps the first that is one.
    private static func unpack(_ source: some ImageSource, memory: MemorySize) throws(LaunchError) -> SharedImage {
        let candidates = try GzipHeader.candidates(in: source)
        let cap = min(memory.bytes - bzImageAddress, unpackedLimit)
        var best: (failure: Inflater.Failure, offset: UInt64)?
        for offset in candidates {
            do {
                var failure: Inflater.Failure?
                let image = try SharedImage(streamingTo: bzImageAddress, name: source.name) {
                    write throws(LaunchError) in
                    do throws(Inflater.Failure) {
                        _ = try Inflater.inflate(source, at: offset, cap: cap, output: write)
                    } catch {
                        failure = error
                    }
                }
                guard let failure else { return image }
                if best.map({ $0.failure.progress < failure.progress }) ?? true { best = (failure, offset) }
                if case .io(let error) = failure { throw error }
            }
        }
        guard let best else { throw try whatItIs(source) }
        let place = "gzip stream at offset \(hex(best.offset))"
        switch best.failure {
        case .corrupt(let output, let reason):
            throw LaunchError(
                .image, path: source.name, "cannot be unpacked: \(reason)", at: "\(place), after \(output) bytes",
                advice: "the file is damaged: copy or build it again")
        case .truncated(let output):
            throw LaunchError(
                .image, path: source.name, "ends before its compressed kernel does",
                at: "\(place), after \(output) bytes",
                advice: "the file is truncated: copy or build it again")
        case .tooLarge(let cap):
            let fits = cap < unpackedLimit
            throw LaunchError(
                .image, path: source.name, "unpacks to more than \(cap) bytes", at: place,
                advice: fits ? "give the guest more memory than \(memory)" : "no real kernel is that large")
        case .io(let error):
            throw error
        }
    }

    /// The error for a file in which no kernel was found.
    private static func whatItIs(_ source: some ImageSource) throws(LaunchError) -> LaunchError {
        let head = try source.bytes(at: 0, count: 64, what: "first bytes")
        if source.count >= 0x206, try source.bytes(at: 0x202, count: 4, what: "setup header") == Array("HdrS".utf8) {
            return LaunchError(
                .image, path: source.name, "is a bzImage without a gzip stream", at: "searched from offset 0x0",
                advice: "kernels newer than 2.6.30 may use xz or zstd: choose CONFIG_KERNEL_GZIP, or use the vmlinux")
        }
        if head.starts(with: [0x1f, 0x8b]) {
            return LaunchError(
                .image, path: source.name, "is compressed, but not as a kernel build does it", at: "gzip header at 0x0",
                advice: "unpack it first (gunzip)")
        }
        return LaunchError(
            .image, path: source.name, "is neither an ELF file nor a bzImage",
            at: "first bytes " + head.prefix(4).map { hex($0) }.joined(separator: " "),
            advice: "name a vmlinux or a bzImage")
    }

    private static func findSignature(in image: SharedImage) throws(LaunchError) -> UInt32? {
        for extent in image.extents {
            let found = try image.withBytes(of: extent) { bytes in
                signature.withUnsafeBytes { needle in
                    guard let hay = bytes.baseAddress, let needleStart = needle.baseAddress else { return nil as Int? }
                    // SAFETY: both buffers are alive and as long as they say.
                    return memmem(hay, bytes.count, needleStart, needle.count).map { UnsafeRawPointer($0) - hay }
                }
            }
            if let found { return UInt32(truncatingIfNeeded: extent.physical + UInt64(found + signature.count)) }
        }
        return nil
    }
}

extension SharedImage {
    /// The bytes of a bzImage: one extent, without the padding of its last page.
    func withBytesOfAllExtents<Result>(
        _ body: (UnsafeRawBufferPointer) -> Result?
    ) throws(LaunchError) -> Result? {
        guard let extent = extents.first else { return nil }
        return try withBytes(of: extent) { body(UnsafeRawBufferPointer(rebasing: $0.prefix(Int(byteCount)))) }
    }
}
