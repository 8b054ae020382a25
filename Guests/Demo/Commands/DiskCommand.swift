// `disk`: look at a block device, sum it up, write to it, and find out how fast it is.

enum DiskCommand {
    static var command: Command {
        Command(
            name: "disk", usage: "[LETTER] info|read|write|sum|bench ...", summary: "block devices, /dev/lgba and on",
            words: ["info", "read", "write", "sum", "bench"]
        ) { words, _ in
            var words = words
            var letter = UInt8(ascii: "a")
            if let first = words.first, first.count == 1 {
                letter = first[0]
                words.removeFirst()
            }
            guard let disk = BlockDevice.all.first(where: { $0.letter == letter }) else {
                console.print("There is no disk lgb\([letter]).\n")
                return
            }
            do throws(DiskError) {
                try run(disk, words)
            } catch {
                if error != .interrupted { console.print("\(disk.name): \(error.text)\n") }
            }
        }
    }

    private static func run(_ disk: BlockDevice, _ words: [[UInt8]]) throws(DiskError) {
        let verb = words.first ?? Text.bytes(of: "info")
        let numbers = words.dropFirst().map { $0.number }
        if verb.spells("info") {
            console.print(
                """
                \(disk.name): \(disk.sectors) sectors, \(disk.sectors / 2) KiB; \
                \(disk.requests) requests, \(disk.errors) errors

                """)
        } else if verb.spells("read"), let first = numbers.first ?? nil {
            try read(disk, first, count: numbers.count > 1 ? numbers[1] ?? 1 : 1)
        } else if verb.spells("write"), words.count >= 3, let first = numbers.first ?? nil {
            try write(disk, first, Array(words[2...].joined(separator: [UInt8(ascii: " ")])))
        } else if verb.spells("sum") {
            let first = numbers.first.flatMap { $0 } ?? 0
            let rest = disk.sectors > first ? disk.sectors - first : 0
            try sum(disk, first, count: numbers.count > 1 ? numbers[1] ?? rest : rest)
        } else if verb.spells("bench") {
            try bench(disk, mebibytes: numbers.first.flatMap { $0 } ?? 16)
        } else {
            console.print(
                """
                usage: disk [LETTER] info
                       disk [LETTER] read SECTOR [COUNT]     show sectors
                       disk [LETTER] write SECTOR TEXT       put text at a sector's start
                       disk [LETTER] sum [SECTOR [COUNT]]    MD5 of sectors, of all by default
                       disk [LETTER] bench [MiB]             reading speed

                """)
        }
    }

    private static func read(_ disk: BlockDevice, _ first: UInt32, count: UInt32) throws(DiskError) {
        for sector in 0..<count {
            let bytes = try disk.read(first &+ sector, count: 1)
            for row in 0..<BlockDevice.sectorSize / 16 {
                let line = bytes[row * 16..<row * 16 + 16]
                // Rows of zeros say nothing; most disks have many.
                if line.allSatisfy({ $0 == 0 }) { continue }
                var text: Text = "\(hex: (first &+ sector) &* 512 &+ UInt32(row * 16)) "
                for byte in line { text = "\(text) \(hex: UInt32(byte), digits: 2)" }
                text = "\(text)  \(line.map { (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: ".") })"
                console.print("\(text)\n")
            }
            if bytes.allSatisfy({ $0 == 0 }) { console.print("\(hex: (first &+ sector) &* 512)  all zero\n") }
        }
    }

    private static func write(_ disk: BlockDevice, _ sector: UInt32, _ text: [UInt8]) throws(DiskError) {
        try disk.write(sector, count: 1) { bytes in
            bytes.initializeMemory(as: UInt8.self, repeating: 0)
            bytes.copyBytes(from: text.prefix(bytes.count))
        }
        console.print("\(disk.name): wrote sector \(sector)\n")
    }

    private static func sum(_ disk: BlockDevice, _ first: UInt32, count: UInt32) throws(DiskError) {
        var digest = MD5()
        var sector = first
        var rest = count
        let start = Clock.now()
        while rest > 0 {
            let piece = min(rest, UInt32(BlockDevice.mostSectors))
            digest.update(try disk.read(sector, count: Int(piece)))
            sector += piece
            rest -= piece
        }
        let milliseconds = (Clock.now() - start) / Clock.millisecond
        console.print(
            "\(digest.finish())  \(disk.name)  \(count) sectors from \(first), \(thousandths: milliseconds) s\n")
    }

    private static func bench(_ disk: BlockDevice, mebibytes: UInt32) throws(DiskError) {
        let wanted = min(UInt64(mebibytes) * 2048, UInt64(disk.sectors))
        guard wanted > 0 else { throw .pastTheEnd }
        var sector: UInt32 = 0
        var start = Clock.now()
        while UInt64(sector) < wanted {
            let piece = min(UInt32(wanted) - sector, UInt32(BlockDevice.mostSectors))
            _ = try disk.read(sector, count: Int(piece))
            sector += piece
        }
        var microseconds = max((Clock.now() - start) / 1000, 1)
        console.print(
            """
            in a row   \(sector / 2) KiB in \(thousandths: microseconds) ms, \
            \(thousandths: UInt64(sector) * 512 * 1000 / microseconds, places: 1) MB/s

            """)

        // Single pages from all over the disk: what a file system's life is like.
        var random: UInt32 = 12345
        let pages = disk.sectors / 8
        guard pages > 0 else { return }
        let reads: UInt64 = 500
        start = Clock.now()
        for _ in 0..<reads {
            random = random &* 1_664_525 &+ 1_013_904_223
            _ = try disk.read((random >> 8) % pages * 8, count: 8)
        }
        microseconds = max((Clock.now() - start) / 1000, 1)
        console.print("at random  \(reads) pages, \(thousandths: microseconds * 1000 / reads) µs each\n")
    }
}
