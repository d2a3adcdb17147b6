/// Appends values in SCALE form to bytes.
public struct ScaleWriter: Sendable {
  /// What has been written.
  public private(set) var bytes: [UInt8] = []

  /// Nothing written yet.
  public init() {}

  /// Bytes as they are.
  public mutating func append(_ more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }

  /// A number of fixed width, little-endian.
  public mutating func append(integer value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// A truth value.
  public mutating func append(bool value: Bool) { bytes.append(value ? 1 : 0) }

  /// A compact number in its shortest form.
  public mutating func append(compact value: UInt128) {
    if value < 1 << 6 {
      append(integer: UInt8(truncatingIfNeeded: value) << 2)
    } else if value < 1 << 14 {
      append(integer: UInt16(truncatingIfNeeded: value) << 2 | 1)
    } else if value < 1 << 30 {
      append(integer: UInt32(truncatingIfNeeded: value) << 2 | 2)
    } else {
      let count = (128 - value.leadingZeroBitCount + 7) / 8
      bytes.append(UInt8(truncatingIfNeeded: count - 4) << 2 | 3)
      for index in 0..<count {
        bytes.append(UInt8(truncatingIfNeeded: value >> UInt128(8 * index)))
      }
    }
  }

  /// A count of items.
  public mutating func append(count: Int) {
    precondition(count >= 0, "a negative count of items was to be written")
    append(compact: UInt128(count))
  }

  /// Counted bytes.
  public mutating func append(counted content: [UInt8]) {
    append(count: content.count)
    append(content)
  }

  /// Counted UTF-8 text.
  public mutating func append(text: String) { append(counted: Array(text.utf8)) }
}
