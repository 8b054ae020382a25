// Where figures go: a table for eyes on standard output, the same table into a Markdown file, and single figures with names
// into a plain file for `check`. A later run replaces what an earlier one said about the same thing.

import ArgumentParser
import Glibc

struct Table {
    var title: String
    /// How it was taken, in one line.
    var note: String
    var columns: [String]
    var rows: [[String]] = []

    /// Markdown that is a table for the bare eye as well. The first column holds names, all others hold figures.
    var text: String {
        let lines = [columns] + rows
        let widths = columns.indices.map { index in lines.map { $0[index].count }.max() ?? 0 }
        func line(_ cells: [String]) -> String {
            "| "
                + zip(cells.indices, cells).map { column($1, $0 == 0 ? -widths[$0] : widths[$0]) }
                .joined(separator: " | ") + " |"
        }
        let rule = widths.enumerated().map { index, width in
            String(repeating: "-", count: width + (index == 0 ? 2 : 1)) + (index == 0 ? "" : ":")
        }
        return "### \(title)\n\n\(note)\n\n\(line(columns))\n|\(rule.joined(separator: "|"))|\n"
            + rows.map { line($0) + "\n" }.joined()
    }
}

/// The options of everything that measures.
struct ReportOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Put the tables into this Markdown file.", valueName: "file")) var write: String?
    @Option(help: ArgumentHelp("Put the figures into this file, for `check`.", valueName: "file")) var record: String?
    @Flag(help: "One round: to see that it works, and roughly where one stands.") var quick = false

    func show(_ table: Table, figures: [(name: String, value: Double)] = []) throws {
        print(table.text)
        if let write {
            let old = (try? readFile(write)).map { String(decoding: $0, as: UTF8.self) } ?? ""
            var sections = old.sections.filter { !$0.hasPrefix("### \(table.title)\n") }
            sections.append(table.text)
            try writeFile(write, Array(sections.joined(separator: "\n").utf8))
        }
        if let record {
            var all = (try? Figures(file: record)) ?? Figures()
            for figure in figures where figure.value.isFinite { all.values[figure.name.asFigureName] = figure.value }
            try writeFile(record, Array(all.text.utf8))
        }
    }
}

/// Named figures, one a line: `boot/users/ratio 0.24`.
struct Figures {
    var values: [String: Double] = [:]

    init() {}

    init(file: String) throws {
        for line in String(decoding: try readFile(file), as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 2, let value = Double(words[1]) else {
                throw BenchError.message("\(file): not a name and a figure: \(line)")
            }
            values[String(words[0])] = value
        }
    }

    var text: String { values.keys.sorted().map { "\($0) \(fixed(values[$0] ?? .nan, 4))\n" }.joined() }
}

extension String {
    /// Without the characters that separate a name from its figure.
    var asFigureName: String { String(map { $0 == " " || $0 == "," ? "-" : $0 }).replacing("--", with: "-") }

    private func replacing(_ old: String, with new: String) -> String {
        split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
    }

    /// The text cut before every heading of the third level.
    fileprivate var sections: [String] {
        var result: [String] = []
        for line in split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("### ") || result.isEmpty { result.append("") }
            result[result.count - 1] += line + "\n"
        }
        return result.map { $0.trimmedEnd + "\n" }.filter { $0 != "\n" }
    }

    private var trimmedEnd: String {
        var text = self
        while text.last == "\n" { text.removeLast() }
        return text
    }
}

func writeFile(_ path: String, _ bytes: [UInt8]) throws {
    guard let file = fopen(path, "w") else {
        throw BenchError.message("cannot write \(path): \(String(cString: strerror(errno)))")
    }
    defer { fclose(file) }
    guard fwrite(bytes, 1, bytes.count, file) == bytes.count, fflush(file) == 0 else {
        throw BenchError.message("\(path): \(String(cString: strerror(errno)))")
    }
}

func median(_ values: [Double]) -> Double {
    var series = Series(name: "")
    series.seconds = values
    return series.median
}
