// The two kinds of address this kernel deals in. Physical memory appears once, in a straight line, from
// 0xC0000000; devices are mapped in a window above it. Programs live below.

let pageSize: UInt32 = 4096

enum Layout {
    static let kernelBase: UInt32 = 0xC000_0000
    /// Device pages are mapped from here: the last 4 MiB that a single page table can describe below the host's own.
    static let deviceWindow: UInt32 = 0xF800_0000
    static let userBase: UInt32 = 0x0804_8000
    static let userStackTop: UInt32 = 0xBFFF_F000
    static let userStackLimit: UInt32 = 256 * 1024
}

/// An address as the host and the page tables see it.
struct Physical: Equatable {
    var value: UInt32

    init(_ value: UInt32) { self.value = value }
    /// The physical address behind a kernel address in the straight line.
    init(linear: UInt32) { value = linear &- Layout.kernelBase }
    init(_ pointer: UnsafeRawPointer) { self.init(linear: UInt32(UInt(bitPattern: pointer))) }

    /// The kernel's view of it. Only for memory below the device window.
    var pointer: UnsafeMutableRawPointer {
        // SAFETY: callers pass memory of this guest, and all of that is mapped in the straight line from boot on.
        UnsafeMutableRawPointer(bitPattern: UInt(value &+ Layout.kernelBase)).unsafelyUnwrapped
    }
}
