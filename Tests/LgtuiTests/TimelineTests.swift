import Testing
import lgtui

private let prefix = "\u{1d}"

@Suite struct StampTests {
    @Test(arguments: [
        (0 as Int64, "+0.000"), (12_345_678_901, "+12.345"), (-1_500_000_000, "-1.500"),
        (9_999_999_000_000, "+9999.999"),
        (12_345_678_000_000, "+12345.6"), (1_234_567_000_000_000, "+1234567"),
    ])
    func timesSinceBootFitTheirGutter(nanoseconds: Int64, text: String) {
        #expect(sinceBoot(nanoseconds) == text)
        #expect(text.count < StampKind.boot.columns)
    }

    @Test func theGutterIsBesideTheTextAndOnlyThere() throws {
        var workspace = workspace(["one\r\ntwo\r\n\r\n$ "])
        workspace.screens[0].noteBoot(at: steadyNanoseconds() - 150_000_000_000)
        workspace.screens[0].feed("now\r\n" + String(repeating: "x", count: 100))
        #expect(workspace.drawn()[1].hasPrefix("one"))
        _ = workspace.run("timestamps boot")
        #expect(workspace.textRect(of: 0) == Rect(column: 10, row: 1, columns: 70, rows: 21))
        workspace.screens[0].resize(to: Size(columns: 70, rows: 21))
        let rows = workspace.drawn()
        #expect(rows[1].hasSuffix(" one") && rows[1].contains("+1"))
        #expect(rows[4].contains("+1") && rows[4].hasSuffix(" $ now"))
        #expect(rows[5].contains("+1") && rows[5].hasSuffix(" " + String(repeating: "x", count: 70)))
        // The rest of a wrapped line has no time of its own.
        #expect(rows[6].hasPrefix("          xxx"))
        _ = workspace.run("timestamps wall")
        #expect(workspace.drawn()[1].contains(":"))
        _ = workspace.type(prefix + "t")
        #expect(workspace.stampKind(of: 0) == .none)
    }

    @Test func stampsSurviveScrollingAndAnotherWidth() throws {
        var workspace = workspace(["first " + String(repeating: "y", count: 100) + "\r\n"])
        let old = try #require(workspace.screens[0].stamps(rows: 1, reserved: 0).first)
        #expect(old > 0)
        workspace.screens[0].feed(String(repeating: "more\r\n", count: 100))
        workspace.screens[0].resize(to: Size(columns: 40, rows: 10))
        workspace.screens[0].resize(to: Size(columns: 70, rows: 30))
        _ = workspace.type(prefix + "[g")
        let mode = try #require(workspace.copyMode(of: 0))
        #expect(mode.text.line(0).text.hasPrefix("first yyy"))
        #expect(mode.text.stamp(0) == old)
        #expect(mode.text.stamp(50) > old)
    }

    @Test func narrowPanesHaveNoGutter() {
        var workspace = workspace(["one\r\n"], size: Size(columns: 20, rows: 5))
        _ = workspace.run("timestamps boot")
        #expect(workspace.textRect(of: 0)?.column == 0)
    }

    @Test func nonsenseIsRefused() {
        var workspace = workspace(["one\r\n", "two\r\n"])
        _ = workspace.run("timestamps sundial")
        #expect(workspace.message?.kind == .error)
        _ = workspace.run("timestamps wall all")
        #expect(workspace.stampKind(of: 0) == .wall && workspace.stampKind(of: 1) == .wall)
    }
}

@Suite struct TimelineTests {
    /// Three guests that talk in turn.
    private func talk(_ rounds: Int, size: Size = Size(columns: 80, rows: 24)) -> Workspace {
        let workspace = workspace(["", "", ""], size: size)
        for round in 1...rounds {
            for pane in 0..<3 { workspace.screens[pane].feed("round \(round) of \(pane + 1)\r\n") }
        }
        return workspace
    }

    /// What the lines of the page say, without times and names.
    private func texts(_ rows: [String]) -> [String] {
        rows.dropFirst().dropLast().compactMap { row in
            row.firstIndex(of: "|").map { String(row[$0...].dropFirst(2)) }
        }
    }

    @Test func linesOfAllGuestsComeInTheOrderOfTheirTimes() {
        var workspace = talk(5)
        _ = workspace.type(prefix + "T")
        let rows = workspace.drawn()
        #expect(texts(rows) == (1...5).flatMap { round in (1...3).map { "round \(round) of \($0)" } })
        #expect(rows[0].contains("3/3 guests, 15 lines") && rows[0].hasSuffix("following"))
        #expect(rows[1].contains("guest1") && rows[2].contains("guest2"))
    }

