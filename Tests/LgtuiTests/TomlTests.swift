import GuestHost
import Testing
import lgtui

@Suite struct TomlTests {
    private func lab(_ text: String) -> [String] {
        do {
            _ = try Lab(bytes: Array(text.utf8), file: "a.toml", folder: "/nowhere")
            return []
        } catch { return error.all.map(\.description) }
    }

    @Test(arguments: [
        ("[[guest]]\nkernal = \"demo\"\n", "a.toml:2:1: unknown key `kernal` in [[guest]] (did you mean `kernel`?)"),
        ("[[guest]]\nkernel = \"demo\"\nmemory = true\n", "a.toml:3:10: `memory` must be MiB"),
        ("[[guest]]\nkernel = 7\n", "a.toml:2:10: `kernel` must be a string, not an integer (write \"7\" with quotes)"),
        ("[[guest]]\nkernel = \"vmlinux\"\n", "a.toml:2:10: `kernel`: /nowhere/vmlinux: No such file"),
        ("[[guest]]\nkernel = \"demo\"\ndisks = [\n  \"x.img\",\n]\n", "a.toml:4:3: `disks`: /nowhere/x.img: No such"),
        ("[[guest]]\nkernel = \"demo\"\ndisks = \"x\"\n", "a.toml:3:9: `disks` must be an array"),
        ("[[guest]]\nkernel = \"demo\"\nargs = [1]\n", "a.toml:3:9: `args` must hold strings, but this is an integer"),
        ("[[guest]]\nkernel = \"demo\"\ndialect = \"2.6.24\"\n", "a.toml:3:11: unknown dialect `2.6.24`"),
        ("[[guest]]\nkernel = \"demo\"\nmemory = \"64q\"\n", "a.toml:3:10: `memory`: '64q' is not a memory size"),
        ("[[guest]]\nname = \"a\"\n", "a.toml:1:1: \"a\" has no `kernel`"),
        ("[guest]\nkernel = \"demo\"\n", "a.toml:1:1: `guest` must be a list of tables"),
        ("[[gest]]\nkernel = \"demo\"\n", "a.toml:1:1: unknown key `gest` in this file (did you mean `guest`?)"),
        ("[network]\nwire = 3\n[[guest]]\nkernel = \"demo\"\n", "a.toml:2:1: `network` must hold tables"),
        ("[network.w]\nfile = 3\n[[guest]]\nkernel = \"demo\"\n", "a.toml:2:8: `file` must be a string"),
        ("[network.w]\ntap = \"x\"\n[[guest]]\nkernel = \"demo\"\n", "a.toml:2:7: `tap`: 'x' is neither an IPv4"),
        (
            "[network.w]\ntap = \"1.2.3.4\"\nfile = \"f\"\n[[guest]]\nkernel = \"demo\"\n",
            "a.toml:1:1: a network has one"
        ),
        (
            "[network.wire]\n[[guest]]\nkernel = \"demo\"\nnetworks = [\"wier\"]\n",
            "a.toml:4:13: there is no [network.wier] in this lab (did you mean \"wire\"?)"
        ),
        ("[[guest]]\nkernel = \"demo\"\nnetworks = \"w\"\n", "a.toml:3:12: `networks` must be an array"),
        ("[[guest]]\nkernel = \"demo\"\nnetworks = [{ pcap = \"f\" }]\n", "a.toml:3:13: a network needs the `name`"),
        ("", "a.toml:1:1: no guests here"),
        ("[[guest]]\nkernel = \"demo\"\nx =\n", "a.toml:3:"),
        (
            "[[guest]]\nkernel = \"demo\"\n[[guest]]\nkernel = \"demo\"\ndisks = [{ pth = \"x\" }]\n",
            "a.toml:5:12: unknown key `pth`"
        ),
    ])
    func aMistakeIsToldWithItsPlace(text: String, start: String) {
        let lines = lab(text)
        #expect(lines.contains { $0.hasPrefix(start) }, "\(lines)")
        #expect(lines.allSatisfy { !$0.contains("\n") })
    }

    @Test func everyMistakeOfAFileIsToldInOrder() {
        let lines = lab("[[guest]]\nkernel = 7\nmemmory = 3\nargs = 1\n")
        #expect(lines.map { $0.prefix(9) } == ["a.toml:2:", "a.toml:3:", "a.toml:4:"].map { $0.prefix(9) })
    }

