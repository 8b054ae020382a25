import Testing
import lgtui

@Suite struct SettingCommandTests {
    private var workspace = Workspace(panes: ["puppy", "kitten"], size: Size(columns: 80, rows: 24))

    @Test(arguments: [
        ("set mouse false", "mouse = false"), ("set hint-delay 0", "hint-delay = 0"),
        ("set bar-right clock guests", "bar-right = [\"clock\", \"guests\"]"), ("set prefix C-b", "prefix = \"C-b\""),
        ("set timestamps", "timestamps = \"none\""),
        ("set scrollback 5", "scrollback = 5, but only lgtui.toml sets it in time"),
    ])
    func aSettingIsChangedAndTold(line: String, message: String) {
        var workspace = workspace
        #expect(workspace.run(line) == [])
        #expect(workspace.message?.text == message)
    }

    @Test func whatIsSetHolds() {
        var workspace = workspace
        _ = workspace.run("set mouse false; set bar-left name cpu-graph; set prefix C-a; set clipboard true")
        #expect(!workspace.settings.mouse && workspace.settings.clipboard)
        #expect(workspace.settings.barLeft == [.name, .graph(.cpu, of: .focused)])
        #expect(workspace.keys.prefixName == "Ctrl-A")
        #expect(workspace.run("set theme nord") == [.theme("nord")])
    }

    @Test(arguments: [
        ("set", "set needs the name of a setting"), ("set muose true", "did you mean mouse?"),
        ("set mouse maybe", "set mouse needs true or false, not maybe"),
        ("set hint-delay -1", "needs 0 to 60000, not -1"),
        ("set prefix x", "set prefix needs Ctrl with a letter"),
        ("set bar-left nmae", "set bar-left needs a list of segments"),
        ("set mouse 'true\nclipboard = true'", "set mouse needs true or false"),
        ("bind", "bind needs a key"), ("bind xyzzy kill", "xyzzy is no key"), ("bind x kil", "did you mean kill?"),
        ("unbind", "unbind needs a key"),
    ])
    func aMistakeChangesNothing(line: String, message: String) {
        var workspace = workspace
        _ = workspace.run(line)
        #expect(workspace.message?.kind == .error)
        #expect(workspace.message?.text.contains(message) == true, "\(workspace.message?.text ?? "")")
        #expect(workspace.settings == Settings())
    }

    @Test func keysAreBoundAndFreed() {
        var workspace = workspace
        _ = workspace.run("bind x 'focus-pane 2; zoom'")
        #expect(workspace.keys.command(for: .character("x")) == "focus-pane 2; zoom")
        _ = workspace.run("bind C-x type puppy 'a b'")
        #expect(workspace.keys.command(for: .control("x")) == "type puppy 'a b'")
        _ = workspace.run("bind x")
        #expect(workspace.message?.text == "x: focus-pane 2; zoom")
        _ = workspace.run("unbind x")
        #expect(workspace.keys.command(for: .character("x")) == nil)
    }
}
