// Finding by some letters of a name, in order, as editors have taught fingers: `wb3` finds `web-13`.

package struct FuzzyMatch: Equatable, Sendable {
    /// Higher is better.
    package var score: Int
    /// The characters of the name that were matched, by offset.
    package var offsets: [Int]

    /// Matches `query` against `name`; nil when its letters are not all there in order. Small letters match capitals.
    package init?(_ query: String, in name: String) {
        let wanted = Array(query.lowercased())
        let letters = Array(name)
        let folded = letters.map { Character($0.lowercased().first.map(String.init) ?? " ") }
        if wanted.isEmpty {
            score = 0
            offsets = []
            return
        }
        guard wanted.count <= folded.count else { return nil }
        // best[i]: the best way to match the letters so far with the last of them on offset i. Names are short, so the
        // square of their length is nothing.
        var best: [(score: Int, offsets: [Int])?] = Array(repeating: nil, count: folded.count)
        for (step, letter) in wanted.enumerated() {
            var next = best
            for i in folded.indices {
                next[i] = nil
                guard folded[i] == letter else { continue }
                let here = Self.bonus(at: i, in: letters)
                if step == 0 {
                    next[i] = (here - min(i, 8), [i])
                    continue
                }
                for j in 0..<i {
                    guard let before = best[j] else { continue }
                    let gap = i - j - 1
                    let score = before.score + here + (gap == 0 ? 12 : -min(gap, 6))
                    if score > next[i]?.score ?? .min { next[i] = (score, before.offsets + [i]) }
                }
            }
            best = next
        }
        guard let winner = best.compactMap({ $0 }).max(by: { $0.score < $1.score }) else { return nil }
        // Of two names that match alike the shorter is meant.
        score = winner.score * 4 - min(letters.count, 60) / 4
        offsets = winner.offsets
    }

    /// What a letter is worth by its place: beginnings are what people remember.
    private static func bonus(at index: Int, in letters: [Character]) -> Int {
        if index == 0 { return 16 }
        let (before, here) = (letters[index - 1], letters[index])
        if !before.isLetter && !before.isNumber { return 12 }
        if before.isLowercase && here.isUppercase { return 10 }
        return before.isLetter && here.isNumber ? 8 : 4
    }
}
