import GenkiTensor

/// Counts buffers first and hands them out of an arena afterwards, by the same code.
struct BufferPlan {
  private(set) var byteCount = 0
  private let arena: Arena?

  /// A plan that only counts.
  init() { arena = nil }

  /// A plan that takes from `arena`.
  init(arena: Arena) { self.arena = arena }

  /// `count` floats; while counting, the pointer must not be used.
  mutating func floats(_ count: Int) -> UnsafeMutablePointer<Float> { take(count) }

  /// `count` token ids, positions or targets.
  mutating func integers(_ count: Int) -> UnsafeMutablePointer<Int32> { take(count) }

  /// Scratch memory for one worker's matrix products.
  mutating func product(_ kernel: ProductKernel) -> MatrixProduct {
    MatrixProduct(
      kernel: kernel, workspace: UnsafeMutableRawPointer(floats(kernel.workspaceBytes / 4)))
  }

  private mutating func take<Element: BitwiseCopyable>(
    _ count: Int
  ) -> UnsafeMutablePointer<Element> {
    byteCount += Arena.bytes(max(1, count), of: Element.self)
    guard let arena, let base = arena.take(max(1, count), of: Element.self).baseAddress else {
      return UnsafeMutablePointer(bitPattern: Arena.alignment)
        .unsafelyUnwrapped
    }
    return base
  }
}
