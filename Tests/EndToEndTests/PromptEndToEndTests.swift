// The prompt, the settings and the pages that lie over the panes, as a user meets them: the built program on a
// pseudo-terminal, of every size and kind that is promised.

import Glibc
import Testing

/// Ctrl-].
private let prefix = "\u{1d}"

@Suite(.serialized) struct PromptEndToEndTests {
    private func demoLab(
        _ arguments: [String] = [], columns: Int = 80, rows: Int = 24, environment: [String] = Program.baseEnvironment
    ) throws -> TerminalSession {
        let session = TerminalSession(arguments, columns: columns, rows: rows, environment: environment)
        try #require(session.waitForDemoLab(), "\(session.screen)")
        return session
    }

    private func environment(home folder: TemporaryFolder) -> [String] {
        Program.baseEnvironment.filter { !$0.hasPrefix("HOME=") }
            + ["HOME=\(folder.path)", "XDG_CONFIG_HOME=\(folder.path)", "XDG_STATE_HOME=\(folder.path)"]
    }

    private func quit(_ session: TerminalSession, prefix: String = prefix) {
        session.type(prefix + "q")
        #expect(session.wait(for: "(y/n)"), "\(session.screen)")
        session.type("y")
        #expect(session.end() == Ending(exitStatus: 0))
        #expect(session.modeNow == session.modeBefore)
        #expect(session.emulatorModes == TerminalSession.emulatorModesBefore)
    }

    @Test func thePromptCompletesRunsAndRemembers() throws {
        let folder = TemporaryFolder()
        let session = try demoLab(environment: environment(home: folder))
        session.type(prefix + ":focus-p\t")
        #expect(session.wait { $0.screen.contains { $0.contains("focus-pane  focus-previous") } }, "\(session.screen)")
        session.type("a\tki\t\r")
        #expect(session.wait { $0.screen.contains { $0.hasPrefix(" 2 kitten") } }, "\(session.screen)")
        session.type(prefix + ":set mose true\r")
        #expect(session.wait(for: "did you mean mouse?"), "\(session.screen)")
        quit(session)
        // The next program knows what was typed at the last.
        let next = try demoLab(environment: environment(home: folder))
        next.type(prefix + ":fo\u{1b}[A")
        #expect(next.wait(for: ":focus-pane kitten"), "\(next.screen)")
        next.type("\u{3}")
        quit(next)
    }

    @Test func aFileOfSettingsDecidesAndIsReadAgain() throws {
        let folder = TemporaryFolder()
        mkdir(folder.path + "/lgtui", 0o755)
        folder.file(
            "lgtui/lgtui.toml",
            "prefix = \"C-b\"\nbar-left = [\"name\"]\nbar-right = []\n[keys]\nx = \"focus-pane 3\"\n")
        let session = try demoLab(["--theme", "light"], environment: environment(home: folder))
        #expect(session.wait { $0.screen.contains { $0 == " 1 puppy" } }, "\(session.screen)")
        session.type("\u{2}x")
        #expect(session.wait { $0.screen.contains { $0 == " 3 duckling" } }, "\(session.screen)")
        folder.file("lgtui/lgtui.toml", "prefix = \"C-b\"\nbar-left = [\"nmae\"]\n")
        session.type("\u{2}:reload-config\r")
        #expect(session.wait(for: ":2:13: there is no segment \"nmae\""), "\(session.screen)")
        folder.file("lgtui/lgtui.toml", "prefix = \"C-a\"\nbar-left = [\"name\", \"state\"]\nbar-right = []\n")
        session.type("\u{2}:reload-config\r")
        #expect(session.wait { $0.screen.contains { $0 == " 3 duckling  running" } }, "\(session.screen)")
        // The command line said more than the file.
        session.type("\u{1}:theme\r")
        #expect(session.wait(for: "the theme is light"), "\(session.screen)")
        quit(session, prefix: "\u{1}")
    }

    @Test func keysThatMayFollowAppearWhenThePrefixIsHeld() throws {
        let session = try demoLab()
        session.type(prefix)
        #expect(session.wait(for: "zoom"), "\(session.screen)")
        session.type("z")
        #expect(session.wait { $0.screen[0].contains("1/4 puppy") }, "\(session.screen)")
        quit(session)
    }

    /// The keys that open each page, and what tells that it is there.
    private static let pages: [(keys: String, sign: String)] = [
        ("?", "Keys after"), ("w", "4/4 up"), (":", ":"), ("f", "Find a guest"), ("T", "Timeline"),
    ]

    /// Every page on every terminal: it opens, its frame stays on the screen, and the panes come back unharmed.
    @Test(arguments: ["xterm-256color", "linux", "vt100", "screen", "tmux-256color"])
    func everyPageFitsEveryTerminal(name: String) throws { try openAllPages(name) }

    @Test(.enabled(if: access("/usr/share/terminfo/x/xterm-direct", R_OK) == 0, "ncurses-term is not installed"))
    func everyPageFitsATerminalWithDirectColour() throws { try openAllPages("xterm-direct") }

    private func openAllPages(_ name: String) throws {
        let environment = Program.baseEnvironment.filter { !$0.hasPrefix("TERM=") } + ["TERM=\(name)"]
        let session = try demoLab(columns: 200, rows: 50, environment: environment)
        for (columns, rows) in [(80, 24), (120, 40), (200, 50), (20, 5)] {
            session.resize(columns: columns, rows: rows)
            #expect(session.wait { $0.screen[0].contains("1") && $0.screen[0].contains("puppy") }, "\(session.screen)")
            for page in Self.pages {
                session.type(prefix + page.keys)
                // On a screen of five rows it is enough that nothing breaks.
                let isThere = rows <= 5 || session.wait(for: page.sign)
                #expect(isThere, "\(name) \(columns)x\(rows) \(page.keys): \(session.screen)")
                session.type(prefix + "\u{1b}")
                #expect(session.wait { $0.screen[0].contains("puppy") }, "\(name) \(page.keys): \(session.screen)")
            }
            session.type("echo \(columns)by\(rows)\r")
            #expect(session.wait(for: "\(columns)by\(rows)", count: 2), "\(session.screen)")
        }
        quit(session)
    }
}
