// A bzImage is a small program wrapped around a compressed kernel. A guest cannot run the small program (it believes in
// real mode and in hardware), so the launcher looks for the compressed part itself. There is no pointer to it that
// all versions agree on; there is, however, the magic number of gzip.

/// Where a gzip stream might start inside a larger file.
package enum GzipHeader {
    package static let size = 10

    /// Whether ten bytes look like a gzip header written by the kernel build: magic 1f 8b, deflate, no reserved flags
    /// (RFC 1952, section 2.3.1), and 3, "Unix", in the last place.
    static func matches(_ bytes: some Collection<UInt8>) -> Bool {
        guard bytes.count >= size else { return false }
        return bytes.withContiguousStorageIfAvailable { header in
            header[0] == 0x1f && header[1] == 0x8b && header[2] == 8 && header[3] & 0xe0 == 0 && header[9] == 3
        } ?? matches(Array(bytes.prefix(size)))
    }

    /// How far into a file we look. A real bzImage has its stream within the first 64 KiB; the rest is generosity.
    static let searchLimit: UInt64 = 64 << 20

    /// H:114 The offsets of all candidates, in order. A false one costs a failed inflation, nothing else: the caller goes on to
    /// the next, where the original gave up for good after the first disappointment.
    package static func candidates(in source: some ImageSource) throws(LaunchError) -> [UInt64] {
        var found: [UInt64] = []
        let window = 1 << 16
        var start: UInt64 = 0
        let end = min(source.count, searchLimit)
        var buffer = [UInt8](repeating: 0, count: window + size - 1)
        while start < end, found.count < 64 {
            var count = 0
            var failure: LaunchError?
            buffer.withUnsafeMutableBytes { bytes in
                do throws(LaunchError) { count = try source.read(at: start, into: bytes) } catch { failure = error }
            }
            if let failure { throw failure }
            guard count >= size else { break }
            // Windows overlap by nine bytes, so that no header hides across a border and none is seen twice.
            for index in 0..<min(window, count - size + 1) where buffer[index] == 0x1f {
                if matches(buffer[index..<index + size]) { found.append(start + UInt64(index)) }
            }
            start += UInt64(window)
        }
        return found
    }
}
