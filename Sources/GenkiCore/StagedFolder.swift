import Foundation

/// A folder that appears complete or not at all: it is filled under another name beside its target and
/// then renamed. What was not published is removed.
public final class StagedFolder {
  /// Where to write.
  public let path: String
  private let target: String
  private var isPublished = false

  /// Begins a folder that will be `target`.
  ///
  /// - Throws: `FileError.cannotCreate` if something that is not an empty folder is at the target.
  public init(target: String) throws {
    var trimmed = target
    while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
    self.target = trimmed
    path = "\(trimmed).\(String(UInt64.random(in: .min ... .max), radix: 36)).partial"
    try Self.checkFree(trimmed)
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw FileError.cannotCreate(path: target, code: errno == 0 ? EACCES : errno)
    }
  }

  deinit {
    if !isPublished { try? FileManager.default.removeItem(atPath: path) }
  }

  /// Gives the folder its name. The files in it must have been synced, as `AtomicFile` does.
  public func publish() throws {
    guard rename(path, target) == 0 else {
      throw FileError.cannotCreate(path: target, code: errno)
    }
    isPublished = true
    try AtomicFile.syncFolder(ofFile: target)
  }

  private static func checkFree(_ target: String) throws {
    guard FileManager.default.fileExists(atPath: target) else { return }
    guard let entries = try? FileManager.default.contentsOfDirectory(atPath: target) else {
      throw FileError.cannotCreate(path: target, code: EEXIST)
    }
    guard entries.isEmpty else { throw FileError.cannotCreate(path: target, code: ENOTEMPTY) }
  }
}
