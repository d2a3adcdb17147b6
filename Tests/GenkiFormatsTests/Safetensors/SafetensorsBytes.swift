import GenkiCore
import GenkiFormats
import TestSupport

/// A safetensors file from a header's text and data.
func safetensorsBytes(_ header: String, data: [UInt8]) -> [UInt8] {
  withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8)
    + data
}

/// The little-endian bytes of some numbers.
func bytes<Number: FixedWidthInteger>(of numbers: [Number]) -> [UInt8] {
  numbers.flatMap { number in withUnsafeBytes(of: number.littleEndian) { Array($0) } }
}

extension SafetensorsFile {
  /// A tensor's elements.
  func floats(_ name: String, range: Range<Int>? = nil) throws -> [Float] {
    guard let info = self[name] else {
      throw SafetensorsError.noSuchTensor(path: path, name: name)
    }
    let range = range ?? 0..<info.elementCount
    return try [Float](unsafeUninitializedCapacity: max(range.count, 1)) { buffer, count in
      guard let start = buffer.baseAddress else { return }
      try readFloats(info, range: range, into: start)
      count = range.count
    }
  }
}
