// What lgtui remembers from one run to the next: the lines of the prompt, and that it has been here before. All of it may
// be lost without harm, so nothing here can fail loudly.

import Glibc

/// The folder with what is remembered.
package struct SessionMemory: Sendable {
    private let folder: String?
    /// The lines of earlier prompts.
    package let history: PromptHistory
    /// Nothing is remembered yet, although there is a place for it.
    package let isFirstRun: Bool

    package init(_ environment: ProgramEnvironment) {
        folder = environment.stateFolder
        guard let folder, let bytes = try? readSmallFile(folder + "/history") else {
            history = PromptHistory()
            isFirstRun = folder != nil
            return
        }
        isFirstRun = false
        history = PromptHistory(String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init))
    }

    /// Writes the history beside the old one and then takes its place: two programs that end at once lose no file.
    package func keep(_ history: PromptHistory) {
        guard let folder else { return }
        Self.makeFolder(folder)
        let path = folder + "/history"
        let draft = path + ".\(getpid())"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        let isWritten = writeAll(descriptor, Array(history.lines.map { $0 + "\n" }.joined().utf8))
        close(descriptor)
        if !isWritten || rename(draft, path) != 0 { unlink(draft) }
    }

    private static func makeFolder(_ path: String) {
        var made = ""
        for part in path.split(separator: "/") {
            made += "/" + part
            mkdir(made, 0o700)
        }
    }
}
