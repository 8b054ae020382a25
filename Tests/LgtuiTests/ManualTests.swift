// The manual page is written by hand; these keep it from falling behind.

import Testing
import lgtui

@Suite struct ManualTests {
    private static let manual: String = {
        let root = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }
        let bytes = (try? readSmallFile(root + "/docs/lgtui.1")) ?? []
        let text = String(decoding: bytes, as: UTF8.self)
        return String(text.map { $0 == "\n" ? " " : $0 }.filter { $0 != "\\" })
    }()

    @Test(
        arguments: GuestArguments.options.map(\.name) + [
            "--theme", "--stats", "--version", "--help", "--size", "--json",
        ])
    func everyOptionIsInTheManual(option: String) { #expect(Self.manual.contains(option)) }

    @Test(arguments: [
        "focus", "zoom", "restart", "kill", "capture", "send-prefix", "redraw", "quit", "focus-last", "focus-pane",
    ])
    func everyCommandIsExplainedAsTheHelpPageDoes(name: String) throws {
        let command = try #require(Command.table.first { $0.name == name })
        let words = command.summary.split(separator: " ").prefix(3).joined(separator: " ")
        #expect(Self.manual.contains(words), "\(words)")
    }

    @Test(arguments: [
        "name", "memory", "kernel", "initrd", "disks", "networks", "args", "dialect", "device", "verbose",
        "file", "tap", "bridge",
    ])
    func everyKeyOfALabIsInTheManual(key: String) { #expect(Self.manual.contains(".B \(key) ")) }

    @Test func theManualKnowsTheVersion() { #expect(Self.manual.contains("lgtui \(Version.number)")) }
}
