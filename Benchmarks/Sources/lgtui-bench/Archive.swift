// Initial RAM disks. The kernel unpacks one archive after another into its root file system, so what we add may come behind
// whatever there is.

/// An archive in the "newc" format of cpio.
struct Archive {
    private(set) var bytes: [UInt8]

    /// - Parameter first: an archive, compressed or not, that comes before ours.
    init(behind first: [UInt8] = []) {
        // An archive begins at a multiple of four.
        bytes = first + [UInt8](repeating: 0, count: -first.count & 3)
    }

    mutating func add(file name: String, _ contents: [UInt8]) { add(name, mode: 0o100_755, contents) }
    mutating func add(folder name: String) { add(name, mode: 0o040_755, []) }
    mutating func add(characterDevice name: String, major: Int, minor: Int) {
        add(name, mode: 0o020_600, [], device: (major, minor))
    }
    mutating func finish() { add("TRAILER!!!", mode: 0, []) }

    /// Thirteen figures of eight hexadecimal digits, the name, the contents.
    private mutating func add(_ name: String, mode: Int, _ contents: [UInt8], device: (Int, Int) = (0, 0)) {
        let figures = [1, mode, 0, 0, 1, 0, contents.count, 0, 0, device.0, device.1, name.utf8.count + 1, 0]
        bytes += Array("070701".utf8)
        for figure in figures {
            let digits = String(figure, radix: 16)
            bytes += Array((String(repeating: "0", count: 8 - digits.count) + digits).utf8)
        }
        bytes += Array(name.utf8) + [0]
        pad()
        bytes += contents
        pad()
    }

    private mutating func pad() { bytes += [UInt8](repeating: 0, count: -bytes.count & 3) }
}
