import Foundation
import Testing

/// The rest of the tree: scripts, sizes, what a clone must hold.
@Suite struct RepositoryTests {
  @Test(arguments: [
    "README.md", "LICENSE", "CHANGELOG.md", ".swift-format", "deploy/demo", "deploy/test",
    "deploy/prepare", ".ci/run", "docs/round.md",
  ])
  func theTreeHolds(path: String) { #expect(SourceTree.exists(path)) }

  @Test(arguments: SourceTree.scripts) func scriptsAreExecutableAndParse(script: SourceTree.File)
    throws
  {
    let path = SourceTree.root.appending(path: script.path).path
    #expect(FileManager.default.isExecutableFile(atPath: path))
    #expect(try Self.run(["bash", "-n", path]) == "")
  }

  @Test(.enabled(if: isInstalled("shellcheck"), "shellcheck is not installed"))
  func shellcheckFindsNothing() throws {
    let paths = SourceTree.scripts.map { SourceTree.root.appending(path: $0.path).path }
    #expect(try Self.run(["shellcheck", "-x", "-P", SourceTree.root.path] + paths) == "")
  }

  @Test(arguments: [("Tests", 40_000_000), ("Tests/Fixtures/25a28da", 2_000_000)])
  func testDataStaysSmall(folder: String, limit: Int) throws {
    let bytes = SourceTree.paths(below: folder).reduce(0) { sum, path in
      let file = SourceTree.root.appending(path: path).path
      let size = try? FileManager.default.attributesOfItem(atPath: file)[.size] as? Int
      return sum + (size ?? 0)
    }
    #expect(bytes > 0)
    #expect(bytes < limit)
  }

  @Test func eachTextOfTheDemoIsAtMost300Kilobytes() throws {
    let texts = SourceTree.paths(below: "config/demo").filter { $0.hasSuffix(".txt") }
    #expect(texts.count == 4)
    for path in texts {
      let bytes = try Data(contentsOf: SourceTree.root.appending(path: path))
      #expect(bytes.count <= 300_000, "\(path)")
      #expect(String(data: bytes, encoding: .utf8) != nil, "\(path) is not UTF-8")
    }
  }

  /// What a command prints, both streams together, if it fails; empty if it succeeds.
  private static func run(_ command: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = command
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus != 0 else { return "" }
    return "exit \(process.terminationStatus): " + String(decoding: output, as: UTF8.self)
  }
}

private func isInstalled(_ program: String) -> Bool {
  let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
  return folders.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") }
}
