// Recordings: what the files hold, and what happens when the disk does not want them.

import Glibc
import Synchronization
import Testing
import lgtui

/// A folder that is gone with the test.
private final class Folder {
    let path: String

    init() {
        var template = Array("/tmp/lgtui-recording-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) } ?? "/tmp"
        }
    }

    deinit {
        for name in ["a.cast", "a.txt", "a.raw", "a-web1.cast", "fifo"] { unlink(path + "/" + name) }
        rmdir(path)
    }

    func text(_ name: String) -> String {
        String(decoding: (try? readSmallFile(path + "/" + name, limit: 64 << 20)) ?? [], as: UTF8.self)
    }
}

@Suite struct RecordingRequestTests {
    @Test(arguments: [
        ("cast", RecordingRequest(format: .cast)), ("raw:x.bin", RecordingRequest(format: .raw, file: "x.bin")),
        ("text:C:/odd", RecordingRequest(format: .text, file: "C:/odd")),
    ])
    func flagsAreUnderstood(flag: String, request: RecordingRequest) throws {
        #expect(try RecordingRequest(flag: flag) == request)
    }

    @Test(arguments: ["", "mp4", "cast:", ":x"]) func wrongFlagsAreRefused(flag: String) {
        #expect(throws: CommandLineError.self) { try RecordingRequest(flag: flag) }
    }

    @Test(arguments: [
        ("out.cast", "out-web1.cast"), ("/a.b/out", "/a.b/out-web1"), ("x/.hidden", "x/.hidden-web1"),
        ("a.b.cast", "a.b-web1.cast"),
    ])
    func severalGuestsGetFilesOfTheirOwn(file: String, own: String) {
        #expect(RecordingRequest(format: .cast, file: file).apart(for: "web1").file == own)
    }

    @Test func aFileWithoutANameIsNamedAfterGuestAndTime() throws {
        let path = RecordingRequest(format: .text).path(for: "a/b")
        #expect(path.hasPrefix("a_b-20"))
        #expect(path.hasSuffix(".txt"))
    }
}

@Suite struct RecordingEncoderTests {
    private let start = RecordingStart(steady: 5_000_000_000, wall: 1_700_000_000_123_000_000)
    private let size = Size(columns: 80, rows: 24)

    private func file(_ format: RecordingFormat, _ events: [RecordingEvent], tail: String = "") -> String {
        var encoder = RecordingEncoder(format, title: "web1", size: size, start: start, tail: Array(tail.utf8))
        var bytes = encoder.begin()
        for event in events { encoder.encode(event, to: &bytes) }
        encoder.finish(&bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func output(_ text: String, _ seconds: Double) -> RecordingEvent {
        .output(Array(text.utf8), time: start.steady + UInt64(seconds * 1e9))
    }

    @Test func aCastHasAHeaderAndOneEventALine() {
        let text = file(
            .cast,
            [
                output("hi \"you\"\\\r\n\u{1b}[1m\t\u{7f}", 0.25),
                .resize(Size(columns: 100, rows: 30), time: start.steady + 1_500_000_000), output("ü", 61.000001),
            ])
        let lines = text.split(separator: "\n").map(String.init)
        #expect(
            lines == [
                #"{"version":2,"width":80,"height":24,"timestamp":1700000000,"title":"web1","#
                    + #""env":{"TERM":"xterm-256color","SHELL":"lgtui"}}"#,
                #"[0.250000,"o","hi \"you\"\\\r\n\u001b[1m\t\u007f"]"#, #"[1.500000,"r","100x30"]"#,
                #"[61.000001,"o","ü"]"#,
            ])
    }

    @Test(arguments: [1, 2, 3]) func aCharacterIsNeverCutBetweenEvents(cut: Int) {
        let dog = Array("🐶".utf8)
        let text = file(
            .cast,
            [
                .output([0x61] + dog[..<cut], time: start.steady), .output(dog[cut...] + [0x62], time: start.steady),
            ])
        #expect(text.contains(#"[0.000000,"o","a"]"#))
        #expect(text.contains(#"[0.000000,"o","🐶b"]"#))
        #expect(!text.contains("\u{fffd}"))
    }

    @Test func whatNeverBecomesACharacterIsReplaced() {
        let text = file(.cast, [.output([0xff, 0x80, 0x61, 0xf0, 0x9f], time: start.steady)])
        #expect(text.contains("\"\u{fffd}\u{fffd}a\""))
        #expect(text.hasSuffix("\"\u{fffd}\"]\n"))
    }

    @Test func textHasTheTimeOfEachLine() {
        let text = file(
            .text, [output("one\r\n\u{1b}[31mtw", 0), output("o\u{1b}[m\r\nlogin: ", 2.5), .ended], tail: "prompt ")
        let lines = text.split(separator: "\n").map(String.init)
        #expect(lines.map { String($0.dropFirst(24)) } == ["prompt one", "two", "login: "])
        #expect(lines[0].prefix(23).hasSuffix(".123") && lines[2].prefix(23).hasSuffix(".623"))
        #expect(lines[0].dropFirst(4).first == "-" && lines[0].dropFirst(10).first == " ")
    }

    @Test func rawIsWhatTheGuestSent() {
        #expect(file(.raw, [output("\u{1b}[1m", 0), .resize(size, time: 9), .ended, output("x", 1)]) == "\u{1b}[1mx")
    }
}

@Suite struct RecorderTests {
    private let size = Size(columns: 80, rows: 24)

