// The contract of `run`: budgets are exact, other threads are heard soon, counters count.

import Glibc
import I386
import Testing

@Suite struct RunTests {
    // L: inc eax; add ebx, eax; cmp eax, ebx; jmp L
    static let spin: [UInt8] = [0x40, 0x01, 0xc3, 0x39, 0xd8, 0xeb, 0xf9]

    @Test func fixedOffsetsAreWhatTheEngineAssumes() {
        for fact in CPULayout.facts { #expect(fact.actual == fact.assumed, "\(fact.name)") }
    }

    @Test(arguments: 0...40)
    func aBudgetIsKeptExactly(_ budget: Int) throws {
        let m = try TestMachine(Self.spin)
        #expect(m.run(budget) == .budgetSpent)
        #expect(m.cpu.instructions == UInt64(budget))
        #expect(m.s.pointee.eax == UInt32((budget + 3) / 4))
        #expect(m.s.pointee.eip == TestMachine.code + [0, 1, 3, 5][budget % 4])
    }

    @Test func manySmallBudgetsEqualOneLarge() throws {
        let a = try TestMachine(Self.spin)
        let b = try TestMachine(Self.spin)
        a.run(10_007)
        var left = 10_007
        var piece = 1
        while left > 0 {
            let n = min(piece, left)
            b.run(n)
            left -= n
            piece = piece % 17 + 1
        }
        #expect(a.s.pointee.eax == b.s.pointee.eax && a.s.pointee.ebx == b.s.pointee.ebx)
        #expect(a.s.pointee.eip == b.s.pointee.eip && a.s.pointee.eflags == b.s.pointee.eflags)
        #expect(b.cpu.instructions == 10_007)
    }

    @Test func anInstructionThatFaultsIsNotCounted() throws {
        // inc eax; inc eax; mov eax, [0xfffffff0] (no such page)
        let m = try TestMachine([0x40, 0x40, 0xa1, 0xf0, 0xff, 0xff, 0xff])
        #expect(m.run() == TestMachine.fault(14, 0))
        #expect(m.cpu.instructions == 2)
        #expect(m.s.pointee.eip == TestMachine.code + 2)
    }

    @Test func aRequestBeforeRunIsSeenAtOnceAndOnlyOnce() throws {
        let m = try TestMachine(Self.spin)
        m.cpu.requestExit()
        #expect(m.run() == .interrupted)
        #expect(m.cpu.instructions == 0)
        #expect(m.run(4) == .budgetSpent)
    }

    static let spinners: [[UInt8]] = [
        spin,
        [0xeb, 0xfe],  // jmp self
        [0xe2, 0xfe, 0xeb, 0xfc],  // loop self; jmp loop
        [0xf3, 0xa4, 0xb9, 0xff, 0xff, 0xff, 0x7f, 0xeb, 0xf7],  // rep movsb without end
        [0xff, 0xe0],  // jmp eax, to itself
        [0x9c, 0x9d, 0xeb, 0xfc],  // pushf; popf
        [0xff, 0x05] + le(TestMachine.code + 8) + [0xeb, 0xf8, 0, 0, 0, 0],  // inc [its own granule]
    ]

    @Test(arguments: spinners)
    func aSpinningGuestIsBrokenOutFromAnotherThread(_ code: [UInt8]) throws {
        let m = try TestMachine(code)
        m.s.pointee.eax = TestMachine.code
        m.s.pointee.esi = TestMachine.data
        m.s.pointee.edi = TestMachine.data + 1
        m.s.pointee.ecx = 0x7fff_ffff
        // The address space is 1 MiB; strings end in a fault soon unless they stay in their page.
        for page: UInt32 in 0x20..<0x100 { m.remap(page << 12, to: 0x20000, 7) }
        let waker = try Waker(m.cpu, afterMicroseconds: 20_000)
        var exit: Exit
        repeat {
            exit = m.run(Int.max)
            if case .trap(14, _, _) = exit {
                // A string has run off the end: send it back.
                m.s.pointee.esi = TestMachine.data
                m.s.pointee.edi = TestMachine.data + 1
                exit = .budgetSpent
            }
        } while exit == .budgetSpent
        waker.join()
        #expect(exit == .interrupted)
    }

    /// Asks a CPU to stop after a while, from a thread of its own.
    private final class Waker {
        private var thread = pthread_t()
        private final class Order {
            let cpu: CPU
            let delay: UInt32
            init(_ cpu: CPU, _ delay: UInt32) { (self.cpu, self.delay) = (cpu, delay) }
        }
        init(_ cpu: CPU, afterMicroseconds delay: UInt32) throws {
            let order = Unmanaged.passRetained(Order(cpu, delay)).toOpaque()
            let status = pthread_create(
                &thread, nil,
                { argument in
                    guard let argument else { return nil }
                    let order = Unmanaged<Order>.fromOpaque(argument).takeRetainedValue()
                    usleep(order.delay)
                    order.cpu.requestExit()
                    return nil
                }, order)
            try #require(status == 0)
        }
        func join() { pthread_join(thread, nil) }
    }
}
