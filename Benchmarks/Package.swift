// swift-tools-version: 6.2
import Foundation
import PackageDescription

// libvterm is the peer of the terminal race. Where it is not installed everything else still builds, and the race says
// that it ran alone. SwiftPM remembers manifests: after installing it, build with --manifest-cache none once.
let hasPeer = ["/usr/include/vterm.h", "/usr/local/include/vterm.h"].contains(where: FileManager.default.fileExists)
let peer: [Target] = hasPeer ? [.systemLibrary(name: "CVTerm", providers: [.apt(["libvterm-dev"])])] : []

// A package of its own, so that building lgtui never builds its benchmarks.
let package = Package(
    name: "Benchmarks",
    dependencies: [
        .package(name: "lgtui", path: ".."),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ],
    targets: peer + [
        .executableTarget(
            name: "lgtui-bench",
            dependencies: [
                .product(name: "I386", package: "lgtui"),
                .product(name: "GuestHost", package: "lgtui"),
                .product(name: "TerminalCore", package: "lgtui"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ] + peer.map { .byName(name: $0.name) },
            swiftSettings: [.treatAllWarnings(as: .error)])
    ],
    swiftLanguageModes: [.v6]
)
