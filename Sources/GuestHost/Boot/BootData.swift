// What a PC's firmware and boot loader would have told the kernel, the launcher tells it through a page at physical 0: how
// much memory there is, where the initrd lies, what the user typed. Two kernels, two forms to fill in.

import Hypervisor
import I386

/// The form for one dialect, and the pen.
package struct BootData {
    let memory: UInt64
    let initrd: Range<UInt64>?
    let commandLine: [UInt8]

    /// Fails only for a command line that does not fit its page.
    package init(layout: BootLayout, arguments: [String], dialect: Dialect) throws(LaunchError) {
        memory = layout.memory
        initrd = layout.initrd
        // A space after every argument, the last one too: guests have seen this line since 2007 and so it stays.
        commandLine = arguments.flatMap { Array($0.utf8) + [0x20] }
        let limit = dialect == .linux2623 ? 4095 : 4096 - 8 - 1
        guard commandLine.count <= limit else {
            throw LaunchError(
                .usage, "the kernel arguments are too long", at: "\(commandLine.count) bytes, at most \(limit)",
                advice: "Linux 2.6.23 itself reads no more than 255")
        }
        guard !commandLine.contains(0) else {
            throw LaunchError(.usage, "a kernel argument contains a NUL byte")
        }
    }

    /// H:124 Fills in the form at physical 0, which is also where the guest will look: esi, like all its registers, starts
    /// as 0. False when memory is smaller than the form, which `MemorySize` rules out.
    package func write(into memory: GuestMemory, dialect: Dialect) -> Bool {
        switch dialect {
        case .linux2623: writeZeroPage(into: memory)
        case .mm2007: writeBootInfo(into: memory)
        }
    }

    /// The "zero page" of the Linux/i386 boot protocol (Documentation/i386/zero-page.txt of 2.6.23), of which an lguest
    /// guest reads this much.
    private func writeZeroPage(into memory: GuestMemory) -> Bool {
        var words: [(offset: UInt32, value: UInt32)] = [
            (0x228, 4096),  // cmd_line_ptr
            (0x23c, 1),  // hardware_subarch: this is lguest
            // The memory map: one region, from 0, so long, of type RAM.
            (0x2d0, 0), (0x2d4, 0), (0x2d8, low(self.memory)), (0x2dc, low(self.memory >> 32)), (0x2e0, 1),
        ]
        var bytes: [(offset: UInt32, value: UInt8)] = [(0x1e8, 1)]  // E820NR, the number of regions
        if let initrd {
            words += [(0x218, low(initrd.lowerBound)), (0x21c, low(initrd.upperBound - initrd.lowerBound))]
            bytes += [(0x210, 0xff)]  // type_of_loader: unknown, but able to load an initrd
        }
        return words.allSatisfy { memory.store32($0.value, at: GuestPhysical($0.offset)) }
            && bytes.allSatisfy { memory.store8($0.value, at: GuestPhysical($0.offset)) }
            && putString(commandLine, at: 4096, into: memory)
    }

    private func low(_ value: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: value) }

    /// `struct lguest_boot_info` of February 2007.
    private func writeBootInfo(into memory: GuestMemory) -> Bool {
        let initrdSize = initrd.map { $0.upperBound - $0.lowerBound } ?? 0
        return memory.store32(low(self.memory / 4096), at: GuestPhysical(0))
            && memory.store32(low(initrdSize), at: GuestPhysical(4))
            && putString(commandLine, at: 8, into: memory)
    }

    private func putString(_ bytes: [UInt8], at address: UInt32, into memory: GuestMemory) -> Bool {
        guard let place = memory.bytes(at: GuestPhysical(address), count: bytes.count + 1) else { return false }
        place.copyBytes(from: bytes)
        place[bytes.count] = 0
        return true
    }
}
