// The loop that is a guest's life: do what it asked for, see whether the launcher wants something, see whether it can be
// interrupted, let it run, look at why it stopped.

import I386

extension EmbeddedLguest {
    /// Why the loop returned to the launcher.
    enum News {
        case sent(SentDMA)
        case broken
        case nudged
        case dead
    }

    /// Runs the guest until there is news for the launcher; a death is recorded on the way.
    func runUntilNews() -> News {
        do throws(GuestDeath) {
            return try loop()
        } catch {
            bank.count(.fatal)
            mailbox.kill(error)
            return .dead
        }
    }

    // H:250
    private func loop() throws(GuestDeath) -> News {
        while !mailbox.isDead {
            try serveHypercalls()
            if let sentDMA { return .sent(sentDMA) }
            if mailbox.breakRequested { return .broken }
            if mailbox.takeNudge() { return .nudged }

            var now: UInt64 = 0
            if clock.deadline != nil {
                now = HostTime.monotonic()
                if clock.fires(at: now) { mailbox.post(.timer) }
            }
            let patience = try deliverInterrupt()
            if isHalted {
                sleep()
                continue
            }
            try runOnce(now: now, patience: patience)
        }
        return .dead
    }

    // H:260
    /// One stretch of guest code, and what came of it.
    private func runOnce(now: UInt64, patience: Int) throws(GuestDeath) {
        var budget = Pace.longest
        if let deadline = clock.deadline { budget = pace.budget(nanoseconds: deadline > now ? deadline - now : 0) }
        budget = min(budget, patience)

        let instructions = cpu.instructions
        switch cpu.run(budget: budget) {
        case .budgetSpent:
            bank.count(.budgetSpent)
            if clock.deadline != nil {
                let elapsed = HostTime.monotonic() &- now
                pace.learn(instructions: cpu.instructions &- instructions, nanoseconds: elapsed)
            }
        case .interrupted:
            bank.count(.interrupted)
            if let difference = cpu.lockstepDifference { throw .enginesDiffer(difference) }
        case .trap(let vector, let errorCode, let kind):
            try handleTrap(vector: vector, errorCode: errorCode, kind: kind)
        case .illegalTranslation(let entry, let address, let isDirectory):
            throw isDirectory
                ? .badDirectoryEntry(entry, address: address.rawValue)
                : .badTableEntry(entry, address: address.rawValue)
        case .doubleFault(let first, _):
            traceTrap(vector: first, errorCode: 0)
            throw .unhandledTrap(vector: 8, eip: cpu.state.pointee.eip, detail: 0)
        }
    }

    // H:470
    /// HALT: sleeps until a line is raised, the clock fires, or the launcher calls. Uses no processor time meanwhile.
    private func sleep() {
        let start = HostTime.monotonic()
        bank.asleepSince.store(start, ordering: .relaxed)
        mailbox.sleep(until: clock.deadline)
        bank.asleepSince.store(0, ordering: .relaxed)
        bank.haltedNanoseconds.bump(by: HostTime.monotonic() &- start)
        // A question from before the sleep would find whoever wakes up guilty.
        cpu.withdrawSample()
    }
}
