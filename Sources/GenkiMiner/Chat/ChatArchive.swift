import Foundation
import GenkiCore

/// Where a chat is saved: a file that another program has made is not overwritten.
package struct ChatArchive {
  private let home: String?
  private var own: Set<String> = []

  /// - Parameter home: What `~` stands for.
  package init(home: String? = ProcessInfo.processInfo.environment["HOME"]) { self.home = home }

  /// Writes a conversation, on one line, whole or not at all; returns the path.
  ///
  /// - Throws: `ChatError.fileExists`, `FileError`.
  package mutating func save(_ session: ChatSession, to path: String) throws -> String {
    let path = expanded(path)
    var status = stat()
    // A link that leads nowhere is in the way, too.
    guard lstat(path, &status) != 0 || own.contains(Self.resolved(path)) else {
      throw ChatError.fileExists(path: path)
    }
    try AtomicFile.write(session.json.encoded() + "\n", to: path)
    own.insert(Self.resolved(path))
    return path
  }

  /// The same for all ways to write a path.
  private static func resolved(_ path: String) -> String {
    URL(filePath: path).resolvingSymlinksInPath().path
  }

  /// No shell looks at what is typed in a chat.
  private func expanded(_ path: String) -> String {
    guard let home, path.hasPrefix("~/") else { return path }
    return home + path.dropFirst()
  }
}
