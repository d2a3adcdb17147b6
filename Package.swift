// swift-tools-version: 6.2
import Foundation
import PackageDescription

// Continuous integration sets GENKI_STRICT=1: every warning of our own targets is an error there.
let strict = ProcessInfo.processInfo.environment["GENKI_STRICT"] == "1"
let swiftSettings: [SwiftSetting] =
  [.swiftLanguageMode(.v6)] + (strict ? [.treatAllWarnings(as: .error)] : [])
let cSettings: [CSetting] = strict ? [.treatAllWarnings(as: .error)] : []

let argumentParser: Target.Dependency = .product(
  name: "ArgumentParser", package: "swift-argument-parser")

func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: swiftSettings)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(name: name, dependencies: dependencies, swiftSettings: swiftSettings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(
    name: name, dependencies: ["TestSupport"] + dependencies, swiftSettings: swiftSettings)
}

let package = Package(
  name: "genki-dama",
  products: [
    .library(
      name: "Genki",
      targets: [
        "GenkiCore", "GenkiTensor", "GenkiFormats", "GenkiModel", "GenkiData", "GenkiTrain",
        "GenkiFederation", "GenkiChain",
      ]),
    .executable(name: "genki-minerd", targets: ["genki-minerd"]),
    .executable(name: "genki-validatord", targets: ["genki-validatord"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    // The outside world's C libraries, and the element-wise kernels that Swift cannot vectorise.
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
    .target(name: "GenkiKernels", cSettings: cSettings),

    // The house, from the ground up: a target imports only targets above it.
    module("GenkiCore", ["CCrypto"]),
    module("GenkiTensor", ["GenkiCore", "GenkiKernels", "COpenBLAS"]),
    module("GenkiFormats", ["GenkiCore", "GenkiTensor", "GenkiKernels"]),
    module("GenkiModel", ["GenkiCore", "GenkiTensor", "GenkiFormats", "GenkiKernels"]),
    module("GenkiData", ["GenkiCore", "GenkiFormats", "GenkiModel"]),
    module("GenkiTrain", ["GenkiCore", "GenkiTensor", "GenkiFormats", "GenkiModel", "GenkiData"]),
    module(
      "GenkiFederation",
      ["GenkiCore", "GenkiTensor", "GenkiFormats", "GenkiModel", "GenkiData", "GenkiKernels"]),
    module("GenkiChain", ["GenkiCore", "CSodium", "CCrypto"]),
    module("GenkiReport", ["GenkiCore"]),
    module("GenkiService", ["GenkiCore", argumentParser]),
    module(
      "GenkiMiner",
      [
        "GenkiCore", "GenkiTensor", "GenkiFormats", "GenkiModel", "GenkiData", "GenkiTrain",
        "GenkiChain", "GenkiService", argumentParser,
      ]),
    module(
      "GenkiValidator",
      [
        "GenkiCore", "GenkiTensor", "GenkiFormats", "GenkiModel", "GenkiData", "GenkiFederation",
        "GenkiReport", "GenkiService", argumentParser,
      ]),
    program("genki-minerd", ["GenkiMiner", "GenkiService"]),
    program("genki-validatord", ["GenkiValidator", "GenkiService"]),
    // The demo drives the programs from outside and plays a copier; operators do not install it.
    module(
      "GenkiDemo", ["GenkiCore", "GenkiFormats", "GenkiReport", "GenkiService", argumentParser]),
    program("genki-demo", ["GenkiDemo", "GenkiService"]),

    // Tests: one target a module, the commands as real processes, and the rules of the house.
    .target(
      name: "TestSupport", dependencies: ["GenkiCore"], path: "Tests/TestSupport",
      swiftSettings: swiftSettings),
    tests("GenkiCoreTests", ["GenkiCore"]),
    tests("GenkiFormatsTests", ["GenkiFormats"]),
    tests("GenkiModelTests", ["GenkiModel", "GenkiFormats", "GenkiTensor", "GenkiKernels"]),
    tests("GenkiDataTests", ["GenkiData", "GenkiModel", "GenkiFormats"]),
    tests("GenkiTrainTests", ["GenkiTrain", "GenkiModel", "GenkiFormats", "GenkiData"]),
    tests(
      "GenkiFederationTests",
      ["GenkiFederation", "GenkiModel", "GenkiFormats", "GenkiData", "GenkiTrain"]),
    tests("GenkiChainTests", ["GenkiChain"]),
    tests("GenkiReportTests", ["GenkiReport"]),
    tests("GenkiServiceTests", ["GenkiService", "GenkiCore"]),
    tests("CommandTests", ["genki-minerd", "genki-validatord", "GenkiCore", "GenkiFormats"]),
    tests("GenkiDemoTests", ["GenkiDemo", "GenkiCore", "GenkiFormats"]),
    tests("HouseTests", []),
  ]
)
