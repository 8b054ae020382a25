import PureParts
import Testing

private func string(_ text: Text) -> String { String(decoding: text.bytes, as: UTF8.self) }

@Suite struct NetAddressTests {
    @Test(
        arguments: [
            ("10.0.0.2", 0x0A00_0002), ("255.255.255.255", .max), ("0.0.0.0", 0), ("10.0.0", nil), ("10.0.0.256", nil),
            ("10.0.0.2.3", nil), ("10..0.2", nil), ("a.b.c.d", nil), ("10.0.0.0002", nil), ("", nil),
        ] as [(String, UInt32?)])
    func `addresses are read or refused`(text: String, expected: UInt32?) {
        #expect(IPv4(Array(text.utf8))?.value == expected)
    }

    @Test func `guests have addresses of their own on each network`() {
        #expect(string(Subnet(guest: 0, network: 0).text) == "10.0.0.1/16")
        #expect(string(Subnet(guest: 299, network: 1).text) == "10.1.1.44/16")
        #expect(string(MAC(guest: 0x0102).text) == "02:00:02:01:00:00")
        #expect(!MAC(guest: 7).isForMany)
        #expect(MAC.broadcast.isForMany)
    }

    @Test func `a prefix decides who is a neighbour and what is for everybody`() throws {
        let subnet = try #require(Subnet(Array("192.168.7.9/24".utf8)))
        #expect(subnet.contains(IPv4(0xC0A8_07FE)))
        #expect(!subnet.contains(IPv4(0xC0A8_08FE)))
        #expect(subnet.isBroadcast(IPv4(0xC0A8_07FF)))
        #expect(!subnet.isBroadcast(IPv4(0xC0A8_07FE)))
        #expect(Subnet(Array("10.0.0.1/33".utf8)) == nil)
        #expect(Subnet(Array("10.0.0.1/0".utf8)) == nil)
        #expect(Subnet(Array("10.0.0.1/8/8".utf8)) == nil)
    }
}

@Suite struct FrameTests {
    private func withFrame(_ body: (inout Frame) -> Void) {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 2048, alignment: 4)
        defer { memory.deallocate() }
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: 2048)
        var frame = Frame(memory, count: 62)
        body(&frame)
    }

    @Test func `a header that we write is one that we accept and damage is noticed`() {
        withFrame { frame in
            IPv4Header.write(frame, proto: IPv4Header.udp, from: IPv4(0x0A00_0001), to: IPv4(0x0A00_0002), number: 7)
            #expect(IPv4Header.check(&frame))
            frame.set(byte: 3, at: IPv4Header.target + 3)
            #expect(!IPv4Header.check(&frame))
        }
    }

    @Test func `lengths that lie are refused and padding is cut off`() {
        for (length, isGood) in [(48, true), (49, false), (20, true), (19, false), (0, false), (0xFFFF, false)] {
            withFrame { frame in
                IPv4Header.write(frame, proto: 1, from: IPv4(1), to: IPv4(2), number: 1)
                frame.set(half: UInt16(length), at: IPv4Header.length)
                IPv4Header.seal(frame)
                #expect(IPv4Header.check(&frame) == isGood, "length \(length)")
                if isGood { #expect(frame.count == 14 + length) }
            }
        }
    }

    @Test func `the checksum is that of RFC 1071`() {
        withFrame { frame in
            for (offset, byte) in [0x00, 0x01, 0xF2, 0x03, 0xF4, 0xF5, 0xF6, 0xF7].enumerated() {
                frame.set(byte: UInt8(byte), at: offset)
            }
            #expect(frame.checksum(from: 0, to: 8) == ~0xDDF2)
            #expect(frame.checksum(from: 0, to: 1) == 0xFFFF)
        }
    }
}

@Suite struct InterjectionTests {
    @Test func `lines from others appear above what is being typed`() {
        var editor = LineEditor(prompt: "> ", promptColumns: 2) { _ in [] }
        for byte in Array("half".utf8) { _ = editor.feed(byte) }
        editor.output = []
        editor.interject("hello\n")
        #expect(String(decoding: editor.output, as: UTF8.self) == "\r\u{1B}[Khello\r\n\r> half\u{1B}[K")
        #expect(editor.text == Array("half".utf8))
    }

    @Test func `what others say cannot move the cursor`() {
        #expect(
            Text.printable([0x41, 0x1B, 0x5B, 0xC2, 0x9B, 0xC3, 0xA9, 0x7F]) == [
                0x41, 0x3F, 0x5B, 0xC2, 0x3F, 0xC3, 0xA9, 0x3F,
            ])
    }
}
