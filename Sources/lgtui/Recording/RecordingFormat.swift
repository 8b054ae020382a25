// What can be recorded, and how it is asked for: by a key, a command, a lab or a flag, in the same words.

/// The kinds of files.
package enum RecordingFormat: String, CaseIterable, Sendable {
    /// Every byte as the guest sent it.
    case raw
    /// Plain lines, each with the time of its first character.
    case text
    /// asciicast v2, which asciinema plays.
    case cast

    package var fileEnding: String {
        switch self {
        case .raw: "raw"
        case .text: "txt"
        case .cast: "cast"
        }
    }

    /// `cast`, or the error with all there are.
    package init(word: String) throws(CommandLineError) {
        guard let format = Self(rawValue: word) else {
            let names = Self.allCases.map(\.rawValue).joined(separator: ", ")
            throw CommandLineError("there is no recording format `\(word)`: there are \(names)")
        }
        self = format
    }
}

/// A recording that is wanted.
package struct RecordingRequest: Equatable, Sendable {
    package var format: RecordingFormat
    /// Nil for a name made of the guest's and the time, in the working directory.
    package var file: String?

    package init(format: RecordingFormat, file: String? = nil) {
        self.format = format
        self.file = file
    }

    /// `FORMAT[:FILE]`, as the flag has it.
    package init(flag: String) throws(CommandLineError) {
        let parts = flag.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        format = try RecordingFormat(word: String(parts[0]))
        file = parts.count > 1 ? String(parts[1]) : nil
        if file == "" { throw CommandLineError("the recording \(flag) names no file: write \(format.rawValue):FILE") }
    }

    /// The same for one of several guests, whose recordings cannot share a file: `out.cast` becomes `out-web1.cast`.
    package func apart(for guest: String) -> RecordingRequest {
        guard let file else { return self }
        let stem = Self.fileName(guest)
        let nameStart = file.lastIndex(of: "/").map { file.index(after: $0) } ?? file.startIndex
        let end = file[nameStart...].dropFirst().lastIndex(of: ".") ?? file.endIndex
        return RecordingRequest(format: format, file: "\(file[..<end])-\(stem)\(file[end...])")
    }

    /// The file for `guest`: `web1-20261126-124500.cast`, unless another was asked for.
    package func path(for guest: String) -> String {
        file ?? "\(Self.fileName(guest))-\(localTimeStamp()).\(format.fileEnding)"
    }

    private static func fileName(_ guest: String) -> String {
        String(guest.map { $0 == "/" || $0 == "\0" ? "_" : $0 })
    }
}
