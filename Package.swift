// swift-tools-version: 6.2
import PackageDescription

// Warnings are errors, and the language mode is Swift 6 everywhere.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
    name: "lgtui",
    products: [
        .executable(name: "lgtui", targets: ["lgtui"]),
        // For Benchmarks/ and Fuzz/, which are packages of their own.
        .library(name: "I386", targets: ["I386"]),
        .library(name: "GuestHost", targets: ["GuestHost"]),
        .library(name: "TerminalCore", targets: ["TerminalCore"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
    ],
    targets: [
        // Who may import whom: see ARCHITECTURE.md. No arrow is added without changing the picture there.
        .systemLibrary(name: "CNcurses", providers: [.apt(["libncurses-dev"])]),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CLinux"),
        // The demo guest's ELF, as it is, in the read-only data of the program. Guests/ builds it.
        .target(name: "CDemoGuest", exclude: ["demo.elf"], cSettings: [.headerSearchPath(".")]),
        .target(name: "I386", dependencies: ["CLinux"], swiftSettings: strict),
        .target(
            name: "Hypervisor",
            dependencies: ["I386", .product(name: "SystemPackage", package: "swift-system")],
            swiftSettings: strict),
        .target(
            name: "GuestHost",
            dependencies: ["Hypervisor", "CZlib", "CLinux", .product(name: "SystemPackage", package: "swift-system")],
            swiftSettings: strict),
        .target(name: "TerminalCore", swiftSettings: strict),
        .executableTarget(
            name: "lgtui",
            dependencies: [
                "GuestHost", "TerminalCore", "CNcurses", "CLinux", "CDemoGuest",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "SystemPackage", package: "swift-system"),
                .product(name: "TOMLKit", package: "TOMLKit"),
            ],
            // What the program must find even when it was copied somewhere alone. Links to themes/ and labs/.
            resources: [
                .embedInCode("Embedded/dark.toml"), .embedInCode("Embedded/light.toml"),
                .embedInCode("Embedded/mono.toml"), .embedInCode("Embedded/high-contrast.toml"),
                .embedInCode("Embedded/color-blind.toml"), .embedInCode("Embedded/solarized-dark.toml"),
                .embedInCode("Embedded/solarized-light.toml"), .embedInCode("Embedded/nord.toml"),
                .embedInCode("Embedded/gruvbox.toml"), .embedInCode("Embedded/sixteen.toml"),
                .embedInCode("Embedded/amber.toml"), .embedInCode("Embedded/dracula.toml"),
                .embedInCode("Embedded/demo.toml"),
            ],
            swiftSettings: strict),
        .testTarget(name: "I386Tests", dependencies: ["I386"], swiftSettings: strict),
        .testTarget(name: "OracleTests", dependencies: ["I386", "CZlib"], exclude: ["Cases"], swiftSettings: strict),
        .testTarget(name: "HypervisorTests", dependencies: ["Hypervisor", "I386"], swiftSettings: strict),
        .testTarget(
            name: "GuestHostTests",
            dependencies: [
                "GuestHost", "Hypervisor", "I386", "CZlib", "CDemoGuest",
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "TerminalCoreTests", dependencies: ["TerminalCore"], exclude: ["Corpus"], swiftSettings: strict),
        .testTarget(
            name: "DemoGuestTests",
            dependencies: ["GuestHost", "Hypervisor", "TerminalCore", "CDemoGuest"],
            swiftSettings: strict),
        .testTarget(name: "LgtuiTests", dependencies: ["lgtui", "GuestHost", "TerminalCore"], swiftSettings: strict),
        .testTarget(name: "EndToEndTests", dependencies: ["lgtui", "TerminalCore"], swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
