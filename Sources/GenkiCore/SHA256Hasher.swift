import CCrypto
import Glibc

/// SHA-256 of a stream of bytes, on libcrypto.
public struct SHA256Hasher: ~Copyable {
  private let context: OpaquePointer

  /// A hasher of the empty stream.
  public init() {
    guard let context = EVP_MD_CTX_new() else {
      preconditionFailure("libcrypto has no memory left")
    }
    self.context = context
    Self.require(EVP_DigestInit_ex(context, EVP_sha256(), nil))
  }

  deinit { EVP_MD_CTX_free(context) }

  /// Appends bytes.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count > 0 else { return }
    Self.require(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count))
  }

  /// Appends bytes.
  public mutating func update(_ bytes: some Collection<UInt8>) {
    let done: Void? = bytes.withContiguousStorageIfAvailable { update(UnsafeRawBufferPointer($0)) }
    if done == nil { Array(bytes).withUnsafeBytes { update($0) } }
  }

  /// The digest of what was appended; the hasher starts over with the empty stream.
  public mutating func finish() -> ContentDigest {
    var storage = SIMD32<UInt8>()
    withUnsafeMutableBytes(of: &storage) { buffer in
      let start = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
      Self.require(EVP_DigestFinal_ex(context, start, nil))
    }
    Self.require(EVP_DigestInit_ex(context, EVP_sha256(), nil))
    return ContentDigest(storage: storage)
  }

  /// Makes this hasher continue from what another one has absorbed.
  mutating func restart(from other: borrowing SHA256Hasher) {
    Self.require(EVP_MD_CTX_copy_ex(context, other.context))
  }

  /// The digest of some bytes.
  public static func digest(of bytes: some Collection<UInt8>) -> ContentDigest {
    var hasher = SHA256Hasher()
    hasher.update(bytes)
    return hasher.finish()
  }

  /// The digest of a file's content, read in pieces of 1 MiB.
  public static func digest(ofFile path: String) throws -> ContentDigest {
    let file = try InputFile(path: path)
    var hasher = SHA256Hasher()
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    defer { buffer.deallocate() }
    while case let count = try file.read(into: buffer), count > 0 {
      hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
    return hasher.finish()
  }

  /// SHA-256 fails only without memory, or where the processor's library forbids it.
  private static func require(_ result: Int32) {
    precondition(result == 1, "libcrypto refuses SHA-256")
  }
}
