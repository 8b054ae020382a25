// Broadcasts, locks, monitors, waits and scripts, played through a workspace without a single guest.

import Testing
import lgtui

private func workspace(_ names: [String] = ["web1", "web2", "db"]) -> Workspace {
    var workspace = Workspace(panes: names, size: Size(columns: 120, rows: 40))
    for index in names.indices { workspace.panes[index].phase = .running }
    _ = workspace.tick(now: 1_000_000_000)
    return workspace
}

private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// The pattern and number that a console was told to look for.
private func expected(_ effects: [Effect]) -> [(pane: Int, id: Int, pattern: String, unread: Bool)] {
    effects.compactMap {
        if case .console(let pane, .expect(let pattern, let id, let unread)) = $0 {
            (pane, id, pattern.source, unread)
        } else {
            nil
        }
    }
}

@Suite struct TypingTests {
    @Test func aBroadcastReachesItsMembersAndNobodyElse() {
        var workspace = workspace()
        _ = workspace.run("broadcast-pane; at db broadcast-pane; broadcast on")
        #expect(workspace.handle(.guest([0x61])) == [.send(pane: 0, bytes: [0x61]), .send(pane: 2, bytes: [0x61])])
        #expect(workspace.panes.map(\.badges.isInBroadcast) == [true, false, true])
        #expect(workspace.panes[0].badges.title.contains("BROADCAST"))
        // Outside of the set, typing is what it always was.
        _ = workspace.run("focus-pane 2")
        #expect(workspace.handle(.guest([0x62])) == [.send(pane: 1, bytes: [0x62])])
        _ = workspace.run("broadcast off; focus-pane 1")
        #expect(workspace.handle(.guest([0x63])) == [.send(pane: 0, bytes: [0x63])])
        _ = workspace.run("broadcast toggle")
        #expect(workspace.broadcast.members == [0, 2])
    }

    @Test func aBroadcastWithoutMembersIsForAll() {
        var workspace = workspace()
        _ = workspace.run("broadcast toggle")
        #expect(workspace.handle(.guest([0x61])).count == 3)
        for name in ["web1", "web2", "db"] { _ = workspace.run("at \(name) broadcast-pane off") }
        #expect(!workspace.broadcast.isOn)
        #expect(workspace.handle(.guest([0x61])).count == 1)
    }

    @Test func aReadOnlyPaneRefusesEveryWayOfTyping() {
        var workspace = workspace()
        _ = workspace.run("read-only")
        for line in ["type web1 x", "send-prefix", "stty-size", "send-file /etc/passwd"] {
            workspace.clearMessage()
            #expect(workspace.run(line) == [], "\(line)")
            #expect(workspace.message?.text.contains("web1 is read-only") == true)
        }
        #expect(workspace.handle(.guest([0x61])) == [])
        _ = workspace.run("broadcast all")
        #expect(workspace.handle(.guest([0x61])).count == 2)
        _ = workspace.run("read-only off")
        #expect(workspace.handle(.guest([0x61])).count == 3)
    }

    @Test func commandsTypeAtGuestsByNameAndNumber() {
        var workspace = workspace()
        #expect(workspace.run(#"type db "select\x3b\n""#) == [.send(pane: 2, bytes: bytes("select;\r"))])
        #expect(workspace.run(#"type 2 ls -l\n"#) == [.send(pane: 1, bytes: bytes("ls -l\r"))])
        #expect(workspace.run("type wbe1 x") == [])
        #expect(workspace.message?.text == "there is no pane wbe1: did you mean web1?")
        #expect(workspace.run("kill db; at web2 restart") == [.kill(pane: 2), .restart(pane: 1)])
        #expect(workspace.run("at all kill").count == 3)
        #expect(workspace.run("at db 'kill; restart'") == [.kill(pane: 2), .restart(pane: 2)])
        #expect(workspace.target == 0)
    }

