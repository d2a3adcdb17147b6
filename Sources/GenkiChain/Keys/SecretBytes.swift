import CSodium

/// A fixed number of secret bytes in memory of their own, wiped when the last owner lets go.
///
/// The memory is locked against swapping where the system allows it.
public final class SecretBytes: @unchecked Sendable {
  /// How many bytes there are.
  public let count: Int
  private let storage: UnsafeMutableRawBufferPointer

  /// Takes `count` zero bytes and lets `fill` write them; nothing changes them afterwards.
  public init(
    count: Int, fill: (UnsafeMutableRawBufferPointer) throws -> Void
  ) rethrows {
    self.count = count
    storage = .allocate(byteCount: max(count, 1), alignment: 16)
    storage.initializeMemory(as: UInt8.self, repeating: 0)
    sodium_mlock(storage.baseAddress, storage.count)
    try fill(UnsafeMutableRawBufferPointer(rebasing: storage[..<count]))
  }

  /// Copies bytes; wiping the source is the caller's work.
  public convenience init(copying bytes: some Collection<UInt8>) {
    self.init(count: bytes.count) { $0.copyBytes(from: bytes) }
  }

  /// Lets `body` read the bytes, which must not leave it.
  public func withBytes<Result>(
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    try body(UnsafeRawBufferPointer(rebasing: storage[..<count]))
  }

  /// Equal in length and content, compared in constant time.
  public func isEqual(to other: SecretBytes) -> Bool {
    guard count == other.count else { return false }
    return sodium_memcmp(storage.baseAddress, other.storage.baseAddress, count) == 0
  }

  deinit {
    sodium_munlock(storage.baseAddress, storage.count)  // wipes first
    storage.deallocate()
  }
}

/// Overwrites an array that held secret bytes.
package func wipe(_ bytes: inout [UInt8]) {
  bytes.withUnsafeMutableBytes { sodium_memzero($0.baseAddress, $0.count) }
}
