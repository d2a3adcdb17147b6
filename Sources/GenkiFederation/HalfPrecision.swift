import GenkiFormats
import GenkiKernels

/// Values as a type of 16 bits holds them.
enum HalfPrecision {
  /// Rounds to bfloat16 or float16 (to nearest, ties to even) and widens again; other types change
  /// nothing.
  static func round(_ values: UnsafeMutablePointer<Float>, _ count: Int, to type: TensorType) {
    guard type == .BF16 || type == .F16 else { return }
    withUnsafeTemporaryAllocation(of: UInt16.self, capacity: count) { halves in
      guard let start = halves.baseAddress else { return }
      if type == .BF16 {
        genki_float32_to_bfloat16(start, values, count)
        genki_bfloat16_to_float32(values, start, count)
      } else {
        genki_float32_to_float16(start, values, count)
        genki_float16_to_float32(values, start, count)
      }
    }
  }
}
