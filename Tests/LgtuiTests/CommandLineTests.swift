import GuestHost
import Testing
import lgtui

@Suite struct GuestArgumentsTests {
    private func parse(_ line: String, _ defaults: GuestDefaults = GuestDefaults()) throws -> [GuestConfiguration] {
        try GuestArguments.parse(line.split(separator: " ").map(String.init), defaults: defaults)
    }

    @Test func kernelArgumentsPassThroughVerbatim() throws {
        let guest = try #require(try parse("64m vmlinux --block=a,ro root=/dev/lgba --initrd=x -v --help =").first)
        #expect(guest.arguments == ["root=/dev/lgba", "--initrd=x", "-v", "--help", "="])
        #expect(guest.disks == [GuestConfiguration.Disk(path: "a", readOnly: true)])
        #expect(guest.initrd == nil)
        #expect(guest.memory.bytes == 64 << 20)
        #expect(guest.kernel == .file(path: "vmlinux"))
    }

    @Test(arguments: [
        "--block=a --initrd=b 64 vmlinux one two", "64 vmlinux --block=a --initrd=b one two",
        "--block a 64 vmlinux --initrd b one two",
    ])
    func deviceOptionsStandBeforeMemoryOrAfterTheKernel(line: String) throws {
        let guest = try #require(try parse(line).first)
        #expect(guest.disks.map(\.path) == ["a"])
        #expect(guest.initrd == "b")
        #expect(guest.arguments == ["one", "two"])
    }

    @Test(arguments: [
        ("64", 64 << 20), ("64m", 64 << 20), ("1G", 1 << 30), ("67108864", 64 << 20), ("0x4000000", 64 << 20),
    ])
    func memoryIsMebibytesOrAsTheOriginalSaidIt(word: String, bytes: UInt64) throws {
        #expect(try parse("\(word) demo").first?.memory.bytes == bytes)
    }

    @Test func guestsAreSeparatedByTwoDashes() throws {
        let guests = try parse("16 demo -- --block=d 32 demo a b -- 8 other/vmlinux")
        #expect(guests.map(\.name) == ["demo1", "demo2", "vmlinux"])
        #expect(guests.map(\.arguments) == [["name=demo1"], ["name=demo2", "a", "b"], []])
        #expect(guests[1].disks.map(\.path) == ["d"])
    }

    @Test(arguments: [
        ("", "no memory size and kernel"), ("64", "no kernel for the guest"), ("64 demo --", "for guest 2"),
        ("64 demo --blok=x", "did you mean --block?"), ("64 demo --block", "--block needs a value"),
        ("lots demo", "is not a memory size"), ("64 demo --block=", "a disk needs a path"),
        ("64 demo --dialect=new", "unknown dialect"), ("64 demo --engine=warp", "unknown engine `warp`"),
        ("9999999999999 demo", "too large"), ("1K demo", "too small"),
        ("64 demo --verbose=yes", "takes no value"), ("64 demo --sharenet=", "a shared network needs a file"),
        ("64 demo --tunnet=host", "neither an IPv4 address nor bridge:NAME"),
        ("64 demo --tunnet=1.2.3.4/33", "not the length of a network prefix"),
        ("64 demo --pcap=x", "--pcap=x follows no network"),
        ("64 demo --sharenet=w --block=d --pcap=x", "--pcap=x follows no network"),
        ("64 demo --sharenet=w --pcap=x --pcap=y", "two captures"),
    ])
    func mistakesAreUsageErrors(line: String, text: String) {
        do {
            _ = try parse(line)
            Issue.record("accepted")
        } catch { #expect("\(error)".contains(text), "\(error)") }
    }

    @Test func networksStandOnTheBusAsTheyStandInTheLine() throws {
        let guest = try #require(
            try parse("--sharenet=w --pcap=p 64 vmlinux --block d --tunnet bridge:br0 --tunnet=10.1.2.3").first)
        #expect(guest.networks.map(\.capture) == ["p", nil, nil])
        #expect(
            guest.devices == [
                .network(GuestConfiguration.Network(.shared(path: "w"), capture: "p")),
                .disk(GuestConfiguration.Disk(path: "d")), .network(.tap(.bridge("br0"))),
                .network(.tap(try TapAddress("10.1.2.3/8"))),
            ])
    }

    @Test func theEngineIsChosenByName() throws {
        #expect(try parse("64 demo").first?.engine == .auto)
        #expect(
            try parse("--engine lockstep 64 demo -- 64 demo --engine=interpreter").map(\.engine) == [
                .lockstep, .interpreter,
            ])
    }

    @Test func theDemoGuestIsToldItsName() throws {
        #expect(try parse("64 demo --name=rex").first?.arguments == ["name=rex"])
        #expect(try parse("64 demo --name=rex name=fido").first?.arguments == ["name=fido"])
        #expect(try parse("64 demo").first?.arguments == [])
        #expect(try parse("64 demo -- 64 demo quiet").map(\.arguments) == [["name=demo1"], ["name=demo2", "quiet"]])
    }

    @Test func defaultsHoldForEveryGuestThatSaysNothingElse() throws {
        var defaults = GuestDefaults()
        defaults.verbose = true
        defaults.dialect = .mm2007
        let guests = try parse("64 demo -- --dialect=2.6.23 64 demo", defaults)
        #expect(guests.map(\.verbose) == [true, true])
        #expect(guests.map(\.dialect) == [.mm2007, .linux2623])
    }

    @Test(arguments: [
        (["--stats", "x.toml"], ["--stats=text", "x.toml"]),
        (["run", "--stats", "64m", "demo", "--stats"], ["run", "--stats=text", "64m", "demo", "--stats"]),
        (["run", "--theme", "dark", "--stats", "64"], ["run", "--theme", "dark", "--stats=text", "64"]),
        (["--stats=json"], ["--stats=json"]), (["--stats", "json", "x.toml"], ["--stats", "json", "x.toml"]),
    ])
    func bareStatsGetsItsValueAndKernelArgumentsDoNot(given: [String], expected: [String]) {
        #expect(StatisticsOption.normalized(given) == expected)
    }

    @Test(arguments: [("80x24", 80, 24), ("1x1", 1, 1), ("4096X4096", 4096, 4096)])
    func sizesAreRead(text: String, columns: Int, rows: Int) {
        let size = ScreenSize(argument: text)
        #expect(size?.columns == columns)
        #expect(size?.rows == rows)
    }

    @Test(arguments: ["", "80", "0x24", "80x0", "80x24x3", "-1x5", "4097x1", "ax b", "99999999999999999999x1"])
    func sizesThatCannotBeAreRefused(text: String) { #expect(ScreenSize(argument: text) == nil) }
}
