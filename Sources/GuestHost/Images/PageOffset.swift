// A kernel is linked for one virtual address and loaded at another; the difference, PAGE_OFFSET, is all that the initial
// page tables need to know. An ELF file says it plainly. A bzImage does not, so we read the machine code like tea leaves.

/// The distance between a kernel's virtual and physical addresses.
package enum PageOffset {
    /// H:116 Guesses the top byte of PAGE_OFFSET from raw kernel code.
    ///
    /// `mov moffs32,%eax` is the byte a1 and a four-byte address, and kernels load globals into eax all day. We do not
    /// disassemble; we count the fifth byte after every a1, wherever it stands, and the first value seen more than three
    /// times wins. That this works says more about kernels than about us.
    package static func guess(from code: UnsafeRawBufferPointer) -> UInt32? {
        guard code.count > 4 else { return nil }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256) { tally in
            tally.initialize(repeating: 0)
            for index in 0..<code.count - 4 where code[index] == 0xa1 {
                let top = Int(code[index + 4])
                tally[top] += 1
                if tally[top] > 3 { return UInt32(top) << 24 }
            }
            return nil
        }
    }

    /// Refuses an offset for which no initial page table can be drawn: zero maps nothing, and a page directory speaks
    /// in steps of 4 MiB.
    static func check(_ offset: UInt32, of name: String, at place: String) throws(LaunchError) {
        guard offset != 0 else {
            throw LaunchError(
                .image, path: name, "is linked to run at its physical address", at: "\(place) is 0",
                advice: "an lguest kernel lives at a page offset such as 0xc0000000")
        }
        guard offset.isMultiple(of: 4 << 20) else {
            throw LaunchError(
                .image, path: name, "has a page offset that is not a multiple of 4 MiB",
                at: "\(place) is \(hex(offset))")
        }
    }
}
