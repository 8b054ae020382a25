// What ring 3 may ask for, by `int $0x80` with a number in eax and arguments in ebx and ecx. The numbers are
// Linux's where Linux has the call; so are the negative error codes.

enum SystemCall {
    private static let badAddress = UInt32(bitPattern: -14)
    private static let noSuchCall = UInt32(bitPattern: -38)

    // G:620 A system call comes straight from ring 3, if the host let the processor deliver it; see the trap gate of G:300.
    static func serve(_ frame: TrapFrame) {
        guard frame.pointee.cameFromUser else {
            frame.pointee.eax = noSuchCall  // the kernel has no business calling itself
            return
        }
        let (first, second) = (frame.pointee.ebx, frame.pointee.ecx)
        switch frame.pointee.eax {
        case 1: Process.end("", Guard.exited + first & 0xFF)
        case 3: frame.pointee.eax = read(into: first, count: second)
        case 4: frame.pointee.eax = write(from: first, count: second)
        case 13: frame.pointee.eax = UInt32(truncatingIfNeeded: Clock.wall() / Clock.second)
        case 45: frame.pointee.eax = Process.moveBreak(to: first)
        case 162: frame.pointee.eax = sleep(milliseconds: first)
        default: frame.pointee.eax = noSuchCall
        }
        if console.interrupted { Process.end("", Guard.interrupted) }
    }

    private static func write(from address: UInt32, count: UInt32) -> UInt32 {
        let fine = Process.withMemory(address, count, writing: false) { console.write([UInt8]($0)) }
        console.flush()
        return fine ? count : badAddress
    }

    /// Reads one line, edited like any other, with its line feed.
    private static func read(into address: UInt32, count: UInt32) -> UInt32 {
        var editor = LineEditor(prompt: "", promptColumns: 0) { _ in [] }
        while let byte = console.readByte() {
            let event = editor.feed(byte)
            console.writeRaw(editor.output)
            editor.output = []
            switch event {
            case .editing, .abandoned: continue
            case .endOfInput: return 0
            case .submitted(let text):
                let line = text.prefix(Int(min(count, 1024)) - (count > 0 ? 1 : 0)) + [UInt8(ascii: "\n")]
                var rest = line[...]
                let length = min(UInt32(line.count), count)
                let fine = Process.withMemory(address, length, writing: true) { memory in
                    memory.copyBytes(from: rest.prefix(memory.count))
                    rest = rest.dropFirst(memory.count)
                }
                return fine ? length : badAddress
            }
        }
        return 0
    }

    private static func sleep(milliseconds: UInt32) -> UInt32 {
        console.flush()
        Clock.sleep(until: Clock.now() + UInt64(milliseconds) * Clock.millisecond) { console.interrupted }
        return 0
    }
}
