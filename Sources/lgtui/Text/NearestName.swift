// "unknown key `kernal`" helps half; "did you mean `kernel`?" helps whole. The distance is Damerau's: the four
// slips of fingers (insert, delete, replace, swap) cost one each.

/// The candidate closest to `name`, or nil when none is close enough to be what was meant.
package func nearestName(to name: String, among candidates: some Sequence<String>) -> String? {
    let typed = Array(name.lowercased().unicodeScalars.prefix(64))
    var best: (name: String, distance: Int)?
    for candidate in candidates {
        let distance = editDistance(typed, Array(candidate.lowercased().unicodeScalars))
        if distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    guard let best else { return nil }
    // A third of the letters may be wrong; more is another word.
    return best.distance <= max(1, (max(typed.count, best.name.unicodeScalars.count)) / 3) ? best.name : nil
}

/// `there is no layout tilde: did you mean tiled?`, or all that there are when none is near.
package func noSuch(_ kind: String, _ name: String, among names: [String]) -> String {
    let hint = nearestName(to: name, among: names).map { "did you mean \($0)?" }
    return "there is no \(kind) \(name): \(hint ?? "there are \(names.joined(separator: ", "))")".onOneLine
}

/// Optimal string alignment distance in O(a·b), fine for words.
private func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
    if a.isEmpty || b.isEmpty { return a.count + b.count }
    var beforePrevious: [Int] = []
    var previous = Array(0...b.count)
    for i in 1...a.count {
        var row = [i] + Array(repeating: 0, count: b.count)
        for j in 1...b.count {
            let replace = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
            row[j] = min(previous[j] + 1, row[j - 1] + 1, replace)
            if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                row[j] = min(row[j], beforePrevious[j - 2] + 1)
            }
        }
        beforePrevious = previous
        previous = row
    }
    return previous[b.count]
}
