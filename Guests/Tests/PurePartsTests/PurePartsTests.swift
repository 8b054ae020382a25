import PureParts
import Testing

private func string(_ text: Text) -> String { String(decoding: text.bytes, as: UTF8.self) }
private func string(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

@Suite struct TextTests {
    @Test func `numbers are formatted in decimal hexadecimal and thousandths`() {
        #expect(
            string("\(42) \(-7) \(UInt64.max) \(5, width: 3) \(5, width: 3, fill: "0")")
                == "42 -7 18446744073709551615   5 005")
        #expect(string("\(hex: 0xC010_0000) \(hex: 0xAB, digits: 2)") == "c0100000 ab")
        #expect(string("\(thousandths: 1_234_056) \(thousandths: 53_648, places: 1)") == "1234.056 53.6")
    }

    @Test(
        arguments: [
            ("0", 0), ("42", 42), ("0x10", 16), ("0xC0100000", 0xC010_0000), ("4k", 4096), ("2M", 2 << 20),
            ("4294967295", .max), ("4294967296", nil), ("5000m", nil), ("", nil), ("x", nil), ("0x", nil), ("12a", nil),
            ("-1", nil),
        ] as [(String, UInt32?)])
    func `numbers are read or refused`(text: String, expected: UInt32?) {
        #expect(Array(text.utf8).number == expected)
    }

    @Test func `columns count characters and padding fills them`() {
        let text: Text = "Grüße"
        #expect(text.columns == 5)
        #expect(string(text.padded(to: 7)) == "Grüße  ")
    }
}

@Suite struct CalendarTests {
    @Test(
        arguments: [
            (0, "Thu 1970-01-01 00:00:00"),
            (951_782_399, "Mon 2000-02-28 23:59:59"),
            (951_782_400, "Tue 2000-02-29 00:00:00"),
            (1_184_025_600, "Tue 2007-07-10 00:00:00"),
            (4_107_542_400, "Mon 2100-03-01 00:00:00"),  // 2100 has no leap day
        ] as [(UInt64, String)])
    func `seconds become dates`(seconds: UInt64, expected: String) {
        #expect(string(Calendar(seconds: seconds).text) == expected)
    }

    @Test func `durations show days only when there are some`() {
        #expect(string(Calendar.duration(3_723_004_000_000)) == "01:02:03.004")
        #expect(string(Calendar.duration(90_000_000_000_000)) == "1 d 01:00:00.000")
    }
}

@Suite struct WordsTests {
    @Test(
        arguments: [
            ("echo a b", [["echo", "a", "b"]]),
            ("a; b ;;c", [["a"], ["b"], ["c"]]),
            ("echo 'a; b' \"c d\"", [["echo", "a; b", "c d"]]),
            ("echo ''", [["echo", ""]]),
            ("  ", []),
            ("echo 'unclosed; x", [["echo", "unclosed; x"]]),
        ] as [(String, [[String]])])
    func `lines split into commands and words`(line: String, expected: [[String]]) {
        #expect(Words.split(Array(line.utf8)).map { $0.map { string($0) } } == expected)
    }
}

@Suite struct KernelArgumentsTests {
    @Test(arguments: [
        ("", "demo", "", false),
        ("name=one ", "one", "", false),
        ("run=\"a; b\" name=two", "two", "a; b", false),
        ("name=three run=uptime; mem ", "three", "uptime; mem", false),
        ("run=uptime; mem name=four quiet ", "four", "uptime; mem", true),
        ("console=hvc0 quiet run='spin 3'", "demo", "spin 3", true),
        ("name= run=", "demo", "", false),
    ])
    func `the command line is understood with and without quotes`(line: String, name: String, run: String, quiet: Bool)
    {
        let arguments = KernelArguments(Array(line.utf8))
        #expect(string(arguments.name) == name)
        #expect(string(arguments.run) == run)
        #expect(arguments.quiet == quiet)
    }

    @Test func `an address is found behind other arguments`() {
        let arguments = KernelArguments(Array("run=net; mem ip=10.0.0.7/24 quiet".utf8))
        #expect(string(arguments.run) == "net; mem")
        #expect(string(Text(arguments.address)) == "10.0.0.7/24")
        #expect(arguments.quiet)
    }
}

@Suite struct MD5Tests {
    @Test(arguments: [
        ("", "d41d8cd98f00b204e9800998ecf8427e"),
        ("abc", "900150983cd24fb0d6963f7d28e17f72"),
        ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
        (
            "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
            "57edf4a22be3c955ac49da2e2107b67a"
        ),
    ])
    func `digests equal those of the RFC however the bytes arrive`(text: String, expected: String) {
        for piece in [1, 7, 64, 200] {
            var digest = MD5()
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                Array(rest.prefix(piece)).withUnsafeBytes { digest.update($0) }
                rest = rest.dropFirst(piece)
            }
            #expect(string(digest.finish()) == expected)
        }
    }
}
