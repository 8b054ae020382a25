// Before a guest's first instruction its memory must hold a kernel, perhaps an initrd, page tables and boot data, and no two
// of them may overlap. This file decides where everything goes, in 64-bit arithmetic, before a byte is written.

import Hypervisor
import I386

/// Where things lie in the guest-physical memory of one guest.
///
///     0          boot data        (two pages; the command line begins in the second, or in the first for mm-2007)
///     1 MiB      kernel           (or wherever its ELF header says)
///     …
///     tables     page tables, page directory
///     initrd
///     memory     device page, then the pages of the devices
///     top        first address that does not exist
package struct BootLayout: Equatable {
    package let memory: UInt64
    package let initrd: Range<UInt64>?
    package let pageDirectory: UInt64
    package let pageTables: UInt64
    /// Pages of memory that the initial page tables map, and the page tables this takes.
    package let mappedPages: UInt64
    package let tableCount: UInt64
    /// Nothing of the kernel may lie at or above this address …
    package var floorOfTables: UInt64 { min(pageTables, pageDirectory) }
    /// … or below this one.
    package static let bootDataEnd: UInt64 = 8192

    /// H:120 Lays out memory from the top: initrd, page directory, page tables.
    ///
    /// The 2.6.23 launcher puts the initrd at the top of memory, rounded to pages. That fails when there is more memory than
    /// a kernel maps linearly (1 GiB less what it keeps for other uses, at the usual page offset): the kernel then
    /// finds its initrd out of reach and goes on without. Guests of that size did not exist in 2007. The address is
    /// part of the boot data, so we simply stay within reach. The February launcher told the kernel nothing but the
    /// size, and so its initrd ends exactly at the end of memory, always.
    ///
    /// (The device page stays above all memory. A kernel without HIGHMEM uses 892 MiB at most and then looks for its
    /// devices right there, in vain: that much is the limit of such a kernel, here as on the original.)
    package init(
        memory: MemorySize, initrdCount: UInt64?, pageOffset: UInt32, dialect: Dialect, kernel: String, initrd: String?
    ) throws(LaunchError) {
        self.memory = memory.bytes
        let linear = (1 << 32) - UInt64(pageOffset)
        mappedPages = min(memory.bytes, linear) / 4096
        tableCount = (mappedPages + 1023) / 1024
        var top = memory.bytes
        if dialect == .linux2623, initrdCount != nil, linear > Self.vmallocReserve * 2 {
            top = min(top, linear - Self.vmallocReserve)
        }
        var below = top
        if let count = initrdCount {
            let space = dialect == .linux2623 ? roundedToPage(count) : count
            guard space < top else {
                throw LaunchError(
                    .image, path: initrd, "does not fit into \(memory) of guest memory", at: "\(count) bytes",
                    advice: "give the guest more memory")
            }
            below = top - space
            self.initrd = below..<below + count
        } else {
            self.initrd = nil
        }
        let tables = (tableCount + 1) * 4096
        below &= ~4095
        guard below >= tables + Self.bootDataEnd else {
            throw LaunchError(
                .image, path: initrd ?? kernel, "leaves no room for page tables in \(memory) of guest memory",
                at: "\(tableCount + 1) pages are needed below \(hex(below))", advice: "give the guest more memory")
        }
        switch dialect {
        case .linux2623:
            pageDirectory = below - 4096
            pageTables = below - tables
        case .mm2007:
            pageDirectory = below - tables
            pageTables = below - tables + 4096
        }
    }

    /// Room at the end of the address space that a kernel keeps for vmalloc and fixed mappings: 128 MiB and the
    /// hypervisor's 4 MiB on Linux 2.6.23, doubled for safety.
    private static let vmallocReserve: UInt64 = 256 << 20

    /// Refuses a kernel that would be overwritten by what the launcher puts into memory.
    package func check(_ kernel: KernelImage) throws(LaunchError) {
        guard kernel.start >= Self.bootDataEnd else {
            throw LaunchError(
                .image, path: kernel.name, "lies where the boot data go",
                at: "its first byte is at \(hex(kernel.start))",
                advice: "kernels are loaded at 1 MiB; link it there")
        }
        guard kernel.end <= floorOfTables else {
            throw LaunchError(
                .image, path: kernel.name, "needs memory that page tables\(initrd == nil ? "" : " and initrd") occupy",
                at: "it ends at \(hex(kernel.end)), they start at \(hex(floorOfTables))",
                advice: "give the guest more memory")
        }
    }
}
