// Pages and layouts as values: whatever is done, every guest stays on exactly one page, and every frame on the screen.

import Testing
import lgtui

/// Small, repeatable chance (xorshift), so that a failure can be looked at again.
private struct Dice {
    var state: UInt64
    mutating func roll(_ sides: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state % UInt64(sides))
    }
}

@Suite struct LayoutEditingTests {
    private let rect = Rect(column: 0, row: 0, columns: 100, rows: 40)
    private var four: LayoutTree { .tiled([0, 1, 2, 3], in: Size(columns: 100, rows: 40)) }

    private func columns(_ tree: LayoutTree) -> [Int: Int] {
        Dictionary(uniqueKeysWithValues: tree.arrange(in: rect).map { ($0.pane, $0.rect.columns) })
    }

    @Test func aRemovedPaneLeavesItsRoomToNeighbours() {
        let rest = four.removing(1)
        #expect(rest?.panes == [0, 2, 3])
        #expect(rest.map { columns($0)[0] } == 100)
        #expect(LayoutTree.pane(7).removing(7) == nil)
    }

    @Test func splitsOfOneDirectionBecomeOne() {
        let tree = LayoutTree.split(
            .horizontal,
            [
                .init(.pane(0)),
                .init(
                    .split(
                        .vertical, [.init(.pane(1)), .init(.split(.horizontal, [.init(.pane(2)), .init(.pane(3))]))])),
            ])
        let rest = tree.removing(1)
        #expect(rest == .split(.horizontal, [.init(weight: 2, .pane(0)), .init(.pane(2)), .init(.pane(3))]))
    }

    @Test func aPaneBesideAnotherTakesHalfOfIt() {
        let tree = LayoutTree.split(.horizontal, [.init(.pane(0)), .init(.pane(1))])
        let more = tree.inserting(2, beside: 1, along: .horizontal)
        #expect(more.panes == [0, 1, 2])
        #expect(columns(more)[0] == 49)
        let below = tree.inserting(2, beside: 0, along: .vertical, before: true)
        #expect(below.panes == [2, 0, 1])
        #expect(columns(below)[2] == columns(below)[0])
    }

    @Test func weightsStaySmallHoweverOftenPanesAreMoved() {
        var tree = four
        var dice = Dice(state: 42)
        for _ in 0..<2000 {
            let pane = dice.roll(4)
            guard let rest = tree.removing(pane) else { continue }
            let target = rest.panes[dice.roll(3)]
            tree = rest.inserting(pane, beside: target, along: dice.roll(2) == 0 ? .horizontal : .vertical)
            #expect(Set(tree.panes) == [0, 1, 2, 3])
        }
        #expect(tree.arrange(in: rect).allSatisfy { $0.rect.endColumn <= 100 && $0.rect.endRow <= 40 })
    }

    @Test(arguments: LayoutStyle.allCases, [1, 2, 3, 5, 9, 16])
    func everyNamedLayoutHoldsEveryPaneOnce(style: LayoutStyle, count: Int) {
        for size in [Size(columns: 200, rows: 50), Size(columns: 80, rows: 24), Size(columns: 1, rows: 1)] {
            #expect(style.tree(Array(0..<count), in: size).panes.sorted() == Array(0..<count))
        }
    }

    @Test func theMainPaneIsTheLargest() {
        let tree = LayoutStyle.mainVertical.tree([3, 1, 2], in: rect.size)
        let frames = tree.arrange(in: rect)
        #expect(frames.first?.pane == 3)
        #expect(frames[0].rect == Rect(column: 0, row: 0, columns: 59, rows: 40))
        #expect(frames[1].rect.column == frames[2].rect.column)
    }

    @Test func aMovedBorderTakesFromOneSideAndGivesToTheOther() {
        let tree = LayoutTree.split(.horizontal, [.init(.pane(0)), .init(.pane(1)), .init(.pane(2))])
        let before = columns(tree)
        let divider = LayoutTree.Divider(path: [], index: 0, axis: .horizontal)
        let after = columns(tree.moving(divider, by: 7, in: rect))
        #expect(after[0] == before[0].map { $0 + 7 })
        #expect(after[1] == before[1].map { $0 - 7 })
        #expect(after[2] == before[2])
    }

    @Test func aBorderStopsWhereAPaneWouldBeOfNoUse() {
        let tree = LayoutTree.split(.horizontal, [.init(.pane(0)), .init(.pane(1))])
        let divider = LayoutTree.Divider(path: [], index: 0, axis: .horizontal)
        #expect(columns(tree.moving(divider, by: 1000, in: rect))[1] == ScreenPlan.smallestPane.columns)
        #expect(columns(tree.moving(divider, by: -1000, in: rect))[0] == ScreenPlan.smallestPane.columns)
    }

