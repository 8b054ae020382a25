import Testing
import lgtui

@Suite struct PatternTests {
    private func found(_ pattern: String, in text: String) throws -> [String] {
        let scalars = Array(text.unicodeScalars)
        return try PatternMatcher(Pattern(pattern)).matches(in: scalars.map(\.value)).map {
            String(String.UnicodeScalarView(scalars[$0]))
        }
    }

    @Test(arguments: [
        ("abc", "xxabcabcabx", ["abc", "abc"]), ("a+b?", "aab ab a b", ["aab", "ab", "a"]),
        ("(foo|bar)+", "foobar barfoo x", ["foobar", "barfoo"]), ("^a|b$", "ab ab", ["a", "b"]),
        ("\\bfoo\\b", "foo food foo", ["foo", "foo"]), ("[^a-z ]+", "abc 123 ü", ["123", "ü"]),
        ("a{2,3}", "a aa aaa aaaa", ["aa", "aaa", "aaa"]), ("a.*?b", "axxb axb", ["axxb", "axb"]),
        ("a|ab", "ab", ["a"]), ("(a*)*b", "aaab", ["aaab"]), ("x*", "aaa", []), ("a{", "a{", ["a{"]),
        ("[[:digit:]]+x", "12x 3x", ["12x", "3x"]), ("[]x]+", "]x]", ["]x]"]), ("犬.", "a犬🐶", ["犬🐶"]),
        ("\\w+", "héllo wörld_1", ["héllo", "wörld_1"]), ("\\d+\\.\\d+", "+12.345 s", ["12.345"]),
        ("(\\bfoo)*bar", "foo bar foobar", ["bar", "foobar"]), ("(?:ab){2}", "ababab", ["abab"]),
    ])
    func findsWhatEverybodyExpects(pattern: String, text: String, hits: [String]) throws {
        #expect(try found(pattern, in: text) == hits)
    }

    @Test(arguments: [
        ("error", "Error ERROR error", 3), ("Error", "Error ERROR error", 1), ("ü", "Ü ü", 2), ("\\W", "aB", 0),
    ])
    func capitalsMatterOnlyWhenThePatternHasSome(pattern: String, text: String, count: Int) throws {
        #expect(try found(pattern, in: text).count == count)
    }

    @Test(arguments: [
        "(", "a)", "*", "[a", "a{3,1}", "\\q", "[z-a]", "a{2000}", "((a{100}){100}){100}", "(){1000}{1000}{1000}",
        "(?=a)", "[[:foo:]]", "\\", String(repeating: "(", count: 200),
    ])
    func whatCannotBeUsedIsRefusedInWords(pattern: String) {
        let error = #expect(throws: PatternError.self) { try Pattern(pattern) }
        #expect(error?.description.isEmpty == false)
    }

    /// The standard library's engine would be at this until the sun goes out.
    @Test(arguments: ["(a+)+$", "(a|a)*b", "(a*)*(a*)*c", "a.*a.*a.*a.*b"])
    func aHostileLineTakesNoTimeWorthMentioning(pattern: String) throws {
        let start = ContinuousClock.now
        #expect(try found(pattern, in: String(repeating: "a", count: 100_000) + "!") == [])
        #expect(ContinuousClock.now - start < .seconds(20))
    }
}
