// Searching in a frozen history: the nearest hit at once, the number of all hits little by little, a few milliseconds a
// frame, so that neither a million lines nor a pattern from hell holds up the screen.

package struct CopySearch: Sendable {
    package private(set) var pattern: Pattern?
    /// Why there is no pattern although one was typed.
    package private(set) var error: PatternError?
    /// `/` searches forward, `?` backward; `n` goes on that way.
    package var isForward = true
    /// Hits in the lines before each line that was counted.
    private var hitsBefore = [0]

    /// Nanoseconds that a frame gives to counting, and that a key may take to find the next hit.
    private static let slice: UInt64 = 6_000_000
    private static let patience: UInt64 = 400_000_000

    package init() {}

    /// Takes another pattern; an empty or invalid one finds nothing.
    mutating func set(_ source: String) {
        if source == pattern?.source { return }
        pattern = nil
        error = nil
        hitsBefore = [0]
        if source.isEmpty { return }
        do { pattern = try Pattern(source) } catch { self.error = error }
    }

    func isBusy(in text: HistoryText) -> Bool { pattern != nil && hitsBefore.count <= text.count }

    /// Counts hits for a little while.
    mutating func count(in text: HistoryText) {
        guard let pattern, isBusy(in: text) else { return }
        let matcher = PatternMatcher(pattern)
        let end = steadyNanoseconds() &+ Self.slice
        while hitsBefore.count <= text.count {
            let line = hitsBefore.count - 1
            hitsBefore.append(hitsBefore[line] + text.line(line).matches(matcher).count)
            if hitsBefore.count & 31 == 0, steadyNanoseconds() > end { return }
        }
    }

    /// `3/17`, or `12…` while they are being counted.
    func summary(at place: TextPlace, in text: HistoryText) -> String? {
        guard let pattern, let all = hitsBefore.last else { return nil }
        if isBusy(in: text) { return "\(all)…" }
        guard all > 0, hitsBefore[place.line + 1] > hitsBefore[place.line] else { return "-/\(all)" }
        let hits = text.line(place.line).matches(PatternMatcher(pattern))
        guard let index = hits.firstIndex(where: { $0.contains(place.offset) }) else { return "-/\(all)" }
        return "\(hitsBefore[place.line] + index + 1)/\(all)"
    }

    enum Found {
        case hit(TextPlace, hasWrapped: Bool)
        case nothing
        /// There was no time to look everywhere.
        case unknown
    }

    /// The nearest hit after `place` (or before it), once around the whole text. `isInclusive`: a hit at `place` counts.
    func nearest(to place: TextPlace, in text: HistoryText, forward: Bool, isInclusive: Bool) -> Found {
        guard let pattern else { return .nothing }
        let matcher = PatternMatcher(pattern)
        let end = steadyNanoseconds() &+ Self.patience
        // The first line comes again at the end, for what lies on the other side of the cursor.
        for step in 0...text.count {
            let number = ((place.line + (forward ? step : -step)) % text.count + text.count) % text.count
            if hitsBefore.count > number + 1, hitsBefore[number + 1] == hitsBefore[number] { continue }
            var starts = text.line(number).matches(matcher).map(\.lowerBound)
            if step == 0 {
                starts = starts.filter {
                    $0 == place.offset ? isInclusive : ($0 > place.offset) == forward
                }
            }
            if let offset = forward ? starts.first : starts.last {
                let found = TextPlace(line: number, offset: offset)
                let hasWrapped = forward ? found < place : found > place
                return .hit(found, hasWrapped: hasWrapped || step == text.count)
            }
            if step & 31 == 31, steadyNanoseconds() > end { return .unknown }
        }
        return .nothing
    }
}

/// The line that a pattern is typed on.
package struct SearchPrompt: Sendable {
    package var text = ""
    package var isForward: Bool
    /// Where the search began, to go back to when it is given up.
    var origin: TextPlace
    var originTop: Int
    var previous: String

    static let longest = 1000
}

extension CopyMode {
    mutating func searchKey(_ key: Key, in workspace: inout Workspace) -> OverlayAnswer? {
        switch key {
        case .character("/"): ask(forward: true)
        case .character("?"): ask(forward: false)
        case .character("n"): searchAgain(forward: search.isForward, in: &workspace)
        case .character("N"): searchAgain(forward: !search.isForward, in: &workspace)
        case .character("*"): searchWord(forward: true, in: &workspace)
        case .character("#"): searchWord(forward: false, in: &workspace)
        case .unknown: break
        default:
            workspace.tell("copy mode has no command on \(key.name): h j k l move, v selects, y copies, q leaves")
        }
        return nil
    }

