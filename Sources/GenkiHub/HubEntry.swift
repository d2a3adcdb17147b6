import GenkiCore

/// A file of a commit as the hub lists it.
public struct HubEntry: Sendable, Hashable {
  /// Its name in the repository; hostile.
  public var name: String
  /// Its size in bytes.
  public var bytes: Int
  /// SHA-256 of its content, where the hub states it.
  public var digest: ContentDigest?
  /// The git object of its content, where the hub states it and keeps the file in git.
  public var gitBlob: GitBlobID?

  /// A file of a commit.
  public init(name: String, bytes: Int, digest: ContentDigest?, gitBlob: GitBlobID? = nil) {
    self.name = name
    self.bytes = bytes
    self.digest = digest
    self.gitBlob = gitBlob
  }

  /// Whether a file of this machine is there and has the size and the hash that the hub states.
  public func isContent(ofFile path: String) throws -> Bool {
    do {
      return try matches(HubInput(local: path))
    } catch FileError.missing {
      return false
    }
  }

  /// Whether a file has the size and the hash that the hub states.
  func matches(_ file: borrowing HubInput) throws -> Bool {
    guard file.bytes == bytes else { return false }
    if let digest { return try file.digest() == digest }
    if let gitBlob { return try file.gitBlob() == gitBlob }
    return true
  }
}
