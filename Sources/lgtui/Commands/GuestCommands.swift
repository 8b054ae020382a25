// Commands that do something to the focused guest.

extension Command {
    static let guestCommands: [Command] = [
        Command("send-prefix", "", .guest, "send the prefix itself to the guest") { workspace, _ in
            workspace.type([workspace.keys.prefix])
        },
        Command("restart", "[GUEST]", .guest, "start the guest again from its kernel") { workspace, words in
            workspace.pane(in: words).map { [.restart(pane: $0)] } ?? []
        },
        Command("kill", "[GUEST]", .guest, "stop the guest at once, as if its power cord were pulled") {
            workspace, words in
            guard let index = workspace.pane(in: words) else { return [] }
            let pane = workspace.panes[index]
            if pane.phase.isAlive { return [.kill(pane: index)] }
            workspace.tell(
                "\(pane.name) is \(pane.phase.label) already: \(workspace.keys.prefixName) r starts it again")
            return []
        },
        Command("capture", "[GUEST]", .guest, "write the guest's packets to a pcap file, or stop that") {
            workspace, words in
            workspace.pane(in: words).map { [.capture(pane: $0)] } ?? []
        },
    ]
}
