// The finder, the overview, sparklines, and what moves on borders.

import TerminalCore
import Testing
import lgtui

@Suite struct FuzzyMatchTests {
    @Test(arguments: [
        ("", "anything", [Int]()), ("web", "web-13", [0, 1, 2]), ("w13", "web-13", [0, 4, 5]), ("DB", "db1", [0, 1]),
        ("ta", "database", [2, 3]), ("rt", "router-east", [0, 3]),
        ("re", "router-east", [0, 7]),
    ])
    func lettersMatchInOrder(query: String, name: String, offsets: [Int]) {
        #expect(FuzzyMatch(query, in: name)?.offsets == offsets)
    }

    @Test(arguments: [("x", "web"), ("wb1", "web"), ("bw", "web"), ("longer", "long")])
    func lettersThatAreNotThereDoNot(query: String, name: String) { #expect(FuzzyMatch(query, in: name) == nil) }

    @Test(arguments: [
        ("web", "web1", "cobweb1"), ("db", "db", "db-backup"), ("re", "router-east", "fare"), ("w1", "w1", "web1"),
        ("we", "web", "waffle-e"),
    ])
    func theLikelierNameIsFirst(query: String, better: String, worse: String) throws {
        let (one, other) = try (#require(FuzzyMatch(query, in: better)), #require(FuzzyMatch(query, in: worse)))
        #expect(one.score > other.score)
    }
}

@Suite struct OverlayTests {
    private let stage = Stage(theme: Theme(name: "t"), borders: .heavy, rates: Array(repeating: RateMeter(), count: 64))

    private func workspace(_ count: Int = 64, _ size: Size = Size(columns: 80, rows: 24)) -> Workspace {
        var workspace = Workspace(panes: (1...count).map { "guest\($0)" }, size: size)
        let wakeup = Wakeup()
        workspace.screens = (0..<count).map { _ in PaneScreen(size: Size(columns: 38, rows: 10), wakeup: wakeup) }
        for index in 0..<count { workspace.panes[index].phase = .running }
        return workspace
    }

    private func type(_ text: String, into workspace: inout Workspace) {
        var decoder = InputDecoder()
        decoder.append(Array(text.utf8))
        while let piece = decoder.next(for: workspace.inputTarget, isFinal: true) {
            _ = workspace.handle(piece)
            var canvas = Canvas(size: workspace.size)
            workspace.paintOverlays(stage, on: &canvas)
        }
    }

    private func picture(_ workspace: inout Workspace) -> [String] {
        var canvas = Canvas(size: workspace.size)
        workspace.paintOverlays(stage, on: &canvas)
        return (0..<workspace.size.rows).map { canvas.text(row: $0) }
    }

    @Test func theFinderGoesToTheBestMatch() {
        var workspace = workspace()
        workspace.panes[41].name = "database"
        type("\u{1d}fdtb", into: &workspace)
        let rows = picture(&workspace)
        #expect(rows.contains { $0.contains("> dtb") })
        #expect(rows.contains { $0.contains(">  42 database") })
        type("\r", into: &workspace)
        #expect(workspace.focus == 41)
        #expect(workspace.overlays.isEmpty)
        #expect(workspace.plan.frame(of: 41) != nil)
    }

    @Test func theFinderKnowsNumbersArrowsAndEscape() {
        var workspace = workspace()
        type("\u{1d}f7\r", into: &workspace)
        #expect(workspace.focus == 6)
        type("\u{1d}f\u{1b}[B\u{1b}[B\r", into: &workspace)
        #expect(workspace.focus == 2)
        type("\u{1d}fzzz\r\u{1b}", into: &workspace)
        #expect(workspace.focus == 2)
        #expect(workspace.overlays.isEmpty)
    }

    @Test(arguments: [(80, 24), (120, 40), (200, 50), (20, 5), (40, 10), (18, 4), (3, 3), (1, 1)], [1, 4, 64])
    func everyGuestCanBeReachedInTheOverview(size: (Int, Int), count: Int) {
        var workspace = workspace(count, Size(columns: size.0, rows: size.1))
        type("\u{1d}w", into: &workspace)
        var seen: Set<Int> = []
        for _ in 0..<count {
            if let overview = workspace.overlays.last as? Overview { seen.insert(overview.selection) }
            type("l", into: &workspace)
        }
        #expect(seen == Set(0..<count))
        type("g\r", into: &workspace)
        #expect(workspace.focus == 0)
        #expect(workspace.overlays.isEmpty)
    }

    @Test func theOverviewShowsTextStateAndSparklines() {
        var workspace = workspace(4)
        var text = "Linux version 2.6.23\r\nlogin: "
        text.withUTF8 { workspace.screens[2].write(UnsafeRawBufferPointer($0)) }
        workspace.panes[3].phase = .dead("boom")
        type("\u{1d}w", into: &workspace)
        let rows = picture(&workspace)
        #expect(rows.contains { $0.contains("3 guest3") && $0.contains("running") })
        #expect(rows.contains { $0.contains("login:") })
        #expect(rows.contains { $0.contains("dead") })
        #expect(rows.contains { $0.contains("cpu ") || $0.contains("c▁") || $0.contains(" d") })
        type("m", into: &workspace)
        let shapes = picture(&workspace)
        #expect(!shapes.contains { $0.contains("login:") })
        #expect(shapes.contains { $0.unicodeScalars.contains { (0x2801...0x28ff).contains($0.value) } })
    }

    @Test func theOverviewFiltersAndDivesIn() {
        var workspace = workspace()
        type("\u{1d}w/t42\r", into: &workspace)
        #expect(workspace.focus == 41)
        type("\u{1d}w/qqq", into: &workspace)
        #expect(picture(&workspace).contains { $0.contains("nobody") })
        type("\u{1b}", into: &workspace)
        #expect(!workspace.overlays.isEmpty)
        type("\u{1b}", into: &workspace)
        #expect(workspace.overlays.isEmpty)
    }

    @Test func aClickInTheOverviewChoosesAndASecondDivesIn() {
        var workspace = workspace(4)
        type("\u{1d}w", into: &workspace)
        let click = InputDecoder.Piece.mouse(MouseEvent(.press, .left, column: 70, row: 20))
        _ = workspace.handle(click)
        #expect((workspace.overlays.last as? Overview)?.selection == 3)
        _ = workspace.handle(click)
        #expect(workspace.focus == 3)
        #expect(workspace.overlays.isEmpty)
    }

    @Test func aPageIsRenamedByTyping() {
        var workspace = workspace(4)
        type("\u{1d},kennel\u{7f}s\r", into: &workspace)
        #expect(workspace.pages.page.name == "kennes")
    }
}

@Suite struct SparklineTests {
    @Test(arguments: [
        ([UInt64](), 3, "   "), ([0, 0], 2, "▁▁"), ([1, 0, 8], 3, "▂▁█"), ([5, 5, 5], 2, "██"), ([9], 3, "  █"),
        ([UInt64.max, 1], 2, "█▂"), ([1], 0, ""),
    ])
    func barsFollowTheValues(values: [UInt64], columns: Int, line: String) {
        #expect(sparkline(values, columns: columns) == line)
    }

    @Test func aCeilingKeepsSmallThingsSmall() {
        #expect(sparkline([500, 1000], columns: 2, ceiling: 1000) == "▅█")
        #expect(sparkline([1], columns: 1, ceiling: 1000) == "▂")
        #expect(sparkline([0, 1, 2], columns: 3, borders: .ascii) == "_=#")
    }

    @Test func theMeterRemembersHalfAMinute() {
        var meter = RateMeter()
        var figures = Figures()
        for step in 0..<100 as Range<UInt64> {
            figures.packetsSent += step
            meter.sample(figures, at: 1 + step * 500_000_000)
        }
        #expect(meter.history.count == RateMeter.historyCount)
        #expect(meter.history.last?.packetsSent == 198)
    }
}

@Suite struct LinkActivityTests {
    private func links() -> LinkActivity {
        var links = LinkActivity([["a"], ["a", "b"], ["b"]])
        for pane in 0..<3 { links.sample(pane, pane == 1 ? [(5, 5), (5, 5)] : [(5, 5)]) }
        links.sample(0, [(9, 5)])
        links.sample(1, [(5, 9), (5, 5)])
        links.sample(2, [(5, 5)])
        return links
    }

    @Test func packetsAreSeenOnTheNetworkThatTheyWereOn() {
        let links = links()
        #expect(links.flow(0, 1) == (true, false))
        #expect(links.flow(1, 0) == (false, true))
        #expect(links.flow(1, 2) == (false, false))
        #expect(links.flow(0, 2) == (false, false))
    }

    @Test func arrowsLieOnTheSharedBorderAndMove() {
        var links = links()
        let plan = ScreenPlan(size: Size(columns: 120, rows: 40), count: 3, focus: 0, zoomed: false)
        var places: Set<Int> = []
        for _ in 0..<LinkActivity.spacing {
            let arrows = links.arrows(plan, borders: .heavy)
            let (one, two) = (plan.frames[0].content, plan.frames[1].content)
            #expect(!arrows.isEmpty)
            for arrow in arrows {
                #expect(!one.contains(column: arrow.column, row: arrow.row))
                #expect(!two.contains(column: arrow.column, row: arrow.row))
                #expect(["→", "↓"].contains(arrow.scalar))
                places.insert(arrow.column * 1000 + arrow.row)
            }
            links.advance()
        }
        #expect(places.count > links.arrows(plan, borders: .heavy).count)
        links.sample(0, [(9, 5)])
        #expect(links.arrows(plan, borders: .heavy).isEmpty)
    }

    @Test func arrowsKeepAwayFromTitles() {
        var workspace = Workspace(panes: ["one", "two"], size: Size(columns: 60, rows: 20))
        workspace.links = LinkActivity([["a"], ["a"]])
        _ = workspace.run("layout even-vertical")
        workspace.links.sample(0, [(0, 0)])
        workspace.links.sample(1, [(0, 0)])
        workspace.links.sample(0, [(1, 0)])
        workspace.links.sample(1, [(0, 1)])
        let wakeup = Wakeup()
        workspace.screens = (0..<2).map { _ in PaneScreen(size: Size(columns: 58, rows: 8), wakeup: wakeup) }
        var meter = RateMeter()
        var figures = Figures()
        meter.sample(figures, at: 1_000_000_000)
        (figures.packetsSent, figures.packetsReceived) = (1, 1)
        meter.sample(figures, at: 2_000_000_000)
        var painter = Painter(theme: Theme(name: "t"), borders: .heavy, size: workspace.size)
        var seen = 0
        for _ in 0..<LinkActivity.spacing {
            painter.paint(&workspace, rates: [meter, meter], sum: meter)
            let line = painter.canvas.text(row: workspace.plan.frames[1].content.row - 1)
            seen += line.count { $0 == "↓" } - 1
            #expect(line.contains(" 2 two ") && line.contains(" ↓1 ↑1 ") && line.contains(" waiting "))
            #expect(!line.contains(" ↓ ") && !line.contains("↓ 2") && !line.contains(" ↓─") && !line.contains("─↓ "))
            workspace.links.advance()
        }
        #expect(seen > 4)
    }
}
