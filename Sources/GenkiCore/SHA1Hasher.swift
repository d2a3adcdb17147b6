import CCrypto

/// SHA-1 of a stream of bytes, on libcrypto: what git names its objects by. No proof against those who
/// can choose both contents.
public struct SHA1Hasher: ~Copyable {
  /// The number of bytes of a digest.
  public static let byteCount = 20

  private let context: OpaquePointer

  /// A hasher of the empty stream.
  public init() {
    guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha1(), nil) == 1 else {
      preconditionFailure("libcrypto has no memory left")
    }
    self.context = context
  }

  deinit { EVP_MD_CTX_free(context) }

  /// Appends bytes.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count > 0 else { return }
    guard EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1 else {
      preconditionFailure("libcrypto has no memory left")
    }
  }

  /// The digest of what was appended; the hasher takes no more.
  public mutating func finish() -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: Self.byteCount)
    guard EVP_DigestFinal_ex(context, &digest, nil) == 1 else {
      preconditionFailure("libcrypto has no memory left")
    }
    return digest
  }
}
