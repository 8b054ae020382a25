// What a PC's firmware and boot loader would have told the kernel, the launcher tells it through a page at physical 0: how
// much memory there is, where the initrd lies, what the user typed. Two kernels, two forms to fill in.

import Hypervisor
import I386

/// The form for one dialect, and the pen.
package struct BootData {
    let memory: UInt64
    let initrd: Range<UInt64>?
    let commandLine: [UInt8]

    /// H:124 Fails only for a command line that does not fit its page.
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

    /// Fills in the form. False when memory is smaller than the form, which `MemorySize` rules out.
    package func write(into memory: GuestMemory, dialect: Dialect) -> Bool {
        switch dialect {
        case .linux2623: writeZeroPage(into: memory)
        case .mm2007: writeBootInfo(into: memory)
        }
    }

    /// The "zero page" of the Linux/i386 boot protocol (Documentation/i386/zero-page.txt of 2.6.23), of which an lguest guest
    /// reads this much.
    private func writeZeroPage(into memory: GuestMemory) -> Bool {
        func put(_ value: UInt32, _ offset: UInt32) -> Bool { memory.store32(value, at: GuestPhysical(offset)) }
        let ram: UInt32 = 1
        var good = memory.store8(1, at: GuestPhysical(0x1e8))  // E820NR: one region …
        good = good && put(0, 0x2d0) && put(0, 0x2d4)  // … from 0 …
        good = good && put(UInt32(truncatingIfNeeded: self.memory), 0x2d8)  // … this long …
        good = good && put(UInt32(truncatingIfNeeded: self.memory >> 32), 0x2dc)
        good = good && put(ram, 0x2e0)  // … of memory.
        good = good && put(4096, 0x228)  // cmd_line_ptr
        good = good && put(1, 0x23c)  // hardware_subarch: 1 is lguest
        if let initrd {
            good = good && memory.store8(0xff, at: GuestPhysical(0x210))  // type_of_loader: unknown
            good = good && put(UInt32(truncatingIfNeeded: initrd.lowerBound), 0x218)  // ramdisk_image
            good = good && put(UInt32(truncatingIfNeeded: initrd.upperBound - initrd.lowerBound), 0x21c)  // ramdisk_size
        }
        return good && putString(commandLine, at: 4096, into: memory)
    }

    /// `struct lguest_boot_info` of February 2007.
    private func writeBootInfo(into memory: GuestMemory) -> Bool {
        let initrdSize = initrd.map { $0.upperBound - $0.lowerBound } ?? 0
        return memory.store32(UInt32(truncatingIfNeeded: self.memory / 4096), at: GuestPhysical(0))
            && memory.store32(UInt32(truncatingIfNeeded: initrdSize), at: GuestPhysical(4))
            && putString(commandLine, at: 8, into: memory)
    }

    private func putString(_ bytes: [UInt8], at address: UInt32, into memory: GuestMemory) -> Bool {
        guard let place = memory.bytes(at: GuestPhysical(address), count: bytes.count + 1) else { return false }
        place.copyBytes(from: bytes)
        place[bytes.count] = 0
        return true
    }
}
