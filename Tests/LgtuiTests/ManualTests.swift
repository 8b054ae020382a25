// The prose of the manual pages is written by hand; these keep it from falling behind.

import Testing
import lgtui

@Suite struct ManualTests {
    private static func template(_ name: String) -> String {
        let root = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }
        return String(decoding: (try? readSmallFile("\(root)/docs/\(name).in")) ?? [], as: UTF8.self)
    }

    /// The page on one line, without what only roff needs.
    private static func page(_ name: String) -> String { plain(ManualPage.filled(template(name)).page) }
    private static func plain(_ text: String) -> String {
        String(text.replacing("\\e", with: "").map { $0 == "\n" ? " " : $0 }.filter { $0 != "\\" })
    }

    private static let manual = page("lgtui.1")
    private static let labManual = page("lgtui-lab.5")
    private static let settingsManual = page("lgtui.toml.5")

    @Test(arguments: ["lgtui.1", "lgtui.toml.5", "lgtui-lab.5"])
    func everyPartOfATemplateExists(name: String) {
        let (page, unknown) = ManualPage.filled(Self.template(name))
        #expect(unknown.isEmpty)
        #expect(page.contains(".SH NAME"))
        #expect(page.contains("lgtui \(Version.number)"))
    }

    @Test(
        arguments: GuestArguments.options.map(\.name) + [
            "--theme", "--stats", "--version", "--help", "--size", "--json", "--record", "--plain", "--profile",
            "--profile-format", "--symbols", "--seconds", "--type",
        ])
    func everyOptionIsInTheManual(option: String) { #expect(Self.manual.contains(option)) }

    @Test(arguments: Command.table.map(\.name)) func everyCommandIsExplained(name: String) throws {
        let command = try #require(Command.table.first { $0.name == name })
        #expect(Self.manual.contains(".B \(name)"))
        let summary = command.summary.filter { $0 != "\\" }.replacing("…", with: "|.|.|.")
        #expect(Self.manual.contains(summary))
    }

    @Test(arguments: Setting.table.map(\.key)) func everySettingIsExplained(key: String) {
        #expect(Self.settingsManual.contains(".B \(key) "))
    }

    @Test(arguments: Theme.roles.map(\.key)) func everyRoleIsExplained(key: String) {
        #expect(Self.settingsManual.contains(".B \(key) "))
    }

    @Test(arguments: [
        "name", "memory", "kernel", "initrd", "disks", "networks", "args", "dialect", "engine", "device", "verbose",
        "file",
        "tap", "bridge", "record", "monitor", "read-only", "script", "profile", "symbols",
    ])
    func everyKeyOfALabIsInTheManual(key: String) { #expect(Self.labManual.contains(".B \(key) ")) }
}
