// The guest's IDT does not exist in its memory: a hypervisor programs these 256 gates instead, and says for each
// whether the CPU may deliver it on its own or has to ask.

/// One gate of the interrupt descriptor table.
public struct Gate: Sendable, Equatable {
    public enum Kind: Sendable { case interrupt, trap }
    /// `.deliver`: the CPU pushes the frame itself. `.exit`: `run` returns `Exit.trap`.
    public enum Disposition: Sendable { case deliver, exit }

    public var offset: UInt32
    public var selector: UInt16
    public var kind: Kind
    /// The highest CPL that may `int n` through this gate; else #GP(n × 8 + 2).
    public var dpl: UInt8
    public var disposition: Disposition

    public init(offset: UInt32, selector: UInt16, kind: Kind, dpl: UInt8, disposition: Disposition) {
        self.offset = offset
        self.selector = selector
        self.kind = kind
        self.dpl = dpl
        self.disposition = disposition
    }
}

/// A gate as it is kept; the default is what an absent one counts as: dpl 0, exit.
struct StoredGate {
    var isPresent = false
    var offset: UInt32 = 0
    var selector: UInt16 = 0
    var isInterrupt = false
    var delivers = false
    var dpl: UInt8 = 0
}

extension CPU {
    public func setGate(_ vector: UInt8, _ gate: Gate?) {
        guard let gate else {
            gates[Int(vector)] = StoredGate()
            return
        }
        gates[Int(vector)] = StoredGate(
            isPresent: true, offset: gate.offset, selector: gate.selector, isInterrupt: gate.kind == .interrupt,
            delivers: gate.disposition == .deliver, dpl: gate.dpl)
    }

    public func gate(_ vector: UInt8) -> Gate? {
        let g = gates[Int(vector)]
        guard g.isPresent else { return nil }
        return Gate(
            offset: g.offset, selector: g.selector, kind: g.isInterrupt ? .interrupt : .trap, dpl: g.dpl,
            disposition: g.delivers ? .deliver : .exit)
    }
}
