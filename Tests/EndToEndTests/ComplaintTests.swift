// Garbage in every position where a file or a number can stand: one clear line, the right exit status, and nothing else.

import Glibc
import Testing

@Suite struct ComplaintTests {
    private static let garbage: [[UInt8]] = [
        [], [0], Array("hello, I am not a kernel\n".utf8), Array(repeating: 0xff, count: 5000),
        // ELF and gzip beginnings that promise more than they hold.
        [0x7f, 0x45, 0x4c, 0x46, 1, 1, 1] + Array(repeating: 0xff, count: 200),
        Array(repeating: 0, count: 1024) + [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3] + Array(repeating: 0x55, count: 500),
    ]

    private func expectOneLine(_ outcome: Program.Outcome, status: Int32, naming name: String) {
        #expect(outcome.status == status, "\(outcome)")
        #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
        #expect(outcome.errors.hasPrefix("lgtui: "))
        #expect(outcome.errors.contains(name), "\(outcome.errors)")
        #expect(outcome.output == "")
    }

    @Test(arguments: garbage) func aKernelOfGarbage(bytes: [UInt8]) {
        let folder = TemporaryFolder()
        let file = folder.file("vmlinux", bytes)
        expectOneLine(Program.run(["run", "16m", file]), status: 1, naming: "vmlinux")
    }

    @Test(arguments: garbage.dropFirst()) func aLabOfGarbage(bytes: [UInt8]) {
        let folder = TemporaryFolder()
        let file = folder.file("lab.toml", bytes)
        expectOneLine(Program.run([file]), status: 1, naming: "lab.toml:")
    }

    @Test(arguments: garbage.dropFirst()) func aThemeOfGarbage(bytes: [UInt8]) {
        let folder = TemporaryFolder()
        let file = folder.file("ugly.toml", bytes)
        let outcome = Program.run(["--theme", file])
        #expect(outcome.status == 1)
        #expect(outcome.errors.hasPrefix("lgtui: \(folder.path)/ugly.toml:"), "\(outcome.errors)")
    }

    @Test func filesThatAreNotThere() {
        expectOneLine(Program.run(["run", "16m", "/nowhere/vmlinux"]), status: 1, naming: "/nowhere/vmlinux")
        expectOneLine(Program.run(["run", "16m", "demo", "--initrd=/nowhere/rd"]), status: 1, naming: "/nowhere/rd")
        expectOneLine(Program.run(["run", "16m", "demo", "--block=/nowhere/d"]), status: 1, naming: "/nowhere/d")
        expectOneLine(Program.run(["/nowhere/lab.toml"]), status: 1, naming: "/nowhere/lab.toml")
        expectOneLine(Program.run(["--theme", "/nowhere/t.toml"]), status: 1, naming: "/nowhere/t.toml")
        expectOneLine(
            Program.run(["run", "--device", "/nowhere/dev", "16m", "demo"]), status: 1, naming: "/nowhere/dev")
    }

    @Test func foldersWhereFilesShouldBe() {
        let folder = TemporaryFolder()
        for arguments in [
            ["run", "16m", folder.path], ["run", "16m", "demo", "--initrd=\(folder.path)"],
            ["run", "16m", "demo", "--block=\(folder.path)"], [folder.path], ["--theme", folder.path],
        ] {
            expectOneLine(Program.run(arguments), status: 1, naming: folder.path)
        }
    }

    @Test(arguments: [
        ["run"], ["run", "64m"], ["run", "lots", "demo"], ["run", "1", "demo"], ["run", "999999g", "demo"],
        ["run", "16m", "demo", "--blok=x"], ["run", "16m", "demo", "--"], ["run", "--dialect=new", "16m", "demo"],
    ])
    func commandLinesThatCannotBeUnderstood(arguments: [String]) {
        let outcome = Program.run(arguments)
        #expect(outcome.status == 64, "\(outcome)")
        #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
    }

    @Test(arguments: [
        ["--frobnicate"], ["a.toml", "b.toml"], ["debug", "screen", "--size", "0x0"], ["--stats=xml"],
    ])
    func optionsThatDoNotExist(arguments: [String]) {
        let outcome = Program.run(arguments)
        #expect(outcome.status == 64, "\(outcome)")
        #expect(!outcome.errors.isEmpty)
    }

    @Test func panesNeedATerminalThatIsKnown() {
        expectOneLine(Program.run([]), status: 1, naming: "terminal")
        let environment = Program.baseEnvironment.filter { !$0.hasPrefix("TERM=") }
        let session = TerminalSession([], environment: environment + ["TERM=no-such-terminal"])
        #expect(session.end() == Ending(exitStatus: 1))
        #expect(session.screen.contains { $0.contains("TERM=no-such-terminal") })
        #expect(session.modeNow == session.modeBefore)
    }

    @Test func aLabThatNamesMissingFilesSaysWhere() {
        let folder = TemporaryFolder()
        let file = folder.file("lab.toml", "[[guest]]\nname = \"a\"\nkernel = \"vmlinux\"\n")
        expectOneLine(Program.run([file]), status: 1, naming: "lab.toml:3:10: `kernel`: \(folder.path)/vmlinux")
    }

    @Test func versionAndHelpAreAnswered() {
        let version = Program.run(["--version"])
        #expect(version.status == 0)
        #expect(version.output.hasPrefix("lgtui "))
        for arguments in [["--help"], ["run", "--help"], ["debug", "screen", "--help"], ["lab", "--help"]] {
            let outcome = Program.run(arguments)
            #expect(outcome.status == 0, "\(arguments)")
            #expect(outcome.output.contains("USAGE"), "\(arguments)")
        }
    }

    @Test func debugScreenShowsWhatBytesMake() {
        let bytes = Array("\u{1b}[2;3Hhi \u{1b}[31mred\u{1b}[m\u{1b}[5n".utf8)
        let text = Program.run(["debug", "screen", "--size", "12x3"], input: bytes)
        #expect(text.status == 0)
        #expect(text.output.split(separator: "\n", omittingEmptySubsequences: false).prefix(2) == ["", "  hi red"])
        let json = Program.run(["debug", "screen", "--size", "12x3", "--json"], input: bytes)
        #expect(json.output.hasPrefix("{\"columns\":12,\"rows\":3,"))
        #expect(json.output.contains("\"text\":\"red\""))
    }
}
