/// A file to be uploaded.
public struct HubFile: Sendable, Hashable {
  /// Where its bytes are.
  public enum Content: Sendable, Hashable {
    /// In a file of this machine.
    case file(path: String)
    /// In memory: small ones that are made for the upload, as a card.
    case bytes([UInt8])
  }

  /// Its name in the repository.
  public var name: String
  /// Where its bytes are.
  public var content: Content

  /// A file of this machine.
  public init(name: String, path: String) {
    self.name = name
    content = .file(path: path)
  }

  /// A file that is made for the upload.
  public init(name: String, bytes: [UInt8]) {
    self.name = name
    content = .bytes(bytes)
  }

  /// What errors call it.
  var source: String {
    switch content {
    case .file(let path): path
    case .bytes: name
    }
  }
}