    @Test func theShellIsToldTheSizeOfItsPane() throws {
        var workspace = workspace()
        let size = try #require(workspace.plan.frame(of: 0)).content.size
        #expect(
            workspace.run("stty-size")
                == [.send(pane: 0, bytes: bytes("stty rows \(size.rows) cols \(size.columns)\r"))])
    }

    @Test func recordingIsASwitchOrASentence() {
        var workspace = workspace()
        #expect(workspace.run("record") == [.console(pane: 0, .record(RecordingRequest(format: .cast)))])
        #expect(
            workspace.run("record text out.txt")
                == [.console(pane: 0, .record(RecordingRequest(format: .text, file: "out.txt")))])
        #expect(
            workspace.run("record raw out.raw all").last
                == .console(pane: 2, .record(RecordingRequest(format: .raw, file: "out-db.raw"))))
        #expect(workspace.run("record off") == [])
        #expect(workspace.message?.kind == .error)
        workspace.panes[0].badges.recording = .cast
        #expect(workspace.run("record") == [.console(pane: 0, .stopRecording)])
        #expect(workspace.run("record off all") == [.console(pane: 0, .stopRecording)])
        #expect(workspace.run("record mp4") == [])
        #expect(workspace.message?.text == "there is no recording format `mp4`: there are raw, text, cast")
    }
}

@Suite struct MonitorTests {
    @Test func activityElsewhereCallsUntilItIsLookedAt() {
        var workspace = workspace()
        _ = workspace.run("at web2 monitor activity; monitor activity")
        #expect(workspace.look(at: 1, printed: 0, bells: 0) == [])
        _ = workspace.look(at: 0, printed: 10, bells: 0)
        _ = workspace.look(at: 1, printed: 10, bells: 0)
        #expect(workspace.panes.map(\.badges.alert) == [nil, .activity, nil])
        #expect(workspace.alerts == "!2 web2 activity")
        #expect(workspace.panes[1].badges.title == " !activity ")
        workspace.focus(on: 1)
        #expect(workspace.alerts == "")
    }

    @Test func silenceCallsOnceAfterItsTime() {
        var workspace = workspace()
        _ = workspace.run("at db monitor silence 10")
        _ = workspace.look(at: 2, printed: 5, bells: 0)
        #expect(workspace.tick(now: 2_000_000_000) == 11_000_000_000)
        _ = workspace.tick(now: 10_999_999_999)
        _ = workspace.look(at: 2, printed: 5, bells: 0)
        #expect(workspace.panes[2].badges.alert == nil)
        _ = workspace.tick(now: 11_000_000_000)
        _ = workspace.look(at: 2, printed: 5, bells: 0)
        #expect(workspace.panes[2].badges.alert == .silence)
        #expect(workspace.message?.text == "db has been silent for 10 s")
        workspace.panes[2].badges.alert = nil
        _ = workspace.tick(now: 40_000_000_000)
        _ = workspace.look(at: 2, printed: 5, bells: 0)
        #expect(workspace.panes[2].badges.alert == nil)
        _ = workspace.look(at: 2, printed: 6, bells: 0)
        _ = workspace.tick(now: 60_000_000_000)
        _ = workspace.look(at: 2, printed: 6, bells: 0)
        #expect(workspace.panes[2].badges.alert == .silence)
    }

    @Test func aBellIsMoreUrgentThanActivity() {
        var workspace = workspace()
        _ = workspace.run("at web2 'monitor activity; monitor bell'")
        _ = workspace.look(at: 1, printed: 1, bells: 1)
        #expect(workspace.panes[1].badges.alert == .bell)
        _ = workspace.look(at: 1, printed: 2, bells: 1)
        #expect(workspace.panes[1].badges.alert == .bell)
    }

