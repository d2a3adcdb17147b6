import Foundation
import GenkiCore

/// One block of memory for a whole run, mapped once, asked to use huge pages and touched before the
/// first step, so that no step allocates or faults.
///
/// Buffers are handed out once and live as long as the arena.
public final class Arena: @unchecked Sendable {
  /// Every buffer begins at a multiple of this many bytes.
  public static let alignment = 64
  /// The size in bytes.
  public let byteCount: Int
  private let base: UnsafeMutableRawPointer
  private let mappedBytes: Int
  private var used = 0

  /// Maps `byteCount` bytes, zeroed.
  ///
  /// - Parameter hugePages: Whether to ask for them; without, only what is used takes memory.
  /// - Throws: `TensorError.outOfMemory` when the system refuses.
  public init(byteCount: Int, hugePages: Bool = true) throws {
    let hugePage = 2 << 20
    self.byteCount = byteCount
    mappedBytes = (max(1, byteCount) + hugePage - 1) / hugePage * hugePage
    let mapped = mmap(
      nil, mappedBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let mapped, mapped != MAP_FAILED else {
      throw TensorError.outOfMemory(bytes: byteCount)
    }
    base = mapped
    if hugePages, mappedBytes > hugePage { _ = madvise(mapped, mappedBytes, MADV_HUGEPAGE) }
  }

  deinit { munmap(base, mappedBytes) }

  /// Writes to every page, so that the kernel provides them now.
  public func touch() {
    for offset in stride(from: 0, to: byteCount, by: 4096) {
      base.storeBytes(of: 0, toByteOffset: offset, as: UInt8.self)
    }
  }

  /// The bytes that `count` elements of `type` take from an arena.
  public static func bytes<Element>(_ count: Int, of type: Element.Type) -> Int {
    (count * MemoryLayout<Element>.stride + alignment - 1) / alignment * alignment
  }

  /// The next `count` elements, zeroed when they have not been used before.
  public func take<Element: BitwiseCopyable>(
    _ count: Int, of type: Element.Type = Element.self
  ) -> UnsafeMutableBufferPointer<Element> {
    let bytes = Arena.bytes(count, of: type)
    precondition(used + bytes <= byteCount, "the arena's plan counts every buffer")
    let pointer = (base + used).bindMemory(to: type, capacity: count)
    used += bytes
    return UnsafeMutableBufferPointer(start: pointer, count: count)
  }
}
