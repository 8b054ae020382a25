import Glibc
import Hypervisor
import I386
import Synchronization
import SystemPackage
import Testing

/// The rules of the door: who may ask what, when, and what a refusal looks like.
@Suite(.timeLimit(.minutes(1)))
struct RequestTests {
    private func expectAll(_ error: Errno, _ machine: Machine) {
        let lguest = machine.lguest
        #expect(throws: error) { try lguest.getDMA(key: DMAKey(0)) }
        #expect(throws: error) { try lguest.raise(IRQ(1)) }
        #expect(throws: error) { try lguest.breakOut(true) }
        #expect(throws: error) { try lguest.breakOut(false) }
        #expect(throws: error) { try lguest.run() }
    }

    @Test func everythingBeforeInitializeIsEINVAL() throws {
        let machine = try Machine { $0.report(1) }
        expectAll(.invalidArgument, machine)
        #expect(machine.lguest.deathReason() == nil)
    }

    @Test func everythingAfterDeathIsENOENT() throws {
        let machine = try Machine { $0.hypercall(99) }
        #expect(machine.death() != nil)
        expectAll(.noSuchFileOrDirectory, machine)
        #expect(throws: Errno.noSuchFileOrDirectory) { try machine.boot() }
        #expect(machine.lguest.deathReason() == "unknown hypercall 99")
    }

    @Test func secondInitializeIsEBUSY() throws {
        let machine = try Machine { $0.report(1) }
        try machine.boot()
        #expect(throws: Errno.resourceBusy) { try machine.boot() }
        #expect(try machine.next() == 1)
    }

    @Test(arguments: [0xffc0_0000, 0xffff_ffff] as [UInt32])
    func pageOffsetInTheReservedTopIsEINVALAndMayBeCorrected(offset: UInt32) throws {
        let machine = try Machine { $0.report(1) }
        #expect(throws: Errno.invalidArgument) {
            try machine.lguest.initialize(
                frameLimit: PageFrame(512), pageDirectory: GuestPhysical(0), start: GuestVirtual(0), pageOffset: offset)
        }
        #expect(try machine.first() == 1)
    }

    @Test func noGuestIDLeftIsENOSPC() throws {
        let ids = GuestIDs(limit: 1)
        let first = try Machine(ids: ids) { $0.report(1) }
        let second = try Machine(ids: ids) { $0.report(1) }
        try first.boot()
        #expect(throws: Errno.noSpace) { try second.boot() }
    }

    @Test(arguments: [32, 33, 0xffff_ffff] as [UInt32])
    func lineAbove31IsEINVAL(irq: UInt32) throws {
        let machine = try Machine { $0.report(1) }
        try machine.boot()
        #expect(throws: Errno.invalidArgument) { try machine.lguest.raise(IRQ(irq)) }
    }

    @Test func onlyTheOwnerMayDoMoreThanBreak() throws {
        let machine = try Machine { $0.report(1) }
        try machine.boot()
        let lguest = machine.lguest
        BackgroundThread {
            #expect(throws: Errno.notPermitted) { try lguest.run() }
            #expect(throws: Errno.notPermitted) { try lguest.raise(IRQ(1)) }
            #expect(throws: Errno.notPermitted) { try lguest.getDMA(key: DMAKey(0)) }
            #expect(throws: Errno.notPermitted) { try machine.boot() }
            #expect(throws: Never.self) { try lguest.breakOut(false) }
        }.join()
        #expect(try machine.next() == 1)
    }

    // MARK: BREAK

    @Test func breakStopsASpinningGuestSoonAndWaitsForRelease() throws {
        let machine = try Machine {
            $0.report(1)
            $0.spin()
        }
        #expect(try machine.first() == 1)
        let lguest = machine.lguest
        let asked = Atomic<UInt64>(0)
        let waker = BackgroundThread {
            usleep(20_000)
            asked.store(monotonic(), ordering: .releasing)
            #expect(throws: Never.self) { try lguest.breakOut(true) }
        }
        #expect(throws: Errno.resourceTemporarilyUnavailable) { try machine.next() }
        #expect(monotonic() - asked.load(ordering: .acquiring) < 1_000_000_000)
        // Until it is released, it will not run, and the waker waits.
        #expect(throws: Errno.resourceTemporarilyUnavailable) { try machine.next() }
        #expect(!waker.isFinished)
        try lguest.breakOut(false)
        waker.join()
    }

    @Test func breakWakesAHaltedGuestWhichThenSleepsOn() throws {
        let machine = try Machine {
            $0.gate(33, to: "irq")
            $0.hypercall(10)
            $0.report(2)
            $0.label("irq")
            $0.report(0x101)
            $0.iret()
        }
        try machine.boot()
        let lguest = machine.lguest
        for _ in 0..<3 {
            let waker = BackgroundThread {
                #expect(eventually { lguest.counters.isHalted })
                try? lguest.breakOut(true)
            }
            #expect(throws: Errno.resourceTemporarilyUnavailable) { try machine.next() }
            try lguest.breakOut(false)
            waker.join()
        }
        try lguest.raise(IRQ(1))
        #expect(try machine.next() == 0x101)
        #expect(try machine.next() == 2)
    }

    @Test func deathReleasesWhoeverWaitsForABreak() throws {
        let machine = try Machine {
            $0.hypercall(12, 0, Place.memorySize - 4, 1 << 8 | 3)
            $0.report(1)
            $0.spin()
        }
        #expect(try machine.first() == 1)
        let lguest = machine.lguest
        let waker = BackgroundThread {
            #expect(throws: Errno.noSuchFileOrDirectory) { try lguest.breakOut(true) }
        }
        #expect(throws: Errno.resourceTemporarilyUnavailable) { try machine.next() }
        #expect(!waker.isFinished)
        // The guest bound a buffer that it does not have; looking for it is what kills it.
        #expect(throws: Errno.noSuchFileOrDirectory) { try lguest.getDMA(key: DMAKey(0)) }
        waker.join()
        #expect(throws: Errno.noSuchFileOrDirectory) { try lguest.breakOut(true) }
    }

    // MARK: Counters and ids

    @Test func countersAreReadWhileTheGuestRuns() throws {
        let machine = try Machine {
            $0.report(1)
            $0.spin()
        }
        #expect(try machine.first() == 1)
        let lguest = machine.lguest
        let watcher = BackgroundThread {
            #expect(eventually { lguest.counters.instructions > 1_000_000 })
            #expect(lguest.counters.threadNanoseconds > 0)
            try? lguest.breakOut(true)
        }
        #expect(throws: Errno.resourceTemporarilyUnavailable) { try machine.next() }
        try lguest.breakOut(false)
        watcher.join()
        let counters = lguest.counters
        #expect(counters.hypercalls[1] == 1)
        #expect(counters.hypercalls[7] == 1)
        #expect(counters.hypercalls[13] == 1)
        #expect(counters.totalHypercalls == 3)
        #expect(counters.exits(.hypercall) == 3)
        #expect(!counters.isHalted)
    }

    @Test func guestIDsAreTheLowestFreeOnes() {
        let ids = GuestIDs(limit: 4)
        #expect((0..<4).map { _ in ids.take() } == [0, 1, 2, 3])
        #expect(ids.take() == nil)
        ids.giveBack(2)
        ids.giveBack(1)
        #expect(ids.take() == 1)
        #expect(ids.take() == 2)
    }

    @Test func guestIDReturnsWhenItsGuestDies() throws {
        let ids = GuestIDs()
        let machine = try Machine(ids: ids) { $0.hypercall(99) }
        _ = machine.death()
        #expect(ids.take() == 0)
    }
}