    @Test func aMatchRunsItsCommandInItsPaneButNotInCircles() throws {
        var workspace = workspace()
        let effects = workspace.run("at db monitor match 'panic: .*' record off; redraw")
        #expect(effects == [.console(pane: 2, .watch(try Pattern("panic: .*"))), .redraw])
        workspace.panes[2].badges.recording = .cast
        #expect(workspace.matched("panic: aiee", in: 2) == [.console(pane: 2, .stopRecording)])
        #expect(workspace.panes[2].badges.alert == .match("panic: aiee"))
        #expect(workspace.message?.text == "db: panic: aiee")
        #expect(workspace.matched("panic: again", in: 2) == [])
        // But it is not forgotten: it runs when the pause is over.
        let due = try #require(workspace.monitors[2]?.due)
        #expect(due == 1_000_000_000 + PaneMonitors.pause)
        _ = workspace.tick(now: due)
        #expect(workspace.look(at: 2, printed: 0, bells: 0) == [.console(pane: 2, .stopRecording)])
        #expect(workspace.look(at: 2, printed: 0, bells: 0) == [])
        #expect(workspace.run("at db monitor off") == [.console(pane: 2, .watch(nil))])
        #expect(workspace.matched("panic: late", in: 2) == [])
    }

    @Test(arguments: [
        "monitor noise", "monitor silence", "monitor silence soon", "monitor silence 0", "monitor match",
        "monitor match (", "monitor match x no-such-command", "monitor bell twice",
    ])
    func wrongMonitorsAreRefused(line: String) {
        var workspace = workspace()
        #expect(workspace.run(line) == [])
        #expect(workspace.message?.kind == .error)
        #expect(workspace.monitors.isEmpty)
    }
}

@Suite struct WaitTests {
    @Test func aWaitRunsItsCommandWhenTheWordsCome() throws {
        var workspace = workspace()
        let wait = try #require(expected(workspace.run(#"wait web2 "login:" then type 2 "root\n""#)).first)
        #expect(wait.pane == 1 && wait.pattern == "login:" && !wait.unread)
        #expect(workspace.advanceScripts() == [])
        #expect(workspace.waitIsOver(wait.id) == [.send(pane: 1, bytes: bytes("root\r"))])
        #expect(workspace.waitIsOver(wait.id) == [])
        #expect(workspace.scripts.isEmpty)
    }

    @Test func theCommandIsAboutTheGuestThatWasWaitedFor() throws {
        var workspace = workspace()
        let wait = try #require(expected(workspace.run("wait db down then 'restart; record'")).first)
        #expect(
            workspace.waitIsOver(wait.id)
                == [.restart(pane: 2), .console(pane: 2, .record(RecordingRequest(format: .cast)))])
    }

    @Test func aTimeoutIsTold() throws {
        var workspace = workspace()
        let wait = try #require(expected(workspace.run("wait 1 never timeout 2.5 then kill 1")).first)
        #expect(workspace.tick(now: 2_000_000_000) == 3_500_000_000)
        #expect(workspace.advanceScripts() == [])
        _ = workspace.tick(now: 3_500_000_000)
        #expect(workspace.advanceScripts() == [.console(pane: 0, .forget(id: wait.id))])
        #expect(workspace.message?.text == "wait web1 never: it has not come within 2.5 s")
        #expect(workspace.waitIsOver(wait.id) == [])
    }

    @Test func aGuestThatIsGoneIsNotWaitedFor() {
        var workspace = workspace()
        _ = workspace.run("wait 1 more")
        workspace.panes[0].phase = .dead("boom")
        #expect(workspace.advanceScripts().count == 1)
        #expect(workspace.message?.text == "wait web1 more: the guest is dead")
    }

    @Test(arguments: [
        "wait", "wait 1", "wait 9 x", "wait 1 (", "wait 1 x then", "wait 1 x timeout soon", "wait 1 x timeout -1",
        "wait 1 x after 3", "wait 1 x then no-such-command", "wait 1 x then 'type \"'",
    ])
    func wrongWaitsAreRefused(line: String) {
        var workspace = workspace()
        #expect(workspace.run(line) == [])
        #expect(workspace.message?.kind == .error)
        #expect(workspace.scripts.isEmpty)
    }
}

