// What those see who look at a CPU from outside: counters, samples with their callers, and translations in words.

import I386
import Testing

@Suite struct ObservationTests {
    @Test func aSampleFollowsFramePointersToTheCallers() throws {
        // call f; int 0x1f; f: push ebp; mov ebp, esp; call g; g: push ebp; mov ebp, esp; jmp self
        let m = try TestMachine(
            [0xe8, 2, 0, 0, 0, 0xcd, 0x1f, 0x55, 0x89, 0xe5, 0xe8, 0, 0, 0, 0, 0x55, 0x89, 0xe5, 0xeb, 0xfe])
        m.s.pointee.ebp = 0
        var seen: [StackSample] = []
        m.cpu.onSample = { seen.append($0) }
        m.run(100)
        m.cpu.requestSample()
        m.run(100)
        let code = TestMachine.code
        #expect(seen == [StackSample(isUser: false, addresses: [code + 18, code + 15, code + 5])])
    }

    @Test func aChainEndsWhereNoCallWas() throws {
        // push eax; push ebp; mov ebp, esp; jmp self: eax is no return address.
        let m = try TestMachine([0x50, 0x55, 0x89, 0xe5, 0xeb, 0xfe])
        m.s.pointee.eax = TestMachine.code + 4
        var seen: [StackSample] = []
        m.cpu.onSample = { seen.append($0) }
        m.run(100)
        m.cpu.requestSample()
        m.run(100)
        #expect(seen.map(\.addresses) == [[TestMachine.code + 4]])
    }

    @Test(arguments: [0, 0xffff_fffc, 0x31000, 0x2fff_f000, 3] as [UInt32])
    func aWildFramePointerIsHarmless(_ pointer: UInt32) throws {
        let m = try TestMachine([0xeb, 0xfe])
        m.s.pointee.ebp = pointer
        var seen = 0
        m.cpu.onSample = { _ in seen += 1 }
        m.cpu.requestSample()
        m.run(100)
        #expect(seen == 1)
    }

    @Test func inRingThreeNobodyIsAskedForCallers() throws {
        let m = try TestMachine(ring: 3, [0xeb, 0xfe])
        m.s.pointee.ebp = m.s.pointee.esp
        var seen: [StackSample] = []
        m.cpu.onSample = { seen.append($0) }
        m.cpu.requestSample()
        m.run(100)
        #expect(seen == [StackSample(isUser: true, addresses: [TestMachine.code])])
    }

    @Test func aQuestionThatWasWithdrawnIsNotAnswered() throws {
        let m = try TestMachine([0xeb, 0xfe])
        m.cpu.requestSample()
        m.cpu.withdrawSample()
        m.run(100)
        #expect(m.cpu.lastSample == nil)
    }

    @Test func missesAndForgottenTranslationsAreCounted() throws {
        // mov eax, [0x20000]; mov eax, [0x21000]; int 0x1f
        let m = try TestMachine([0xa1] + le(0x20000) + [0xa1] + le(0x21000) + TestMachine.stop)
        #expect(m.run() == TestMachine.stopped)
        let first = m.cpu.engineCounters
        #expect(first.tlbMisses >= 3)
        m.s.pointee.eip = TestMachine.code
        m.run()
        #expect(m.cpu.engineCounters.tlbMisses == first.tlbMisses)
        m.cpu.invalidate(page: GuestVirtual(0x20000), in: nil)
        m.s.pointee.eip = TestMachine.code
        m.run()
        #expect(m.cpu.engineCounters.tlbMisses == first.tlbMisses + 1)
        #expect(m.cpu.engineCounters.tlbDrops == first.tlbDrops + 1)
        m.cpu.flushTLB(.everything)
        m.s.pointee.eip = TestMachine.code
        m.run()
        #expect(m.cpu.engineCounters.tlbMisses >= first.tlbMisses + 4)
        #expect(m.cpu.engineCounters.tlbFlushes == first.tlbFlushes + 1)
    }

    @Test func pagesThatShareAPlaceInTheTLBAreKeptApart() throws {
        // Pages 8 MiB apart; each is read after the other, then one is forgotten and mapped elsewhere.
        let (near, far) = (UInt32(0x20000), UInt32(0x82_0000))
        let m = try TestMachine([0x8b, 0x06, 0x8b, 0x1f] + TestMachine.stop)
        m.set(0x3000 | 7, at: TestMachine.directory + 8)
        m.set(0x50000 | 7, at: 0x3000 + 0x20 * 4)
        (m.s.pointee.esi, m.s.pointee.edi) = (near, far)
        m.set(1, at: near)
        m.set(2, at: 0x50000)
        m.set(3, at: 0x60000)
        for _ in 0..<50 {
            m.s.pointee.eip = TestMachine.code
            #expect(m.run() == TestMachine.stopped)
            #expect(m.s.pointee.eax == 1 && m.s.pointee.ebx == 2)
        }
        m.set(0x60000 | 7, at: 0x3000 + 0x20 * 4)
        m.cpu.invalidate(page: GuestVirtual(far), in: nil)
        m.s.pointee.eip = TestMachine.code
        m.run()
        #expect(m.s.pointee.eax == 1 && m.s.pointee.ebx == 3)
    }

