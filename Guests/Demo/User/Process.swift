// A program in ring 3: an address space, a flat image at the traditional place, a stack that grows by faulting, and an
// end that is always orderly. One runs at a time, in the foreground, as the command that started it.

enum Process {
    nonisolated(unsafe) private static var current: (space: AddressSpace, heapEnd: UInt32, heapLimit: UInt32)?
    nonisolated(unsafe) private static var start: (entry: UInt32, stack: UInt32) = (0, 0)
    nonisolated(unsafe) private(set) static var stackFaults = 0

    /// Bytes that a program may ask for beyond its image.
    private static let heapBytes: UInt32 = 1 << 20

    // G:600 Ring 3. What Linux does in fork, exec, exit and wait, for one program at a time.
    /// Runs the programs' image with `arguments`, the first of which picks the program. Returns when it has ended.
    static func run(_ arguments: [[UInt8]]) {
        let space = Paging.makeAddressSpace()
        let image = Physical(linear: address_of_user_image()).pointer
        func header(_ index: Int) -> UInt32 { image.load(fromByteOffset: 4 * index, as: UInt32.self) }
        let (entry, readonlyEnd, imageEnd, memoryEnd) = (header(0), header(1), header(2), header(3))

        for page in stride(from: Layout.userBase, to: memoryEnd, by: Int(pageSize)) {
            let frame = Frames.take(.program)
            if page < imageEnd {
                let count = Int(min(pageSize, imageEnd - page))
                frame.pointer.copyMemory(from: image + Int(page - Layout.userBase), byteCount: count)
            }
            space.map(page, to: frame, flags: Paging.user | (page < readonlyEnd ? 0 : Paging.writable))
        }
        // The first stack page holds the arguments as one string; the rest comes when it is touched.
        let stackPage = Frames.take(.program)
        let text = Array(arguments.joined(separator: [UInt8(ascii: " ")]).prefix(1024)) + [0]
        let textOffset = (Int(pageSize) - text.count) & ~15
        text.withUnsafeBytes { bytes in
            if let base = bytes.baseAddress {
                (stackPage.pointer + textOffset).copyMemory(from: base, byteCount: bytes.count)
            }
        }
        space.map(Layout.userStackTop - pageSize, to: stackPage, flags: Paging.user | Paging.writable)

        current = (space, memoryEnd, memoryEnd + heapBytes)
        stackFaults = 0
        start = (entry, Layout.userStackTop - pageSize + UInt32(textOffset))
        space.activate()
        putFPUAway()
        let status = call_guarded(
            { _ in enter_user(Process.start.entry, Process.start.stack - 16, Process.start.stack) }, 0)
        Paging.kernel.activate()
        current = nil
        dissolve(space)
        report(status)
    }

    private static func report(_ status: UInt32) {
        switch status {
        case Guard.exited: break
        case (Guard.exited + 1)...(Guard.exited + 255): console.print("exit status \(status - Guard.exited)\n")
        default: break  // whoever ended it has said why
        }
    }

    // G:640 The end of a program, told to the host entry by entry.
    /// Gives everything back. The host may remember this directory by its address, so each entry is taken away
    /// in its sight before the frame gets another life.
    private static func dissolve(_ space: AddressSpace) {
        for index in 0..<Int(Layout.kernelBase >> 22) {
            guard let table = space.table(index) else { continue }
            for slot in 0..<1024 where table[slot] & Paging.present != 0 {
                Frames.release(Physical(table[slot] & Paging.frameMask))
            }
            let frame = Physical(space.entries[index] & Paging.frameMask)
            space.entries[index] = 0
            Hypercall.later(.setPMD, space.directory.value, UInt32(index))
            Frames.release(frame)
        }
        Hypercall.call(.flushTLB, 0)
        Frames.release(space.directory)
    }

    // MARK: What happens while it runs

    // G:630 A program trips over a page that is not there. Sometimes that is how it asks for more.
    /// A trap in ring 3 that is no system call: a growing stack, or the end.
    static func faulted(_ frame: TrapFrame) {
        let address = LguestData.faultAddress.load()
        let stack = Layout.userStackTop - Layout.userStackLimit..<Layout.userStackTop
        if frame.pointee.vector == Trap.pageFault, frame.pointee.error & 1 == 0, stack.contains(address), let current {
            stackFaults += 1
            current.space.map(
                address & Paging.frameMask, to: Frames.take(.program), flags: Paging.user | Paging.writable)
            return
        }
        let reason = Trap.description(of: frame)
        end(
            "\u{1B}[33mThe program was put to sleep:\u{1B}[0m \(reason), at \(hex: frame.pointee.eip).\n",
            Guard.killed + frame.pointee.vector)
    }

    static func end(_ farewell: Text, _ status: UInt32) -> Never {
        console.print(farewell)
        Interrupts.on()
        abandon(status)
    }

    /// Moves the end of the heap; answers where it is now.
    static func moveBreak(to wanted: UInt32) -> UInt32 {
        guard var process = current else { return 0 }
        let start = process.heapLimit - heapBytes
        if wanted >= start, wanted <= process.heapLimit {
            var page = (process.heapEnd + pageSize - 1) & ~(pageSize - 1)
            while page < wanted {
                process.space.map(page, to: Frames.take(.program), flags: Paging.user | Paging.writable)
                page += pageSize
            }
            process.heapEnd = max(process.heapEnd, wanted)
            current = process
        }
        return process.heapEnd
    }

    /// Hands `body` the program's bytes, a page at a time. false when some of them are not the program's own: a pointer from
    /// ring 3 is a claim, not a fact.
    static func withMemory(
        _ address: UInt32, _ count: UInt32, writing: Bool, _ body: (UnsafeMutableRawBufferPointer) -> Void
    ) -> Bool {
        guard let space = current?.space, address <= Layout.kernelBase, count <= Layout.kernelBase - address else {
            return false
        }
        let needed = Paging.present | Paging.user | (writing ? Paging.writable : 0)
        var position = address
        while position < address + count {
            let entry = space.entry(for: position)
            guard entry & needed == needed else { return false }
            let offset = position % pageSize
            let piece = min(pageSize - offset, address + count - position)
            let start = Physical(entry & Paging.frameMask).pointer + Int(offset)
            body(UnsafeMutableRawBufferPointer(start: start, count: Int(piece)))
            position += piece
        }
        return true
    }
}
