// Who asks for long turns on the processor: guests that do not sleep, as far as nobody looks at them.

import GuestHost
import Testing

import lgtui

@Suite struct UrgencyTests {
    private func meter(halted: UInt64, ran: UInt64) -> RateMeter {
        var meter = RateMeter()
        var figures = Figures()
        meter.sample(figures, at: 1_000_000_000)
        figures.haltedTime = halted
        figures.processorTime = ran
        meter.sample(figures, at: 2_000_000_000)
        return meter
    }

    @Test func aGuestThatNeverSleepsIsBusyHoweverLittleItRuns() {
        #expect(meter(halted: 0, ran: 20_000_000).isBusy)
        #expect(meter(halted: 100_000_000, ran: 900_000_000).isBusy)
    }

    @Test func aGuestThatSleepsMostOfTheTimeIsNot() {
        #expect(!meter(halted: 980_000_000, ran: 20_000_000).isBusy)
        #expect(!RateMeter().isBusy)
    }

    @Test func aNapThatSeemsToShrinkIsNoRate() {
        var meter = meter(halted: 1000, ran: 0)
        var figures = Figures()
        figures.haltedTime = 900
        meter.sample(figures, at: 2_500_000_000)
        #expect(meter.perSecond.haltedTime < 1_000_000_000)
    }

    @Test func turnsAreOrderedByWhoWaits() {
        // What the kernel gives to everybody is 0.7 to 2.8 ms, by the number of processors.
        #expect(Urgency.immediate.rawValue < Urgency.prompt.rawValue)
        #expect(Urgency.prompt.rawValue < 700_000)
        #expect(Urgency.patient.rawValue > 4 * 2_800_000)
        // A kernel that has never heard of it changes nothing.
        Urgency.patient.applyToThisThread()
        Urgency.ordinary.applyToThisThread()
    }
}
