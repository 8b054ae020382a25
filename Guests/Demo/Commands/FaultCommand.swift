// `fault`: commit a crime of your choice, as the kernel or as a program, and watch who notices. Most are survived; the last
// few are meant to be the guest's end.

enum FaultCommand {
    /// Kinds that Faults.S knows, by number; and the deadly ones below that are hypercalls gone wrong.
    static let kinds: [(name: StaticString, code: UInt32)] = [
        ("divide", 0), ("debug", 1), ("breakpoint", 3), ("overflow", 4), ("bound", 5), ("ud", 6), ("segment", 11),
        ("stack", 12), ("gp", 13), ("page", 14), ("fpu", 16), ("readonly", 17), ("port", 19),
    ]
    private static let deadly: [StaticString] = ["double", "unhandled", "hypercall", "init", "table"]

    static var command: Command {
        Command(
            name: "fault", usage: "KIND [user]", summary: "break a rule, in the kernel or in ring 3",
            words: kinds.map { $0.name } + ["swift"] + deadly
        ) { words, _ in
            guard let kind = words.first else {
                list()
                return
            }
            if words.count > 1 {
                guard words[1].spells("user") else { return list() }
                Process.run([Text.bytes(of: "fault"), kind])
                return
            }
            commit(kind)
        }
    }

    private static func list() {
        console.print("usage: fault KIND [user]\nsurvived:")
        for kind in kinds { console.print(" \(kind.name)") }
        console.print(" swift\ndeadly:  ")
        for name in deadly { console.print(" \(name)") }
        console.print("\n")
    }

    private static func commit(_ kind: [UInt8]) {
        console.flush()
        for known in kinds where kind.spells(known.name) {
            commit_fault(known.code)
            console.print("Nobody minded.\n")
            return
        }
        if kind.spells("swift") {
            // Swift's own checks end in an undefined instruction: the same seat belt holds.
            let empty = [UInt32](repeating: 0, count: kind.count - 5)
            console.print("element five of an empty array is \(empty[kind.count])\n")
        } else if kind.spells("double") {
            commit_fault(18)
        } else if kind.spells("unhandled") {
            Descriptors.removeGate(6)
            commit_fault(6)
        } else if kind.spells("hypercall") {
            _ = hypercall(99, 0, 0, 0)
        } else if kind.spells("init") {
            LguestData.introduce()
        } else if kind.spells("table") {
            // A page frame that no guest has.
            Paging.kernel.map(Layout.deviceWindow + 0x3F_F000, to: Physical(0xFFFF_F000), flags: Paging.writable)
            let address = UnsafePointer<UInt32>(bitPattern: UInt(Layout.deviceWindow + 0x3F_F000)).unsafelyUnwrapped
            console.print("read \(hex: address.pointee)\n")
        } else {
            list()
        }
    }
}
