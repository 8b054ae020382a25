// Commands that choose which guest gets the keyboard.

extension Command {
    static let focusCommands: [Command] = [
        Command("focus", "left|right|up|down", .focus, "focus the pane in that direction") { workspace, arguments in
            let directions: [String: Key] = ["left": .left, "right": .right, "up": .up, "down": .down]
            guard let word = arguments.first, let key = directions[word] else {
                workspace.tell("focus needs a direction: left, right, up or down", .error)
                return []
            }
            workspace.follow(arrow: key)
            return []
        },
        Command("focus-next", "", .focus, "focus the next pane") { workspace, _ in
            workspace.step(by: 1)
            return []
        },
        Command("focus-previous", "", .focus, "focus the previous pane") { workspace, _ in
            workspace.step(by: -1)
            return []
        },
        Command("focus-last", "", .focus, "go back to the pane that had the focus before") { workspace, _ in
            workspace.focus(on: workspace.lastFocus)
            return []
        },
        Command("focus-pane", "NUMBER|GUEST", .focus, "focus a pane by its number or its guest") {
            workspace, arguments in
            guard !arguments.isEmpty else {
                workspace.tell("focus-pane needs a number or the name of a guest", .error)
                return []
            }
            let word = arguments.joined(separator: " ")
            if let pane = workspace.pane(called: word) {
                workspace.focus(on: pane)
            } else {
                workspace.tellNoPane(called: word)
            }
            return []
        },
        Command("find", "", .focus, "find a guest by some letters of its name") { workspace, _ in
            workspace.open(Finder())
            return []
        },
        Command("overview", "", .focus, "show all guests as miniatures") { workspace, _ in
            workspace.open(Overview(focus: workspace.focus))
            return []
        },
        Command("zoom", "", .focus, "give the focused pane the whole screen, and back") { workspace, _ in
            workspace.toggleZoom()
            return []
        },
    ]
}
