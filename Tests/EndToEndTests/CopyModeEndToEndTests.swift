// Copying, pasting and the timeline with real guests and a real terminal around them.

import Glibc
import Testing

private let prefix = "\u{1d}"

@Suite(.serialized) struct CopyModeEndToEndTests {
    private func demoLab(columns: Int = 200, rows: Int = 50) throws -> TerminalSession {
        let session = TerminalSession([], columns: columns, rows: rows)
        try #require(session.waitForDemoLab(), "\(session.screen)")
        return session
    }

    @Test func whatIsCopiedInOnePaneIsPastedInAnother() throws {
        let session = try demoLab()
        session.type("echo needle-in-here\r")
        #expect(session.wait(for: "needle-in-here", count: 2))
        session.type(prefix + "[")
        #expect(session.wait { $0.screen.contains { $0.contains("/") && $0.contains("]") } })
        session.type("?^needle\r")
        #expect(session.wait(for: "1/1 ["))
        session.type("vEy")
        #expect(session.wait(for: "copied 14 characters"), "\(session.screen)")
        session.type(prefix + "2echo " + prefix + "]\r")
        #expect(session.wait(for: "needle-in-here", count: 4), "\(session.screen)")
    }

    @Test func guestsGoOnBehindCopyModeAndItsPaneCatchesUp() throws {
        let session = try demoLab()
        session.type("echo first\r")
        #expect(session.wait(for: "first", count: 2))
        session.type(prefix + "[" + prefix + "2echo elsewhere\r")
        #expect(session.wait(for: "elsewhere", count: 2))
        session.type(prefix + "1q" + "echo after\r")
        #expect(session.wait(for: "after", count: 2))
    }

    @Test func aPasteReachesTheGuestInOnePiece() throws {
        let session = try demoLab()
        #expect(String(decoding: session.stream, as: UTF8.self).contains("\u{1b}[?2004h"))
        // The prefix and an escape sequence in a paste are no keys.
        session.type("\u{1b}[200~echo pasted\u{1d}q\u{1b}[A\u{1b}[201~\r")
        #expect(session.wait { $0.screen.contains { $0.contains("pasted") } })
        #expect(!session.screen.contains { $0.contains("Quit?") })
        session.type(prefix + "qy")
        #expect(session.end() == Ending(exitStatus: 0))
        #expect(String(decoding: session.stream, as: UTF8.self).contains("\u{1b}[?2004l"))
    }

    @Test func theTimelineShowsTheLinesOfAllGuests() throws {
        let session = try demoLab()
        session.type("echo from-puppy\r" + prefix + "2echo from-kitten\r")
        #expect(session.wait(for: "from-kitten", count: 2))
        session.type(prefix + "T&^from-\r")
        #expect(
            session.wait { screen in
                screen.screen.contains { $0.contains("puppy") && $0.hasSuffix("│ from-puppy") }
                    && screen.screen.contains { $0.contains("kitten") && $0.hasSuffix("│ from-kitten") }
            }, "\(session.screen)")
        session.type("k\r")
        #expect(session.wait { $0.screen.contains { $0.hasSuffix("]") || $0.contains("]┃") || $0.contains("]│") } })
    }

    @Test func stampsStandBesideTheLines() throws {
        let session = try demoLab(columns: 120, rows: 40)
        session.type(prefix + "t" + "echo stamped\r")
        #expect(
            session.wait { screen in
                screen.screen.contains { line in
                    guard let end = line.firstRange(of: " stamped") else { return false }
                    return line[..<end.lowerBound].contains("+")
                }
            }, "\(session.screen)")
    }
}
