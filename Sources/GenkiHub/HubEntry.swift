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

  /// Whether a file has the size and the hash that the hub states: of the content, or, where it states only
  /// that, of the git object.
  ///
  /// - Throws: `FileError` if the file cannot be read.
  public func matches(_ file: HubFile) throws -> Bool { try matches(HubInput(file)) }

  /// What a hub shows of a commit besides, or instead of, what was uploaded.
  ///
  /// A `.gitattributes` that a hub adds by itself is no difference.
  ///
  /// - Returns: Nil if the commit holds these files and no others; else the first difference in words.
  /// - Throws: `FileError` if a file cannot be read.
  public static func difference(
    of listed: [HubEntry], from files: [HubFile]
  ) throws -> String? {
    var expected = Dictionary(files.map { ($0.name, $0) }) { first, _ in first }
    for entry in listed {
      guard let file = expected.removeValue(forKey: entry.name) else {
        if entry.name.utf8.elementsEqual(attributesName.utf8) { continue }
        return "the repository lists \(entry.name.quoted()), which was not uploaded"
      }
      guard try entry.matches(file) else { return "\(entry.name.quoted()) differs on the hub" }
    }
    return expected.keys.min().map { "the repository does not list \($0.quoted())" }
  }

  private static let attributesName = ".gitattributes"

  /// Whether a file has the size and the hash that the hub states.
  func matches(_ file: borrowing HubInput) throws -> Bool {
    guard file.bytes == bytes else { return false }
    if let digest { return try file.digest() == digest }
    if let gitBlob { return try file.gitBlob() == gitBlob }
    return true
  }
}
