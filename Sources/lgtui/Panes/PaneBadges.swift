// What is special about a pane, for its title, the bar and the tabs: words, since nothing is told by colour alone.

/// Why somebody should look at a pane.
package enum PaneAlert: Equatable, Sendable {
    case activity
    case silence
    case bell
    /// A line that a monitor was set on.
    case match(String)

    /// As titles, bars and tabs write it.
    package var word: String {
        switch self {
        case .activity: "activity"
        case .silence: "silence"
        case .bell: "bell"
        case .match: "match"
        }
    }

    /// As tabs show it.
    var mark: PaneMarks {
        switch self {
        case .activity: .activity
        case .silence: .silence
        case .bell: .bell
        case .match: .match
        }
    }

    /// The more urgent one stays when both happened.
    private var urgency: Int {
        switch self {
        case .activity: 0
        case .silence: 1
        case .bell: 2
        case .match: 3
        }
    }

    package func combined(with other: PaneAlert?) -> PaneAlert {
        guard let other else { return self }
        return other.urgency > urgency ? other : self
    }
}

package struct PaneBadges: Equatable, Sendable {
    /// What goes into a file at the moment.
    package var recording: RecordingFormat?
    package var isReadOnly = false
    /// It gets what is typed at another pane of the set.
    package var isInBroadcast = false
    /// How much of a file has been typed at it, in percent.
    package var sending: Int?
    package var alert: PaneAlert?

    package init() {}

    /// Everything but the alert, loudest first.
    package var words: [String] {
        var words: [String] = []
        if isInBroadcast { words.append("BROADCAST") }
        if isReadOnly { words.append("read-only") }
        if recording != nil { words.append("rec") }
        if let sending { words.append("sending \(sending)%") }
        return words
    }

    /// For the title, with blanks around; empty when nothing is special.
    package var title: String {
        let all = (alert.map { ["!\($0.word)"] } ?? []) + words
        return all.isEmpty ? "" : " " + all.joined(separator: " ") + " "
    }
}

extension Workspace {
    /// The pane that commands are about: the focused one, unless another was named (`at web2 kill`).
    package var target: Int { targetOverride ?? focus }

    /// The pane called `word`, or with that number; tells when there is none.
    package mutating func pane(_ word: String) -> Int? {
        let pane = pane(called: word)
        if pane == nil { tellNoPane(called: word) }
        return pane
    }

    /// The pane that an optional last word names, or the target.
    package mutating func pane(in words: [String]) -> Int? {
        if words.count > 1 {
            tell("one guest is enough: \(words.joined(separator: " "))".onOneLine, .error)
            return nil
        }
        if let word = words.first { return pane(word) }
        return panes.indices.contains(target) ? target : nil
    }

    /// Runs commands as if `pane` had the focus.
    package mutating func run(_ commands: [[String]], at pane: Int) -> [Effect] {
        let outer = targetOverride
        targetOverride = pane
        defer { targetOverride = outer }
        return run(commands)
    }
}
