// A guest is assumed to be hostile. These make nonsense of every argument of every call, deterministically, and all that
// they may ever achieve is their own death. A crash of the host shows as a crash of the test.

import Glibc
import Hypervisor
import I386
import Synchronization
import SystemPackage
import Testing

/// SplitMix64: the same nonsense in every run.
struct Nonsense: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed &* 0x2545_f491_4f6c_dd1d }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }

    /// Values near every border that the hypervisor knows, and now and then anything.
    mutating func argument() -> UInt32 {
        let borders: [UInt32] = [
            0, 1, 4, 7, 31, 32, 64, 100, 0x61, 0x69, 0x80, 255, 256, 1022, 1023, 1024, 4095, 4096, Place.notes,
            Place.gdt,
            Place.buffers, Place.scratch, Place.directory, Place.table, Place.otherDirectory, Place.sharedPage,
            Place.sharedPage + 4, Place.memorySize - 100, Place.memorySize - 4, Place.memorySize, pageOffset,
            Place.trapStack + pageOffset, Place.code + pageOffset, 0xffbf_f000, 0xffc0_0000, 0xffff_f000, 0xffff_ffff,
        ]
        switch next() % 8 {
        case 0: return UInt32(truncatingIfNeeded: next())
        case 1: return borders[Int(next() % UInt64(borders.count))] &+ UInt32(truncatingIfNeeded: next() % 9) &- 4
        default: return borders[Int(next() % UInt64(borders.count))]
        }
    }
}

@Suite(.timeLimit(.minutes(2)))
struct HostileGuestTests {
    /// Breaks out whoever runs for more than a moment: some nonsense is an endless loop.
    private final class Impatience: Sendable {
        private struct Watched {
            var lguest: EmbeddedLguest?
            var since: UInt64 = 0
            var isOver = false
            var isBreaking = false
        }
        private let watched = Mutex(Watched())

        func watch(_ lguest: EmbeddedLguest?) {
            watched.withLock {
                $0.lguest = lguest
                $0.since = monotonic()
            }
        }
        /// Makes sure that nobody is being broken out any more.
        func release(_ lguest: EmbeddedLguest) {
            watch(nil)
            repeat { try? lguest.breakOut(false) } while watched.withLock { $0.isBreaking }
        }
        func stop() { watched.withLock { $0.isOver = true } }

        func start() -> BackgroundThread {
            BackgroundThread { [self] in
                while !watched.withLock({ $0.isOver }) {
                    let late = watched.withLock { watched -> EmbeddedLguest? in
                        guard monotonic() > watched.since + 20_000_000 else { return nil }
                        defer { watched.lguest = nil }
                        watched.isBreaking = watched.lguest != nil
                        return watched.lguest
                    }
                    // Released by the guest's thread when it sees EAGAIN, or by the guest's death.
                    try? late?.breakOut(true)
                    watched.withLock { $0.isBreaking = false }
                    usleep(2_000)
                }
            }
        }
    }

    private func call(_ random: inout Nonsense) -> (number: UInt32, edx: UInt32, ebx: UInt32, ecx: UInt32) {
        // CRASH, LGUEST_INIT and unknown numbers end the game at once, so they are rare; HALT would only sleep.
        var number = UInt32(random.next() % 17)
        if [1, 2, 10, 11].contains(number), random.next() % 16 != 0 || number == 10 { number = 13 }
        return (number, random.argument(), random.argument(), random.argument())
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func nonsenseKillsNobodyElse(batch: UInt64) throws {
        let impatience = Impatience()
        let breaker = impatience.start()
        var deaths = 0
        for seed in batch * 40..<(batch + 1) * 40 {
            var random = Nonsense(seed: seed + 1)
            let keys = SharedKeys()
            let page = SharedPage(device: 0, inode: 1, page: 0)

            // A victim that only waits for messages, with buffers as odd as everything else.
            let victim = try Machine(keys: keys) {
                for offset in [0, 4] as [UInt32] {
                    $0.hypercall(12, Place.sharedPage + offset, Place.buffers, 2 << 8 | 3)
                }
                $0.report(1)
            }
            victim.lguest.declareShared(PageFrame(Place.sharedPage / onePage), as: page)
            victim.pokeDMA(Place.buffers, [(Place.scratch, 64)])
            victim.pokeDMA(Place.buffers + 100, [(random.argument(), UInt16(truncatingIfNeeded: random.next()))])
            #expect(try victim.first() == 1)

            let villain = try Machine(bare: seed % 8 == 0, keys: keys) {
                for _ in 0..<40 {
                    let (number, edx, ebx, ecx) = call(&random)
                    $0.hypercall(number, edx, ebx, ecx)
                    if random.next() % 8 == 0 { $0.store(random.argument(), at: Notes.irqEnabled) }
                    if random.next() % 8 == 0 { $0.load(.eax, virtual: random.argument()) }
                }
            }
            villain.lguest.declareShared(PageFrame(Place.sharedPage / onePage), as: page)
            for slot in 0..<UInt32(24) {
                let (number, edx, ebx, ecx) = call(&random)
                for (index, value) in [number, edx, ebx, ecx].enumerated() {
                    villain.poke(Notes.ring + slot * 16 + UInt32(index) * 4, value)
                }
                _ = villain.memory.store8(
                    UInt8(truncatingIfNeeded: random.next()), at: GuestPhysical(Notes.status + slot))
            }
            for offset in stride(from: UInt32(0), to: 400, by: 4) {
                villain.poke(Place.buffers + offset, random.argument())
            }
            for offset in stride(from: UInt32(0), to: 256, by: 4) {
                villain.poke(Place.gdt + offset, random.argument())
            }

            try villain.boot()
            impatience.watch(villain.lguest)
            do throws(Errno) {
                for _ in 0..<200 {
                    if try villain.next() == 0xdead { break }
                    try? villain.lguest.raise(IRQ(UInt32(random.next() % 32)))
                    _ = try? villain.lguest.getDMA(key: DMAKey(random.argument()))
                }
            } catch {
                if error == .noSuchFileOrDirectory { deaths += 1 }
            }
            impatience.release(villain.lguest)
            // The victim may have died of its own odd buffer, but of nothing else.
            switch victim.lguest.death {
            case nil, .badDMAPiece: break
            case let death?: Issue.record("seed \(seed): the victim died of \(death)")
            }
        }
        impatience.stop()
        breaker.join()
        #expect(deaths > 0)
    }
}
