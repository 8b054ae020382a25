import GuestHost
import Testing
import lgtui

@Suite struct SymbolTableTests {
    private static let map = """
        00000000 A VDSO_PRELINK
        c0100000 T _text
        c0100000 T startup
        c0100040 t helper
        c0200000 D not_code
        nonsense
        c01000c0 W weak_one
        c0101000 A _etext
        c0300000 t __init_late

        """

    private var table: SymbolTable { SymbolTable(systemMap: Array(Self.map.utf8), origin: "System.map") }

    @Test(
        arguments: [
            (0xc010_0000, "startup", 0), (0xc010_003f, "startup", 0x3f), (0xc010_0040, "helper", 0),
            (0xc010_00ff, "weak_one", 0x3f), (0xc030_0004, "__init_late", 4),
        ] as [(UInt32, String, UInt32)])
    func anAddressBelongsToTheFunctionBeforeIt(address: UInt32, name: String, offset: UInt32) throws {
        let found = try #require(table.function(at: address))
        #expect(found.name == name && found.offset == offset)
    }

    @Test(arguments: [0, 0xc00f_ffff, 0xc010_1000, 0xc020_0000, 0xc040_0000, 0xffff_ffff] as [UInt32])
    func whatLiesElsewhereHasNoName(address: UInt32) {
        #expect(table.function(at: address) == nil)
    }

    @Test func namesHaveAddresses() {
        #expect(table.addresses(of: "startup") == [0xc010_0000])
        #expect(table.addresses(of: "not_code") == [])
        #expect(table.keepsFramePointers == nil)
    }

    /// A small ELF file with one code section, a symbol table and names.
    private static func elf(function: [UInt8]) -> [UInt8] {
        func half(_ value: Int) -> [UInt8] { [UInt8(value & 0xff), UInt8(value >> 8 & 0xff)] }
        func word(_ value: Int) -> [UInt8] { half(value & 0xffff) + half(value >> 16) }
        let names: [UInt8] = [0] + Array("work".utf8) + [0] + Array("data".utf8) + [0]
        let code = function + [UInt8](repeating: 0x90, count: 64 - function.count)
        let symbols =
            [UInt8](repeating: 0, count: 16)
            + word(1) + word(0x10_0000) + word(64) + [2, 0] + half(1)
            + word(6) + word(0x20_0000) + word(64) + [1, 0] + half(2)
        let (codeAt, symbolsAt) = (52, 52 + 64)
        let namesAt = symbolsAt + symbols.count
        let sectionsAt = namesAt + names.count
        func section(_ kind: Int, _ flags: Int, _ address: Int, _ offset: Int, _ size: Int, _ link: Int) -> [UInt8] {
            word(0) + word(kind) + word(flags) + word(address) + word(offset) + word(size) + word(link) + word(0)
                + word(0)
                + word(0)
        }
        var header: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 1, 1, 1] + [UInt8](repeating: 0, count: 9)
        header += half(2) + half(3) + word(1) + word(0x10_0000) + word(0) + word(sectionsAt) + word(0)
        header += half(52) + half(32) + half(0) + half(40) + half(4) + half(0)
        return header + code + symbols + names
            + section(0, 0, 0, 0, 0, 0) + section(1, 6, 0x10_0000, codeAt, 64, 0)
            + section(2, 0, 0, symbolsAt, symbols.count, 3) + section(3, 0, 0, namesAt, names.count, 0)
    }

    @Test func aKernelHasItsOwnNames() throws {
        let file = Self.elf(function: [0x55, 0x89, 0xe5])
        let table = SymbolTable(elf: MemoryImage(name: "vmlinux", contents: file))
        #expect(table.function(at: 0x10_0010)?.name == "work")
        #expect(table.function(at: 0x20_0000) == nil)
        #expect(table.count == 1)
        #expect(table.keepsFramePointers == true)
        let bare = SymbolTable(elf: MemoryImage(name: "vmlinux", contents: Self.elf(function: [0x53, 0x89, 0xc3])))
        #expect(bare.keepsFramePointers == false)
    }

    @Test func aMangledKernelHasFewerNamesAndDoesNoHarm() {
        let file = Self.elf(function: [0x55, 0x89, 0xe5])
        for at in file.indices {
            for value: UInt8 in [0, 0xff, file[at] ^ 0x80] {
                var mangled = file
                mangled[at] = value
                #expect(SymbolTable(elf: MemoryImage(name: "k", contents: mangled)).count <= 2)
            }
        }
        for count in 0..<file.count {
            #expect(SymbolTable(elf: MemoryImage(name: "k", contents: Array(file[..<count]))).isEmpty)
        }
    }

    @Test func theDemoGuestHasNone() throws {
        #expect(try SymbolTable(file: nil, kernel: KernelChoice.source("demo")).isEmpty)
    }

    @Test func aFileWithoutSymbolsIsNamed() {
        #expect(throws: LaunchError.self) { try SymbolTable(file: "/dev/null", kernel: KernelChoice.source("demo")) }
        #expect(throws: LaunchError.self) { try SymbolTable(file: "/nowhere/map", kernel: KernelChoice.source("demo")) }
    }

    @Test func aPlaceIsASymbolOrANumber() {
        #expect(DebugBlock.addresses("helper", table) == [0xc010_0040])
        #expect(DebugBlock.addresses("helper+0x12", table) == [0xc010_0052])
        #expect(DebugBlock.addresses("0xC0100001", table) == [0xc010_0001])
        #expect(DebugBlock.addresses("c0100001", table) == [0xc010_0001])
        for word in ["", "0x", "helpers", "helper+", "helper+x", "+12", "-1", "1c0100001"] {
            #expect(DebugBlock.addresses(word, table) == [])
        }
    }

    @Test func functionsThatShareANameAreAllFound() {
        let map = "c0100000 t twin\nc0100000 t other\nc0200000 t twin\n"
        let table = SymbolTable(systemMap: Array(map.utf8), origin: "map")
        #expect(DebugBlock.addresses("twin+4", table) == [0xc010_0004, 0xc020_0004])
    }
}