    @Test func guestsOfOneNameAreRefused() {
        let text = "[[guest]]\nname = \"a\"\nkernel = \"demo\"\n[[guest]]\nname = \"a\"\nkernel = \"demo\"\n"
        #expect(lab(text) == ["a.toml:5:8: there is another guest called \"a\""])
    }

    @Test(arguments: [
        [0xff, 0xfe], Array(repeating: 0, count: 100), [0x7f, 0x45, 0x4c, 0x46, 0x01, 0x00], [0x61, 0x0a, 0xc3],
    ])
    func bytesThatAreNoTextAreToldSo(bytes: [UInt8]) {
        #expect(throws: Diagnostics.self) { try Lab(bytes: bytes, file: "b.toml", folder: ".") }
    }

    @Test func invalidUTF8IsPlaced() {
        let bytes = Array("a = \"".utf8) + [0x0a, 0x62, 0xff, 0x63]
        do {
            _ = try TomlDocument(bytes: bytes, file: "c.toml")
            Issue.record("accepted")
        } catch { #expect(error.description == "c.toml:2:2: not UTF-8 text") }
    }

    @Test func theDemoLabIsAsPromised() throws {
        let lab = try Lab.demo()
        #expect(lab.guests.count == 4)
        #expect(lab.guests.count { !$0.disks.isEmpty } == 2)
        #expect(Set(lab.guests.map(\.name)).count == 4)
        let networks = lab.guests.map(\.networks)
        #expect(networks[0] == networks[1] && networks[2] == networks[3] && networks[0] != networks[2])
        #expect(networks.allSatisfy { $0.count == 1 })
        for guest in lab.guests { #expect(guest.arguments.contains("name=\(guest.name)")) }
    }

    @Test func networksOfALabAreFilesTapsBridgesOrMemory() throws {
        let text = """
            [network.wire]
            file = "wire.net"
            [network.host]
            tap = "192.168.19.1/24"
            [network.lan]
            bridge = "br0"
            [network.quiet]
            [[guest]]
            kernel = "demo"
            networks = ["wire", { name = "host", pcap = "host.pcap" }, "lan", "quiet"]
            """
        let lab = try Lab(bytes: Array(text.utf8), file: "a.toml", folder: "/labs")
        let networks = try #require(lab.guests.first).networks
        #expect(networks.count == 4)
        #expect(networks[0] == .shared("/labs/wire.net"))
        #expect(networks[1].medium == .tap(try TapAddress("192.168.19.1/24")))
        #expect(networks[1].capture == "/labs/host.pcap")
        #expect(networks[2].medium == .tap(.bridge("br0")))
        #expect(lab.scratch.count == 1)
    }

    @Test func positionsSurviveEveryKindOfValue() {
        let text = """
            # comment with = and [brackets]
            a = "x # no comment" # comment
            b = '''
            multi = "line"
            '''
            c = [ 1, [2, 3], { d = 4, "e f" = 5 } ]
            [t.u]
            v.w = 1
            [[list]]
            k = 1
            [[list]]
            k = \"\"\"a\\\"\"\"\"
            [list.sub]
            z = true
            """
        let positions = KeyPositions(of: text)
        #expect(positions.keys[[.key("a")]] == SourcePosition(line: 2, column: 1))
        #expect(positions.keys[[.key("c")]] == SourcePosition(line: 6, column: 1))
        #expect(positions.values[[.key("c"), .index(1), .index(1)]] == SourcePosition(line: 6, column: 14))
        #expect(positions.keys[[.key("c"), .index(2), .key("e f")]] == SourcePosition(line: 6, column: 27))
        #expect(positions.keys[[.key("t"), .key("u"), .key("v"), .key("w")]] == SourcePosition(line: 8, column: 3))
        #expect(positions.keys[[.key("list"), .index(1), .key("k")]] == SourcePosition(line: 12, column: 1))
        #expect(
            positions.keys[[.key("list"), .index(1), .key("sub"), .key("z")]] == SourcePosition(line: 14, column: 1))
        #expect(positions.keys[[.key("multi")]] == nil)
    }

    @Test(arguments: [
        ("kernal", "kernel"), ("memroy", "memory"), ("nmae", "name"), ("disk", "disks"), ("Kernel", "kernel"),
    ])
    func theNearestNameIsFound(typed: String, meant: String) {
        #expect(nearestName(to: typed, among: ["name", "kernel", "memory", "disks", "args"]) == meant)
    }

    @Test func nothingIsNearToNonsense() {
        #expect(nearestName(to: "zebra", among: ["name", "kernel", "memory"]) == nil)
    }
}
