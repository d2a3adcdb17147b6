import GenkiCore

/// The id that git gives a file's content: SHA-1 of `blob SIZE\0` and the bytes.
public struct GitBlobID: Sendable, Hashable, CustomStringConvertible {
  /// The 20 bytes.
  public let bytes: [UInt8]

  /// An id written as 40 lower-case hexadecimal digits; nil for anything else.
  public init?(hex: String) {
    guard let value = Revision(hex: hex) else { return nil }
    bytes = value.bytes
  }

  /// The id of a content in memory.
  public init(of content: [UInt8]) {
    var hasher = Self.hasher(bytes: content.count)
    content.withUnsafeBytes { hasher.update($0) }
    bytes = hasher.finish()
  }

  init(digest: [UInt8]) { bytes = digest }

  /// A hasher that awaits a content of so many bytes.
  static func hasher(bytes: Int) -> SHA1Hasher {
    var hasher = SHA1Hasher()
    var header = "blob \(bytes)\0"
    header.withUTF8 { hasher.update(UnsafeRawBufferPointer($0)) }
    return hasher
  }

  /// 40 lower-case hexadecimal digits.
  public var hex: String { Revision(bytes: bytes)?.hex ?? "" }

  /// The text form.
  public var description: String { hex }
}
