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
