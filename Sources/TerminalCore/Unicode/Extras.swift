// What few cells have: an underline colour of its own, and a link. A cell names such a pair by sixteen bits.

struct Extra: Hashable {
    var underlineColor = Color.default
    /// Number of a link, 0: none.
    var link: UInt16 = 0
}

/// A hyperlink (OSC 8). The text is the guest's and must not reach another terminal unfiltered.
public struct Hyperlink: Hashable, Sendable {
    public var id: String
    public var uri: String
}

/// Values numbered from 1, each once, up to a capacity; 0 is the value that means "nothing".
struct NumberedTable<Value: Hashable> {
    let capacity: Int
    private var values: [Value]
    private var index: [Value: UInt16]
    private var free: [UInt16] = []
    private var marks: [Bool] = [true]

    init(nothing: Value, capacity: Int) {
        self.capacity = min(capacity, Int(UInt16.max))
        values = [nothing]
        index = [nothing: 0]
    }

    subscript(number: UInt16) -> Value { Int(number) < values.count ? values[Int(number)] : values[0] }
    var isFull: Bool { free.isEmpty && values.count > capacity }
    /// Values in use, the one that means nothing excepted.
    var count: Int { values.count - 1 - free.count }

    /// nil when the table is full and the value is new.
    mutating func intern(_ value: Value) -> UInt16? {
        if let known = index[value] { return known }
        let number: UInt16
        if let reused = free.popLast() {
            number = reused
            values[Int(number)] = value
        } else {
            guard values.count <= capacity else { return nil }
            number = UInt16(truncatingIfNeeded: values.count)
            values.append(value)
            marks.append(false)
        }
        index[value] = number
        return number
    }

    func isMarked(_ number: UInt16) -> Bool { Int(number) < marks.count && marks[Int(number)] }
    mutating func mark(_ number: UInt16) { if Int(number) < marks.count { marks[Int(number)] = true } }

    /// Frees what was not marked since the last sweep.
    mutating func sweep() {
        let freed = Set(free)
        for number in values.indices.dropFirst() {
            let short = UInt16(truncatingIfNeeded: number)
            if !marks[number], !freed.contains(short) {
                index[values[number]] = nil
                values[number] = values[0]
                free.append(short)
            }
            marks[number] = false
        }
    }
}
