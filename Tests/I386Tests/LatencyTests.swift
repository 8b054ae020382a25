// How long the CPU takes to hear that it should stop, in loops that are made to keep it busy. Measured in processor time of
// the thread that runs the guest: a busy machine may take that thread's core away for as long as it likes.

import Glibc
import I386
import Synchronization
import Testing

@Suite(.serialized) struct LatencyTests {
    struct Loop: CustomTestStringConvertible, Sendable {
        let name: String
        let code: [UInt8]
        var testDescription: String { name }
    }

    static let loops: [Loop] = [
        Loop(name: "jmp to itself", code: [0xeb, 0xfe]),
        Loop(name: "a chain of two traces", code: [0x40, 0xeb, 0x00, 0x43, 0xeb, 0xfa]),
        // mov esi, data; mov edi, data + 64 KiB; mov ecx, 0x4000; rep movsd; jmp
        Loop(
            name: "rep movs of 64 KiB, again and again",
            code: [0xbe] + le(TestMachine.data) + [0xbf] + le(TestMachine.data + 0x10000) + [0xb9] + le(0x4000)
                + [0xf3, 0xa5, 0xeb, 0xed]),
        Loop(
            name: "rep scasb, byte by byte",
            code: [0xbf] + le(TestMachine.data) + [0xb9] + le(0x7f00) + [0xb0, 0x77, 0xf2, 0xae, 0xeb, 0xf0]),
        // mov eax, [esi]; add esi, 0x1000; and esi, 0x3ffffff; jmp
        Loop(
            name: "a TLB miss with every load",
            code: [0x8b, 0x06, 0x81, 0xc6] + le(0x1000) + [0x81, 0xe6] + le(0x3ff_ffff) + [0xeb, 0xf0]),
        // fldpi; fsin; fstp st0; jmp
        Loop(name: "sines", code: [0xd9, 0xeb, 0xd9, 0xfe, 0xdd, 0xd8, 0xeb, 0xf8]),
        // xor edx, edx; mov eax, -1; div ecx; jmp
        Loop(name: "divisions", code: [0x31, 0xd2, 0xb8] + le(.max) + [0xf7, 0xf1, 0xeb, 0xf5]),
        Loop(name: "push and pop of everything", code: [0x60, 0x61, 0xeb, 0xfc]),
        Loop(
            name: "stores into its own code",
            code: [0xff, 0x05] + le(TestMachine.code + 8) + [0xeb, 0xf8, 0, 0, 0, 0]),
        // The handler of `int $0x80` is an iret.
        Loop(name: "system calls", code: [0xcd, 0x80, 0xeb, 0xfc]),
        Loop(name: "returns to itself", code: [0x68] + le(TestMachine.code) + [0xc3]),
    ]

    private static func median(_ loop: Loop, _ engine: Engine) throws -> (median: UInt64, worst: UInt64) {
        let m = try TestMachine(loop.code, engine: engine)
        // 64 MiB of addresses over the same megabyte: more pages than any TLB has.
        m.s.pointee.ecx = 3
        for entry in 1..<UInt32(16) { m.set(TestMachine.table | 7, at: TestMachine.directory + entry * 4) }
        for page: UInt32 in 256..<1024 { m.map(page << 12, to: (page & 63 | 0x80) << 12, 7) }
        m.load([0xcf], at: TestMachine.code + 0x800)
        m.cpu.setGate(
            0x80,
            Gate(offset: TestMachine.code + 0x800, selector: 0x60, kind: .trap, dpl: 3, disposition: .deliver))
        m.run(200_000)
        let asker = Asker(m.cpu)
        try asker.start()
        var latencies: [UInt64] = []
        for _ in 0..<25 {
            asker.order()
            var exit: Exit
            repeat { exit = m.run(Int.max) } while exit == .budgetSpent
            latencies.append(asker.sinceQuestion())
            guard exit == .interrupted else { throw Unexpected(exit: exit) }
        }
        asker.finish()
        latencies.sort()
        return (latencies[latencies.count / 2], latencies.last ?? 0)
    }
    private struct Unexpected: Error { let exit: Exit }

    @Test(arguments: loops, [Engine.interpreter, .auto])
    func aLoopIsLeftWithinAMillisecondOfItsOwnTime(_ loop: Loop, _ engine: Engine) throws {
        let (median, worst) = try Self.median(loop, engine)
        #expect(median < 1_000_000, "\(median) ns")
        if getenv("LGTUI_SHOW_LATENCIES") != nil {
            print("\(engine), \(loop.name): median \(median / 1000) µs, worst of 25 \(worst / 1000) µs")
        }
    }

    /// Asks a CPU to stop, from a thread of its own, two milliseconds after each order.
    private final class Asker: @unchecked Sendable {
        private let cpu: CPU
        private var thread = pthread_t()
        private var runner = clockid_t()
        private let orders = Atomic<Int>(0)
        private let asked = Atomic<UInt64>(0)

        init(_ cpu: CPU) {
            self.cpu = cpu
            pthread_getcpuclockid(pthread_self(), &runner)
        }

        func start() throws {
            let status = pthread_create(
                &thread, nil,
                { argument in
                    guard let argument else { return nil }
                    Unmanaged<Asker>.fromOpaque(argument).takeUnretainedValue().serve()
                    return nil
                }, Unmanaged.passUnretained(self).toOpaque())
            try #require(status == 0)
        }

        private func serve() {
            var served = 0
            while true {
                usleep(2000)
                let wanted = orders.load(ordering: .acquiring)
                if wanted < 0 { return }
                guard wanted > served else { continue }
                served = wanted
                asked.store(time(), ordering: .releasing)
                cpu.requestExit()
            }
        }

        func order() { orders.wrappingAdd(1, ordering: .acquiringAndReleasing) }
        func finish() {
            orders.store(-1, ordering: .releasing)
            pthread_join(thread, nil)
        }

        func sinceQuestion() -> UInt64 { time() &- asked.load(ordering: .acquiring) }

        /// The runner's processor time.
        private func time() -> UInt64 {
            var now = timespec()
            clock_gettime(runner, &now)
            return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
        }
    }
}
