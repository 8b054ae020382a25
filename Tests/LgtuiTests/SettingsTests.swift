import Testing
import lgtui

@Suite struct SettingsTests {
    private func read(_ text: String) throws -> LayeredSettings {
        var layers = LayeredSettings()
        try layers.read(Array(text.utf8), file: "lgtui.toml")
        return layers
    }

    @Test(arguments: [
        ("# mine\nthme = \"light\"\n", "lgtui.toml:2:1: unknown key `thme` in this file (did you mean `theme`?)"),
        ("mouse = 1\n", "lgtui.toml:1:9: `mouse` must be true or false, not an integer"),
        ("scrollback = -1\n", "lgtui.toml:1:14: `scrollback` must be from 0 to 1000000, not -1"),
        ("layout = \"tilde\"\n", "(did you mean \"tiled\"?)"),
        ("prefix = \"x\"\n", "lgtui.toml:1:10: `prefix` must be"),
        ("bar-left = [\"nmae\"]\n", "lgtui.toml:1:13: there is no segment \"nmae\" (did you mean \"name\"?)"),
        ("[keys]\nxyzzy = \"kill\"\n", "lgtui.toml:2:1: `xyzzy` is no key"),
        ("[keys]\nx = \"kil\"\n", "lgtui.toml:2:5: `x`: no command called kil: did you mean kill?"),
        ("[keys]\nx = 3\n", "lgtui.toml:2:5: a key wants a command line"),
    ])
    func aMistakeIsToldWithItsPlace(text: String, message: String) {
        do {
            _ = try read(text)
            Issue.record("accepted")
        } catch { #expect("\(error)".contains(message), "\(error)") }
    }

    @Test func keysAndPrefixAreTheUsers() throws {
        let text = """
            prefix = "C-b"
            [keys]
            x = "kill"
            k = ""
            Up = "zoom"
            "C-p" = "focus-pane 3"
            """
        let keys = try read(text).settings.keys
        #expect(keys.prefix == 2)
        #expect(keys.prefixName == "Ctrl-B")
        #expect(keys.command(for: .character("x")) == "kill")
        #expect(keys.command(for: .character("k")) == nil)
        #expect(keys.command(for: .up) == "zoom")
        #expect(keys.command(for: .control("p")) == "focus-pane 3")
        #expect(keys.command(for: .control("b")) == "send-prefix")
        #expect(keys.command(for: .control("]")) == nil)
    }

    @Test func whatIsShownCanBeReadAndSetsTheSame() throws {
        let text =
            "theme = \"a \\\"b\\\"\"\nprefix = \"C-a\"\nclipboard = true\nbar-right = [\"clock\"]\n[keys]\nk = \"\"\n"
        let layers = try read(text)
        #expect(layers.settings != Settings())
        let again = try read(layers.text)
        #expect(again.settings == layers.settings)
        #expect(layers.text.contains("clipboard = true  # lgtui.toml:3"))
        #expect(layers.text.contains("mouse = true  # built in"))
    }

    @Test func aScreenRemembersAsManyLinesAsTheSettingSays() {
        let screen = PaneScreen(size: Size(columns: 20, rows: 2), wakeup: Wakeup(), scrollback: 3)
        Array(String(repeating: "line\r\n", count: 20).utf8).withUnsafeBytes { screen.write($0) }
        #expect(screen.locked { $0.scrollbackCount } == 3)
    }

    @Test func everyKeyOfTheMapHasANotationThatLeadsBack() {
        for binding in KeyMap.standard { #expect(Key(notation: binding.key.notation) == binding.key) }
        #expect(Key(notation: "^B") == .control("b"))
        #expect(Key(notation: "ctrl-]") == .control("]"))
        #expect(Key(notation: "page") == nil)
        #expect(Key(notation: "C-") == nil)
    }

    @Test func theConfigurationIsLookedForWhereXDGSays() {
        func folder(_ variables: [String: String]) -> String? {
            ProgramEnvironment(variables: variables).configurationFolder
        }
        #expect(folder(["XDG_CONFIG_HOME": "/c", "HOME": "/h"]) == "/c/lgtui")
        #expect(folder(["XDG_CONFIG_HOME": "relative", "HOME": "/h"]) == "/h/.config/lgtui")
        #expect(folder([:]) == nil)
    }
}
