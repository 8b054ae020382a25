// What the parser has gathered of the sequence it is in. Everything has a cap: a guest may send a gigabyte of parameters.

struct ParserState: ~Copyable {
    var mode = ParserMode.ground
    /// `ESC % @` switches UTF-8 off, `ESC % G` on.
    var utf8 = true
    var partial = PartialScalar()

    /// Private marker (`<=>?`) and intermediates, packed: marker << 16 | first << 8 | second. 0: none.
    var marker: UInt8 = 0
    var intermediates: UInt16 = 0
    /// More intermediates than any known sequence has: nothing will match.
    var tooManyIntermediates = false

    var parameters = Parameters()
    /// The string of an OSC or DCS, up to `stringLimit` bytes; a longer one is dropped as a whole.
    var string: [UInt8] = []
    var stringOverflowed = false
    var stringIsDCS = false
    var dcsFinal: UInt8 = 0
    /// The byte before in a string, to see C2 9C.
    var previousInString: UInt8 = 0

    /// The first byte of a VT52 position.
    var vt52Row: UInt8?

    static let stringLimit = 8192

    @inline(__always)
    mutating func clear() {
        marker = 0
        intermediates = 0
        tooManyIntermediates = false
        parameters.clear()
    }

    mutating func collect(_ byte: UInt8) {
        if byte >= 0x3C {
            marker = byte
        } else if intermediates > 0xFF {
            tooManyIntermediates = true
        } else {
            intermediates = intermediates << 8 | UInt16(byte)
        }
    }
}

/// Numeric parameters of a control sequence. An omitted one is -1, so that defaults are the business of each function.
struct Parameters: ~Copyable {
    static let capacity = 32
    static let maximum: Int32 = 65535

    // SAFETY: `capacity` integers, indexed only below `count`, which `take` keeps at or under `capacity`.
    private let values: UnsafeMutablePointer<Int32>
    /// How many there are; an empty list counts none, `;` counts two.
    private(set) var count = 0
    /// Bit i: parameter i was joined to the one before it by ':' instead of ';'.
    private(set) var joined: UInt32 = 0
    /// There were more than fit; they and their digits are dropped.
    private var full = false

    init() {
        values = .allocate(capacity: Parameters.capacity)
        values.initialize(repeating: -1, count: Parameters.capacity)
    }

    deinit { values.deallocate() }

    @inline(__always)
    mutating func clear() {
        count = 0
        joined = 0
        full = false
    }

    /// Takes a digit, ';' or ':'.
    @inline(__always)
    mutating func take(_ byte: UInt8) {
        if count == 0 {
            count = 1
            values[0] = -1
        }
        if byte >= 0x3A {
            guard count < Parameters.capacity else {
                full = true
                return
            }
            values[count] = -1
            if byte == 0x3A { joined |= 1 &<< UInt32(truncatingIfNeeded: count) }
            count += 1
            return
        }
        if full { return }
        let value = max(values[count - 1], 0) &* 10 &+ Int32(byte & 15)
        values[count - 1] = min(value, Parameters.maximum)
    }

    /// Reads `digits ; digits …` into an empty list, as `take` would, up to the byte behind them. False when there is no
    /// such byte before `end`, or more parameters or digits than anybody means: then the list is worth nothing.
    @inline(__always)
    mutating func read(_ next: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Bool {
        var at = next
        var index = 0
        while at < end {
            let first = at
            var digit = at.pointee &- 0x30
            var value = 0
            while digit < 10 {
                value = value &* 10 &+ Int(digit)
                at += 1
                if at == end { return false }
                digit = at.pointee &- 0x30
            }
            let digits = at - first
            if digits > 9 { return false }
            values[index] = digits == 0 ? -1 : Int32(truncatingIfNeeded: min(value, Int(Parameters.maximum)))
            index += 1
            if digit != 0x3B - 0x30 {
                count = index == 1 && digits == 0 ? 0 : index
                next = at
                return true
            }
            if index == Parameters.capacity { return false }
            at += 1
        }
        return false
    }

    /// The raw value, -1 when omitted or past the end.
    @inline(__always)
    subscript(position: Int) -> Int32 { position < count ? values[position] : -1 }

    /// The value with omitted and 0 both meaning `fallback` (as for cursor motion).
    @inline(__always)
    func count(_ position: Int, or fallback: Int = 1) -> Int {
        let value = self[position]
        return value <= 0 ? fallback : Int(value)
    }

    /// The value, or `fallback` only when omitted (as for modes and selections).
    @inline(__always)
    func value(_ position: Int, or fallback: Int = 0) -> Int {
        let value = self[position]
        return value < 0 ? fallback : Int(value)
    }

    @inline(__always)
    func isJoined(_ position: Int) -> Bool { position < 32 && joined >> UInt32(truncatingIfNeeded: position) & 1 != 0 }
}
