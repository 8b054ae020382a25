// Characters made of several scalars: a base with marks, an emoji with its joiners. A cell holds the number of one; the
// scalars are here, once each. Both the number of clusters and the length of one are bounded, for a guest may stack
// marks without end.

struct ClusterTable {
    /// Scalars in one cluster; further marks are dropped. The longest emoji sequences have ten.
    static let longest = 24
    static let capacity = 1 << 16

    private var scalars: [UInt32] = []
    private var starts: [UInt32] = [0]
    private var index: [[UInt32]: UInt32] = [:]

    /// How many clusters are known.
    var count: Int { starts.count - 1 }
    var isFull: Bool { count >= ClusterTable.capacity }

    subscript(number: UInt32) -> ArraySlice<UInt32> {
        let position = Int(number)
        guard position + 1 < starts.count else { return [] }
        return scalars[Int(starts[position])..<Int(starts[position + 1])]
    }

    /// The number of the cluster with these scalars; nil when the table is full and it is a new one.
    mutating func intern(_ sequence: [UInt32]) -> UInt32? {
        if let known = index[sequence] { return known }
        guard !isFull else { return nil }
        let number = UInt32(count)
        scalars += sequence
        starts.append(UInt32(scalars.count))
        index[sequence] = number
        return number
    }
}

/// What few cells have: an underline colour of its own, and a link.
struct Extra: Hashable {
    var underlineColor = Color.default
    /// Number in `ExtraTable.links`, 0: none.
    var link: UInt16 = 0
}

/// A hyperlink (OSC 8). The text is the guest's and must not reach another terminal unfiltered.
public struct Hyperlink: Hashable, Sendable {
    public var id: String
    public var uri: String
}

struct ExtraTable {
    static let capacity = Int(UInt16.max)
    static let linkCapacity = 4096

    private(set) var extras: [Extra] = [Extra()]
    private(set) var links: [Hyperlink] = [Hyperlink(id: "", uri: "")]
    private var extraIndex: [Extra: UInt16] = [Extra(): 0]
    private var linkIndex: [Hyperlink: UInt16] = [:]

    subscript(number: UInt16) -> Extra { Int(number) < extras.count ? extras[Int(number)] : Extra() }
    func link(_ number: UInt16) -> Hyperlink? { number > 0 && Int(number) < links.count ? links[Int(number)] : nil }

    var isFull: Bool { extras.count >= ExtraTable.capacity }
    var linksAreFull: Bool { links.count >= ExtraTable.linkCapacity }

    /// 0 (nothing extra) when the table is full.
    mutating func intern(_ extra: Extra) -> UInt16 {
        if let known = extraIndex[extra] { return known }
        guard !isFull else { return 0 }
        let number = UInt16(extras.count)
        extras.append(extra)
        extraIndex[extra] = number
        return number
    }

    mutating func intern(_ link: Hyperlink) -> UInt16 {
        if let known = linkIndex[link] { return known }
        guard !linksAreFull else { return 0 }
        let number = UInt16(links.count)
        links.append(link)
        linkIndex[link] = number
        return number
    }
}
