// What a guest prints, for everybody who listens: lines, waits, the tap itself.

import GuestHost
import Synchronization
import Testing
import lgtui

/// Somebody who only hears.
private final class Ear: ConsoleListener, ConsoleSink {
    private struct Heard {
        var bytes: [UInt8] = []
        var sizes: [Size] = []
        var ends = 0
    }
    private let heard = Mutex(Heard())

    func write(_ bytes: UnsafeRawBufferPointer) { heard.withLock { $0.bytes += bytes } }
    func take(_ bytes: UnsafeRawBufferPointer, at time: UInt64) { heard.withLock { $0.bytes += bytes } }
    func resized(to size: Size, at time: UInt64) { heard.withLock { $0.sizes.append(size) } }
    func guestEnded() { heard.withLock { $0.ends += 1 } }

    var text: String { heard.withLock { String(decoding: $0.bytes, as: UTF8.self) } }
    var sizes: [Size] { heard.withLock { $0.sizes } }
    var ends: Int { heard.withLock { $0.ends } }
}

extension ConsoleTap {
    func write(_ text: String) { Array(text.utf8).withUnsafeBytes { write($0) } }
}

extension ConsoleListener {
    func take(_ text: String, at time: UInt64 = 0) { Array(text.utf8).withUnsafeBytes { take($0, at: time) } }
}

@Suite struct LineAssemblerTests {
    /// The lines of `text`, fed in pieces of `step` bytes; an unfinished one has `…` behind it.
    private func lines(_ text: String, step: Int = .max) -> [String] {
        var assembler = LineAssembler()
        var lines: [String] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(step))
            rest = rest.dropFirst(step)
            piece.withUnsafeBytes { assembler.feed($0, at: 7) { lines.append($0.string) } }
        }
        assembler.finish { lines.append($0.string + "…") }
        return lines
    }

    @Test(arguments: [
        ("a\r\nb\n\nc", ["a", "b", "", "c…"]),
        ("\u{1b}[1;31mred\u{1b}[m \u{1b}]0;title\u{7}plain\u{1b}]2;t\u{1b}\\!\n", ["red plain!"]),
        ("ab\u{8}c\td\n", ["ac      d"]),
        ("loading 10%\rloading 99%\n", ["loading 99%"]),
        ("12345\r\u{1b}[Kxyz\u{1b}[2D\u{1b}[P!\n", ["x!"]),
        ("ac\u{1b}[D\u{1b}[@b\n", ["abc"]),
        ("ü犬🐶\n\u{1b}(0q\u{1b}(B\n", ["ü犬🐶", "q"]),
        ("one\u{1b}[H\u{1b}[2Jtwo\u{1b}[5;1Hthree\n", ["one", "two", "three"]),
        ("demo> \u{1b}7\u{1b}[999C\u{1b}[6n\u{1b}8ls\n", ["demo> ls"]),
        ("$ \u{1b}7\u{1b}[999;999H\u{1b}[6n\u{1b}8x\n\u{1b}[H\u{1b}[s\u{1b}[9;9H\u{1b}[Ky\n", ["$ x", "y"]),
        ("\u{1b}P1;2|data\u{1b}\\x\u{1b}[38;5;1\u{18}y\n", ["xy"]),
    ])
    func linesArePlainText(text: String, expected: [String]) {
        #expect(lines(text) == expected)
        #expect(lines(text, step: 1) == expected)
        #expect(lines(text, step: 3) == expected)
    }

    @Test func bytesThatAreNoTextAreReplaced() {
        var assembler = LineAssembler()
        var text = ""
        let bytes: [UInt8] = [0xff, 0x61, 0xc3, 0x0a, 0xed, 0xa0, 0x80, 0xc0, 0xf5, 0x0a]
        bytes.withUnsafeBytes { assembler.feed($0, at: 0) { text += $0.string + "\n" } }
        #expect(text == "\u{fffd}a\u{fffd}\n\u{fffd}\u{fffd}\u{fffd}\n")
    }

    @Test func endlessLinesAreBroken() {
        let found = lines(String(repeating: "x", count: LineAssembler.maximumLength * 2 + 5))
        #expect(found.map(\.count) == [LineAssembler.maximumLength, LineAssembler.maximumLength, 6])
        // A cursor far out, and parameters without end, make no memory.
        let far = lines("\u{1b}[99999Cx\u{1b}[\(String(repeating: "9;", count: 5000))G\u{1b}[99999@y\n")
        #expect(far.allSatisfy { $0.unicodeScalars.count <= LineAssembler.maximumLength + 1 })
    }

    @Test func aLineHasTheTimeOfItsFirstCharacter() {
        var assembler = LineAssembler()
        var times: [UInt64] = []
        for (time, text) in [(10, "a"), (20, "b\nc"), (30, "\n")] as [(UInt64, String)] {
            Array(text.utf8).withUnsafeBytes { assembler.feed($0, at: time) { times.append($0.time) } }
        }
        #expect(times == [10, 20])
    }
}

