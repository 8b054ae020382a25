// Guest memory by itself: its edges, its laziness, files mapped into it.

import Glibc
import I386
import Testing

@Suite struct GuestMemoryTests {
    @Test(arguments: [0, 1, 4095, 4097, (1 << 32) + 4096] as [UInt64])
    func sizesThatCannotBeAreRefused(_ size: UInt64) {
        #expect(throws: HostMemoryError(errno: EINVAL)) { try GuestMemory(size: size) }
    }

    @Test func nothingLiesBeyondTheEnd() throws {
        let memory = try GuestMemory(size: 8192)
        #expect(memory.load8(at: GuestPhysical(8191)) == 0)
        #expect(memory.load8(at: GuestPhysical(8192)) == nil)
        #expect(memory.load16(at: GuestPhysical(8191)) == nil)
        #expect(memory.load32(at: GuestPhysical(8189)) == nil)
        #expect(memory.load32(at: GuestPhysical(.max)) == nil)
        #expect(!memory.store32(1, at: GuestPhysical(8190)))
        #expect(memory.load16(at: GuestPhysical(8190)) == 0)
        #expect(memory.bytes(at: GuestPhysical(8192), count: 0) != nil)
        #expect(memory.bytes(at: GuestPhysical(8191), count: 2) == nil)
        #expect(memory.bytes(at: GuestPhysical(0), count: -1) == nil)
        #expect(memory.bytes(at: GuestPhysical(4096), count: .max) == nil)
    }

    @Test func fourGigabytesCostNothingUntilTouched() throws {
        let memory = try GuestMemory(size: 1 << 32)
        #expect(memory.residentBytes == 0)
        #expect(memory.store32(0x1234_5678, at: GuestPhysical(0xffff_fffc)))
        #expect(memory.load32(at: GuestPhysical(0xffff_fffc)) == 0x1234_5678)
        // Huge pages may round up.
        #expect(memory.residentBytes >= 4096 && memory.residentBytes <= 4 << 20)
        let cpu = try CPU(memory: memory)
        #expect(cpu.instructions == 0)
    }

    @Test(arguments: [true, false])
    func aFileIsMappedPrivatelyOrShared(_ shared: Bool) throws {
        var template = Array("/tmp/lgtui-memory-XXXXXX".utf8CString)
        let fd = mkstemp(&template)
        try #require(fd >= 0)
        defer {
            close(fd)
            unlink(template)
        }
        let text: [UInt8] = (0..<5000).map { UInt8(truncatingIfNeeded: $0 / 7) }
        try #require(write(fd, text, text.count) == text.count)

        let memory = try GuestMemory(size: 1 << 20)
        try memory.map(file: fd, offset: 0, count: text.count, at: GuestPhysical(0x4000), shared: shared)
        #expect(memory.load8(at: GuestPhysical(0x4000 + 4999)) == text[4999])
        #expect(memory.load8(at: GuestPhysical(0x4000 + 5000)) == 0)
        #expect(memory.store8(0xee, at: GuestPhysical(0x4001)))
        var byte: UInt8 = 0
        try #require(pread(fd, &byte, 1, 1) == 1)
        #expect(byte == (shared ? 0xee : text[1]))

        #expect(throws: HostMemoryError(errno: EINVAL)) {
            try memory.map(file: fd, offset: 0, count: 4096, at: GuestPhysical(0x4001), shared: shared)
        }
        #expect(throws: HostMemoryError(errno: EINVAL)) {
            try memory.map(file: fd, offset: 0, count: 8192, at: GuestPhysical(0xff000), shared: shared)
        }
    }
}
