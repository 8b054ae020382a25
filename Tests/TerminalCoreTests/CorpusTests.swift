// Every case of the corpus, fed in one piece, byte by byte, and cut at random: where a chunk ends must never matter.

import Glibc
import TerminalCore
import Testing

extension CorpusCase: CustomTestStringConvertible {
    var testDescription: String { name }
}

@Suite struct CorpusTests {
    static let cases = Result { try CorpusFiles.load() }

    @Test func theCorpusIsThereAndItsNamesAreUnique() throws {
        let cases = try CorpusTests.cases.get()
        #expect(cases.count >= 150)
        #expect(Set(cases.map(\.name)).count == cases.count)
        for one in cases { #expect(!one.expected.isEmpty, "\(one.name) expects nothing") }
    }

    @Test(arguments: (try? cases.get()) ?? [])
    func isDrawnAsExpected(_ one: CorpusCase) { #expect(one.run { .max } == one.expected) }

    @Test(arguments: (try? cases.get()) ?? [])
    func isDrawnTheSameByteByByte(_ one: CorpusCase) { #expect(one.run { 1 } == one.expected) }

    @Test(arguments: (try? cases.get()) ?? [])
    func isDrawnTheSameCutAtRandom(_ one: CorpusCase) {
        for seed in 1...20 as ClosedRange<UInt64> {
            var random = SplitMix(seed: seed)
            #expect(one.run { Int.random(in: 1...7, using: &random) } == one.expected, "seed \(seed)")
        }
    }
}

/// A small generator with a seed, so that a failure can be had again.
struct SplitMix: RandomNumberGenerator {
    var seed: UInt64
    mutating func next() -> UInt64 {
        seed &+= 0x9E37_79B9_7F4A_7C15
        var word = seed
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
