// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that building lgtui never builds its benchmarks.
let package = Package(
    name: "Benchmarks",
    dependencies: [
        .package(name: "lgtui", path: ".."),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ],
    targets: [
        .executableTarget(
            name: "lgtui-bench",
            dependencies: [
                .product(name: "I386", package: "lgtui"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: [.treatAllWarnings(as: .error)])
    ],
    swiftLanguageModes: [.v6]
)