@Suite struct ProfileReportTests {
    private func report(_ stacks: [(isUser: Bool, [UInt32], UInt64)], symbols: String = "") -> ProfileReport {
        var reading = GuestConfiguration.Profile.Reading()
        for (isUser, addresses, count) in stacks {
            reading.stacks[.init(isUser: isUser, addresses: addresses)] = count
        }
        reading.halted = 5
        return ProfileReport(
            guest: "web;1", reading: reading, symbols: SymbolTable(systemMap: Array(symbols.utf8), origin: "System.map")
        )
    }
    private static let map = "c0100000 T outer\nc0101000 T middle\nc0102000 T inner\n"

    @Test func foldedStacksBeginOutside() {
        let report = report(
            [
                (false, [0xc010_2010, 0xc010_1005, 0xc010_0005], 3),
                (false, [0xc010_2020, 0xc010_1005, 0xc010_0009], 4),
                (false, [0xc010_2010], 1), (true, [0x804_8123], 2),
            ], symbols: Self.map)
        #expect(
            report.folded == """
                web:1;kernel;inner 1
                web:1;kernel;outer;middle;inner 7
                web:1;user;0x08048xxx 2

                """)
    }

    @Test func aReturnAddressBelongsToTheCallBeforeIt() {
        // A call that ends a function returns to what is by name the next one.
        let report = report([(false, [0xc010_2010, 0xc010_2000], 1)], symbols: Self.map)
        #expect(report.folded == "web:1;kernel;middle;inner 1\n")
    }

    @Test func theTableHasTheBusiestFirstAndNamesItsHottestAddress() {
        let text = report(
            [
                (false, [0xc010_2010, 0xc010_1005], 30), (false, [0xc010_2020, 0xc010_1005], 40),
                (false, [0xc010_1010], 10), (true, [0x804_8123], 20),
            ], symbols: Self.map
        ).flat
        let lines = text.split(separator: "\n").map(String.init)
        #expect(lines[0] == "# web;1: 100 samples of processor time, one a millisecond; 5 more times it was asleep")
        #expect(lines[1] == "# kernel 80.0 %, user 20.0 %; symbols from System.map")
        #expect(lines[3] == "      70   70.0 %        70.0 %  kernel  0xc0102020  inner")
        #expect(lines[4] == "      20   20.0 %        20.0 %  user    0x08048123  0x08048xxx")
        #expect(lines[5] == "      10   10.0 %        80.0 %  kernel  0xc0101010  middle")
    }

    @Test func withoutSymbolsItSaysSo() {
        let text = report([(false, [0xc010_2010], 1)]).flat
        #expect(text.contains("no symbols in System.map: addresses by page (name a System.map with --symbols)"))
        #expect(text.contains("0xc0102xxx"))
        #expect(report([]).flat.contains("0 samples"))
        #expect(report([]).folded.isEmpty)
    }
}

@Suite struct ProfileRequestTests {
    @Test(arguments: [
        ("a.txt", ProfileRequest.Format.flat), ("a.folded", .folded), ("a", .folded), ("txt", .folded),
    ])
    func theNameSaysTheForm(file: String, format: ProfileRequest.Format) {
        #expect(ProfileRequest(file: file).format == format)
    }

    @Test func severalGuestsHaveSeveralFiles() {
        var lab = Lab(guests: [])
        lab.profile(ProfileRequest(file: "p.txt"))
        #expect(lab.profiles.isEmpty)
        #expect(ProfileRequest(file: "d.d/p.txt").apart(for: "web1").file == "d.d/p-web1.txt")
    }

    private func lab(_ keys: String) throws -> Lab {
        try Lab(bytes: Array("[[guest]]\nkernel = \"demo\"\n\(keys)\n".utf8), file: "lab.toml", folder: "/tmp")
    }

    @Test func aLabMayAskForOne() throws {
        #expect(try lab("profile = \"p.txt\"").profiles == [ProfileRequest(file: "/tmp/p.txt")])
        #expect(try lab("").profiles == [nil])
    }

    @Test(arguments: [
        ("profile = \"\"", "name a file"), ("symbols = \"lab.toml\"", "there is none"), ("profile = 3", "profile"),
    ])
    func aWrongWishIsExplained(keys: String, words: String) {
        #expect { try lab(keys) } throws: { "\($0)".contains(words) }
    }

    @Test func aProfileThatCannotBeWrittenIsRefusedBeforeAnybodyWaits() throws {
        var guests = try GuestArguments.parse(["16m", "demo"], defaults: GuestDefaults())
        #expect(throws: LaunchError.self) { try Profiler(&guests, [ProfileRequest(file: "/nowhere/p.txt")]) }
        guests[0].devicePath = "/dev/lguest"
        #expect(throws: LaunchError.self) { try Profiler(&guests, [ProfileRequest(file: "/tmp/p.txt")]) }
        #expect(try Profiler(&guests, [nil]) == nil)
    }
}
