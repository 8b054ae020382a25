// `--profile`: one thread asks all guests that are profiled where they are, and when everything is over the answers become
// files. How a guest ended does not matter: what it said before is here.

import Glibc
import GuestHost
import Synchronization
import SystemPackage

package final class Profiler: Sendable {
    private struct Subject: Sendable {
        let name: String
        let request: ProfileRequest
        let symbols: SymbolTable
        let profile: GuestConfiguration.Profile
    }

    private let subjects: [Subject]
    private let isOver = Atomic<Bool>(false)

    /// A prime number of microseconds, so that it does not keep step with clocks of the guest.
    private static let interval = 1009

    /// Prepares the guests for whom there is a request: to be called before they are made. nil when there is none.
    package init?(_ guests: inout [GuestConfiguration], _ requests: [ProfileRequest?]) throws(LaunchError) {
        var subjects: [Subject] = []
        for (index, request) in requests.enumerated() where index < guests.count {
            guard let request else { continue }
            let guest = guests[index]
            if guest.devicePath != nil {
                throw LaunchError(
                    .usage, "guest '\(guest.name.onOneLine)' cannot be profiled on a device",
                    advice: "leave --device away to use the built-in hypervisor")
            }
            let symbols = try SymbolTable(file: request.symbols, kernel: guest.kernel)
            // Better now than after an hour.
            let descriptor = open(request.file, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0o666)
            guard descriptor >= 0 else {
                throw LaunchError(
                    .usage, "the profile \(request.file.onOneLine) cannot be written: \(Errno(rawValue: errno))")
            }
            close(descriptor)
            let profile = GuestConfiguration.Profile()
            guests[index].profile = profile
            subjects.append(Subject(name: guest.name, request: request, symbols: symbols, profile: profile))
        }
        guard !subjects.isEmpty else { return nil }
        self.subjects = subjects
    }

    /// Begins to ask. Once the signals are somebody else's business: the thread inherits that.
    package func start() {
        let isStarted = startInBackground { [self] in
            var next = steadyNanoseconds()
            while !isOver.load(ordering: .relaxed) {
                for subject in subjects { subject.profile.tick() }
                next += UInt64(Self.interval) * 1000
                let now = steadyNanoseconds()
                // After a long pause there is no point in catching up.
                if next < now { next = now }
                usleep(UInt32(clamping: (next - now) / 1000))
            }
        }
        if !isStarted { StandardError.say("lgtui: there is no thread to be had for the profile") }
    }

    /// Ends asking, and writes the files; says how that went, a line for each.
    package func finish() -> [String] {
        isOver.store(true, ordering: .relaxed)
        return subjects.map { subject in
            let reading = subject.profile.reading
            let report = ProfileReport(guest: subject.name, reading: reading, symbols: subject.symbols)
            let text = subject.request.format == .flat ? report.flat : report.folded
            let news = writeFile(subject.request.file, Array(text.utf8))
            var line = "\(subject.name): profile of \(reading.total) samples: \(news.text)"
            if subject.symbols.isEmpty {
                line += "; \(subject.symbols.origin) has no symbols, so it shows addresses (see --symbols)"
            }
            return line.onOneLine
        }
    }
}