    @Test func thePageFollowsUntilSomebodyScrolls() {
        var workspace = talk(50)
        _ = workspace.type(prefix + "T")
        #expect(texts(workspace.drawn()).last == "round 50 of 3")
        workspace.screens[1].feed("late\r\n")
        #expect(texts(workspace.drawn()).last == "late")
        _ = workspace.type("\u{2}")
        let page = texts(workspace.drawn())
        workspace.screens[1].feed("later\r\n")
        #expect(texts(workspace.drawn()) == page)
        _ = workspace.type("G")
        #expect(texts(workspace.drawn()).last == "later")
        _ = workspace.type("g")
        #expect(texts(workspace.drawn()).first == "round 1 of 1")
    }

    @Test func pagingVisitsEveryLineOnce() {
        var workspace = talk(40)
        _ = workspace.type(prefix + "Tg")
        var seen: [String] = []
        for _ in 0..<12 {
            for text in texts(workspace.drawn()) where !seen.contains(text) { seen.append(text) }
            _ = workspace.type("\u{6}")
        }
        #expect(seen == (1...40).flatMap { round in (1...3).map { "round \(round) of \($0)" } })
    }

    @Test func filtersNarrowToGuestsAndPatterns() {
        var workspace = talk(50)
        _ = workspace.type(prefix + "T&of 2$\r")
        #expect(texts(workspace.settled()).allSatisfy { $0.hasSuffix("of 2") })
        #expect(workspace.drawn()[0].contains("50 lines"))
        workspace.screens[1].feed("round 51 of 2\r\nnot this\r\n")
        #expect(texts(workspace.settled()).last == "round 51 of 2")
        _ = workspace.type("&\u{15}\ro")
        #expect(workspace.settled()[0].contains("guest2, 52 lines"))
        _ = workspace.type("a")
        #expect(workspace.settled()[0].contains("3/3 guests"))
        _ = workspace.type("\t")
        #expect(workspace.settled()[0].contains("guest1, 50 lines"))
        _ = workspace.type("q")
        _ = workspace.run("timeline guest3 1")
        #expect(workspace.settled()[0].contains("2/3 guests, 100 lines"))
    }

    @Test func searchGoesToTheLineAndEnterToThePane() throws {
        var workspace = talk(100)
        _ = workspace.type(prefix + "T")
        _ = workspace.drawn()
        _ = workspace.type("?round 20 of 2\r")
        let rows = workspace.settled()
        #expect(texts(rows).contains("round 20 of 2"))
        _ = workspace.type("\r")
        #expect(workspace.focus == 1)
        #expect(workspace.copyMode(of: 1)?.place == TextPlace(line: 19, offset: 0))
    }

    @Test func aWrappedLineIsOneLineAndASillyOneDoesNoHarm() {
        var workspace = talk(1)
        let long = String(repeating: "0123456789", count: 12)
        workspace.screens[0].feed(long + "\r\n" + String(repeating: "z", count: 100_000))
        _ = workspace.type(prefix + "T/z{50}\r")
        let rows = workspace.settled()
        #expect(rows.contains { $0.contains("0123456789") })
        #expect(workspace.drawn()[0].contains("5 lines"))
    }

    @Test func sixtyFourGuestsWithTenThousandLinesStayUsable() {
        var workspace = workspace(Array(repeating: "", count: 64), size: Size(columns: 200, rows: 50))
        let text = (1...10_000).map { "line \($0) of a guest that talks a lot\r\n" }.joined()
        for screen in workspace.screens { screen.feed(text) }
        _ = workspace.type(prefix + "T")
        _ = workspace.drawn()
        let start = ContinuousClock.now
        for _ in 0..<20 {
            _ = workspace.type("\u{2}")
            _ = workspace.drawn()
        }
        #expect(workspace.drawn()[0].contains(" lines"))
        #expect(ContinuousClock.now - start < .seconds(20))
        _ = workspace.type("&line 7777 \r")
        #expect(workspace.settled()[0].contains("64 lines"))
    }

    @Test(arguments: [Size(columns: 1, rows: 1), Size(columns: 5, rows: 3), Size(columns: 20, rows: 5)])
    func noSizeIsTooSmall(size: Size) {
        var workspace = talk(9, size: size)
        _ = workspace.type(prefix + "T")
        _ = workspace.drawn()
        _ = workspace.type("kj\u{2}\u{6}g/r\rnN&o\ra\t")
        #expect(workspace.settled().count == size.rows)
    }
}