@Suite struct ScriptTests {
    private static let login = [
        #"wait web1 "login:" then type web1 "root\n""#, #"type web2 "hello\n"; focus-pane 3"#,
        #"wait db "ready" timeout 60"#, "kill db",
    ]

    @Test func stepsFollowEachOther() throws {
        var workspace = workspace()
        let begin = workspace.startScript(Self.login, name: "test")
        #expect(begin == (0..<3).map { .console(pane: $0, .retain(true)) })
        let first = try #require(expected(workspace.advanceScripts()).first)
        #expect(first.pattern == "login:" && first.unread)
        #expect(workspace.advanceScripts() == [])
        #expect(workspace.waitIsOver(first.id) == [.send(pane: 0, bytes: bytes("root\r"))])
        let effects = workspace.advanceScripts()
        #expect(effects.first == .send(pane: 1, bytes: bytes("hello\r")))
        #expect(workspace.focus == 2)
        let second = try #require(expected(effects).first)
        #expect(second.pattern == "ready")
        #expect(workspace.waitIsOver(second.id) == [])
        #expect(workspace.advanceScripts() == [.kill(pane: 2)] + (0..<3).map { .console(pane: $0, .retain(false)) })
        #expect(workspace.scripts.isEmpty && workspace.scripts.failures == 0)
    }

    @Test func aTimeoutEndsTheScriptAndSaysWhere() throws {
        var workspace = workspace()
        _ = workspace.startScript(Self.login, name: "the lab's script")
        let first = try #require(expected(workspace.advanceScripts()).first)
        _ = workspace.waitIsOver(first.id)
        _ = workspace.advanceScripts()
        _ = workspace.tick(now: 62_000_000_000)
        #expect(workspace.advanceScripts().contains(.console(pane: 0, .retain(false))))
        #expect(
            workspace.message?.text == "the lab's script, step 3: wait db ready: it has not come within 60 s"
                + " (1 more steps are left out)")
        #expect(workspace.scripts.isEmpty && workspace.scripts.failures == 1)
    }

    @Test func aWrongStepEndsTheScript() {
        var workspace = workspace()
        _ = workspace.startScript(["redraw", "type nobody x", "redraw"], name: "s")
        let effects = workspace.advanceScripts()
        #expect(effects.count { $0 == .redraw } == 1)
        #expect(workspace.message?.text.hasPrefix("s, step 2: there is no pane nobody") == true)
        #expect(workspace.scripts.failures == 1)
    }

    @Test func aFileIsAStepThatTakesItsTime() {
        var workspace = workspace()
        _ = workspace.startScript(["at db send-file a.txt", "redraw"], name: "s")
        #expect(workspace.advanceScripts() == [.console(pane: 2, .sendFile("a.txt", isRaw: false))])
        #expect(workspace.advanceScripts() == [])
        #expect(workspace.sendingEnded(at: 2, isComplete: true) == [])
        #expect(workspace.advanceScripts().first == .redraw)
    }

    @Test func aScriptThatQuitsIsNotAsked() {
        var workspace = workspace()
        _ = workspace.startScript(["quit"], name: "s")
        #expect(workspace.advanceScripts().first == .quit)
        #expect(workspace.question == nil)
    }

    @Test func twoScriptsDoNotWaitForEachOther() throws {
        var workspace = workspace()
        _ = workspace.startScript(["wait 1 a", "redraw"], name: "one")
        _ = workspace.startScript(["wait 2 b", "suspend"], name: "two")
        let waits = expected(workspace.advanceScripts())
        #expect(waits.map(\.pattern) == ["a", "b"])
        _ = workspace.waitIsOver(waits[1].id)
        #expect(workspace.advanceScripts() == [.suspend])
    }
}

