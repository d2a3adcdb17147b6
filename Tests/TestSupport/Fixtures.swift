import Foundation
import GenkiCore

/// Data that the programs of an earlier build wrote: `Tests/Fixtures/BUILD`.
///
/// Whatever they left on an operator's disk must be read by every later build.
public struct Fixtures: Sendable {
  /// The build of the first fixtures.
  public static let first = Fixtures(build: "25a28da")

  private static let documentBytesMaximum = 16 << 20

  /// The folder of this build's data.
  public let folder: String

  /// The data of a build, by the name of its commit.
  public init(build: String) {
    folder =
      URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Fixtures/\(build)").path
  }

  /// The path of a file or folder of the data; it is never written to.
  public func path(_ name: String) -> String { "\(folder)/\(name)" }

  /// What was recorded in a file.
  public func document(_ name: String) throws -> JSONValue {
    try JSONValue.parse(file: path(name), sizeLimit: Self.documentBytesMaximum)
  }

  /// A copy of a file or folder that a test may change; its path.
  @discardableResult
  public func copy(_ name: String, to copy: String) throws -> String {
    try FileManager.default.createDirectory(
      at: URL(filePath: copy).deletingLastPathComponent(), withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: path(name), toPath: copy)
    return copy
  }

  /// Recorded arguments of a command, with the paths of data and base where they lie now.
  public func arguments(_ recorded: JSONValue?) -> [String] {
    (recorded?.arrayValue ?? []).compactMap(\.stringValue).map {
      $0.hasPrefix("data/") || $0.hasPrefix("bases/") ? path($0) : $0
    }
  }

  /// A base whose weights are those of `bases/float32` and whose tokenizer is another one.
  public func base(encoding name: String, in folder: TemporaryFolder) throws -> String {
    let base = folder.file("base-\(name)")
    let own = try FileManager.default.contentsOfDirectory(atPath: path("encodings/\(name)"))
      .filter { $0 != "expected.json" }
    for file in own { try copy("encodings/\(name)/\(file)", to: "\(base)/\(file)") }
    for file in ["config.json", "model.safetensors"] where !own.contains(file) {
      try copy("bases/float32/\(file)", to: "\(base)/\(file)")
    }
    return base
  }
}
