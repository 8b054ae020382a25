// Which key does what. The map is a value, so that a configuration can change it and help can print it as it is.

/// A key that runs a command line after the prefix.
package struct Binding: Equatable, Sendable {
    package let key: Key
    package let command: String

    package init(_ key: Key, _ command: String) {
        self.key = key
        self.command = command
    }
}

package struct KeyMap: Equatable, Sendable {
    /// The control character that is taken from the guest: Ctrl-], as telnet has taught fingers for forty years.
    package var prefix: UInt8 = 0x1d
    package var bindings: [Binding] = Self.standard

    package init() {}

    package static let standard: [Binding] =
        [
            Binding(.left, "focus left"), Binding(.right, "focus right"),
            Binding(.up, "focus up"), Binding(.down, "focus down"),
            Binding(.character("n"), "focus-next"), Binding(.tab, "focus-next"),
            Binding(.character("p"), "focus-previous"), Binding(.backTab, "focus-previous"),
            Binding(.character("l"), "focus-last"),
        ]
        + (1...9).map { Binding(.character(Character("\($0)")), "focus-pane \($0)") }
        + [
            Binding(.character("0"), "focus-pane 10"),
            Binding(.character("f"), "find"), Binding(.character("w"), "overview"),
            Binding(.character("z"), "zoom"),
            Binding(.character(" "), "layout next"),
            Binding(.character("%"), "split right"), Binding(.character("\""), "split down"),
            Binding(.character("H"), "resize-pane left"), Binding(.character("J"), "resize-pane down"),
            Binding(.character("K"), "resize-pane up"), Binding(.character("L"), "resize-pane right"),
            Binding(.character("E"), "even"),
            Binding(.character("{"), "swap-pane previous"), Binding(.character("}"), "swap-pane next"),
            Binding(.character("<"), "move-pane left"), Binding(.character(">"), "move-pane right"),
            Binding(.character("^"), "move-pane up"), Binding(.character("_"), "move-pane down"),
            Binding(.character(")"), "next-page"), Binding(.character("("), "previous-page"),
            Binding(.character("!"), "new-page"),
            Binding(.character("+"), "send-to-page next"), Binding(.character("-"), "send-to-page previous"),
            Binding(.character(","), "rename-page"), Binding(.character("F"), "fill-pages"),
            Binding(.character("r"), "restart"), Binding(.character("k"), "kill"),
            Binding(.character("P"), "capture"),
            Binding(.character(":"), "command-prompt"),
            Binding(.character("["), "copy-mode"), Binding(.pageUp, "copy-mode page-up"),
            Binding(.character("]"), "paste-buffer"),
            Binding(.character("t"), "timestamps"), Binding(.character("T"), "timeline"),
            Binding(.character("R"), "record"), Binding(.character("S"), "stty-size"),
            Binding(.character("B"), "broadcast toggle"), Binding(.character("b"), "broadcast-pane toggle"),
            Binding(.character("V"), "read-only toggle"),
            Binding(.character("?"), "help"), Binding(.character("q"), "quit"),
            Binding(.control("z"), "suspend"), Binding(.control("l"), "redraw"),
            Binding(.escape, "cancel"),
        ]

    /// How messages write the prefix.
    package var prefixName: String { prefixKey.name }

    /// The prefix as a key, as it arrives when it is pressed twice.
    package var prefixKey: Key {
        .control(Character(Unicode.Scalar(prefix + 0x40)).lowercased().first ?? "]")
    }

    /// The command line of a key after the prefix. The prefix itself, pressed twice, reaches the guest.
    package func command(for key: Key) -> String? {
        if let binding = bindings.first(where: { $0.key == key }) { return binding.command }
        return key == prefixKey ? "send-prefix" : nil
    }

    /// Gives a key another command, or with nil none.
    package mutating func bind(_ key: Key, to command: String?) {
        bindings.removeAll { $0.key == key }
        if let command { bindings.append(Binding(key, command)) }
    }

    /// The keys of a command, as help writes them; runs of digits become `1…9`.
    package func keys(of name: String) -> String {
        var found = bindings.filter { $0.command == name || $0.command.hasPrefix(name + " ") }.map(\.key)
        if name == "send-prefix" { found.append(prefixKey) }
        if found.count > 4, let first = found.first, let last = found.last {
            return "\(first.name) … \(last.name)"
        }
        return found.map(\.name).joined(separator: ", ")
    }
}
