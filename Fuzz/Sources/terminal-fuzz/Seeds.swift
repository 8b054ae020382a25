// Writes the inputs of the test corpus as seeds, one file a case, in the form that Script.swift reads: what people
// thought of is where the fuzzer starts.

import Glibc

@_cdecl("lgtui_write_seeds")
public func writeSeeds(_ directory: UnsafePointer<CChar>) -> CInt {
    let directory = String(cString: directory)
    guard let cases = try? CorpusFiles.load() else { return 1 }
    for (number, one) in cases.enumerated() {
        var bytes = size(one.columns, one.rows)
        for step in one.steps {
            switch step {
            case .feed(let text): bytes += text.filter { $0 != 0xFF }
            case .resize(let columns, let rows): bytes += [0xFF] + size(columns, rows)
            }
        }
        // Long recordings are slow to play and teach little that the short cases do not.
        guard bytes.count <= 4096 else { continue }
        guard let file = fopen("\(directory)/case-\(number)", "w") else { return 1 }
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
    }
    return 0
}

/// The sizes that a script can say; a few cases lose their point by that, which does not matter here.
private func size(_ columns: Int, _ rows: Int) -> [UInt8] {
    [
        UInt8(truncatingIfNeeded: (columns - 1) % Script.maximumColumns),
        UInt8(truncatingIfNeeded: (rows - 1) % Script.maximumRows),
    ]
}
