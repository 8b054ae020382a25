// What the fuzzer's bytes mean: a size, then output of a guest with changes of size in between. 0xFF is no part of any
// UTF-8 text, so it is free to introduce the latter.

struct Script {
    enum Step {
        case feed(ArraySlice<UInt8>)
        case resize(columns: Int, rows: Int)
    }

    var columns: Int
    var rows: Int
    var steps: [Step] = []

    /// Small screens: their edges are everywhere.
    static let maximumColumns = 40
    static let maximumRows = 12

    init?(_ bytes: [UInt8]) {
        guard bytes.count > 2 else { return nil }
        (columns, rows) = Script.size(bytes[0], bytes[1])
        var rest = bytes[2...]
        while !rest.isEmpty {
            let text = rest.prefix { $0 != 0xFF }
            if !text.isEmpty { steps.append(.feed(text)) }
            rest = rest[text.endIndex...]
            guard rest.count >= 3 else { break }
            let (columns, rows) = Script.size(rest[rest.startIndex + 1], rest[rest.startIndex + 2])
            steps.append(.resize(columns: columns, rows: rows))
            rest = rest.dropFirst(3)
        }
    }

    private static func size(_ first: UInt8, _ second: UInt8) -> (Int, Int) {
        (Int(first) % maximumColumns + 1, Int(second) % maximumRows + 1)
    }
}
