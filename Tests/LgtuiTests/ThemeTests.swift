import Testing
import lgtui

@Suite struct ThemeTests {
    @Test(arguments: ThemeCatalogue.builtIn.map(\.name))
    func everyBuiltInThemeSetsEveryRole(name: String) throws {
        let bytes = try #require(ThemeCatalogue.builtIn.first { $0.name == name }?.bytes)
        let theme = try Theme(bytes: bytes, file: name)
        #expect(theme.name == name)
        let document = try TomlDocument(bytes: bytes, file: name)
        for role in Theme.roles { #expect(document.root.contains { $0.key == role.key }, "\(role.key)") }
    }

    @Test func monoHasNoColour() throws {
        let theme = try ThemeCatalogue(environment: ProgramEnvironment(variables: [:])).theme(named: "mono")
        for role in Theme.roles {
            #expect(theme[keyPath: role.path].foreground == .terminal)
            #expect(theme[keyPath: role.path].background == .terminal)
        }
    }

    @Test(arguments: ThemeCatalogue.builtIn.map(\.name))
    func focusIsToldByMoreThanColour(name: String) throws {
        let theme = try ThemeCatalogue(environment: ProgramEnvironment(variables: [:])).theme(named: name).withoutColor
        #expect(theme.titleFocused != theme.title)
        #expect(theme.borderFocused != theme.border)
    }

    @Test(arguments: [
        ("bold #ffffff on 7", Style(foreground: .rgb(255, 255, 255), background: .palette(7), attributes: .bold)),
        ("default", Style()), ("", Style()), ("reverse", Style(attributes: .reverse)),
        ("bright-red on black", Style(foreground: .palette(9), background: .palette(0))),
        (
            "dim italic underline blink 255",
            Style(foreground: .palette(255), attributes: [.dim, .italic, .underline, .blink])
        ),
    ])
    func stylesAreReadFromWords(notation: String, style: Style) throws {
        #expect(try Style(notation: notation) == style)
    }

    @Test(arguments: ["#12345", "#gggggg", "256", "on", "on red on blue", "red blue", "on red blue", "bolt", "#+12345"])
    func nonsenseIsRefused(notation: String) {
        #expect(throws: StyleNotationError.self) { try Style(notation: notation) }
    }

    @Test func aMistakeIsToldWithItsPlaceAndTheNearestWord() {
        do {
            _ = try Theme(bytes: Array("name = \"x\"\nborder = \"blod red\"\ntitel = \"red\"\n".utf8), file: "t.toml")
            Issue.record("accepted")
        } catch {
            #expect(
                error.all.map(\.description) == [
                    "t.toml:2:10: `border`: `blod` is no colour or attribute (did you mean `bold`?)",
                    "t.toml:3:1: unknown key `titel` in this file (did you mean `title`?)",
                ])
        }
    }

    private func chosen(_ variables: [String: String], flag: String? = nil) throws -> Theme {
        let environment = ProgramEnvironment(variables: variables)
        return try Theme.chosen(LayeredSettings(environment, theme: flag).settings, environment: environment)
    }

    @Test func theFlagWinsOverTheEnvironment() throws {
        #expect(try chosen(["LGTUI_THEME": "light"]).name == "light")
        #expect(try chosen(["LGTUI_THEME": "light"], flag: "mono").name == "mono")
        #expect(try chosen([:]).name == "dark")
    }

    @Test func noColorTakesAllColours() throws {
        let theme = try chosen(["NO_COLOR": "1"], flag: "dark")
        for role in Theme.roles { #expect(theme[keyPath: role.path].foreground == .terminal) }
        #expect(try chosen(["NO_COLOR": ""]).border.foreground != .terminal)
    }

    @Test(arguments: ThemeCatalogue.builtIn.map(\.name)) func everyThemeCanBeReadAndKnowsItsName(name: String) throws {
        let theme = try ThemeCatalogue(environment: ProgramEnvironment(variables: [:])).theme(named: name)
        #expect(theme.name == name)
        // The focus must show in any of them.
        #expect(theme.borderFocused != theme.border)
        #expect(theme.titleFocused != theme.title)
    }

    @Test(arguments: ["  base0%: \"#HEX\"", "base0%: \"HEX\"", "base0%: 'HEX' # part", "base0%: HEX # part"])
    func aBase16SchemeIsATheme(form: String) throws {
        let lines = "0123456789ABCDEF".map { digit in
            form.replacing("HEX", with: "\(digit)a2b3c").replacing("%", with: String(digit))
        }
        let text = "scheme: \"Mine\"\nauthor: \"Me\"\n" + lines.joined(separator: "\n")
        let theme = try Theme(base16: Array(text.utf8), file: "mine.yaml")
        #expect(theme.name == "Mine")
        #expect(theme.message.foreground == .rgb(0x5a, 0x2b, 0x3c))
        #expect(theme.titleFocused.background == .rgb(0xda, 0x2b, 0x3c))
        #expect(theme.stateBad.attributes == .bold)
    }

    @Test(arguments: [
        ("base00: \"12345\"", "s.yaml:1:8: `base00`"), ("base00: \"123456\"", "it lacks base01"),
        ("", "it lacks base00"),
    ])
    func aWrongSchemeIsToldSo(text: String, message: String) {
        do {
            _ = try Theme(base16: Array(text.utf8), file: "s.yaml")
            Issue.record("accepted")
        } catch { #expect("\(error)".contains(message), "\(error)") }
    }

    @Test func anUnknownThemeNamesTheNearest() {
        #expect(throws: Diagnostics.self) {
            try ThemeCatalogue(environment: ProgramEnvironment(variables: [:])).theme(named: "drak")
        }
    }
}

@Suite struct ColorDepthTests {
    @Test(arguments: [
        (ColorDepth.none, Ink.rgb(255, 0, 0), Int32(-1), false), (.eight, .rgb(250, 20, 20), 1, true),
        (.eight, .palette(9), 1, true), (.eight, .palette(1), 1, false), (.sixteen, .rgb(255, 255, 255), 15, false),
        (.sixteen, .palette(196), 9, false), (.palette, .rgb(255, 0, 0), 196, false),
        (.palette, .rgb(128, 128, 128), 244, false), (.palette, .palette(77), 77, false),
        (.direct, .rgb(1, 2, 3), 0x010203, false), (.direct, .rgb(0, 0, 3), 8, false),
        (.direct, .palette(3), 3, false), (.direct, .palette(196), 0xff0000, false), (.palette, .terminal, -1, false),
    ])
    func aColourBecomesTheNearestThereIs(depth: ColorDepth, ink: Ink, number: Int32, bold: Bool) {
        let result = depth.number(of: ink, isForeground: true)
        #expect(result.color == number)
        #expect(result.bold == bold)
    }

    @Test(arguments: [
        (2, ColorDepth.none), (8, .eight), (16, .sixteen), (88, .sixteen), (256, .palette), (1 << 24, .direct),
    ])
    func depthFollowsWhatTheTerminalSays(colors: Int, depth: ColorDepth) {
        #expect(ColorDepth(colors: colors, forbidden: false) == depth)
        #expect(ColorDepth(colors: colors, forbidden: true) == .none)
    }
}
