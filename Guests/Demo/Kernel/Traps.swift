// Every trap and interrupt arrives here, as a frame. Interrupts go to their handlers, system calls to theirs; a
// program that misbehaves is ended politely; and a kernel that misbehaves shows its registers and gives up the command
// at hand - or everything, when there is no command to blame.

typealias TrapFrame = UnsafeMutablePointer<trap_frame>

extension trap_frame {
    var cameFromUser: Bool { cs & 3 == 3 }
}

enum Trap {
    static let deviceNotAvailable: UInt32 = 7
    static let pageFault: UInt32 = 14
    static let firstInterrupt: UInt32 = 32
    static let systemCall: UInt32 = 0x80

    nonisolated(unsafe) static var insideInterrupt = false
    nonisolated(unsafe) static var counts: (total: UInt32, pageFaults: UInt32, fpu: UInt32) = (0, 0, 0)

    static func name(_ vector: UInt32) -> StaticString {
        switch vector {
        case 0: "divide error"
        case 1: "debug trap"
        case 3: "breakpoint"
        case 4: "overflow"
        case 5: "bound range exceeded"
        case 6: "invalid opcode"
        case 7: "device not available"
        case 10: "invalid TSS"
        case 11: "segment not present"
        case 12: "stack fault"
        case 13: "general protection fault"
        case 14: "page fault"
        case 16: "floating point error"
        case 17: "alignment check"
        default: "unexpected trap"
        }
    }

    /// What happened, in one line.
    static func description(of frame: TrapFrame) -> Text {
        let vector = frame.pointee.vector
        guard vector == pageFault else {
            return "\(name(vector)) (trap \(vector), error code \(hex: frame.pointee.error, digits: 4))"
        }
        let error = frame.pointee.error
        return """
            page fault: \(error & 2 != 0 ? "write to" : "read of") \(hex: LguestData.faultAddress.load()), \
            which is \(error & 1 != 0 ? "off limits" : "not mapped")
            """
    }

    static func oops(_ frame: TrapFrame) -> Never {
        let reason = description(of: frame)
        let f = frame.pointee
        console.print(
            """

            \u{1B}[1;31mOops:\u{1B}[0m \(reason)
              eip \(hex: f.eip)  eflags \(hex: f.eflags)  cs \(hex: f.cs, digits: 4)  ds \(hex: f.ds, digits: 4)
              eax \(hex: f.eax)  ebx \(hex: f.ebx)  ecx \(hex: f.ecx)  edx \(hex: f.edx)
              esi \(hex: f.esi)  edi \(hex: f.edi)  ebp \(hex: f.ebp)  esp \(hex: UInt32(UInt(bitPattern: frame)) + 68)

            """)
        guard guard_depth() > 0, !insideInterrupt else { Hypercall.crash("Oops: \(reason) at \(hex: f.eip)") }
        console.print("The kernel bit itself, and lets go of this command.\n")
        Interrupts.on()
        abandon(Guard.oops)
    }
}

/// Why a guarded call did not end by itself.
enum Guard {
    static let oops: UInt32 = 1
    static let interrupted: UInt32 = 2
    /// A program's end: this, plus its exit status.
    static let exited: UInt32 = 0x100
    static let killed: UInt32 = 0x200
}

// G:320 ... and Swift decides whose business it is.
@c(trap_entry)
public func trapEntry(_ frame: UnsafeMutablePointer<trap_frame>) {
    let vector = frame.pointee.vector
    switch vector {
    case Trap.systemCall:
        SystemCall.serve(frame)
    case Trap.firstInterrupt..<Trap.firstInterrupt + UInt32(Interrupts.count):
        Trap.insideInterrupt = true
        Interrupts.arrived(Int(vector - Trap.firstInterrupt))
        Trap.insideInterrupt = false
        if frame.pointee.cameFromUser, console.interrupted {
            Interrupts.on()
            abandon(Guard.interrupted)
        }
    case Trap.deviceNotAvailable:
        // Lazy FPU: nobody pays for it before touching it.
        Trap.counts.fpu &+= 1
        Hypercall.call(.taskSwitched, 0)
        if !fpuInUse {
            fpuInUse = true
            reset_fpu()
        }
    default:
        Trap.counts.total &+= 1
        if vector == Trap.pageFault { Trap.counts.pageFaults &+= 1 }
        guard frame.pointee.cameFromUser else { Trap.oops(frame) }
        Process.faulted(frame)
    }
}

nonisolated(unsafe) private var fpuInUse = false

/// Makes the next use of the floating-point unit trap, and start from a clean one.
func putFPUAway() {
    fpuInUse = false
    Hypercall.call(.taskSwitched, 1)
}
