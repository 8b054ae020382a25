// All pages, and who is on which. Every guest is on exactly one page, whatever is moved where; that is the invariant of
// this file. As long as nobody arranges anything by hand, the pages are filled so that each pane is of use at the
// terminal's size.

package struct Pages: Sendable, Equatable {
    package private(set) var all: [Page]
    /// Index of the page that is shown.
    package private(set) var current = 0
    /// The pane that had the focus before, on whatever page it is.
    package private(set) var lastFocus = 0
    /// Nobody has arranged anything: the pages follow the size of the screen.
    package private(set) var isAutomatic = true
    /// What pages look like as long as nothing else is said.
    package private(set) var style: LayoutStyle
    private let count: Int

    /// A pane smaller than this is of little use.
    package static let comfortablePane = Size(columns: 36, rows: 9)
    /// But so many panes share a page on any screen: where there is no room for them the focused one is shown alone.
    private static let fewest = 4

    /// Pages for `count` guests on a screen that has `size` for panes.
    package init(count: Int, in size: Size, style: LayoutStyle = .tiled) {
        self.count = count
        self.style = style
        all = []
        fill(in: size)
    }

    package var page: Page { all[current] }
    package var focus: Int { page.focus }

    /// The index of the page with `pane` on it.
    package func index(of pane: Int) -> Int? { all.firstIndex { $0.panes.contains(pane) } }

    /// All panes in the order in which focus walks through them.
    package var order: [Int] { all.flatMap(\.panes) }

    // MARK: Filling

    /// How many of `count` panes a page of `size` takes.
    package static func capacity(_ size: Size, of count: Int) -> Int {
        let least = comfortablePane
        var most = ((size.columns + 1) / (least.columns + 1)) * ((size.rows + 1) / (least.rows + 1))
        most = min(most, count)
        let rect = Rect(column: 0, row: 0, columns: size.columns, rows: size.rows)
        // The best grid for so many need not be the one that was counted.
        while most > fewest, !LayoutTree.tiled(Array(0..<most), in: size).fits(rect, smallest: least) { most -= 1 }
        return max(fewest, most)
    }

    /// Spreads the guests over as many pages as `size` asks for, each about as full as the others.
    private mutating func fill(in size: Size) {
        let capacity = Self.capacity(size, of: count)
        let pageCount = max(1, (count + capacity - 1) / capacity)
        let focused = all.isEmpty ? 0 : focus
        let wasZoomed = all.isEmpty ? false : page.isZoomed
        let spread = (0..<pageCount).map { page in
            Array(count * page / pageCount..<count * (page + 1) / pageCount)
        }
        if spread == all.map(\.panes) { return }
        all = spread.map { Page($0, style: style) }
        current = index(of: focused) ?? 0
        all[current].focus = min(focused, max(0, count - 1))
        all[current].isZoomed = wasZoomed
    }

    /// Follows the screen to a new size, unless somebody has arranged the pages by hand.
    package mutating func resize(to size: Size) { if isAutomatic { fill(in: size) } }

    /// Forgets what was arranged by hand.
    package mutating func refill(in size: Size) {
        let focused = focus
        isAutomatic = true
        all = [Page(Array(0..<count), style: style)]
        all[0].focus = focused
        current = 0
        fill(in: size)
    }

    /// What every page looks like from the start; pages that were changed keep their looks.
    package mutating func follow(_ style: LayoutStyle) {
        self.style = style
        for index in all.indices where all[index].style != nil { all[index].follow(style) }
    }

    // MARK: Focus

    package mutating func focus(on pane: Int) {
        guard let target = index(of: pane), pane != focus else { return }
        lastFocus = focus
        current = target
        all[current].focus = pane
    }

    /// Shows another page, with the focus where it was there.
    package mutating func show(_ index: Int) {
        guard all.indices.contains(index), index != current else { return }
        lastFocus = focus
        current = index
    }

    package mutating func toggleZoom() { all[current].isZoomed.toggle() }
    package mutating func unzoom() { all[current].isZoomed = false }

    // MARK: Arranging

    /// Changes the page that is shown by hand.
    package mutating func arrange(_ body: (inout Page) -> Void) {
        isAutomatic = false
        body(&all[current])
    }

    package mutating func rename(_ name: String) { all[current].name = name }

    /// Gives the focused pane a page of its own behind the one it was on.
    package mutating func addPage(in size: Size) {
        guard page.panes.count > 1 else { return }
        isAutomatic = false
        let pane = focus
        all[current].remove(pane, in: size)
        current += 1
        all.insert(Page([pane], style: style), at: current)
    }

    /// Moves the focused pane to the page at `index`, and goes there with it.
    package mutating func send(to index: Int, in size: Size) {
        guard all.indices.contains(index), index != current else { return }
        isAutomatic = false
        let pane = focus
        all[index].append(pane, in: size)
        all[index].focus = pane
        take(pane, from: current, in: size, going: index)
    }

    /// Puts `pane`, wherever it is, beside the focused one.
    package mutating func split(_ pane: Int, along axis: Axis, in size: Size) {
        guard let source = index(of: pane), pane != focus else { return }
        isAutomatic = false
        all[current].isZoomed = false
        all[current].insert(pane, beside: focus, along: axis, in: size)
        if source != current { take(pane, from: source, in: size, going: current) }
    }

    /// Puts the focused pane in the place of `other`, on whatever page that is, and the other one in its place.
    package mutating func swap(with other: Int) {
        guard let there = index(of: other), other != focus else { return }
        isAutomatic = false
        let (pane, here) = (focus, current)
        all[here].swap(pane, other)
        if there != here {
            all[there].swap(pane, other)
            all[here].focus = other
            if all[there].focus == other { all[there].focus = pane }
            current = there
        }
        all[current].focus = pane
    }

    /// Takes `pane` off the page `source`, which goes away when that was its last, and shows the page `target`.
    private mutating func take(_ pane: Int, from source: Int, in size: Size, going target: Int) {
        all[source].remove(pane, in: size)
        current = target
        guard all[source].panes.isEmpty else { return }
        all.remove(at: source)
        if source < current { current -= 1 }
    }
}
