import Glibc
import Hypervisor
import I386
import Synchronization
import SystemPackage
import Testing

/// DMA to the launcher and buffers for it.
@Suite(.timeLimit(.minutes(1)))
struct LauncherDMATests {
    @Test func sendStopsTheGuestWithListAndKey() throws {
        let machine = try Machine {
            $0.hypercall(13, 0x1234, Place.buffers)
            $0.report(.eax)
        }
        try machine.boot()
        let sent = try machine.lguest.run()
        #expect(sent == SentDMA(dma: GuestPhysical(Place.buffers), key: DMAKey(0x1234)))
        #expect(try machine.next() == 13)
        #expect(machine.lguest.counters.dmaSends == 2)
    }

    @Test(arguments: [1, 2, Place.memorySize, 0xffff_fffc] as [UInt32])
    func badKeyIsFatal(key: UInt32) throws {
        let sender = try Machine { $0.hypercall(13, key, Place.buffers) }
        #expect(sender.death() == .badDMAKey(key))
        let binder = try Machine { $0.hypercall(12, key, Place.buffers, 1 << 8 | 1) }
        #expect(binder.death() == .badDMAKey(key))
    }

    @Test func boundBufferIsFoundAndMarkedWithItsLine() throws {
        let machine = try Machine {
            $0.hypercall(12, 0, Place.buffers, 2 << 8 | 5)
            $0.report(.eax)
        }
        machine.pokeDMA(Place.buffers, used: 77, [(Place.scratch, 64)])
        machine.pokeDMA(Place.buffers + 100, [(Place.scratch, 64)])
        #expect(try machine.first() == 1)
        let bound = try machine.lguest.getDMA(key: DMAKey(0))
        #expect(bound == BoundDMA(dma: GuestPhysical(Place.buffers + 100), irq: IRQ(5)))
        #expect(machine.peek(Place.buffers + 100) == 5)
        // That was the last free one.
        #expect(throws: Errno.noSuchFileOrDirectory) { try machine.lguest.getDMA(key: DMAKey(0)) }
        machine.poke(Place.buffers, 0)
        #expect(try machine.lguest.getDMA(key: DMAKey(0)).dma == GuestPhysical(Place.buffers))
    }

    @Test(arguments: [0, 4, 3, 0xffff_fff0] as [UInt32])
    func nothingBoundIsENOENT(key: UInt32) throws {
        let machine = try Machine { $0.report(1) }
        #expect(try machine.first() == 1)
        #expect(throws: Errno.noSuchFileOrDirectory) { try machine.lguest.getDMA(key: DMAKey(key)) }
        #expect(machine.lguest.death == nil)
    }

    @Test func lineZeroUnbindsOnce() throws {
        let machine = try Machine {
            $0.hypercall(12, 8, Place.buffers, 1 << 8 | 5)
            $0.hypercall(12, 8, Place.scratch, 0)
            $0.report(.eax)
            $0.hypercall(12, 8, Place.buffers, 0)
            $0.report(.eax)
            $0.hypercall(12, 8, Place.buffers, 0)
            $0.report(.eax)
        }
        #expect(try machine.first() == 0)  // another array
        #expect(try machine.next() == 1)
        #expect(try machine.next() == 0)  // gone
        #expect(throws: Errno.noSuchFileOrDirectory) { try machine.lguest.getDMA(key: DMAKey(8)) }
    }

    @Test func lineAbove31CannotBeBound() throws {
        let machine = try Machine {
            $0.hypercall(12, 0, Place.buffers, 1 << 8 | 32)
            $0.report(.eax)
        }
        #expect(try machine.first() == 0)
    }

    @Test func thirtyTwoArraysAndNoMore() throws {
        let machine = try Machine {
            for index in 0..<UInt32(33) { $0.hypercall(12, index * 4, Place.buffers, 1 << 8 | 5) }
            $0.report(.eax)
            $0.hypercall(12, 0, Place.buffers, 0)
            $0.hypercall(12, 200, Place.buffers, 1 << 8 | 5)
            $0.report(.eax)
        }
        #expect(try machine.first() == 0)
        #expect(try machine.next() == 1)
    }