    private mutating func ask(forward: Bool) {
        prompt = SearchPrompt(
            isForward: forward, origin: place, originTop: top, previous: search.pattern?.source ?? "")
    }

    mutating func handleInPrompt(_ key: Key, in workspace: inout Workspace) -> OverlayAnswer {
        guard let prompt else { return .stays }
        switch key {
        case .enter:
            self.prompt = nil
            if prompt.text.isEmpty { search.set(prompt.previous) }
            search.isForward = prompt.isForward
            if let error = search.error {
                workspace.tell("the pattern cannot be used: \(error)".onOneLine, .error)
            } else if prompt.text.isEmpty {
                searchAgain(forward: prompt.isForward, in: &workspace)
            } else if hitUnderCursor == nil {
                workspace.tell("nothing matches \(prompt.text)".onOneLine)
            }
        case .escape, .control("c"): giveUp(prompt)
        case .backspace where prompt.text.isEmpty: giveUp(prompt)
        case .backspace: self.prompt?.text.removeLast()
        case .control("u"): self.prompt?.text = ""
        case .up, .control("p"): self.prompt?.text = prompt.previous
        case .tab: self.prompt?.text.append("\t")
        case .character(let character) where prompt.text.utf8.count < SearchPrompt.longest:
            self.prompt?.text.append(character)
        default: break
        }
        if self.prompt != nil { lookAhead() }
        return .stays
    }

    private mutating func giveUp(_ prompt: SearchPrompt) {
        self.prompt = nil
        search.set(prompt.previous)
        place = prompt.origin
        top = prompt.originTop
    }

    /// Shows the first hit of what has been typed so far.
    mutating func lookAhead() {
        guard let prompt else { return }
        search.set(prompt.text)
        let found = search.nearest(to: prompt.origin, in: text, forward: prompt.isForward, isInclusive: true)
        place = prompt.origin
        if case .hit(let hit, _) = found { place = hit }
        top = prompt.originTop
        revealHit()
    }

    mutating func searchAgain(forward: Bool, in workspace: inout Workspace) {
        guard let pattern = search.pattern else {
            workspace.tell("nothing to search for: / or ? and a pattern come first")
            return
        }
        switch search.nearest(to: place, in: text, forward: forward, isInclusive: false) {
        case .nothing: workspace.tell("nothing matches \(pattern.source)".onOneLine)
        case .unknown: workspace.tell("this takes long: try again when the hits are counted")
        case .hit(let hit, let hasWrapped):
            if hasWrapped { workspace.tell(forward ? "search goes on at the top" : "search goes on at the bottom") }
            place = hit
            revealHit()
        }
    }

    private mutating func searchWord(forward: Bool, in workspace: inout Workspace) {
        let line = text.line(place.line)
        func isWord(_ offset: Int) -> Bool {
            offset < line.count && ScalarSet.words.contains(line.first(at: offset).value)
        }
        guard isWord(place.offset) else { return workspace.tell("the cursor is on no word") }
        var (first, last) = (place.offset, place.offset)
        while first > 0, isWord(first - 1) { first -= 1 }
        while isWord(last + 1) { last += 1 }
        search.set("\\b\(line.text(first..<(last + 1)))\\b")
        search.isForward = forward
        searchAgain(forward: forward, in: &workspace)
    }

    /// Looks for a pattern as if it had been typed after `/`.
    mutating func search(for source: String, in workspace: inout Workspace) {
        ask(forward: false)
        prompt?.text = source
        lookAhead()
        _ = handleInPrompt(.enter, in: &workspace)
    }

    /// A hit that is out of sight comes into the middle, where its surroundings are seen.
    private mutating func revealHit() {
        let row = layout.position(of: place).row
        if row < top || row >= top + rows { top = min(max(0, row - rows / 2), lastTop) }
    }

    /// The hit that the cursor is on.
    package var hitUnderCursor: Range<Int>? {
        guard let pattern = search.pattern else { return nil }
        return text.line(place.line).matches(PatternMatcher(pattern)).first { $0.contains(place.offset) }
    }
}