@Suite struct ConsoleTapTests {
    @Test func thoseWhoListenHearAndTheScreenHearsAlways() {
        let (screen, ear) = (Ear(), Ear())
        let tap = ConsoleTap(screen, size: Size(columns: 80, rows: 24))
        tap.write("before ")
        tap.add(ear)
        tap.write("heard")
        tap.resize(to: Size(columns: 80, rows: 24))
        tap.resize(to: Size(columns: 40, rows: 24))
        tap.guestEnded()
        tap.remove(ear)
        tap.write(" after")
        #expect(screen.text == "before heard after")
        #expect(ear.text == "heard")
        #expect(ear.sizes == [Size(columns: 40, rows: 24)])
        #expect(ear.ends == 1)
        #expect(tap.printed == 18)
    }

    @Test(arguments: [
        (["one\ntwo"], "two"), (["lo", "gin: "], "login: "), (["x\n"], ""), (["a\nb", "c\nd", "e"], "de"), ([], ""),
    ])
    func theUnfinishedLineIsKeptForNewcomers(pieces: [String], tail: String) {
        let tap = ConsoleTap(Ear(), size: Size(columns: 80, rows: 24))
        for piece in pieces { tap.write(piece) }
        #expect(String(decoding: tap.tail, as: UTF8.self) == tail)
    }

    @Test func theTailHasALimit() {
        let tap = ConsoleTap(Ear(), size: Size(columns: 80, rows: 24))
        for _ in 0..<100 { tap.write(String(repeating: "x", count: 900)) }
        tap.write(String(repeating: "y", count: 100_000))
        #expect(tap.tail.count <= 2048 && tap.tail.allSatisfy { $0 == UInt8(ascii: "y") })
    }
}

@Suite struct LineWatcherTests {
    private func watcher() -> LineWatcher { LineWatcher(onFind: {}) }

    @Test func aPromptIsFoundBeforeItsLineEnds() throws {
        let watcher = watcher()
        watcher.expect(try Pattern("login:"), id: 1, unread: false)
        watcher.take("web1 log")
        #expect(watcher.takeFinds() == [])
        watcher.take("in: ")
        #expect(watcher.takeFinds() == [.expected(id: 1, line: "web1 login: ")])
        watcher.take("root\nlogin: ")
        #expect(watcher.takeFinds() == [])
        #expect(watcher.isIdle)
    }

    @Test func whatStandsOnTheOpenLineCounts() throws {
        let watcher = watcher()
        watcher.begin(Array("\u{1b}[1mdemo> ".utf8))
        watcher.expect(try Pattern("demo>"), id: 3, unread: false)
        #expect(watcher.takeFinds() == [.expected(id: 3, line: "demo> ")])
    }

    @Test func aScriptReadsEverythingOnceAndInOrder() throws {
        let watcher = watcher()
        watcher.retain(true)
        watcher.take("boot\ndemo> ")
        watcher.expect(try Pattern("demo>"), id: 1, unread: true)
        #expect(watcher.takeFinds() == [.expected(id: 1, line: "demo> ")])
        // The prompt that was read does not count again, its echo and the next one do.
        watcher.expect(try Pattern("demo>"), id: 2, unread: true)
        watcher.take("ls\nfile\n")
        #expect(watcher.takeFinds() == [])
        watcher.take("demo> ")
        #expect(watcher.takeFinds() == [.expected(id: 2, line: "demo> ")])
        // What rushed past before anybody waited is still there.
        watcher.take("x\none\ntwo\nthree\n")
        watcher.expect(try Pattern("two"), id: 4, unread: true)
        #expect(watcher.takeFinds() == [.expected(id: 4, line: "two")])
        watcher.expect(try Pattern("one"), id: 5, unread: true)
        #expect(watcher.takeFinds() == [])
        watcher.expect(try Pattern("thr"), id: 6, unread: true)
        #expect(watcher.takeFinds() == [.expected(id: 6, line: "three")])
    }

    @Test func aPromptOfTheUserDoesNotLookBack() throws {
        let watcher = watcher()
        watcher.retain(true)
        watcher.take("login: root\n$ ")
        watcher.expect(try Pattern("login:"), id: 1, unread: false)
        #expect(watcher.takeFinds() == [])
        watcher.forget(id: 1)
        watcher.take("\nlogin:")
        #expect(watcher.takeFinds() == [])
    }

    @Test func aMonitorTellsEachLineOnce() throws {
        let watcher = watcher()
        watcher.monitor(try Pattern("err(or)?"))
        for piece in ["er", "r", "or", "or here\n", "fine\n", "error 2\nerror 3\n"] { watcher.take(piece) }
        #expect(watcher.takeFinds() == [.watched(count: 3, line: "error 3")])
        watcher.monitor(nil)
        watcher.take("error\n")
        #expect(watcher.takeFinds() == [])
    }

    @Test func aFloodIsForgottenRatherThanKept() throws {
        let watcher = watcher()
        watcher.retain(true)
        watcher.take("first\n")
        let flood = String(repeating: "some line or other\n", count: 1000)
        for _ in 0..<40 { watcher.take(flood) }
        watcher.take("last\n")
        watcher.expect(try Pattern("last"), id: 1, unread: true)
        #expect(watcher.takeFinds() == [.expected(id: 1, line: "last")])
        watcher.expect(try Pattern("first"), id: 2, unread: true)
        #expect(watcher.takeFinds() == [])
    }
}