    #if arch(x86_64)
        @Test func instructionsAreCountedByWhoRanThem() throws {
            // L: dec ecx; jne L; int 0x1f
            let m = try TestMachine([0x49, 0x75, 0xfd] + TestMachine.stop, engine: .translator)
            m.s.pointee.ecx = 100_000
            m.run(1_000_000)
            let counters = m.cpu.engineCounters
            #expect(counters.translatedInstructions > 190_000)
            #expect(counters.translatedInstructions < m.cpu.instructions)
            #expect(counters.hostBytes > 0)
            let slow = try TestMachine([0x49, 0x75, 0xfd] + TestMachine.stop, engine: .interpreter)
            slow.s.pointee.ecx = 100
            slow.run()
            #expect(slow.cpu.engineCounters.translatedInstructions == 0)
        }

        @Test func manyShortBudgetsDoNotDriveHotCodeBackToTheInterpreter() throws {
            // L: call f; dec ecx; jne L; int 0x1f; f: inc eax; test eax, eax; je +0; ret
            let m = try TestMachine(
                [0xe8, 5, 0, 0, 0, 0x49, 0x75, 0xf8, 0xcd, 0x1f, 0x40, 0x85, 0xc0, 0x74, 0x00, 0xc3],
                engine: .translator)
            m.s.pointee.ecx = .max
            for n in 0..<500 { #expect(m.run(1000 + n % 7) == .budgetSpent) }
            let before = m.cpu.engineCounters.translatedInstructions
            #expect(m.run(100_000) == .budgetSpent)
            #expect(m.cpu.engineCounters.translatedInstructions - before > 95_000)
        }

        @Test func aWatchedBlockIsShownWhenItIsHot() throws {
            // L: movzx eax, byte [esi]; add ebx, eax; inc esi; cmp esi, ecx; jne L; int 0x1f
            let m = try TestMachine(
                [0x0f, 0xb6, 0x06, 0x01, 0xc3, 0x46, 0x39, 0xce, 0x75, 0xf6] + TestMachine.stop, engine: .translator)
            // In the middle of an instruction in the middle of the block: still that block.
            let watch = BlockWatch(address: GuestVirtual(TestMachine.code + 1))
            m.cpu.watch = watch
            #expect(watch.finding == .unseen)
            (m.s.pointee.esi, m.s.pointee.ecx) = (TestMachine.data, TestMachine.data + 4)
            m.run()
            m.cpu.requestSample()
            m.s.pointee.eip = TestMachine.code + 10
            m.run()
            #expect(watch.finding == .cold)
            (m.s.pointee.eip, m.s.pointee.esi, m.s.pointee.ecx) = (
                TestMachine.code, TestMachine.data, TestMachine.data + 1000
            )
            m.run()
            guard case .translated(let text) = watch.finding else {
                Issue.record("\(watch.finding)")
                return
            }
            for line in [
                "0f b6 06                  movzx eax, byte [esi]", "add ebx, eax", "inc esi", "cmp esi, ecx",
                "jne 0x10000", "; entered from inside the page: 6 instructions", "has missed the TLB",
                "movzx eax, byte [rbp]", "call slowAccess", "jmp Swift: link",
            ] {
                #expect(text.contains(line), "\(line) in\n\(text)")
            }
            #expect(m.s.pointee.esi == TestMachine.data + 1000)
        }

        @Test func nobodyTranslatesUnderTheInterpreter() throws {
            let m = try TestMachine([0xeb, 0xfe], engine: .interpreter)
            let watch = BlockWatch(address: GuestVirtual(TestMachine.code))
            m.cpu.watch = watch
            #expect(watch.finding == .noTranslator)
        }

        @Test(
            arguments: [
                ([0x8b, 0x44, 0xb3, 0xfc], "mov eax, dword [ebx + esi*4 - 4]"),
                ([0x88, 0x25] + le(0x20000), "mov byte [0x20000], ah"),
                ([0x66, 0x83, 0xc1, 0x7f], "add cx, 0x7f"),
                ([0xc1, 0xe0, 0x05], "shl eax, 5"), ([0xd3, 0xf8], "sar eax, cl"),
                ([0x8d, 0x4c, 0x24, 0x10], "lea ecx, [esp + 0x10]"),
                ([0x0f, 0x94, 0xc2], "sete dl"), ([0x0f, 0x4f, 0xc1], "cmovg eax, ecx"),
                ([0x6b, 0xc9, 0xfe], "imul ecx, ecx, -2"), ([0x57], "push edi"), ([0x6a, 0xff], "push -1"),
                ([0xf3, 0xa5], "rep movsd"), ([0x99], "cdq"), ([0x0f, 0xbf, 0xc3], "movsx eax, bx"),
            ] as [([UInt8], String)])
        func instructionsHaveNames(_ bytes: [UInt8], _ text: String) throws {
            let m = try TestMachine(bytes + TestMachine.stop, engine: .translator)
            let listing = try #require(m.cpu.listBlock(at: GuestVirtual(TestMachine.code)))
            #expect(listing.contains("  \(text)\n"), "\(listing)")
        }
    #endif
}
