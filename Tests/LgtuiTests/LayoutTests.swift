import Testing
import lgtui

@Suite struct LayoutTests {
    private static let sizes: [(Int, Int)] = [
        (0, 0), (1, 1), (2, 2), (5, 1), (1, 5), (20, 5), (40, 10), (80, 24), (120, 40), (200, 50), (500, 3), (3, 200),
    ]

    @Test(arguments: sizes, [1, 2, 3, 4, 5, 7, 9, 16, 64])
    func everyFrameLiesOnTheScreenAndNoneOverlap(size: (Int, Int), count: Int) {
        let screen = Size(columns: size.0, rows: size.1)
        let plan = ScreenPlan(size: screen, count: count, focus: count - 1, zoomed: false)
        var taken = Set<Int>()
        for frame in plan.frames {
            let rect = frame.content
            #expect(rect.column >= 0 && rect.row >= 0 && rect.endColumn <= screen.columns && rect.endRow <= screen.rows)
            for row in rect.row..<rect.endRow {
                for column in rect.column..<rect.endColumn {
                    #expect(taken.insert(row * 1000 + column).inserted, "cell \(column),\(row) belongs to two panes")
                }
            }
            if let title = frame.titleRow { #expect(title >= 0 && title < rect.row) }
        }
        for row in [plan.statusRow, plan.messageRow].compactMap({ $0 }) {
            #expect(row < screen.rows)
            #expect(plan.frames.allSatisfy { $0.content.endRow <= row })
        }
    }

    @Test func fourPanesMakeTwoByTwoOnAnOrdinaryTerminal() {
        let plan = ScreenPlan(size: Size(columns: 80, rows: 24), count: 4, focus: 0, zoomed: false)
        #expect(plan.isBoxed)
        #expect(plan.frames.map(\.content.column) == [1, 40, 1, 40])
        #expect(plan.frames.map(\.content.columns) == [38, 39, 38, 39])
        #expect(plan.frames[0].content.row == plan.frames[1].content.row)
    }

    @Test func aScreenOfTwentyByFiveShowsTheFocusedPaneAlone() {
        let plan = ScreenPlan(size: Size(columns: 20, rows: 5), count: 4, focus: 2, zoomed: false)
        #expect(plan.frames.map(\.pane) == [2])
        #expect(plan.frames[0].content == Rect(column: 0, row: 1, columns: 20, rows: 3))
        #expect(plan.statusRow == 4)
    }

    @Test func aZoomedPaneHasAllColumns() {
        let plan = ScreenPlan(size: Size(columns: 80, rows: 24), count: 4, focus: 3, zoomed: true)
        #expect(plan.frames.map(\.pane) == [3])
        #expect(plan.frames[0].content.columns == 80)
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 64])
    func aTiledLayoutHoldsEveryPaneOnce(count: Int) {
        let tree = LayoutTree.tiled(Array(0..<count), in: Size(columns: 200, rows: 50))
        #expect(tree.panes == Array(0..<count))
    }

    @Test func sharesAddUpToTheWhole() {
        let tree = LayoutTree.split(.horizontal, (0..<7).map { LayoutTree.Child(weight: $0 + 1, .pane($0)) })
        let frames = tree.arrange(in: Rect(column: 0, row: 0, columns: 101, rows: 4))
        #expect(frames.reduce(0) { $0 + $1.rect.columns } + 6 == 101)
        #expect(frames.last?.rect.endColumn == 101)
    }
}

@Suite struct BorderTests {
    private func picture(_ grid: BorderGrid, _ set: BorderSet) -> [String] {
        (0..<grid.size.rows).map { row in
            var line = ""
            for column in 0..<grid.size.columns {
                line.unicodeScalars.append(grid.character(column: column, row: row, set: set)?.0 ?? " ")
            }
            return line
        }
    }

    private var twoPanes: BorderGrid {
        var grid = BorderGrid(size: Size(columns: 9, rows: 3))
        grid.box(around: Rect(column: 1, row: 1, columns: 3, rows: 1), .light)
        grid.box(around: Rect(column: 5, row: 1, columns: 3, rows: 1), .light)
        grid.box(around: Rect(column: 1, row: 1, columns: 3, rows: 1), .heavy)
        return grid
    }

    @Test func aHeavyFrameJoinsItsLightNeighbour() {
        #expect(picture(twoPanes, .heavy) == ["┏━━━┱───┐", "┃   ┃   │", "┗━━━┹───┘"])
    }

    @Test func withoutUnicodeWeightIsToldByOtherCharacters() {
        #expect(picture(twoPanes, .ascii) == ["#===#---+", "#   #   |", "#===#---+"])
    }

    @Test func everyCombinationOfArmsHasACharacter() {
        // Frames of both weights in every overlapping position never leave a hole.
        for offset in 0..<6 {
            var grid = BorderGrid(size: Size(columns: 14, rows: 9))
            grid.box(around: Rect(column: 3, row: 3, columns: 3, rows: 2), .light)
            grid.box(around: Rect(column: 2 + offset, row: 1 + offset / 2, columns: 3, rows: 3), .heavy)
            for row in 0..<9 {
                for column in 0..<14 { #expect(grid.character(column: column, row: row, set: .heavy)?.0 != " ") }
            }
        }
    }
}
