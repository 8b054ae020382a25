// Commands that arrange the panes of a page. The number of guests is fixed by the lab, so nothing here makes a pane: a
// split takes one that exists and puts it elsewhere.

extension Command {
    static let layoutCommands: [Command] = [
        Command(
            "layout", "next|previous|" + LayoutStyle.allCases.map(\.rawValue).joined(separator: "|"), .layout,
            "arrange the panes of this page: the next layout, or one by name"
        ) { workspace, arguments in
            let current = workspace.pages.page.style
            let style: LayoutStyle
            switch arguments.first {
            case nil, "next": style = current?.next() ?? .tiled
            case "previous": style = current?.next(-1) ?? .tiled
            case let word?:
                guard let named = LayoutStyle(rawValue: word) else {
                    workspace.tell(noSuch("layout", word, among: LayoutStyle.allCases.map(\.rawValue)), .error)
                    return []
                }
                style = named
            }
            workspace.pages.arrange { page in
                page.isZoomed = false
                page.follow(style)
            }
            let hasRoom = workspace.plan.isBoxed || workspace.pages.page.panes.count < 2
            workspace.tell(hasRoom ? "layout \(style.rawValue)" : "layout \(style.rawValue): no room for it here")
            return []
        },
        Command(
            "split", "right|down [NUMBER|GUEST]", .layout,
            "put the pane that had the focus before, or another, beside this one"
        ) { workspace, arguments in
            let axes: [String: Axis] = ["right": .horizontal, "down": .vertical]
            guard let axis = arguments.first.flatMap({ axes[$0] }) else {
                workspace.tell("split needs a direction: right or down", .error)
                return []
            }
            guard let pane = pane(arguments.dropFirst().first, in: &workspace) else { return [] }
            if pane == workspace.focus {
                workspace.tell("a pane cannot lie beside itself: name another one", .error)
            } else {
                let size = workspace.room
                workspace.pages.split(pane, along: axis, in: size)
            }
            return []
        },
        Command(
            "resize-pane", "left|right|up|down [CELLS]", .layout, "move the border of the focused pane"
        ) { workspace, arguments in
            let directions: [String: (axis: Axis, sign: Int)] = [
                "left": (.horizontal, -1), "right": (.horizontal, 1), "up": (.vertical, -1), "down": (.vertical, 1),
            ]
            guard let word = arguments.first, let (axis, sign) = directions[word] else {
                workspace.tell("resize-pane needs a direction: left, right, up or down", .error)
                return []
            }
            var cells = axis == .horizontal ? 4 : 2
            if let word = arguments.dropFirst().first {
                guard let number = Int(word), (1...1000).contains(number) else {
                    workspace.tell("resize-pane moves by 1 to 1000 cells, not by \(word)".onOneLine, .error)
                    return []
                }
                cells = number
            }
            guard let divider = workspace.plan.tree?.divider(of: workspace.focus, along: axis) else {
                workspace.tell("there is no border to move that way")
                return []
            }
            let rect = workspace.plan.inner
            workspace.pages.arrange { $0.move(divider, by: sign * cells, in: rect) }
            return []
        },
        Command("even", "", .layout, "give neighbours the same room") { workspace, _ in
            let size = workspace.room
            workspace.pages.arrange { $0.even(in: size) }
            return []
        },
        Command(
            "swap-pane", "next|previous|NUMBER|GUEST", .layout, "exchange the focused pane with another one"
        ) { workspace, arguments in
            let order = workspace.pages.order
            guard let place = order.firstIndex(of: workspace.focus) else { return [] }
            switch arguments.first {
            case nil, "next": workspace.pages.swap(with: order[(place + 1) % order.count])
            case "previous": workspace.pages.swap(with: order[(place + order.count - 1) % order.count])
            case let word?:
                guard let other = pane(word, in: &workspace) else { return [] }
                workspace.pages.swap(with: other)
            }
            return []
        },
        Command(
            "move-pane", "left|right|up|down", .layout, "move the focused pane to that edge of the page"
        ) { workspace, arguments in
            let edges: [String: (axis: Axis, before: Bool)] = [
                "left": (.horizontal, true), "right": (.horizontal, false), "up": (.vertical, true),
                "down": (.vertical, false),
            ]
            guard let word = arguments.first, let (axis, before) = edges[word] else {
                workspace.tell("move-pane needs an edge: left, right, up or down", .error)
                return []
            }
            let (pane, size) = (workspace.focus, workspace.room)
            workspace.pages.arrange { $0.moveToEdge(pane, along: axis, before: before, in: size) }
            return []
        },
    ]

    /// The pane that a word names; without a word the one that had the focus before, or the next.
    private static func pane(
        _ word: String?, in workspace: inout Workspace
    ) -> Int? {
        guard let word else {
            if workspace.lastFocus != workspace.focus { return workspace.lastFocus }
            let order = workspace.pages.order
            let place = order.firstIndex(of: workspace.focus) ?? 0
            return order.isEmpty ? nil : order[(place + 1) % order.count]
        }
        if let pane = workspace.pane(called: word) { return pane }
        workspace.tellNoPane(called: word)
        return nil
    }
}