    @Test func bufferArrayOutsideOfMemoryIsFatalWhenUsed() throws {
        let machine = try Machine {
            $0.hypercall(12, 0, Place.memorySize - 50, 1 << 8 | 5)
            $0.report(1)
        }
        #expect(try machine.first() == 1)
        #expect(throws: Errno.noSuchFileOrDirectory) { try machine.lguest.getDMA(key: DMAKey(0)) }
        #expect(machine.lguest.death == .badDMABuffer(Place.memorySize - 50))
        #expect(throws: Errno.noSuchFileOrDirectory) { try machine.lguest.run() }
    }

    @Test func listIsReadUpToTheFirstEmptyPiece() throws {
        let memory = try GuestMemory(size: 8192)
        _ = memory.store32(9, at: GuestPhysical(0))
        for (index, length) in ([10, 20, 0, 40] as [UInt16]).enumerated() {
            _ = memory.store32(UInt32(index) * 100, at: GuestPhysical(UInt32(4 + index * 4)))
            _ = memory.store16(length, at: GuestPhysical(UInt32(68 + index * 2)))
        }
        let list = try #require(DMAList(at: GuestPhysical(0), in: memory))
        #expect(list.usedLength == 9)
        #expect(list.count == 2)
        #expect(list.byteCount == 30)
        #expect(list[1] == DMAList.Piece(address: GuestPhysical(100), length: 20))
        #expect(DMAList(at: GuestPhysical(8093), in: memory) == nil)
    }
}

/// Guests that share a page.
@Suite(.timeLimit(.minutes(1)))
struct GuestToGuestTests {
    private let keys = SharedKeys()
    private let ids = GuestIDs()
    private let page = SharedPage(device: 1, inode: 2, page: 0)
    /// The place that everything is bound at: offset 4 in the shared page.
    private let key = Place.sharedPage + 4

    private func machine(_ program: (inout Assembler) -> Void) throws -> Machine {
        let machine = try Machine(keys: keys, ids: ids, program)
        machine.lguest.declareShared(PageFrame(Place.sharedPage / onePage), as: page)
        return machine
    }

    /// A guest that binds `count` buffers for line 3 and then reports each interrupt, from a halted state.
    private func receiver(buffers count: UInt32 = 2) throws -> Machine {
        let machine = try machine {
            $0.gate(35, to: "irq")
            $0.hypercall(12, key, Place.buffers, count << 8 | 3)
            $0.report(1)
            $0.label("idle")
            $0.hypercall(10)
            $0.jump("idle")
            $0.label("irq")
            $0.report(0x103)
            $0.iret()
        }
        for index in 0..<count {
            machine.pokeDMA(
                Place.buffers + index * 100, [(Place.scratch + index * 64, 16), (Place.scratch + index * 64 + 32, 16)])
        }
        return machine
    }

    /// A guest that sends what it is told to, over and over, reporting `used_len` after each time.
    private func sender(clearing: Bool = true) throws -> Machine {
        let machine = try machine {
            $0.report(1)
            $0.label("again")
            if clearing { $0.store(0, at: Place.buffers) }
            $0.hypercall(13, key, Place.buffers)
            $0.load(.esi, at: Place.buffers)
            $0.report(.esi)
            $0.jump("again")
        }
        try machine.load(Array("Hello, neighbour; how are you to-day?".utf8), at: Place.scratch)
        machine.pokeDMA(Place.buffers, [(Place.scratch, 5), (Place.scratch + 5, 15)])
        return machine
    }

    private func text(_ machine: Machine, _ address: UInt32, _ count: Int) -> String {
        String(
            decoding: machine.memory.bytes(at: GuestPhysical(address), count: count) ?? .init(start: nil, count: 0),
            as: UTF8.self)
    }

