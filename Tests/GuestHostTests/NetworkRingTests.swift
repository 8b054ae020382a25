// Rings between processes, with good neighbours and with bad ones.

import Glibc
import GuestHost
import Hypervisor
import Synchronization
import Testing

@Suite struct NetworkRingTests {
    private let folder: TemporaryFolder
    private let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path + "/net"
        folder.willHold("net")
    }

    /// A ring in a file of its own.
    private func ring() throws -> SharedMapping {
        let path = try folder.file("ring", size: NetworkLayout.ringSize)
        let descriptor = open(path, O_RDWR)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        return try SharedMapping(file: descriptor, offset: 0, count: NetworkLayout.ringSize)
    }

    private func isEmpty(_ reader: inout RingReader) -> Bool { reader.next() == nil }

    private func write(_ frame: [UInt8], _ writer: inout RingWriter) -> Bool {
        frame.withUnsafeBytes { bytes in MessagePieces.single(bytes) { writer.write($0, count: bytes.count) } }
    }

    @Test func `frames come out as they went in, around and around`() throws {
        let mapping = try ring()
        var (writer, reader) = (RingWriter(mapping), RingReader(mapping))
        var (sent, read) = (UInt32(0), UInt32(0))
        while read < 5000 {
            while sent < 5000, write(numberedFrame(sent), &writer) { sent += 1 }
            #expect(!writer.isEmpty)
            for _ in 0..<(1 + read % 50) {
                guard let frame = reader.next() else { break }
                #expect(number(of: Array(frame)) == read)
                reader.consume()
                read += 1
            }
        }
        #expect(writer.isEmpty)
        #expect(isEmpty(&reader))
        #expect(reader.garbage == 0)
    }

    @Test func `a full ring refuses and a long frame is refused`() throws {
        let mapping = try ring()
        var (writer, reader) = (RingWriter(mapping), RingReader(mapping))
        var count = 0
        while write([UInt8](repeating: 1, count: 1514), &writer) { count += 1 }
        #expect(count == NetworkLayout.ringCapacity / 1528)
        #expect(!isEmpty(&reader))
        reader.consume()
        #expect(write([UInt8](repeating: 1, count: 1514), &writer))
        #expect(!write([UInt8](repeating: 1, count: NetworkLayout.longestFrame + 1), &writer))
        #expect(!write([], &writer))
    }

    @Test func `a new writer goes on where the old one was killed`() throws {
        let mapping = try ring()
        var (writer, reader) = (RingWriter(mapping), RingReader(mapping))
        #expect(write(numberedFrame(1), &writer))
        var next = RingWriter(mapping)
        #expect(write(numberedFrame(2), &next))
        for wanted in [1, 2] as [UInt32] {
            let frame = reader.next().map { Array($0) }
            #expect(frame.flatMap { number(of: $0) } == wanted)
            reader.consume()
        }
        #expect(isEmpty(&reader))
    }

    @Test(arguments: 0..<20) func `no bytes in a ring hurt the reader, and afterwards it reads again`(seed: Int) throws
    {
        let mapping = try ring()
        var reader = RingReader(mapping)
        var generator = SplitMix(seed: UInt64(seed))
        for _ in 0..<20_000 {
            let noise = generator.next()
            let field = [
                NetworkLayout.ringHeadField, NetworkLayout.ringTailField,
                NetworkLayout.ringDataField + Int(noise >> 8 & 0x7fff) * 4,
            ][Int(noise % 3)]
            let value =
                noise >> 60 == 0
                ? NetworkLayout.skip : noise & 1 == 0 ? UInt32(noise >> 32) : UInt32(truncatingIfNeeded: noise >> 48)
            mapping.word(field).pointee.store(value, ordering: .relaxed)
            if let frame = reader.next() {
                #expect(frame.count > 0 && frame.count <= NetworkLayout.longestFrame)
                let start = try #require(frame.baseAddress) - UnsafeRawPointer(mapping.base)
                #expect(start >= NetworkLayout.ringDataField && start + frame.count <= NetworkLayout.ringSize)
                if noise & 8 == 0 { reader.consume() }
            }
        }
        while reader.next() != nil { reader.consume() }
        var writer = RingWriter(mapping)
        // The first may be lost to what is left of the noise.
        for number in 0..<4 { _ = write(numberedFrame(UInt32(number)), &writer) }
        while reader.next() != nil { reader.consume() }
        #expect(write(numberedFrame(77), &writer))
        let frame = reader.next().map { Array($0) }
        #expect(frame.flatMap { number(of: $0) } == 77)
    }

    @Test func `a file that is cut off under its mapping reads as zeroes and hurts nobody`() throws {
        let station = try Station(path)
        let receiver = try Station(path)
        station.up()
        receiver.up()
        #expect(station.send(numberedFrame(1), to: receiver.file.slot))
        #expect(truncate(path, 0) == 0)
        for number in 0..<1000 { _ = station.send(numberedFrame(UInt32(number)), to: receiver.file.slot) }
        #expect(station.file.peers == 0)
        station.link.stop()
        receiver.link.stop()
    }

    @Test func `100,000 numbered frames cross between two processes, both ways, in order`() throws {
        let count: UInt32 = 100_000
        let next = Monitor(UInt32(0))
        let wrong = Monitor(0)
        let station = try Station(path) { frame in
            let expected = next.withLock { $0 }
            // Now and then all buffers are taken.
            if expected % 1000 == 999, frame.count % 2 == 0, wrong.withLock({ $0 }) == 0, Bool.random() { return .full }
            if number(of: frame) != expected { wrong.withLock { $0 += 1 } }
            next.withLock { $0 = expected &+ 1 }
            return .moved(UInt32(frame.count))
        }
        station.up()
        let peer = try Peer("exchange", network: path, argument: Int(count))
        let deadline = ContinuousClock.now + .seconds(60)
        while station.file.address(of: 1) == nil, ContinuousClock.now < deadline { usleep(1000) }
        for number in 0..<count { try #require(station.insist(numberedFrame(number), to: 1)) }
        #expect(next.wait(within: .seconds(120)) { $0 == count })
        #expect(wrong.withLock { $0 } == 0)
        #expect(peer.wait())
        station.link.stop()
    }

    @Test func `a neighbour is killed a hundred times, and each successor finds its place clean`() throws {
        let state = Monitor((next: UInt32?.none, frames: 0, torn: 0, gaps: 0))
        let station = try Station(path) { frame in
            state.withLock { state in
                state.frames += 1
                let number = number(of: frame)
                if number == nil { state.torn += 1 }
                // A successor counts from zero.
                if let next = state.next, let number, number != next, number != 0 { state.gaps += 1 }
                state.next = number.map { $0 &+ 1 }
            }
            return .moved(UInt32(frame.count))
        }
        station.up()
        for _ in 0..<100 {
            let before = state.withLock { $0.frames }
            let peer = try Peer("flood", network: path)
            try #require(state.wait(within: .seconds(60)) { $0.frames > before + 20 })
            peer.kill()
        }
        #expect(state.withLock { $0.torn } == 0)
        #expect(state.withLock { $0.gaps } == 0)
        // Nothing has leaked: the next comer gets the same slot, and finds no MAC in it.
        let next = try Station(path)
        #expect(next.file.slot == 1)
        #expect(station.file.peers == 0)
        station.link.stop()
        next.link.stop()
    }

    @Test func `a neighbour that writes noise everywhere stops nobody`() throws {
        let good = Monitor(UInt32(0))
        let station = try Station(path) { frame in
            if let number = number(of: frame), frame.count > 4 { good.withLock { $0 = max($0, number) } }
            return .moved(UInt32(frame.count))
        }
        station.up()
        let vandal = try Peer("scribble", network: path, argument: 7)
        let deadline = ContinuousClock.now + .seconds(60)
        while station.file.address(of: 1) == nil, ContinuousClock.now < deadline { usleep(1000) }
        let friend = try Station(path)
        friend.up()
        for number in 1...2000 { try #require(friend.insist(numberedFrame(UInt32(number)), to: 0)) }
        #expect(good.wait(within: .seconds(30)) { $0 >= 2000 })
        vandal.kill()
        station.link.stop()
        friend.link.stop()
    }

    @Test func `three on one file: each copy arrives once, where it was sent`() throws {
        let received = (0..<3).map { _ in Monitor<[UInt32]>([]) }
        let stations = try received.map { box in
            try Station(path) { frame in
                box.withLock { $0.append(number(of: frame) ?? .max) }
                return .moved(UInt32(frame.count))
            }
        }
        for station in stations { station.up() }
        for (index, station) in stations.enumerated() {
            // A broadcast is one copy for each of the others.
            for other in 0..<3 where other != index {
                #expect(station.send(numberedFrame(UInt32(100 + index)), to: other))
            }
            #expect(station.send(numberedFrame(UInt32(200 + index)), to: (index + 1) % 3))
            #expect(!station.send(numberedFrame(1), to: index))
            #expect(!station.send(numberedFrame(1), to: 600))
        }
        for index in 0..<3 {
            #expect(received[index].wait(within: .seconds(30)) { $0.count == 3 })
            let others = (0..<3).filter { $0 != index }.map { UInt32(100 + $0) }
            #expect(received[index].withLock { $0.sorted() } == others + [UInt32(200 + (index + 2) % 3)])
        }
        for station in stations { station.link.stop() }
    }
}
