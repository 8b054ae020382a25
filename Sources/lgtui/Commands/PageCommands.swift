// Commands for pages, the screenfuls of panes.

extension Command {
    static let pageCommands: [Command] = [
        Command("page", "NUMBER|PAGE", .layout, "show a page") { workspace, arguments in
            let text = arguments.joined(separator: " ")
            if let index = page(text, in: &workspace) { workspace.pages.show(index) }
            return []
        },
        Command("next-page", "", .layout, "show the next page") { workspace, _ in
            workspace.stepPage(by: 1)
            return []
        },
        Command("previous-page", "", .layout, "show the previous page") { workspace, _ in
            workspace.stepPage(by: -1)
            return []
        },
        Command("new-page", "[NAME]", .layout, "give the focused pane a page of its own") { workspace, arguments in
            guard workspace.pages.page.panes.count > 1 else {
                workspace.tell("this pane has a page of its own already")
                return []
            }
            let size = workspace.room
            workspace.pages.addPage(in: size)
            if !arguments.isEmpty { workspace.pages.rename(arguments.joined(separator: " ")) }
            return []
        },
        Command(
            "send-to-page", "NUMBER|next|previous", .layout, "move the focused pane to another page"
        ) { workspace, arguments in
            let count = workspace.pages.all.count
            let index: Int?
            switch arguments.first {
            case "next": index = (workspace.pages.current + 1) % count
            case "previous": index = (workspace.pages.current + count - 1) % count
            default: index = page(arguments.joined(separator: " "), in: &workspace)
            }
            guard let index else { return [] }
            if index == workspace.pages.current {
                workspace.tell(count == 1 ? "there is only this page: new-page makes another" : "it is there already")
                return []
            }
            let size = workspace.room
            workspace.pages.send(to: index, in: size)
            return []
        },
        Command("rename-page", "[NAME]", .layout, "give this page another name") { workspace, arguments in
            if arguments.isEmpty {
                workspace.open(PageNamePrompt(workspace.pages.page.name))
            } else {
                workspace.pages.rename(arguments.joined(separator: " "))
            }
            return []
        },
        Command("fill-pages", "", .layout, "spread all panes over pages again, as the screen allows") { workspace, _ in
            let room = ScreenPlan.room(on: workspace.size)
            workspace.pages.refill(in: room)
            return []
        },
    ]

    /// The page that a number or a name means.
    private static func page(_ text: String, in workspace: inout Workspace) -> Int? {
        let pages = workspace.pages.all
        if let index = pages.firstIndex(where: { !$0.name.isEmpty && $0.name == text }) { return index }
        if let number = Int(text), (1...pages.count).contains(number) { return number - 1 }
        if text.isEmpty {
            workspace.tell("which page? They go from 1 to \(pages.count)", .error)
        } else {
            workspace.tell("there is no page \(text): they go from 1 to \(pages.count)".onOneLine, .error)
        }
        return nil
    }
}
