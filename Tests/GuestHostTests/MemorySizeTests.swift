// Both ways of writing an amount of memory, and what is said about those that are none.

import GuestHost
import Testing

@Suite struct MemorySizeTests {
    @Test(
        arguments: [
            ("64", 64 << 20), ("64m", 64 << 20), ("64M", 64 << 20), ("65536k", 64 << 20), ("1g", 1 << 30),
            ("3G", 3 << 30),
            ("2", 2 << 20), ("3072", 3 << 30),
        ] as [(String, UInt64)])
    func `a number is MiB unless a suffix says otherwise`(text: String, bytes: UInt64) throws {
        #expect(try MemorySize(text).bytes == bytes)
    }

    @Test(
        arguments: [
            ("67108864", 64 << 20), ("64m", 64 << 20), ("65536K", 64 << 20), ("0x4000000", 64 << 20),
            ("0400000000", 64 << 20),
            ("0x40m", 64 << 20), ("1G", 1 << 30),
        ] as [(String, UInt64)])
    func `in the original order a number is bytes, in the radix that strtoul sees`(text: String, bytes: UInt64) throws {
        #expect(try MemorySize(originalOrder: text).bytes == bytes)
    }

    @Test(arguments: [
        "", "m", "64q", "sixty", "-64", "+64", " 64", "64 ", "6 4", "64mm", "0x40", "1.5g", "64\u{1b}[31m", "٦٤",
    ])
    func `what is not a size is called so`(text: String) {
        #expect { try MemorySize(text) } throws: {
            let error = $0 as? LaunchError
            return error?.kind == .usage && error?.description.contains("is not a memory size") == true
                && error?.description.contains("\u{1b}") == false
        }
    }

    @Test(arguments: ["08", "0x", "0xg", "x", "k"])
    func `what strtoul would stop at is not a size either`(text: String) {
        #expect(throws: LaunchError.self) { try MemorySize(originalOrder: text) }
    }

    @Test(arguments: ["0", "1", "4g", "3073", "18446744073709551615", "99999999999999999999999999g", "1k", "2047k"])
    func `sizes that no guest can have are refused with the limit`(text: String) {
        #expect { try MemorySize(text) } throws: {
            let text = String(describing: $0)
            return text.contains("too small") && text.contains("2 MiB")
                || text.contains("too large") && text.contains("3 GiB")
        }
    }

    @Test func `sizes are whole pages`() {
        #expect { try MemorySize(originalOrder: "67108865") } throws: {
            String(describing: $0).contains("4096-byte pages")
        }
    }

    @Test func `a number that was meant as MiB in the original order is explained`() {
        #expect { try MemorySize(originalOrder: "64") } throws: { String(describing: $0).contains("write 64m for MiB") }
    }

    @Test func `sizes describe themselves in their largest whole unit`() throws {
        #expect(try MemorySize("64").description == "64 MiB")
        #expect(try MemorySize("2g").description == "2 GiB")
        #expect(try MemorySize("2052k").description == "2052 KiB")
    }
}
