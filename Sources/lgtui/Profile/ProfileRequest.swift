// A profile as it is asked for, on the command line or in a lab.

/// Where a guest's profile is to go, and in which form.
package struct ProfileRequest: Equatable, Sendable {
    package enum Format: String, CaseIterable, Sendable {
        case folded, flat
    }

    package var file: String
    package var format: Format
    /// A System.map or ELF file with names, when the kernel has none.
    package var symbols: String?

    /// - Parameter format: nil to go by the end of the file's name: a `.txt` is a table.
    package init(file: String, format: Format? = nil, symbols: String? = nil) {
        self.file = file
        self.format = format ?? (file.hasSuffix(".txt") ? .flat : .folded)
        self.symbols = symbols
    }

    /// The same for one of several guests: `out.folded` becomes `out-web1.folded`.
    package func apart(for guest: String) -> ProfileRequest {
        var request = self
        request.file = RecordingRequest(format: .raw, file: file).apart(for: guest).file ?? file
        return request
    }
}
