// `lgtui generate`: for `make install`, which asks the program itself for its manual pages. (Completions for the shells
// come from the argument parser: `lgtui --generate-completion-script bash`.)

import ArgumentParser
import Glibc

package struct GenerateCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "generate", abstract: "Fill in a template of a manual page.", shouldDisplay: false)

    @Argument(help: "docs/*.in")
    package var template: String

    package init() {}

    package mutating func run() throws {
        let path = template
        let page = try Failure.catching { () throws(Diagnostics) in try Self.page(path) }
        if !writeAll(1, Array(page.utf8)) { throw ExitCode(ExitStatus.failure) }
    }

    private static func page(_ path: String) throws(Diagnostics) -> String {
        let bytes: [UInt8]
        do { bytes = try readSmallFile(path) } catch { throw Diagnostics([error]) }
        let (page, unknown) = ManualPage.filled(String(decoding: bytes, as: UTF8.self))
        if let name = unknown.first {
            throw Diagnostics([Diagnostic(file: path, text: "there is no part @\(name) to fill in".onOneLine)])
        }
        return page
    }
}
