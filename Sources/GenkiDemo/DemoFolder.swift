import Foundation
import GenkiCore

/// The folder that a demo fills. It is marked, so that the next demo replaces only what a demo made.
package struct DemoFolder {
  private static let marker = ".genki-demo"

  package let path: String

  /// Makes an empty, marked folder.
  ///
  /// - Throws: ``DemoError/folderIsNotOurs(path:)`` where something else lies there already.
  package init(replacing path: String) throws {
    self.path = path
    let files = FileManager.default
    if files.fileExists(atPath: path) {
      let content = try? files.contentsOfDirectory(atPath: path)
      guard content == [] || content?.contains(Self.marker) == true else {
        throw DemoError.folderIsNotOurs(path: path)
      }
      // The marker goes last: a removal that is cut off can be repeated.
      for name in content ?? [] where name != Self.marker {
        try files.removeItem(atPath: "\(path)/\(name)")
      }
    }
    do {
      try files.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw DemoError.cannotCreate(path: path, reason: error.localizedDescription)
    }
    try AtomicFile.write(
      "made by genki-demo, which may replace this folder\n", to: self / Self.marker)
  }

  /// A path inside.
  package static func / (folder: DemoFolder, name: String) -> String { "\(folder.path)/\(name)" }

  /// A folder inside, made if it is not there.
  package func folder(_ name: String) throws -> String {
    try FileManager.default.createDirectory(
      atPath: self / name, withIntermediateDirectories: true)
    return self / name
  }
}
