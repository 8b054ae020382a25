import Testing
import lgtui

@Suite struct FigureTests {
    @Test(arguments: [
        (0 as UInt64, "0"), (999, "999"), (1000, "1.00k"), (12_345, "12.3k"), (123_456, "123k"), (999_999, "999k"),
        (1_000_000, "1.00M"), (UInt64.max, "18.4E"),
    ])
    func countsAreShort(value: UInt64, text: String) { #expect(compact(value) == text) }

    @Test(arguments: [
        (0 as UInt64, "0B"), (999, "999B"), (1000, "0.97K"), (1024, "1.00K"), (1536 << 10, "1.50M"),
        (UInt64.max, "15.9E"),
    ])
    func bytesAreShort(value: UInt64, text: String) { #expect(compactBytes(value) == text) }

    @Test func ratesArePerSecondAndSurviveARestart() {
        var meter = RateMeter()
        var figures = Figures()
        meter.sample(figures, at: 1_000_000_000)
        figures.bytesRead = 5000
        meter.sample(figures, at: 1_500_000_000)
        #expect(meter.perSecond.bytesRead == 10_000)
        meter.sample(Figures(), at: 2_500_000_000)
        #expect(meter.perSecond.bytesRead == 0)
    }

    @Test func aBurstIsSeenForTwoSecondsAndThenForgotten() {
        var meter = RateMeter()
        var figures = Figures()
        var seen: [UInt64] = []
        for step in 0..<10 as Range<UInt64> {
            if step == 2 { figures.bytesRead = 8000 }
            meter.sample(figures, at: step * 500_000_000)
            seen.append(meter.perSecond.bytesRead)
        }
        #expect(seen[2] == 8000)
        #expect(seen[5] == 4000)
        #expect(seen[6...].allSatisfy { $0 == 0 })
    }

    @Test(arguments: [1, 5, 10, 20, 40, 80, 120, 200, 400])
    func theBarFillsItsRowAndNeverLeavesIt(columns: Int) {
        var canvas = Canvas(size: Size(columns: columns, rows: 2))
        let pane = Workspace.PaneInfo(name: "puppy", phase: .running)
        let facts = StatusSegment.Facts(
            pane: pane, number: 1, count: 4, running: 3, rates: RateMeter(), sum: RateMeter(), isZoomed: false)
        let bar = StatusBar(facts, settings: Settings())
        let theme = Theme(name: "t")
        bar.paint(on: &canvas, row: 0, theme: theme, phase: pane.phase)
        for column in 0..<columns { #expect(canvas[column, 0].style.attributes.contains(.reverse)) }
        #expect(canvas.text(row: 1) == String(repeating: " ", count: columns))
        if columns >= 20 { #expect(canvas.text(row: 0).hasPrefix(" 1 puppy  running")) }
        if columns >= 120 { #expect(canvas.text(row: 0).contains("3/4")) }
    }
}

@Suite struct SegmentTests {
    /// A guest that read more and more, half a second a step.
    private func facts(_ borders: BorderSet = .heavy) -> StatusSegment.Facts {
        var meter = RateMeter()
        var figures = Figures()
        for step in 0..<6 as Range<UInt64> {
            figures.bytesRead += step << 20
            figures.diskRequests += step
            meter.sample(figures, at: step * 500_000_000)
        }
        var facts = StatusSegment.Facts(
            pane: Workspace.PaneInfo(name: "puppy", phase: .running), number: 1, count: 2, running: 2, rates: meter,
            sum: RateMeter(), isZoomed: false)
        facts.borders = borders
        return facts
    }

    private func text(_ names: [String], _ facts: StatusSegment.Facts) -> String {
        var settings = Settings()
        settings.barLeft = names.compactMap(StatusSegment.init)
        settings.barRight = []
        return StatusBar(facts, settings: settings).left.flatMap(\.pieces).map(\.text).joined()
    }

    @Test func sparklinesRiseWithWhatTheyShow() {
        #expect(text(["disk-graph"], facts()) == "    ▃▄▅▇█")
        #expect(text(["disk-graph"], facts(.ascii)) == "    :-=*#")
        #expect(text(["all-disk-graph"], facts()) == "         ")
        #expect(text(["iops", "iops-graph"], facts()) == "  io    7/s    ▃▄▅▇█")
    }

    @Test func aFullyUsedProcessorFillsItsCellAndNothingLessDoes() {
        var meter = RateMeter()
        for step in 0..<3 as Range<UInt64> {
            var figures = Figures()
            figures.processorTime = step * 125_000_000
            meter.sample(figures, at: step * 500_000_000)
        }
        #expect(Measure.cpu.sparkline(of: meter, columns: 2, borders: .heavy) == "▃▃")
        #expect(Measure.cpu.short(meter.perSecond) == "25%")
    }

    @Test func everySegmentHasANameThatLeadsBack() {
        let names = StatusSegment.allCases.map(\.rawValue)
        #expect(Set(names).count == names.count)
        for segment in StatusSegment.allCases { #expect(StatusSegment(rawValue: segment.rawValue) == segment) }
        #expect(names.contains("all-net-graph") && names.contains("alerts") && names.contains("cpu"))
    }

    @Test func numbersOfTheFocusedGuestOutliveSparklinesAndSums() {
        let bar = StatusBar(facts(), settings: Settings())
        let wide = bar.fitted(to: 300).left.count
        var last = Int.max
        for columns in stride(from: 300, to: 10, by: -1) {
            let fitted = bar.fitted(to: columns)
            #expect(fitted.left.count + fitted.right.count <= last)
            last = fitted.left.count + fitted.right.count
        }
        #expect(wide > bar.fitted(to: 110).left.count)
        let narrow = bar.fitted(to: 110).left.flatMap(\.pieces).map(\.text).joined()
        #expect(narrow.contains("disk") && !narrow.contains("▂"))
    }
}

@Suite struct CanvasTests {
    @Test func onlyRowsThatChangedAreTaken() {
        var canvas = Canvas(size: Size(columns: 10, rows: 3))
        canvas.takeDirtyRows { _, _, _ in }
        canvas.write("abc", column: 2, row: 1, limit: 10, style: .plain)
        var taken: [(Int, Range<Int>)] = []
        canvas.takeDirtyRows { row, columns, _ in taken.append((row, columns)) }
        #expect(taken.count == 1)
        #expect(taken.first?.0 == 1)
        #expect(taken.first?.1 == 2..<5)
        canvas.write("abc", column: 2, row: 1, limit: 10, style: .plain)
        canvas.takeDirtyRows { _, _, _ in Issue.record("nothing had changed") }
    }

    @Test func wideCharactersThatStickOutAreLeftOut() {
        var canvas = Canvas(size: Size(columns: 5, rows: 1))
        #expect(canvas.write("a犬犬犬", column: 0, row: 0, limit: 4, style: .plain) == 3)
        #expect(canvas.text(row: 0) == "a犬  ")
    }

    @Test func combiningCharactersStayOnTheirBase() {
        var canvas = Canvas(size: Size(columns: 3, rows: 1))
        canvas.write("e\u{301}x", column: 0, row: 0, limit: 3, style: .plain)
        #expect(canvas[0, 0].marks[0] == 0x301)
        #expect(canvas.text(row: 0) == "e\u{301}x ")
    }

    @Test func drawingOutsideIsHarmless() {
        var canvas = Canvas(size: Size(columns: 3, rows: 2))
        canvas[-1, 0] = CanvasCell("x")
        canvas[0, 5] = CanvasCell("x")
        canvas.fill(Rect(column: -5, row: -5, columns: 100, rows: 6), with: CanvasCell("y"))
        canvas.write("zzzz", column: 2, row: 1, limit: 99, style: .plain)
        #expect(canvas.text(row: 0) == "yyy")
        #expect(canvas.text(row: 1) == "  z")
    }

    @Test(arguments: [("hello", 5, "hello"), ("hello", 4, "hel…"), ("犬犬犬", 4, "犬…"), ("x", 0, ""), ("hello", 1, "…")])
    func longTextsEndInAnEllipsis(text: String, columns: Int, expected: String) {
        #expect(truncated(text, to: columns) == expected)
    }

    @Test func controlCharactersNeverReachTheTerminal() {
        #expect("a\u{1b}[2J\n\u{9b}\u{7f}".onOneLine == "a^[[2J^J\u{fffd}^?")
    }

    @Test func theBannerAlwaysNamesTheKey() {
        for columns in [10, 20, 40, 200] {
            for rows in [1, 2, 3, 10] {
                let reason = "unhandled trap 13 at 0xc0101234 (0x0) " + String(repeating: "x", count: 300)
                let lines = PaneChrome.banner(.dead(reason), size: Size(columns: columns, rows: rows))
                #expect(!lines.isEmpty && lines.count <= max(1, rows / 2))
                #expect(lines.allSatisfy { textWidth($0) <= columns - 2 })
            }
        }
        let lines = PaneChrome.banner(.dead("boom"), size: Size(columns: 60, rows: 10))
        #expect(lines == ["Dead: boom. Ctrl-] r starts it again."])
    }
}
