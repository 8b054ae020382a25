// zlib, held at arm's length: bytes in through a reader, bytes out through a writer, and a cap on what a small file may
// grow into. A gzip bomb is a classic; a launcher that unpacks one into its own memory is a punch line.

import CZlib

/// One gzip stream, inflated piece by piece.
package enum Inflater {
    package enum Failure: Error, Equatable {
        /// zlib does not believe the stream, after so many output bytes; the words are zlib's.
        case corrupt(afterOutput: UInt64, reason: String)
        /// The input ended before the stream did.
        case truncated(afterOutput: UInt64)
        /// More would come out than the cap allows.
        case tooLarge(cap: UInt64)
        /// Reading the input or writing the output failed.
        case io(LaunchError)

        /// How far we got: the best of several failures is the one that got furthest.
        var progress: UInt64 {
            switch self {
            case .corrupt(let output, _), .truncated(let output): output
            case .tooLarge, .io: .max
            }
        }
    }

    /// Inflates the gzip stream that starts at `offset`, checksum included, and hands out the bytes in pieces of at most
    /// 64 KiB. Bytes after the stream's end are nobody's business. Returns the number of bytes that came out.
    package static func inflate(
        _ source: some ImageSource, at offset: UInt64, cap: UInt64,
        output: (UnsafeRawBufferPointer) throws(LaunchError) -> Void
    ) throws(Failure) -> UInt64 {
        let chunk = 1 << 16
        let input = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 16)
        let outputBuffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 16)
        // SAFETY: zlib keeps pointers into both buffers and the stream only between init and end, which bracket all uses.
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        defer {
            stream.deallocate()
            input.deallocate()
            outputBuffer.deallocate()
        }
        // 15 window bits, plus 16: a gzip wrapper is expected, no other.
        guard inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw .corrupt(afterOutput: 0, reason: "zlib cannot start")
        }
        defer { inflateEnd(stream) }

        var position = offset
        var produced: UInt64 = 0
        while true {
            if stream.pointee.avail_in == 0 {
                let got: Int
                do { got = try source.read(at: position, into: input) } catch { throw .io(error) }
                guard got > 0 else { throw .truncated(afterOutput: produced) }
                position += UInt64(got)
                stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
                stream.pointee.avail_in = UInt32(got)
            }
            stream.pointee.next_out = outputBuffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = UInt32(chunk)
            let result = CZlib.inflate(stream, Z_NO_FLUSH)
            guard result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR else {
                let reason = stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(result)"
                throw .corrupt(afterOutput: produced, reason: reason)
            }
            let count = chunk - Int(stream.pointee.avail_out)
            if count > 0 {
                produced += UInt64(count)
                guard produced <= cap else { throw .tooLarge(cap: cap) }
                do {
                    try output(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(outputBuffer)[..<count]))
                } catch {
                    throw .io(error)
                }
            }
            if result == Z_STREAM_END { return produced }
            // No progress with input at hand and room to write would be a loop without end.
            guard count > 0 || stream.pointee.avail_in == 0 else {
                throw .corrupt(afterOutput: produced, reason: "zlib makes no progress")
            }
        }
    }
}
