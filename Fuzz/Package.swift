// swift-tools-version: 6.2
import PackageDescription

// A package of its own: everything in it is built with libFuzzer's counters, and nothing else should be. The sources are
// links to the real ones rather than a dependency, because only targets of this package get the counters, and because
// the fuzzer asks for `package` things. `make fuzz` builds and runs it.
let counted: [SwiftSetting] = [.treatAllWarnings(as: .error), .unsafeFlags(["-sanitize=fuzzer"])]

let package = Package(
    name: "Fuzz",
    targets: [
        .target(name: "TerminalCore", swiftSettings: counted),
        .target(name: "FuzzMain"),
        .executableTarget(
            name: "terminal-fuzz", dependencies: ["TerminalCore", "FuzzMain"], exclude: ["Corpus"],
            swiftSettings: [.treatAllWarnings(as: .error), .unsafeFlags(["-parse-as-library"])],
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer"])]),
    ],
    swiftLanguageModes: [.v6]
)
