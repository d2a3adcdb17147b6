import GenkiCore

/// An extrinsic as it lies in a block, opened only as far as this program needs.
public struct BlockExtrinsic: Sendable, Hashable {
  /// All bytes, with the length in front.
  public let bytes: [UInt8]
  /// The bytes after the length.
  public let body: ArraySlice<UInt8>

  /// An extrinsic whose length is right.
  public init(_ bytes: [UInt8]) throws(ScaleError) {
    var reader = ScaleReader(bytes)
    let count = try reader.count("bytes of an extrinsic")
    let content = try reader.take(count)
    try reader.finish()
    self.bytes = bytes
    body = content
  }

  /// The version of its form; nil if it is empty.
  public var version: UInt8? { body.first.map { $0 & 0x3F } }
  /// Whether somebody signed it.
  public var isSigned: Bool { (body.first ?? 0) & 0x80 != 0 }

  /// Who signed it, if it is of version 4, signed, and the address is an account.
  public var signer: SS58Address? {
    guard version == 4, isSigned, body.count >= 34, body[body.startIndex + 1] == 0 else {
      return nil
    }
    return try? SS58Address(publicKey: Array(body.dropFirst(2).prefix(32)))
  }

  /// The hash by which the chain knows it.
  public var hash: ContentDigest {
    get throws { try Blake2b.digest(bytes) }
  }
}
