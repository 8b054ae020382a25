// The launcher's first half in one place: from a wish ("64 MiB, this kernel, that initrd") to memory in which a virtual CPU can
// take its first step. Everything that can be wrong with the wish is said here, before a thread is started.

import Hypervisor
import I386

/// A guest's memory, filled, and the four words that `LHREQ_INITIALIZE` wants.
package struct LoadedGuest {
    package let memory: GuestMemory
    package let pageDirectory: GuestPhysical
    package let start: GuestVirtual
    package let pageOffset: UInt32
    package let frameLimit: PageFrame
    /// Kept so that the next guest of the same kernel finds it in the library.
    let kernel: KernelImage
    let initrd: SharedImage?
}

/// Fills guest memory.
package struct GuestLoader {
    let library: ImageLibrary
    let verbose: (String) -> Void

    package init(library: ImageLibrary = .shared, verbose: @escaping (String) -> Void = { _ in }) {
        self.library = library
        self.verbose = verbose
    }

    /// H:108 Loads everything that `configuration` names; `devicePages` more pages are laid above the memory.
    package func load(_ configuration: GuestConfiguration, devicePages: Int) throws(LaunchError) -> LoadedGuest {
        let dialect = configuration.dialect
        let size = configuration.memory
        let kernel = try library.kernel(from: configuration.kernel, memory: size)
        for line in kernel.story { verbose(line) }
        let start = try kernel.entry(for: dialect)

        let initrdFile = try configuration.initrd.map { (path) throws(LaunchError) in try FileImage(path: path) }
        if let initrdFile, initrdFile.count == 0 {
            throw LaunchError(
                .image, path: initrdFile.name, "is empty", advice: "an initrd is a cpio archive or a disk image")
        }
        let layout = try BootLayout(
            memory: size, initrdCount: initrdFile?.count, pageOffset: kernel.pageOffset, dialect: dialect,
            kernel: kernel.name, initrd: configuration.initrd)
        try layout.check(kernel)
        let bootData = try BootData(layout: layout, arguments: configuration.arguments, dialect: dialect)

        let top = size.bytes + UInt64(devicePages) * 4096
        let memory: GuestMemory
        do {
            memory = try GuestMemory(size: top)
        } catch {
            throw .system("\(size) of guest memory cannot be reserved", errno: error.errno)
        }
        try map(kernel.image, shiftedBy: 0, into: memory, name: kernel.name)
        var initrd: SharedImage?
        if let initrdFile, let range = layout.initrd {
            let image = try library.initrd(initrdFile, padding: range.lowerBound & 4095)
            try map(image, shiftedBy: range.lowerBound & ~4095, into: memory, name: initrdFile.name)
            verbose("mapped initrd \(initrdFile.name) size=\(initrdFile.count) @ \(hex(range.lowerBound))")
            initrd = image
        }
        guard layout.writePageTables(pageOffset: kernel.pageOffset, into: memory),
            bootData.write(into: memory, dialect: dialect)
        else {
            throw LaunchError(.system, "the boot data of a guest do not fit its memory, which is a bug of the launcher")
        }
        verbose(
            "Linear mapping of \(layout.mappedPages) pages in \(layout.tableCount) pte pages at \(hex(layout.pageTables))"
        )
        return LoadedGuest(
            memory: memory, pageDirectory: GuestPhysical(UInt32(truncatingIfNeeded: layout.pageDirectory)),
            start: start,
            pageOffset: kernel.pageOffset, frameLimit: PageFrame(UInt32(truncatingIfNeeded: top / 4096)),
            kernel: kernel,
            initrd: initrd)
    }

    private func map(
        _ image: SharedImage, shiftedBy shift: UInt64, into memory: GuestMemory, name: String
    ) throws(LaunchError) {
        for extent in image.extents {
            do {
                try memory.map(
                    file: image.descriptor, offset: Int64(extent.offset), count: Int(extent.count),
                    at: GuestPhysical(UInt32(truncatingIfNeeded: extent.physical + shift)), shared: false)
            } catch {
                throw .system("cannot be mapped into guest memory", path: name, errno: error.errno)
            }
        }
    }
}