    @Test func bytesArriveGatheredAndScattered() throws {
        let (receiver, sender) = (try receiver(), try sender())
        #expect(try receiver.first() == 1)
        #expect(try sender.first() == 1)
        #expect(try sender.next() == 20)
        #expect(text(receiver, Place.scratch, 16) == "Hello, neighbour")
        #expect(text(receiver, Place.scratch + 32, 4) == "; ho")
        #expect(receiver.peek(Place.buffers) == 20)
        #expect(try receiver.next() == 0x103)
        #expect(sender.lguest.counters.dmaBytesSent == 20)
        #expect(receiver.lguest.counters.dmaBytesReceived == 20)
    }

    @Test func buffersAreUsedInTurn() throws {
        let (receiver, sender) = (try receiver(buffers: 3), try sender())
        #expect(try receiver.first() == 1)
        #expect(try sender.first() == 1)
        for index in 0..<UInt32(3) {
            #expect(try sender.next() == 20)
            #expect(receiver.peek(Place.buffers + index * 100) == 20)
            // Emptied at once, and yet the next one is used.
            receiver.poke(Place.buffers + index * 100, 0)
        }
        #expect(try sender.next() == 20)
        #expect(receiver.peek(Place.buffers) == 20)
    }

    @Test func newerMessagesNeverLieBeforeOlderOnes() throws {
        let (receiver, sender) = (try receiver(buffers: 3), try sender())
        #expect(try receiver.first() == 1)
        #expect(try sender.first() == 1)
        for _ in 0..<3 { #expect(try sender.next() == 20) }
        // The driver is on its way from the first to the last.
        receiver.poke(Place.buffers, 0)
        receiver.poke(Place.buffers + 100, 0)
        #expect(try sender.next() == 0)
        #expect(receiver.peek(Place.buffers) == 0)
        receiver.poke(Place.buffers + 200, 0)
        #expect(try sender.next() == 20)
        #expect(receiver.peek(Place.buffers) == 20)
    }

    @Test func fullReceiverIsToldAndTheSenderLearnsZero() throws {
        let (receiver, sender) = (try receiver(buffers: 1), try sender())
        #expect(try receiver.first() == 1)
        #expect(try sender.first() == 1)
        #expect(try sender.next() == 20)
        #expect(try receiver.next() == 0x103)
        #expect(try sender.next() == 0)
        // Told again, although nothing came.
        #expect(try receiver.next() == 0x103)
        #expect(receiver.lguest.counters.dmaBytesReceived == 20)
    }

    @Test func longMessageIsCutToTheBuffer() throws {
        let (receiver, sender) = (try receiver(), try sender())
        sender.pokeDMA(Place.buffers, [(Place.scratch, 37)])
        #expect(try receiver.first() == 1)
        #expect(try sender.first() == 1)
        #expect(try sender.next() == 32)
        #expect(text(receiver, Place.scratch + 32, 16) == "; how are you to")
    }

    @Test func noReceiverMeansSilence() throws {
        let sender = try sender(clearing: false)
        sender.poke(Place.buffers, 0)
        #expect(try sender.first() == 1)
        #expect(try sender.next() == 0)
        #expect(sender.lguest.counters.dmaBytesSent == 0)
    }

    @Test func guestNeverSendsToItself() throws {
        let machine = try machine {
            $0.hypercall(12, key, Place.buffers, 1 << 8 | 3)
            $0.hypercall(13, key, Place.gdt)
            $0.load(.esi, at: Place.gdt)
            $0.report(.esi)
        }
        machine.pokeDMA(Place.buffers, [(Place.scratch, 16)])
        machine.pokeDMA(Place.gdt, [(Place.scratch, 16)])
        #expect(try machine.first() == 0)
        #expect(machine.peek(Place.buffers) == 0)
    }

    @Test func otherPlacesInThePageAreOtherKeys() throws {
        let receiver = try receiver()
        #expect(try receiver.first() == 1)
        let sender = try machine {
            $0.hypercall(13, key + 4, Place.buffers)
            $0.load(.esi, at: Place.buffers)
            $0.report(.esi)
        }
        sender.pokeDMA(Place.buffers, [(Place.scratch, 16)])
        #expect(try sender.first() == 0)
    }

    @Test func sameAddressInUnsharedMemoryGoesToTheLauncher() throws {
        let receiver = try receiver()
        #expect(try receiver.first() == 1)
        let stranger = try Machine(keys: keys, ids: ids) { $0.hypercall(13, key, Place.buffers) }
        try stranger.boot()
        #expect(try stranger.lguest.run().key == DMAKey(key))
    }

    @Test func unboundReceiverGetsNothingMore() throws {
        let receiver = try machine {
            $0.hypercall(12, key, Place.buffers, 1 << 8 | 3)
            $0.report(1)
            $0.hypercall(12, key, Place.buffers, 0)
            $0.report(.eax)
        }
        receiver.pokeDMA(Place.buffers, [(Place.scratch, 16)])
        let sender = try sender()
        #expect(try receiver.first() == 1)
        #expect(keys.count == 1)
        #expect(try receiver.next() == 1)
        #expect(keys.count == 0)
        #expect(try sender.first() == 1)
        #expect(try sender.next() == 0)
    }

    @Test func deadReceiverLeavesTheRegistry() throws {
        let receiver = try machine {
            $0.hypercall(12, key, Place.buffers, 1 << 8 | 3)
            $0.report(1)
            $0.hypercall(99)
        }
        #expect(try receiver.first() == 1)
        #expect(throws: Errno.noSuchFileOrDirectory) { try receiver.next() }
        #expect(keys.count == 0)
    }

    @Test func closedReceiverLeavesTheRegistry() throws {
        do {
            let receiver = try receiver()
            #expect(try receiver.first() == 1)
            #expect(keys.count == 1)
        }
        #expect(keys.count == 0)
        #expect(ids.take() == 0)
    }

    // MARK: Bad lists

    @Test(
        arguments: [(Place.scratch + 4090, 7), (Place.memorySize - 4, 5), (0xffff_fff0, 16), (Place.scratch, 4097)]
            as [(UInt32, UInt16)])
    func badListKillsItsSender(address: UInt32, length: UInt16) throws {
        let (receiver, sender) = (try receiver(), try sender())
        sender.pokeDMA(Place.buffers, [(address, length)])
        #expect(try receiver.first() == 1)
        #expect(try sender.first() == 1)
        #expect(throws: Errno.noSuchFileOrDirectory) { try sender.next() }
        #expect(sender.lguest.death == .badDMAPiece(length: UInt32(length), address: address))
        #expect(receiver.lguest.death == nil)
        #expect(receiver.peek(Place.buffers) == 0)
    }

    @Test func badBufferKillsItsReceiverOnly() throws {
        let (receiver, sender) = (try receiver(), try sender())
        receiver.pokeDMA(Place.buffers, [(Place.scratch + 4090, 7)])
        #expect(try receiver.first() == 1)
        #expect(try sender.first() == 1)
        #expect(try sender.next() == 0)
        #expect(receiver.lguest.death == .badDMAPiece(length: 7, address: Place.scratch + 4090))
        #expect(throws: Errno.noSuchFileOrDirectory) { try receiver.next() }
        #expect(keys.count == 0)
    }

    @Test func badBufferArrayKillsItsReceiverOnly() throws {
        let receiver = try machine {
            $0.hypercall(12, key, Place.memorySize - 99, 1 << 8 | 3)
            $0.report(1)
        }
        let sender = try sender()
        #expect(try receiver.first() == 1)
        #expect(try sender.first() == 1)
        #expect(try sender.next() == 0)
        #expect(receiver.lguest.death == .badDMABuffer(Place.memorySize - 99))
    }

    @Test func listOutsideOfMemoryKillsItsSender() throws {
        let receiver = try receiver()
        let sender = try machine { $0.hypercall(13, key, Place.memorySize - 99) }
        #expect(try receiver.first() == 1)
        #expect(sender.death() == .badRead(address: Place.memorySize - 99, count: 100))
    }

    // MARK: Threads

    @Test func twoGuestsOnTwoThreadsExchangeWithoutLossOrMixUp() throws {
        // The sender counts in its message; the receiver's handler takes each filled buffer and frees it.
        let rounds: UInt32 = 3_000
        let sum = Atomic<UInt64>(0)
        let received = Atomic<UInt32>(0)
        let isReady = Atomic<Bool>(false)

        let receiver = try machine {
            $0.gate(35, to: "irq")
            $0.hypercall(12, key, Place.buffers, 8 << 8 | 3)
            $0.report(1)
            $0.label("idle")
            $0.hypercall(10)
            $0.jump("idle")
            $0.label("irq")
            $0.report(0x103)
            $0.store(0x200, at: Notes.irqEnabled)
            $0.iret()
        }
        for index in 0..<UInt32(8) {
            receiver.pokeDMA(Place.buffers + index * 100, [(Place.scratch + index * 64, 64)])
        }
        let receiving = BackgroundThread {
            #expect(throws: Never.self) { try receiver.boot() }
            while received.load(ordering: .relaxed) < rounds {
                guard let message = try? receiver.next() else { break }
                if message == 1 { isReady.store(true, ordering: .releasing) }
                // The launcher plays the driver here: it runs on the guest's own thread, between two instructions.
                for index in 0..<UInt32(8) where receiver.peek(Place.buffers + index * 100) != 0 {
                    let word = receiver.peek(Place.scratch + index * 64)
                    #expect(receiver.peek(Place.scratch + index * 64 + 12) == word)
                    sum.add(UInt64(word), ordering: .relaxed)
                    received.add(1, ordering: .relaxed)
                    receiver.poke(Place.buffers + index * 100, 0)
                }
            }
        }

        let sender = try machine {
            $0.report(1)
            $0.mov(.edi, 0)
            $0.label("next")
            $0.increment(.edi)
            for word in 0..<UInt32(4) { $0.store(.edi, at: Place.scratch + word * 4) }
            $0.label("again")
            $0.store(0, at: Place.buffers)
            $0.hypercall(13, key, Place.buffers)
            $0.load(.eax, at: Place.buffers)
            $0.unlessEAX(16, jump: "again")
            $0.raw(0x89, 0xf8)  // mov eax, edi
            $0.unlessEAX(rounds, jump: "next")
            $0.report(2)
        }
        sender.pokeDMA(Place.buffers, [(Place.scratch, 16)])
        #expect(eventually { isReady.load(ordering: .acquiring) })
        #expect(try sender.first() == 1)
        #expect(try sender.next() == 2)
        #expect(eventually { received.load(ordering: .relaxed) == rounds })
        receiving.join()
        #expect(sum.load(ordering: .relaxed) == UInt64(rounds) * UInt64(rounds + 1) / 2)
        #expect(receiver.lguest.counters.dmaBytesReceived == UInt64(rounds) * 16)
    }

    @Test func receiverThatNeverRunsDoesNotHoldUpItsSender() throws {
        let (receiver, sender) = (try receiver(buffers: 1), try sender())
        #expect(try receiver.first() == 1)
        #expect(try sender.first() == 1)
        #expect(try sender.next() == 20)
        let start = monotonic()
        for _ in 0..<100 { #expect(try sender.next() == 0) }
        #expect(monotonic() - start < 5_000_000_000)
    }

    @Test func pagesOfOneFileAreTheSameWhereverTheyAreOpened() throws {
        var name = Array("/tmp/lguest-page-XXXXXX\0".utf8)
        let descriptor = name.withUnsafeMutableBytes { bytes in
            bytes.baseAddress.map { mkstemp($0.assumingMemoryBound(to: CChar.self)) } ?? -1
        }
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let path = String(decoding: name.dropLast(), as: UTF8.self)
        let again = try FileDescriptor.open(FilePath(path), .readOnly)
        defer { try? again.close() }
        unlink(path)
        let first = try SharedPage(of: FileDescriptor(rawValue: descriptor))
        #expect(try SharedPage(of: again) == first)
        #expect(try SharedPage(of: again, offset: 4096) != first)
        #expect(throws: Errno.badFileDescriptor) { try SharedPage(of: FileDescriptor(rawValue: -1)) }
    }
}
