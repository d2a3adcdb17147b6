/// Where one tensor lies in a safetensors file, and how it is to be read.
public struct TensorInfo: Sendable, Equatable {
  /// Any text, the empty one and "../x" included: never use it as a path.
  public let name: String
  /// The type of the elements.
  public let type: TensorType
  /// The sizes of the dimensions. Only a tensor without elements can have sizes above 2⁶³ − 1, which
  /// the reference library allows; they are shown as 2⁶³ − 1 here.
  public let shape: [Int]
  /// The bytes, counted from the start of the data section.
  public let byteRange: Range<Int>
  /// The product of the shape.
  public let elementCount: Int

  /// The number of bytes.
  public var byteCount: Int { byteRange.count }
}
