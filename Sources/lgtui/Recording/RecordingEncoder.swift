// From what happens on a console to the bytes of a file, for each format. No files and no threads here.

import Glibc

/// Something that a recording knows of; times are nanoseconds of the steady clock.
package enum RecordingEvent: Equatable, Sendable {
    case output([UInt8], time: UInt64)
    case resize(Size, time: UInt64)
    /// The guest stopped: what it left unfinished will not be finished.
    case ended
}

/// When a recording began, on both clocks.
package struct RecordingStart: Equatable, Sendable {
    package var steady: UInt64
    /// Nanoseconds since 1970.
    package var wall: UInt64

    package init(steady: UInt64, wall: UInt64) {
        self.steady = steady
        self.wall = wall
    }

    package static func now() -> RecordingStart {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return RecordingStart(
            steady: steadyNanoseconds(),
            wall: UInt64(max(0, time.tv_sec)) * 1_000_000_000 + UInt64(max(0, time.tv_nsec)))
    }

    func elapsed(_ time: UInt64) -> UInt64 { time > steady ? time - steady : 0 }
}

package struct RecordingEncoder: Sendable {
    private let format: RecordingFormat
    private let start: RecordingStart
    private let header: [UInt8]
    private var assembler = LineAssembler()
    /// The start of a UTF-8 character whose end has not come yet: a character never lies across two events of a cast.
    private var incomplete: [UInt8] = []
    private var lastTime: UInt64

    /// - Parameters:
    ///   - title: what players show; the guest's name.
    ///   - tail: the line that stands unfinished on the console already.
    package init(_ format: RecordingFormat, title: String, size: Size, start: RecordingStart, tail: [UInt8] = []) {
        self.format = format
        self.start = start
        lastTime = start.steady
        header = format == .cast ? Self.castHeader(title: title, size: size, start: start) : []
        if format == .text { tail.withUnsafeBytes { assembler.feed($0, at: start.steady) { _ in } } }
    }

    /// What the file begins with.
    package func begin() -> [UInt8] { header }

    /// Appends what `event` adds to the file.
    package mutating func encode(_ event: RecordingEvent, to file: inout [UInt8]) {
        switch (format, event) {
        case (.raw, .output(let bytes, _)): file += bytes
        case (.raw, _), (.text, .resize): break
        case (.text, .output(let bytes, let time)):
            let start = start
            bytes.withUnsafeBytes { raw in
                assembler.feed(raw, at: time) { Self.addLine($0, start, to: &file) }
            }
        case (.text, .ended): finish(&file)
        case (.cast, .output(let bytes, let time)): addOutput(incomplete + bytes, time, to: &file)
        case (.cast, .resize(let size, let time)):
            addCastEvent("r", "\(size.columns)x\(size.rows)", time, to: &file)
        case (.cast, .ended): finish(&file)
        }
    }

    /// Appends what was waiting for more, which will not come.
    package mutating func finish(_ file: inout [UInt8]) {
        switch format {
        case .raw: break
        case .text:
            let start = start
            assembler.finish { Self.addLine($0, start, to: &file) }
        case .cast:
            if !incomplete.isEmpty { addCastEvent("o", "\u{fffd}", lastTime, to: &file) }
            incomplete = []
        }
    }

    // MARK: Text

    /// `2026-11-26 12:45:00.123 the line`, in local time.
    private static func addLine(_ line: ConsoleLine, _ start: RecordingStart, to file: inout [UInt8]) {
        file += timeStamp(wall: start.wall &+ start.elapsed(line.time)).utf8
        file.append(UInt8(ascii: " "))
        file += line.string.utf8
        file.append(0x0a)
    }

    package static func timeStamp(wall: UInt64) -> String {
        var seconds = time_t(wall / 1_000_000_000)
        var parts = tm()
        localtime_r(&seconds, &parts)
        var text = [CChar](repeating: 0, count: 40)
        let count = strftime(&text, text.count, "%Y-%m-%d %H:%M:%S", &parts)
        let date = String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return date + "." + zeroPadded(wall / 1_000_000 % 1000, to: 3)
    }

    static func zeroPadded(_ value: UInt64, to digits: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    // MARK: asciicast v2 (docs.asciinema.org/manual/asciicast/v2)

    private static func castHeader(title: String, size: Size, start: RecordingStart) -> [UInt8] {
        let header = Json.object([
            ("version", .integer(2)), ("width", .integer(size.columns)), ("height", .integer(size.rows)),
            ("timestamp", .unsigned(start.wall / 1_000_000_000)), ("title", .string(title)),
            ("env", .object([("TERM", .string("xterm-256color")), ("SHELL", .string("lgtui"))])),
        ])
        return Array((header.text + "\n").utf8)
    }

    private mutating func addOutput(_ bytes: [UInt8], _ time: UInt64, to file: inout [UInt8]) {
        lastTime = time
        let end = Self.completeLength(bytes)
        incomplete = Array(bytes[end...])
        // What is no UTF-8 at all becomes U+FFFD: JSON has no other bytes.
        if end > 0 { addCastEvent("o", String(decoding: bytes[..<end], as: UTF8.self), time, to: &file) }
    }

    /// How much of `bytes` lies before a character that is cut off at the end.
    static func completeLength(_ bytes: [UInt8]) -> Int {
        for back in 1...3 where back <= bytes.count {
            let byte = bytes[bytes.count - back]
            if byte & 0xc0 == 0x80 { continue }
            let length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
            return length > back ? bytes.count - back : bytes.count
        }
        return bytes.count
    }

    private func addCastEvent(_ code: String, _ text: String, _ time: UInt64, to file: inout [UInt8]) {
        let micros = start.elapsed(time) / 1000
        let seconds = "\(micros / 1_000_000).\(Self.zeroPadded(micros % 1_000_000, to: 6))"
        file += "[\(seconds),\"\(code)\",\(Json.string(text).text)]\n".utf8
    }
}
