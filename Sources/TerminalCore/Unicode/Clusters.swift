// Characters made of several scalars: a base with marks, an emoji with its joiners. They are kept as a tree: a cluster is
// another one (or a single scalar) plus one scalar, so that adding a mark to a cell is one look-up whatever the cell
// holds, and what many cells share is stored once. A guest may stack marks without end, so everything here has a bound.

struct ClusterTable {
    /// Scalars in one cluster; further ones are dropped. The longest emoji sequences have ten.
    static let longest: UInt8 = 24
    static let capacity = 1 << 16

    private struct Node {
        /// What this extends, as in a cell: a scalar, or a number with `Cell.clusterFlag`.
        var prefix: UInt32
        var scalar: UInt32
        var base: UInt32
        var count: UInt8
        var isUsed = true
        var isMarked = false
    }

    private var nodes: [Node] = []
    private var free: [UInt32] = []
    private var index: [UInt64: UInt32] = [:]
    /// The last answers, by a few bits of the key: text repeats itself, and a dictionary costs a hash each time.
    private var recent = [(key: UInt64, content: UInt32)](repeating: (0, 0), count: 256)

    /// Clusters in use.
    var count: Int { nodes.count - free.count }

    private static func number(_ content: UInt32) -> Int? {
        content & Cell.clusterFlag == 0 ? nil : Int(content & Cell.payloadMask)
    }

    /// `prefix` (the payload and cluster flag of a cell) with `scalar` added, as the content of a cell; nil: too long, or
    /// the table is full.
    mutating func extend(_ prefix: UInt32, with scalar: UInt32) -> UInt32? {
        let key = UInt64(prefix) << 32 | UInt64(scalar)
        let slot = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 56)
        if recent[slot].key == key { return recent[slot].content }
        guard let content = index[key] ?? add(prefix, scalar, key) else { return nil }
        recent[slot] = (key, content)
        return content
    }

    private mutating func add(_ prefix: UInt32, _ scalar: UInt32, _ key: UInt64) -> UInt32? {
        let length = length(prefix)
        guard length < ClusterTable.longest else { return nil }
        let node = Node(prefix: prefix, scalar: scalar, base: base(prefix), count: length + 1)
        let number: UInt32
        if let reused = free.popLast() {
            number = reused
            nodes[Int(number)] = node
        } else {
            guard nodes.count < ClusterTable.capacity else { return nil }
            number = UInt32(truncatingIfNeeded: nodes.count)
            nodes.append(node)
        }
        index[key] = number | Cell.clusterFlag
        return number | Cell.clusterFlag
    }

    /// There is no room for another cluster: time for a sweep.
    var isFull: Bool { free.isEmpty && nodes.count >= ClusterTable.capacity }

    // MARK: Looking into one. `content` is that of a cell, its role bits masked off.

    func length(_ content: UInt32) -> UInt8 { ClusterTable.number(content).map { nodes[$0].count } ?? 1 }
    func base(_ content: UInt32) -> UInt32 { ClusterTable.number(content).map { nodes[$0].base } ?? content }
    func last(_ content: UInt32) -> UInt32 { ClusterTable.number(content).map { nodes[$0].scalar } ?? content }

    func scalars(_ content: UInt32) -> [UInt32] {
        var result: [UInt32] = []
        var content = content
        while let number = ClusterTable.number(content) {
            result.append(nodes[number].scalar)
            content = nodes[number].prefix
        }
        result.append(content)
        return result.reversed()
    }

    // MARK: Sweeping

    mutating func mark(_ content: UInt32) {
        var content = content & (Cell.payloadMask | Cell.clusterFlag)
        while let number = ClusterTable.number(content), !nodes[number].isMarked {
            nodes[number].isMarked = true
            content = nodes[number].prefix
        }
    }

    /// Frees what was not marked since the last sweep.
    mutating func sweep() {
        for number in nodes.indices {
            if !nodes[number].isMarked, nodes[number].isUsed {
                index[UInt64(nodes[number].prefix) << 32 | UInt64(nodes[number].scalar)] = nil
                nodes[number].isUsed = false
                free.append(UInt32(truncatingIfNeeded: number))
            }
            nodes[number].isMarked = false
        }
        for slot in recent.indices { recent[slot] = (0, 0) }
    }
}
