import Testing

/// A target imports only what the package gives it, and the package only what stands above it.
@Suite struct ModuleOrderTests {
  /// The house from the ground up; the table of modules in docs/round.md has the same order.
  private static let order = [
    "CCrypto", "CCurl", "COpenBLAS", "CSodium", "CSystemd", "GenkiKernels", "GenkiCore",
    "GenkiTemplates", "GenkiTensor", "GenkiFormats", "GenkiModel", "GenkiData", "GenkiTrain",
    "GenkiFederation",
    "GenkiHTTP", "GenkiHub", "GenkiChain", "GenkiRound", "GenkiStore", "GenkiReport", "GenkiRPC",
    "GenkiRPCServer",
    "GenkiConsole", "GenkiService", "GenkiNode", "GenkiMiner", "GenkiValidator", "GenkiControl",
    "GenkiDemo", "genki-minerd", "genki-validatord", "genkictl", "genki-demo",
    "BenchmarkKernels", "BenchmarkSupport", "genki-bench",
    "genki-cache-peer", "genki-template-peer",
  ]
  /// Of the toolchain, for all.
  private static let toolchain: Set = [
    "Foundation", "FoundationEssentials", "Glibc", "Dispatch", "Synchronization", "RegexBuilder",
  ]
  /// Only what a person types at may know about arguments.
  private static let frontTargets: Set = [
    "GenkiConsole", "GenkiMiner", "GenkiValidator", "GenkiControl", "GenkiDemo", "genki-minerd",
    "genki-validatord", "genkictl", "genki-demo", "genki-bench",
  ]
  /// Libraries from elsewhere, by the names that Package.swift gives them.
  private static let libraries = [
    "argumentParser": "ArgumentParser", "database": "GRDB", "nioCore": "NIOCore",
    "nioPosix": "NIOPosix", "logging": "Logging", "toml": "TOMLKit",
  ]

  private static let declared = declaredDependencies()

  /// The dependencies of each of our targets as Package.swift declares them.
  private static func declaredDependencies() -> [String: Set<String>] {
    let text = SourceTree.file("Package.swift")?.lines.joined(separator: "\n") ?? ""
    var result: [String: Set<String>] = [:]
    for match in text.matches(of: #/(?:module|program)\(\s*"([^"]+)",\s*\[([^\]]*)\]/#) {
      var names = Set(match.2.matches(of: #/"([^"]+)"/#).map { String($0.1) })
      let words = Set(match.2.split { !$0.isLetter }.map(String.init))
      for (word, module) in libraries where words.contains(word) { names.insert(module) }
      result[String(match.1)] = names
    }
    return result
  }

  @Test func everyTargetHasItsPlaceInTheOrder() {
    let folders = Set(SourceTree.sources.map(\.target)).union(Self.declared.keys)
    #expect(folders.subtracting(Self.order).sorted() == [], "unknown to the order of the house")
    #expect(Self.declared.count >= 12, "Package.swift could not be read")
  }

  @Test func dependenciesGoOnlyToTargetsAbove() {
    for (target, dependencies) in Self.declared {
      let place = Self.order.firstIndex(of: target) ?? -1
      for dependency in dependencies where !Self.libraries.values.contains(dependency) {
        let other = Self.order.firstIndex(of: dependency) ?? Int.max
        #expect(other < place, "\(target) depends on \(dependency), which does not stand above it")
      }
    }
  }

  @Test func aTargetImportsOnlyWhatItDeclares() {
    for file in SourceTree.sources where file.path.hasSuffix(".swift") {
      let allowed = Self.toolchain.union(Self.declared[file.target] ?? [])
      for (_, line) in file.numberedLines(ifAnyOf: ["import "]) where line.contains("import ") {
        guard let match = line.firstMatch(of: Self.importLine) else { continue }
        let name = String(match.1)
        #expect(allowed.contains(name), "\(file.path) imports \(name)")
      }
    }
  }

  @Test func minerAndValidatorDoNotKnowEachOther() {
    #expect(Self.declared["GenkiMiner"]?.contains("GenkiValidator") == false)
    #expect(Self.declared["GenkiValidator"]?.contains("GenkiMiner") == false)
  }

  /// The client starts in milliseconds because it carries nothing that it does not need.
  @Test func theClientLinksNeitherBLASNorSQLiteNorNIONorCurl() {
    var reached: Set<String> = []
    var open = ["genkictl"]
    while let target = open.popLast() {
      guard reached.insert(target).inserted else { continue }
      open += Self.declared[target] ?? []
    }
    #expect(reached.contains("GenkiRPC"))
    for heavy in ["COpenBLAS", "CCurl", "GRDB", "NIOCore", "NIOPosix", "GenkiTensor", "GenkiStore"]
    {
      #expect(!reached.contains(heavy), "genkictl reaches \(heavy)")
    }
  }

  @Test func onlyFrontTargetsParseArguments() {
    for (target, dependencies) in Self.declared where dependencies.contains("ArgumentParser") {
      #expect(Self.frontTargets.contains(target), "\(target) depends on ArgumentParser")
    }
  }

  /// A row of the table is `dependency allowed`, read off the import line alone.
  @Test(arguments: [
    ("import GenkiCore", "GenkiCore"), ("@preconcurrency import Dispatch", "Dispatch"),
    ("public import GenkiModel", "GenkiModel"), ("import struct Foundation.URL", "Foundation"),
  ])
  func importLinesAreUnderstood(line: String, name: String) {
    #expect(line.firstMatch(of: Self.importLine).map { String($0.1) } == name)
  }

  private static var importLine: Regex<(Substring, Substring)> {
    #/^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:public |package |internal |fileprivate |private )?import (?:(?:struct|class|enum|protocol|func|let|var|typealias) )?(\w+)/#
  }
}