    @Test func theBorderUnderTheMouseIsFound() {
        let tree = four
        let first = tree.arrange(in: rect)[0].rect
        let upright = tree.divider(column: first.endColumn, row: 3, in: rect)
        #expect(upright?.axis == .horizontal)
        #expect(upright.flatMap { tree.position(of: $0, in: rect) } == first.endColumn)
        let level = tree.divider(column: 3, row: first.endRow, in: rect)
        #expect(level?.axis == .vertical)
        #expect(level.flatMap { tree.position(of: $0, in: rect) } == first.endRow)
        #expect(tree.divider(column: 3, row: 3, in: rect) == nil)
    }
}

@Suite struct PagesTests {
    private func workspace(_ count: Int, _ columns: Int, _ rows: Int) -> Workspace {
        var workspace = Workspace(
            panes: (1...count).map { "guest\($0)" }, size: Size(columns: columns, rows: rows))
        for index in 0..<count { workspace.panes[index].phase = .running }
        return workspace
    }

    /// Every guest is on one page, every page has somebody, and nothing is drawn outside.
    private func check(_ workspace: Workspace, _ comment: Comment) {
        let order = workspace.pages.order
        #expect(order.sorted() == Array(workspace.panes.indices), comment)
        #expect(workspace.pages.all.allSatisfy { !$0.panes.isEmpty && $0.panes.contains($0.focus) }, comment)
        for (page, plan) in zip(workspace.pages.all, workspace.plans) {
            for frame in plan.frames {
                #expect(page.panes.contains(frame.pane), comment)
                #expect(frame.content.clipped(to: workspace.size) == frame.content, comment)
            }
        }
    }

    @Test(arguments: [
        (4, 80, 24, 1), (4, 20, 5, 1), (64, 80, 24, 16), (64, 120, 40, 8), (64, 200, 50, 4), (64, 20, 5, 16),
        (16, 200, 50, 1), (1, 80, 24, 1), (5, 80, 24, 2),
    ])
    func pagesAreFilledSoThatPanesAreOfUse(count: Int, columns: Int, rows: Int, pages: Int) {
        let workspace = workspace(count, columns, rows)
        check(workspace, "fresh")
        #expect(workspace.pages.all.count == pages)
        // Five are two and three, and three lie one above the other.
        if columns >= 80, count != 5 {
            for frame in workspace.plans.flatMap(\.frames) {
                #expect(frame.content.columns >= 36 && frame.content.rows >= 8, "\(frame)")
            }
        }
    }

    @Test func theFocusStaysWhereItWasWhenTheScreenChanges() {
        var workspace = workspace(64, 200, 50)
        _ = workspace.run("focus-pane 40")
        workspace.size = Size(columns: 80, rows: 24)
        #expect(workspace.focus == 39)
        #expect(workspace.plan.frame(of: 39) != nil)
        workspace.size = Size(columns: 0, rows: 0)
        workspace.size = Size(columns: 200, rows: 50)
        #expect(workspace.focus == 39)
        check(workspace, "resized")
    }

    @Test func whatAHandArrangedIsKeptWhenTheScreenChanges() {
        var workspace = workspace(4, 200, 50)
        _ = workspace.run("layout main-vertical")
        _ = workspace.run("resize-pane right 10")
        let before = workspace.plan.frames.map(\.content)
        workspace.size = Size(columns: 30, rows: 8)
        workspace.size = Size(columns: 200, rows: 50)
        #expect(workspace.plan.frames.map(\.content) == before)
    }

    @Test func focusCrossesPages() {
        var workspace = workspace(8, 80, 24)
        #expect(workspace.pages.all.map(\.panes) == [[0, 1, 2, 3], [4, 5, 6, 7]])
        _ = workspace.run("focus-pane 7")
        #expect((workspace.pages.current, workspace.focus) == (1, 6))
        _ = workspace.run("focus-last")
        #expect((workspace.pages.current, workspace.focus) == (0, 0))
        _ = workspace.run("focus-previous")
        #expect(workspace.focus == 7)
        _ = workspace.run("focus-next")
        #expect(workspace.focus == 0)
        // Lower right, and over the edge: the page behind, at the same height.
        _ = workspace.run("focus-pane 4")
        _ = workspace.run("focus right")
        #expect((workspace.pages.current, workspace.focus) == (1, 6))
        _ = workspace.run("focus left")
        #expect((workspace.pages.current, workspace.focus) == (0, 3))
        _ = workspace.run("focus-last")
        #expect(workspace.focus == 6)
        _ = workspace.run("focus-pane 1")
        _ = workspace.run("focus up")
        #expect(workspace.focus == 0)
    }