    private func recorder(
        _ format: RecordingFormat, _ file: String, onFailure: @escaping @Sendable (String) -> Void = { _ in }
    ) throws -> Recorder {
        try Recorder(
            RecordingRequest(format: format, file: file), guest: "web1", size: size, tail: [], onFailure: onFailure)
    }

    @Test func nothingIsLostWhenMuchIsWritten() throws {
        let folder = Folder()
        let recorder = try recorder(.raw, folder.path + "/a.raw")
        var expected = ""
        for number in 0..<20_000 {
            let line = "line \(number) of a guest that floods its console\n"
            recorder.take(line)
            expected += line
        }
        #expect(recorder.finish(within: .seconds(30)))
        #expect(folder.text("a.raw") == expected)
        #expect(recorder.failure == nil)
    }

    @Test func aFullDiskEndsTheRecordingAndNotTheGuest() throws {
        let reasons = Mutex<[String]>([])
        let recorder = try recorder(.cast, "/dev/full") { reason in reasons.withLock { $0.append(reason) } }
        #expect(recorder.finish(within: .seconds(30)))
        // The guest may go on printing as much as it likes.
        for _ in 0..<1000 { recorder.take(String(repeating: "x", count: 10_000)) }
        #expect(recorder.failure == "the recording to /dev/full ended: No space left on device")
        let deadline = ContinuousClock.now + .seconds(30)
        while reasons.withLock({ $0.isEmpty }), .now < deadline { usleep(1000) }
        #expect(reasons.withLock { $0 } == ["the recording to /dev/full ended: No space left on device"])
    }

    @Test func aFileIsWrittenByOneRecordingOnly() throws {
        let folder = Folder()
        let first = try recorder(.text, folder.path + "/a.txt")
        #expect(throws: CommandLineError.self) { try self.recorder(.text, folder.path + "/a.txt") }
        first.take("kept\n")
        #expect(first.finish(within: .seconds(30)))
        #expect(folder.text("a.txt").hasSuffix(" kept\n"))
        let second = try recorder(.text, folder.path + "/a.txt")
        #expect(second.finish(within: .seconds(30)))
        #expect(folder.text("a.txt") == "")
    }

    @Test func placesThatCannotBeWrittenAreTold() {
        let folder = Folder()
        mkfifo(folder.path + "/fifo", 0o600)
        for file in [folder.path, folder.path + "/missing/x", folder.path + "/fifo"] {
            do {
                _ = try recorder(.raw, file)
                Issue.record("accepted \(file)")
            } catch { #expect("\(error)".hasPrefix("cannot record to \(file): ")) }
        }
    }
}
