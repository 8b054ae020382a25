// Places on a shared network: who gets which, and what becomes of them.

import Glibc
import GuestHost
import Hypervisor
import Synchronization
import Testing

@Suite struct NetworkFileTests {
    private let folder: TemporaryFolder
    private let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path + "/net"
        folder.willHold("net")
    }

    private func open() throws -> NetworkFile { try NetworkFile(path: path, dialect: .linux2623) }

    @Test func `the file is made for its owner alone, and its first page is empty`() throws {
        let file = try open()
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        #expect(contents(path).prefix(4096).allSatisfy { $0 == 0 })
        file.leave()
    }

    @Test func `guests of one process get different slots and ids, and those who leave make room`() throws {
        var files = try (0..<20).map { _ in try open() }
        #expect(files.map(\.slot) == Array(0..<20))
        #expect(files[0].claimID(0))
        #expect(!files[1].claimID(0))
        #expect(files[1].claimID(1))
        files[0].giveBackID(0)
        #expect(files[2].claimID(0))
        files[7].leave()
        files[3].leave()
        #expect(try open().slot == 3)
        files = []
        #expect(try open().slot == 0)
    }

    @Test func `an id that a neighbour's MAC is made of is taken`() throws {
        let (first, second) = (try open(), try open())
        first.head.base.copyMemory(from: [3, 0, 5, 1, 0, 0] as [UInt8], byteCount: 6)
        #expect(!second.claimID(0x105))
        #expect(second.claimID(0x106))
        #expect(second.peers == 1)
        #expect(second.address(of: 0) == [2, 0, 5, 1, 0, 0])
    }

    @Test func `the MACs of the dead are wiped by the next comer, those of the living are not`() throws {
        let (first, second) = (try open(), try open())
        for slot in 0..<9 {
            first.head.base.advanced(by: slot * 6).copyMemory(from: [2, 0, 0, 0, 0, 9] as [UInt8], byteCount: 6)
        }
        let third = try open()
        #expect(third.slot == 2)
        #expect((0..<9).map { third.address(of: $0) != nil } == [true, true] + Array(repeating: false, count: 7))
        withExtendedLifetime((first, second)) {}
    }

    @Test func `somebody's disk is not taken for a network`() throws {
        let disk = try folder.file("disk", size: 1 << 20)
        #expect { try NetworkFile(path: disk, dialect: .linux2623) } throws: {
            "\($0)".contains("is not a network file")
        }
        #expect(contents(disk).count == 1 << 20)
        #expect { try NetworkFile(path: folder.path, dialect: .linux2623) } throws: { "\($0)".contains("folder") }
        // What the original launcher left is one.
        let old = try folder.file("old", size: 4096)
        #expect(try NetworkFile(path: old, dialect: .linux2623).slot == 0)
    }

    @Test func `in the February dialect unused slots are full of ones`() throws {
        let file = try NetworkFile(path: path, dialect: .mm2007)
        #expect(contents(path).prefix(682 * 6).allSatisfy { $0 == 0xff })
        #expect(file.peers == 0)
    }

    @Test func `all places can be taken, and the next guest is told`() throws {
        let files = try (0..<NetworkLayout.slots).map { _ in try open() }
        #expect(Set(files.map(\.slot)).count == 682)
        #expect { try open() } throws: { "\($0)".contains("no free place") }
        // Kept until here, and not a moment less.
        withExtendedLifetime(files) {}
    }

    @Test func `no two rings overlap, and few guests need a short file`() {
        var seen: Set<Int64> = []
        for sender in 0..<40 {
            for receiver in 0..<40 where sender != receiver {
                let start = NetworkLayout.ring(from: sender, to: receiver)
                #expect(seen.insert(start).inserted)
                #expect((start - Int64(NetworkLayout.headSize)) % Int64(NetworkLayout.ringSize) == 0)
                let bound = (max(sender, receiver) + 1) * (max(sender, receiver) + 1)
                #expect(start < Int64(NetworkLayout.headSize + bound * NetworkLayout.ringSize))
            }
        }
    }
}

@Suite struct TapAddressTests {
    @Test func `addresses, prefixes and bridges are understood`() throws {
        #expect(try TapAddress("192.168.19.1") == .host(IPv4Address(value: 0xc0a8_1301), prefix: 24))
        #expect(try TapAddress("10.0.0.1") == .host(IPv4Address(value: 0x0a00_0001), prefix: 8))
        #expect(try TapAddress("172.16.0.1/30") == .host(IPv4Address(value: 0xac10_0001), prefix: 30))
        #expect(try TapAddress("bridge:br0") == .bridge("br0"))
        #expect(IPv4Address(value: 0x0102_03ff).description == "1.2.3.255")
    }

    @Test(arguments: [
        "", "10.0.0", "10.0.0.256", "10.0.0.1/33", "10.0.0.1/0", "10.0.0.1/x", "10.0.0.1/", "bridge:", "bridge:a/b",
        "bridge:sixteencharacter", "host", "1.2.3.4.5", "0x1.2.3.4", "10.0.0.1 ",
    ])
    func `nonsense is refused`(text: String) {
        #expect(throws: LaunchError.self) { try TapAddress(text) }
    }
}