    @Test func pagesHaveCommands() {
        var workspace = workspace(8, 80, 24)
        _ = workspace.run("next-page")
        #expect(workspace.focus == 4)
        _ = workspace.run("next-page")
        #expect(workspace.focus == 0)
        _ = workspace.run("new-page kennel")
        #expect(workspace.pages.all.map(\.panes) == [[1, 2, 3], [0], [4, 5, 6, 7]])
        #expect(workspace.pages.current == 1)
        _ = workspace.run("page 3")
        _ = workspace.run("send-to-page previous")
        #expect(workspace.pages.all.map(\.panes) == [[1, 2, 3], [0, 4], [5, 6, 7]])
        #expect(workspace.focus == 4)
        _ = workspace.run("page 1")
        _ = workspace.run("page kennel")
        #expect(workspace.pages.current == 1)
        _ = workspace.run("rename-page the old pond")
        #expect(workspace.pages.page.name == "the old pond")
        _ = workspace.run("send-to-page 1")
        _ = workspace.run("page 2")
        _ = workspace.run("send-to-page 1")
        #expect(workspace.pages.all.map { $0.panes.sorted() } == [[0, 1, 2, 3, 4], [5, 6, 7]])
        check(workspace, "moved")
        _ = workspace.run("page 9")
        #expect(workspace.message?.text == "there is no page 9: they go from 1 to 2")
        _ = workspace.run("fill-pages")
        #expect(workspace.pages.all.map(\.panes) == [[0, 1, 2, 3], [4, 5, 6, 7]])
    }

    @Test func aSplitTakesThePaneThatHadTheFocusBefore() {
        var workspace = workspace(4, 120, 40)
        _ = workspace.run("focus-pane 4")
        _ = workspace.run("focus-pane 1")
        _ = workspace.run("split right")
        let (one, four) = (workspace.plan.frame(of: 0)?.content, workspace.plan.frame(of: 3)?.content)
        #expect(one?.endColumn == four.map { $0.column - 1 })
        #expect(one?.rows == four?.rows)
        #expect(workspace.focus == 0)
        check(workspace, "split")
        _ = workspace.run("split down 2")
        #expect(workspace.plan.frame(of: 1)?.content.column == one?.column)
        _ = workspace.run("split down 1")
        #expect(workspace.message?.kind == .error)
        check(workspace, "split again")
    }

    @Test func swappedPanesKeepTheLayoutAndTheFocus() {
        var workspace = workspace(8, 80, 24)
        let places = workspace.plan.frames.map(\.content)
        _ = workspace.run("swap-pane next")
        #expect(workspace.pages.page.panes == [1, 0, 2, 3])
        #expect(workspace.plan.frames.map(\.content) == places)
        #expect(workspace.focus == 0)
        _ = workspace.run("swap-pane 8")
        #expect(workspace.pages.all.map(\.panes) == [[1, 7, 2, 3], [4, 5, 6, 0]])
        #expect((workspace.pages.current, workspace.focus) == (1, 0))
        check(workspace, "swapped")
    }

    @Test func aPaneMovesToTheEdgeOfItsPage() {
        var workspace = workspace(4, 120, 40)
        _ = workspace.run("focus-pane 4")
        _ = workspace.run("move-pane left")
        let frame = workspace.plan.frame(of: 3)?.content
        #expect(frame?.column == workspace.plan.inner.column)
        #expect(frame?.rows == workspace.plan.inner.rows)
        _ = workspace.run("even")
        check(workspace, "moved")
    }

    @Test func guestsAreCalledByNumberOrName() {
        var workspace = workspace(8, 80, 24)
        _ = workspace.run("focus-pane guest6")
        #expect(workspace.focus == 5)
        _ = workspace.run("swap-pane guest1")
        #expect(workspace.pages.all.map(\.panes) == [[5, 1, 2, 3], [4, 0, 6, 7]])
        _ = workspace.run("focus-pane gest3")
        #expect(workspace.message?.text == "there is no pane gest3: did you mean guest3?")
        _ = workspace.run("focus-pane -9223372036854775808")
        #expect(workspace.message?.kind == .error)
    }

