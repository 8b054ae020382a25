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
