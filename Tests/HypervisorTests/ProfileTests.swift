import Hypervisor
import I386
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ProfileTests {
    @Test func samplesOfAGuestAreCountedByPlace() throws {
        let profile = GuestProfile()
        let machine = try Machine(profile: profile) {
            $0.report(1)
            $0.report(2)
        }
        #expect(try machine.first() == 1)
        profile.tick()
        #expect(try machine.next() == 2)
        let reading = profile.reading
        #expect(reading.total == 1)
        let place = try #require(reading.stacks.keys.first?.addresses.first)
        #expect((pageOffset..<pageOffset + Place.memorySize).contains(place))
        #expect(reading.stacks.keys.allSatisfy { !$0.isUser })
    }

    @Test func beforeTheGuestLivesNothingIsSeen() {
        let profile = GuestProfile()
        profile.tick()
        #expect(profile.reading.total == 0 && profile.reading.halted == 0)
    }

    @Test func theNumberOfStacksIsBounded() {
        let profile = GuestProfile()
        let limit = UInt32(GuestProfile.maximumStacks)
        for n in 0..<limit + 10 { profile.add(StackSample(isUser: false, addresses: [n & 7, n])) }
        var reading = profile.reading
        #expect(reading.stacks.count <= Int(limit) + 8)
        #expect(reading.shortened == 10 && reading.lost == 0)
        #expect(reading.total == UInt64(limit) + 10)
        // Not even places without callers are for ever.
        for n in 0..<limit + 10 { profile.add(StackSample(isUser: true, addresses: [n])) }
        reading = profile.reading
        #expect(reading.stacks.count <= 2 * Int(limit))
        #expect(reading.lost > 0)
        #expect(reading.total + reading.lost == 2 * UInt64(limit) + 20)
    }

    @Test func theEngineTellsTheHypervisorWhatItDid() throws {
        let machine = try Machine { $0.report(1) }
        #expect(try machine.first() == 1)
        let counters = machine.lguest.counters
        #expect(counters.engine.decoded > 0)
        #expect(counters.engine.tlbMisses > 0)
        #expect(counters.exits(.hypercall) > 0)
    }
}