    @Test func theLayoutOfTheStartIsASetting() {
        var workspace = workspace(3, 120, 40)
        workspace.pages.follow(.evenVertical)
        #expect(Set(workspace.plan.frames.map(\.content.column)).count == 1)
        _ = workspace.run("layout even-horizontal")
        _ = workspace.run("resize-pane right")
        let places = workspace.plan.frames.map(\.content)
        workspace.pages.follow(.tiled)
        #expect(workspace.plan.frames.map(\.content) == places)
    }

    @Test func aScreenOfAbsurdSizeIsPlannedAtOnce() {
        let workspace = workspace(64, 32767, 32767)
        #expect(workspace.plan.frames.count == 64)
    }

    @Test func spaceWalksThroughTheLayouts() {
        var workspace = workspace(3, 120, 40)
        var seen: [LayoutStyle?] = []
        for _ in LayoutStyle.allCases {
            _ = workspace.run(workspace.keys.command(for: .character(" ")) ?? "")
            seen.append(workspace.pages.page.style)
        }
        #expect(Set(seen) == Set(LayoutStyle.allCases))
        #expect(workspace.pages.page.style == .tiled)
        _ = workspace.run("layout main-vertcal")
        #expect(workspace.message?.text == "there is no layout main-vertcal: did you mean main-vertical?")
    }

    @Test(arguments: 1...20)
    func nothingThatIsDoneLosesAGuest(seed: Int) {
        var dice = Dice(state: UInt64(seed) &* 0x9e37_79b9_7f4a_7c15)
        var workspace = workspace(1 + dice.roll(12), 80, 24)
        let lines = [
            "layout next", "layout previous", "split right", "split down", "resize-pane left", "resize-pane down 7",
            "even", "swap-pane next", "swap-pane previous", "move-pane left", "move-pane down", "next-page",
            "previous-page", "new-page", "send-to-page next", "send-to-page previous", "zoom", "focus right",
            "focus up",
            "focus-next", "focus-last", "fill-pages", "swap-pane 3", "split right 2", "focus left", "send-to-page 1",
        ]
        for step in 0..<200 {
            let line = lines[dice.roll(lines.count)]
            _ = workspace.run(line)
            if dice.roll(10) == 0 { workspace.size = Size(columns: dice.roll(220), rows: dice.roll(60)) }
            check(workspace, "step \(step): \(line)")
            #expect(workspace.plan.size == workspace.size)
        }
    }

    @Test func whatAGuestSaysWhileItBootsIsNoNews() {
        var watch = OutputWatch()
        #expect(
            [0, 0, 3, 9, 9, 9, 12, 12, 13].map { watch.isNews($0) } == [
                false, false, false, false, false, false, true, false, true,
            ])
        watch.startOver()
        #expect([20, 20, 21].map { watch.isNews($0) } == [false, false, true])
    }

    @Test func marksAreForPanesOutOfView() {
        var workspace = workspace(8, 80, 24)
        workspace.mark(0, .bell)
        workspace.mark(5, .bell)
        workspace.mark(5, .activity)
        #expect(workspace.marks[0] == [])
        let bar = TabBar(workspace, columns: 80, borders: .heavy)
        #expect(bar.tabs.map(\.text) == ["[1 guest1…guest4]", " 2 guest5…guest8!# "])
        _ = workspace.run("next-page")
        workspace.forgetMarksInView()
        #expect(workspace.marks[5] == [])
    }

    @Test(arguments: [10, 20, 40, 80, 120, 200])
    func tabsFitTheirRowAndShowTheCurrentPage(columns: Int) {
        var workspace = workspace(64, 80, 24)
        workspace.panes[63].phase = .dead("x")
        for page in 0..<16 {
            workspace.pages.show(page)
            let bar = TabBar(workspace, columns: columns, borders: .ascii)
            #expect(bar.tabs.contains { $0.page == page })
            #expect(bar.tabs.allSatisfy { $0.column >= 0 && $0.column + $0.columns <= columns })
            #expect(bar.hasMore.before == (bar.tabs.first?.page != 0))
            #expect(bar.hasMore.after == (bar.tabs.last?.page != 15))
            for tab in bar.tabs { #expect(bar.page(at: tab.column) == tab.page) }
            var canvas = Canvas(size: Size(columns: columns, rows: 2))
            bar.paint(on: &canvas, row: 0, theme: Theme(name: "t"))
            #expect(canvas.text(row: 0).contains("[\(page + 1)"))
            if page == 15 { #expect(canvas.text(row: 0).contains("x]")) }
        }
    }
}
