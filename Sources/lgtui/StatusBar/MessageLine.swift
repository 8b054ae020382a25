// The last line: a question, else what may follow the prefix, else a message, else a hint for those who have just
// arrived. Exactly one of them, in this order.

package enum MessageLine {
    package struct Piece: Equatable, Sendable {
        package var text: String
        package var style: Style
    }

    /// What the line shows now; nil when it has nothing to say (then the status bar may have its place).
    package static func pieces(_ workspace: Workspace, theme: Theme) -> [Piece]? {
        if let question = workspace.question {
            let fits = textWidth(question.text) + 2 <= workspace.size.columns
            return [Piece(text: " \(fits ? question.text : question.short) ", style: theme.question)]
        }
        if let since = workspace.prefixSince, workspace.now &- since >= workspace.hintDelay {
            var pieces = [Piece(text: " \(workspace.keys.prefixName) ", style: theme.hintKey)]
            for (keys, meaning) in hints(workspace.keys) {
                pieces.append(Piece(text: " " + keys, style: theme.hintKey))
                pieces.append(Piece(text: " " + meaning, style: theme.hint))
            }
            return pieces
        }
        if let message = workspace.message {
            let style = message.kind == .error ? theme.messageError : theme.message
            return [Piece(text: " " + message.text.onOneLine, style: style)]
        }
        return nil
    }

    /// The keys that most people need, as far as they are where they usually are.
    private static func hints(_ keys: KeyMap) -> [(String, String)] {
        var result: [(String, String)] = []
        if keys.command(for: .left) == "focus left" { result.append(("arrows", "move")) }
        if keys.command(for: .character("1")) == "focus-pane 1" { result.append(("1…9", "go")) }
        for (command, meaning) in [
            ("zoom", "zoom"), ("find", "find"), ("overview", "overview"), ("command-prompt", "command"),
            ("help", "help"), ("quit", "quit"), ("restart", "restart"), ("kill", "kill"),
        ] {
            let names = keys.keys(of: command)
            if !names.isEmpty { result.append((names, meaning)) }
        }
        return result + [(keys.prefixName, "send it")]
    }

    /// Paints the line; `isShared` means that the status bar has this row unless there is something to say.
    package static func paint(
        _ workspace: Workspace, on canvas: inout Canvas, row: Int, theme: Theme, isShared: Bool
    ) {
        var pieces = pieces(workspace, theme: theme)
        if pieces == nil && !isShared {
            pieces = [
                Piece(text: " \(workspace.keys.prefixName)", style: theme.hintKey),
                Piece(text: " then ", style: theme.hint),
                Piece(text: workspace.keys.keys(of: "help"), style: theme.hintKey),
                Piece(text: " for help, ", style: theme.hint),
                Piece(text: workspace.keys.keys(of: "quit"), style: theme.hintKey),
                Piece(text: " to quit", style: theme.hint),
            ]
        }
        guard let pieces else { return }
        let columns = canvas.size.columns
        var at = 0
        for piece in pieces {
            let text = truncated(piece.text, to: columns - at)
            at = canvas.write(text, column: at, row: row, limit: columns, style: piece.style)
        }
        canvas.fill(Rect(column: at, row: row, columns: columns - at, rows: 1))
    }
}