@Suite struct LabConsoleTests {
    private func lab(_ guest: String, _ root: String = "") throws -> Lab {
        try Lab(bytes: Array("\(root)\n[[guest]]\nkernel = \"demo\"\n\(guest)\n".utf8), file: "a.toml", folder: "/labs")
    }

    @Test func consolesAreDescribedInTheWordsOfTheCommands() throws {
        let lab = try lab(
            """
            record = { format = "text", file = "web.txt" }
            monitor = ["bell", "silence 60", "match 'Oops|panic' 'record off; kill'"]
            read-only = true
            """, #"script = ["wait guest1 demo> then type 1 'help'", "quit"]"#)
        let plan = try #require(lab.consoles.first)
        #expect(plan.recording == RecordingRequest(format: .text, file: "/labs/web.txt"))
        #expect(
            plan.monitors == [
                .bell, .silence(seconds: 60),
                .match(try Pattern("Oops|panic"), then: [["record", "off"], ["kill"]]),
            ])
        #expect(plan.isReadOnly)
        #expect(lab.script == ["wait guest1 demo> then type 1 'help'", "quit"])
        #expect(try self.lab(#"record = "cast""#).consoles[0].recording == RecordingRequest(format: .cast))
        #expect(try self.lab(#"monitor = "activity""#).consoles[0].monitors == [.activity])
    }

    @Test(arguments: [
        (#"record = "mp4""#, "4:10: `record`: there is no recording format `mp4`"),
        (#"record = { file = "x" }"#, "a recording needs a `format`"),
        (#"record = 7"#, "4:10: `record` must be"),
        (#"monitor = ["noise"]"#, "4:12: `monitor`: unknown monitor noise"),
        (#"monitor = ["match ("]"#, "a ) is missing"),
        (#"monitor = ["bell; bell"]"#, "several commands belong into quotes"),
        (#"read-only = "yes""#, "`read-only` must be true or false"),
    ])
    func mistakesAreToldWithTheirPlace(text: String, message: String) {
        do {
            _ = try lab(text)
            Issue.record("accepted \(text)")
        } catch { #expect("\(error)".contains(message), "\(error)") }
    }

    @Test(arguments: [
        (#"script = ["wiat 1 x"]"#, "1:11: `script`: no command called wiat: did you mean wait?"),
        (#"script = ["wait 1"]"#, "wait needs a guest and a pattern"),
        (#"script = ["type 'x"]"#, "is not closed"), (#"script = "quit""#, "must be an array of strings"),
    ])
    func mistakesInScriptsToo(text: String, message: String) {
        do {
            _ = try lab("", text)
            Issue.record("accepted \(text)")
        } catch { #expect("\(error)".contains(message), "\(error)") }
    }

    @Test func theFlagRecordsWhatTheLabDoesNot() throws {
        var lab = try Lab(
            bytes: Array("[[guest]]\nkernel=\"demo\"\nrecord=\"raw\"\n[[guest]]\nkernel=\"demo\"\n".utf8),
            file: "a.toml", folder: ".")
        lab.record(RecordingRequest(format: .cast, file: "out.cast"))
        #expect(
            lab.consoles.map(\.recording) == [
                RecordingRequest(format: .raw), RecordingRequest(format: .cast, file: "out-guest2.cast"),
            ])
    }
}

@Suite struct PlainTests {
    @Test func inputIsCutIntoLinesHoweverItComes() {
        var reader = LineReader()
        #expect(reader.feed("kill we".utf8) == [])
        #expect(reader.feed("b1\n\nquit\nla".utf8) == ["kill web1", "", "quit"])
        #expect(reader.finish() == "la")
        #expect(reader.finish() == nil)
        #expect(reader.feed([UInt8](repeating: 0x61, count: LineReader.limit + 1)) == [])
        #expect(reader.feed("x\n".utf8) == ["x"])
    }
}
