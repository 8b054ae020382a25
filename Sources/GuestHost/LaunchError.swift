// Whoever starts a guest hands us files that we have never seen and numbers that a tired person typed. When one of them
// is wrong the answer is one line that says which file, what is wrong, where in it, and what would help: this is the
// type of that line.

#if canImport(Glibc)
    import Glibc
#endif

/// Why a guest could not be started. Thrown before the guest exists; what happens to a running guest is a `GuestState`.
public struct LaunchError: Error, Equatable, Sendable {
    /// What kind of thing was wrong, for those who choose an exit status or a colour by it.
    public enum Kind: Sendable, Equatable {
        /// The person asked for something that cannot be: a size, a combination, a word.
        case usage
        /// A file is missing, locked, unreadable, or the system refused a resource.
        case system
        /// A file could be read but is not what it should be.
        case image
    }

    public var kind: Kind
    /// The file concerned, as the person named it.
    public var path: String?
    /// What was wrong, as the end of a sentence that begins with the path.
    public var problem: String
    /// Where: a byte offset, a header field, a segment.
    public var place: String?
    /// What to do about it.
    public var advice: String?

    public init(_ kind: Kind, path: String? = nil, _ problem: String, at place: String? = nil, advice: String? = nil) {
        self.kind = kind
        self.path = path
        self.problem = problem
        self.place = place
        self.advice = advice
    }

    /// A system call that failed, with the system's own words and, where one is known, a remedy.
    static func system(_ action: String, path: String? = nil, errno code: Int32) -> LaunchError {
        let advice: String? =
            switch code {
            case ENOENT: "check the spelling; a relative path starts where the program was started"
            case EACCES, EPERM: "check the permissions of the file and of the folders above it"
            case EISDIR: "name a file, not a folder"
            case EMFILE, ENFILE: "raise the limit on open files (ulimit -n)"
            case ENOMEM: "give the guest less memory, or raise the limit on address space (ulimit -v)"
            case EROFS: "the file system is read-only: add ,ro to the disk"
            default: nil
            }
        return LaunchError(.system, path: path, "\(action): \(errorText(code))", advice: advice)
    }
}

extension LaunchError: CustomStringConvertible {
    /// One line, no newline inside whatever the file name holds.
    public var description: String {
        var line = ""
        if let path { line += "\(printable(path)): " }
        line += problem
        if let place { line += " (\(place))" }
        if let advice { line += "; \(advice)" }
        return line
    }
}

/// The C library's words for an errno, without its shared buffer.
func errorText(_ code: Int32) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
        // SAFETY: the buffer is ours and 256 bytes long; the XSI variant always terminates it.
        guard let base = buffer.baseAddress, strerror_r(code, base, buffer.count) == 0 else { return "error \(code)" }
        return String(cString: base)
    }
}

/// A name from outside, made safe for one line of a terminal: control characters become `?`.
func printable(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? "?" : $0 }))
}

/// `0x`-style hexadecimal, as everything in this trade is written.
func hex(_ value: some BinaryInteger) -> String { "0x" + String(value, radix: 16) }
