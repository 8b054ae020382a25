// Commands that do something to the focused guest.

extension Command {
    static let guestCommands: [Command] = [
        Command("send-prefix", "", .guest, "send the prefix itself to the guest") { workspace, _ in
            [.send(pane: workspace.focus, bytes: [workspace.keys.prefix])]
        },
        Command("restart", "", .guest, "start the guest again from its kernel") { workspace, _ in
            [.restart(pane: workspace.focus)]
        },
        Command("kill", "", .guest, "stop the guest at once, as if its power cord were pulled") { workspace, _ in
            guard workspace.panes.indices.contains(workspace.focus) else { return [] }
            let pane = workspace.panes[workspace.focus]
            if pane.phase.isAlive { return [.kill(pane: workspace.focus)] }
            workspace.tell(
                "\(pane.name) is \(pane.phase.label) already: \(workspace.keys.prefixName) r starts it again")
            return []
        },
        Command("capture", "", .guest, "write the guest's packets to a pcap file, or stop that") { workspace, _ in
            [.capture(pane: workspace.focus)]
        },
    ]
}
