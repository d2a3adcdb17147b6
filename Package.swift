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
let database: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let toml: Target.Dependency = .product(name: "TOMLKit", package: "TOMLKit")

func module(
  _ name: String, _ dependencies: [Target.Dependency], path: String? = nil
) -> Target {
  .target(name: name, dependencies: dependencies, path: path, swiftSettings: swiftSettings)
}

func program(
  _ name: String, _ dependencies: [Target.Dependency], path: String? = nil, exclude: [String] = []
) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies, path: path, exclude: exclude,
    swiftSettings: swiftSettings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], path: String? = nil) -> Target {
  .testTarget(
    name: name, dependencies: ["TestSupport"] + dependencies, path: path,
    swiftSettings: swiftSettings)
}

let package = Package(
  name: "genki-dama",
  products: [
    .library(
      name: "Genki",
      targets: [
        "GenkiCore", "GenkiTemplates", "GenkiTensor", "GenkiFormats", "GenkiModel", "GenkiData",
        "GenkiTrain", "GenkiFederation", "GenkiHTTP", "GenkiHub", "GenkiChain",
      ]),
    .executable(name: "genki-minerd", targets: ["genki-minerd"]),
    .executable(name: "genki-validatord", targets: ["genki-validatord"]),
    .executable(name: "genkictl", targets: ["genkictl"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
  ],
  targets: [
    // The outside world's C libraries, and the kernels that Swift cannot vectorise.
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(
      name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
    .systemLibrary(
      name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
    .target(name: "GenkiKernels", cSettings: cSettings),

    // The house, from the ground up: a target imports only targets above it.
    module("GenkiCore", ["CCrypto", "GenkiKernels"]),
    module("GenkiTemplates", ["GenkiCore"]),
    module("GenkiTensor", ["GenkiCore", "GenkiKernels", "COpenBLAS"]),
    module("GenkiFormats", ["GenkiCore", "GenkiTensor", "GenkiKernels"]),
    module("GenkiModel", ["GenkiCore", "GenkiTensor", "GenkiFormats", "GenkiKernels"]),
    module("GenkiData", ["GenkiCore", "GenkiTemplates", "GenkiFormats", "GenkiModel"]),
    module("GenkiTrain", ["GenkiCore", "GenkiTensor", "GenkiFormats", "GenkiModel", "GenkiData"]),
    module(
      "GenkiFederation",
      ["GenkiCore", "GenkiTensor", "GenkiFormats", "GenkiModel", "GenkiData", "GenkiKernels"]),
    module("GenkiHTTP", ["GenkiCore", "CCurl"]),
    module("GenkiHub", ["GenkiCore", "GenkiHTTP"]),
    module("GenkiChain", ["GenkiCore", "GenkiHTTP", "CSodium", "CCrypto", database]),
    module("GenkiRound", ["GenkiCore", "GenkiHub", "GenkiChain"]),
    module("GenkiStore", ["GenkiCore", "GenkiHub", "GenkiChain", "GenkiRound", database]),
    module("GenkiReport", ["GenkiCore"]),
    module("GenkiRPC", ["GenkiCore"]),
    module("GenkiRPCServer", ["GenkiCore", "GenkiRPC", nioCore, nioPosix]),
    module("GenkiConsole", ["GenkiCore", argumentParser]),
    module("GenkiService", ["GenkiCore", "GenkiRPC", "CSystemd", logging, toml]),
    module(
      "GenkiNode",
      [
        "GenkiCore", "GenkiFormats", "GenkiHTTP", "GenkiHub", "GenkiChain", "GenkiRound",
        "GenkiStore", "GenkiRPC",
        "GenkiRPCServer", "GenkiConsole", "GenkiService", logging,
      ]),
    module(
      "GenkiMiner",
      [
        "GenkiCore", "GenkiTensor", "GenkiFormats", "GenkiModel", "GenkiData", "GenkiTrain",
        "GenkiHub", "GenkiChain", "GenkiRound", "GenkiStore", "GenkiNode", "GenkiRPC",
        "GenkiRPCServer", "GenkiConsole", "GenkiService", argumentParser,
      ]),
    module(
      "GenkiValidator",
      [
        "GenkiCore", "GenkiTensor", "GenkiFormats", "GenkiModel", "GenkiData", "GenkiFederation",
        "GenkiHub", "GenkiChain", "GenkiRound", "GenkiStore", "GenkiNode", "GenkiReport",
        "GenkiRPC",
        "GenkiRPCServer", "GenkiConsole", "GenkiService", argumentParser,
      ]),
    module(
      "GenkiControl", ["GenkiCore", "GenkiReport", "GenkiRPC", "GenkiConsole", argumentParser]),
    program("genki-minerd", ["GenkiMiner", "GenkiConsole"]),
    program("genki-validatord", ["GenkiValidator", "GenkiConsole"]),
    program("genkictl", ["GenkiControl", "GenkiConsole"]),
    // The demo drives the programs from outside and plays a copier; operators do not install it.
    module(
      "GenkiDemo",
      [
        "GenkiCore", "GenkiFormats", "GenkiData", "GenkiTrain", "GenkiFederation", "GenkiHTTP",
        "GenkiHub", "GenkiChain", "GenkiReport", "GenkiRPC", "GenkiConsole", argumentParser,
      ]),
    program("genki-demo", ["GenkiDemo", "GenkiConsole"]),
    // Measures the compute module, and PyTorch beside it; operators do not install it.
    .target(name: "BenchmarkKernels", path: "Tests/BenchmarkKernels", cSettings: cSettings),
    module(
      "BenchmarkSupport",
      [
        "GenkiCore", "GenkiTensor", "GenkiFormats", "GenkiModel", "GenkiFederation",
        "BenchmarkKernels",
      ],
      path: "Tests/BenchmarkSupport"),
    program(
      "genki-bench",
      ["GenkiCore", "GenkiTensor", "GenkiConsole", "BenchmarkSupport", argumentParser],
      path: "Tests/Benchmarks",
      exclude: [
        "llama_peer.py", "peer_loop.py", "tokenizers_peer.py", "torch_compiled.py", "torch_peer.py",
      ]),

    // Another process beside the tests of the cache.
    program("genki-cache-peer", ["GenkiCore", "GenkiHTTP", "GenkiHub"], path: "Tests/CachePeer"),

    // The interpreter of chat templates beside another one, for Tests/Peers/templates_beside_jinja.py.
    program(
      "genki-template-peer", ["GenkiCore", "GenkiTemplates"], path: "Tests/TemplatePeer"),

    // Tests: one target a module, the commands as real processes, and the rules of the house.
    .target(
      name: "TestSupport", dependencies: ["GenkiCore", "GenkiHTTP"], path: "Tests/TestSupport",
      swiftSettings: swiftSettings),
    tests("GenkiCoreTests", ["GenkiCore"]),
    tests("GenkiTemplatesTests", ["GenkiTemplates", "GenkiCore"]),
    tests("GenkiFormatsTests", ["GenkiFormats"]),
    tests("GenkiModelTests", ["GenkiModel", "GenkiFormats", "GenkiTensor", "GenkiKernels"]),
    tests("GenkiDataTests", ["GenkiData", "GenkiModel", "GenkiFormats"]),
    tests("GenkiTrainTests", ["GenkiTrain", "GenkiModel", "GenkiFormats", "GenkiData"]),
    tests(
      "GenkiFederationTests",
      ["GenkiFederation", "GenkiModel", "GenkiFormats", "GenkiData", "GenkiTrain"]),
    tests("GenkiHTTPTests", ["GenkiHTTP", "GenkiCore"]),
    tests("GenkiHubTests", ["GenkiHub", "GenkiHTTP", "GenkiCore", "genki-cache-peer"]),
    tests("GenkiChainTests", ["GenkiChain", "GenkiCore", database]),
    tests("GenkiRoundTests", ["GenkiRound", "GenkiHub", "GenkiChain", "GenkiCore"]),
    tests(
      "GenkiStoreTests",
      ["GenkiStore", "GenkiRound", "GenkiHub", "GenkiChain", "GenkiCore", database]),
    tests("GenkiReportTests", ["GenkiReport"]),
    tests("GenkiRPCTests", ["GenkiRPC", "GenkiRPCServer", "GenkiCore"]),
    tests("GenkiConsoleTests", ["GenkiConsole", "GenkiCore"]),
    tests("GenkiServiceTests", ["GenkiService", "GenkiRPC", "GenkiCore"]),
    tests(
      "GenkiNodeTests",
      [
        "GenkiNode", "GenkiService", "GenkiStore", "GenkiRound", "GenkiHub", "GenkiHTTP",
        "GenkiChain", "GenkiRPC", "GenkiCore",
      ]),
    tests(
      "GenkiControlTests",
      ["GenkiControl", "GenkiConsole", "GenkiRPC", "GenkiRPCServer", "GenkiCore"]),
    tests(
      "CommandTests",
      ["genki-minerd", "genki-validatord", "GenkiMiner", "GenkiData", "GenkiCore", "GenkiFormats"]),
    tests(
      "GenkiDemoTests", ["GenkiDemo", "GenkiCore", "GenkiFormats", "GenkiTrain", "GenkiConsole"]),
    tests(
      "ScenarioTests",
      [
        "GenkiMiner", "GenkiValidator", "GenkiNode", "GenkiRound", "GenkiStore", "GenkiHub",
        "GenkiHTTP", "GenkiChain", "GenkiService", "GenkiTrain",
        "GenkiFederation", "GenkiFormats", "GenkiModel", "GenkiData", "GenkiCore",
      ], path: "Tests/Scenario"),
    tests(
      "DaemonTests",
      [
        "genki-minerd", "genki-validatord", "genkictl", "genki-demo", "GenkiDemo", "GenkiRPC",
        "GenkiChain", "GenkiHub", "GenkiFormats", "GenkiCore", database,
      ], path: "Tests/Daemon"),
    tests(
      "BenchmarkTests",
      ["BenchmarkSupport", "GenkiCore", "GenkiTensor", "GenkiModel", "GenkiFormats"]),
    tests("HouseTests", []),
  ]
)
