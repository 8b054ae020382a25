// swift-tools-version: 6.2
// Not how the guest is built - that is the Makefile's - but how its pure parts are tested on the host: the files that know
// nothing of hypercalls, compiled for this machine.
import PackageDescription

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
    name: "Guests",
    targets: [
        .target(
            name: "PureParts",
            path: "Demo",
            sources: [
                "Shell/History.swift", "Shell/Keys.swift", "Shell/LineEditor.swift", "Shell/Screen.swift",
                "Shell/Text.swift", "Shell/Words.swift", "Kernel/Calendar.swift", "Kernel/KernelArguments.swift",
                "Commands/MD5.swift", "Commands/StreamPatterns.swift", "Net/NetAddresses.swift", "Net/Frame.swift",
            ],
            swiftSettings: strict),
        .testTarget(name: "PurePartsTests", dependencies: ["PureParts"], swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
