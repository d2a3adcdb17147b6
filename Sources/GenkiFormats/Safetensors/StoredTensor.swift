import GenkiCore

/// A tensor of an open file, found once and then read range by range.
public struct StoredTensor: Sendable {
  /// Its type, its shape and its place in the file.
  public let info: TensorInfo
  private let file: SafetensorsFile

  init(info: TensorInfo, file: SafetensorsFile) {
    self.info = info
    self.file = file
  }

  /// Reads some elements as float32; throws as `SafetensorsFile.readFloats` does.
  public func readFloats(range: Range<Int>, into out: UnsafeMutablePointer<Float>) throws {
    try file.readFloats(info, range: range, into: out)
  }

  /// The first element whose value as float32 is another one in a tensor of the same shape; NaN equals
  /// nothing. Takes 512 KiB, whatever the size.
  public func firstDifference(from other: StoredTensor) throws -> Int? {
    precondition(other.info.shape == info.shape, "tensors of one shape are compared")
    let chunk = min(max(1, info.elementCount), Self.comparedElements)
    return try withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * chunk) { buffer in
      guard let mine = buffer.baseAddress else { return nil }
      let others = mine + chunk
      for start in stride(from: 0, to: info.elementCount, by: chunk) {
        let range = start..<min(start + chunk, info.elementCount)
        try readFloats(range: range, into: mine)
        try other.readFloats(range: range, into: others)
        if let index = (0..<range.count).first(where: { mine[$0] != others[$0] }) {
          return start + index
        }
      }
      return nil
    }
  }

  private static let comparedElements = 1 << 16

  /// The element's address in the mapped file, for a float32 tensor at a multiple of four bytes;
  /// nil for any other. The address is good while this value or its file lives.
  public func address(of element: Int) -> UnsafePointer<Float>? {
    precondition(element >= 0 && element <= info.elementCount, "the element lies in the tensor")
    guard info.type == .F32 else { return nil }
    return file.withBytes(of: info) { bytes in
      guard let start = bytes.baseAddress, Int(bitPattern: start) % 4 == 0 else { return nil }
      return (start + 4 * element).assumingMemoryBound(to: Float.self)
    }
  }

  /// Gives back the memory of some elements that will not be read again soon.
  public func release(_ range: Range<Int>) {
    let bits = info.type.bitCount
    file.release(info, bytes: range.lowerBound * bits / 8..<(range.upperBound * bits + 7) / 8)
  }
}
