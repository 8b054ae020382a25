// Lines typed before, and the walk through them with the arrow keys. Pure: tested on the host.

public struct History {
    private var lines: [[UInt8]] = []
    private var position: Int?
    private var draft: [UInt8] = []
    private static let most = 100

    public init() {}

    public var all: [[UInt8]] { lines }

    /// Remembers a line, unless it is empty or repeats the last one.
    public mutating func add(_ line: [UInt8]) {
        position = nil
        guard !line.isEmpty, lines.last != line else { return }
        lines.append(line)
        if lines.count > History.most { lines.removeFirst() }
    }

    /// One line back in time. The line being edited is kept for the way back.
    mutating func older(keeping current: [UInt8]) -> [UInt8]? {
        let from = position ?? lines.count
        guard from > 0 else { return nil }
        if position == nil { draft = current }
        position = from - 1
        return lines[from - 1]
    }

    mutating func newer() -> [UInt8]? {
        guard let from = position else { return nil }
        guard from + 1 < lines.count else {
            position = nil
            return draft
        }
        position = from + 1
        return lines[from + 1]
    }
}
