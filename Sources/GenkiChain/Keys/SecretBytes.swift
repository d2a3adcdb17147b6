import CSodium

/// A fixed number of secret bytes in memory of their own, wiped when the last owner lets go.
///
/// The memory is locked against swapping where the system allows it.
public final class SecretBytes: @unchecked Sendable {
  /// How many bytes there are.
  public let count: Int
  private let storage: UnsafeMutablePointer<UInt8>

  /// Takes `count` zero bytes and lets `fill` write them; nothing changes them afterwards.
  public init(
    count: Int, fill: (UnsafeMutablePointer<UInt8>) throws -> Void
  ) rethrows {
    self.count = count
    storage = .allocate(capacity: max(count, 1))
    storage.initialize(repeating: 0, count: max(count, 1))
    sodium_mlock(storage, max(count, 1))
    try fill(storage)
  }

  /// Copies bytes; wiping the source is the caller's work.
  public convenience init(copying bytes: some Collection<UInt8>) {
    self.init(count: bytes.count) { output in
      for (index, byte) in bytes.enumerated() { output[index] = byte }
    }
  }

  /// Lets `body` read the bytes, which must not leave it.
  public func withBytes<Result>(
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    try body(UnsafeRawBufferPointer(start: storage, count: count))
  }

  /// Lets `body` read the bytes through a pointer, as C functions want it.
  func withPointer<Result>(_ body: (UnsafePointer<UInt8>) throws -> Result) rethrows -> Result {
    try body(storage)
  }

  /// Equal in length and content, compared in constant time.
  public func isEqual(to other: SecretBytes) -> Bool {
    guard count == other.count else { return false }
    return sodium_memcmp(storage, other.storage, count) == 0
  }

  deinit {
    sodium_munlock(storage, max(count, 1))  // wipes first
    storage.deallocate()
  }
}

/// Overwrites an array that held secret bytes.
package func wipe(_ bytes: inout [UInt8]) {
  bytes.withUnsafeMutableBytes { buffer in
    if let start = buffer.baseAddress { sodium_memzero(start, buffer.count) }
  }
}
