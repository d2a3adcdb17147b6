/// A named matrix or vector in a model's flat buffer of weights.
public struct Parameter: Sendable, Equatable {
  /// The tensor's name in the model's files.
  public let name: String
  /// Rows and columns, or the length.
  public let shape: [Int]
  /// The first element's place in the flat buffer.
  public let offset: Int
  /// The number of elements.
  public let count: Int

  /// Whether weight decay applies by default: matrices and embeddings yes, biases and norms no.
  public var isMatrix: Bool { shape.count == 2 }
  /// The elements' places in the flat buffer.
  public var range: Range<Int> { offset..<(offset + count) }
}

/// Lays parameters out one after the other, each at a multiple of 16 elements (64 bytes).
struct ParameterTable {
  private(set) var parameters: [Parameter] = []
  private(set) var elementCount = 0

  mutating func add(_ name: String, _ shape: [Int]) -> Int {
    let count = shape.reduce(1, *)
    parameters.append(Parameter(name: name, shape: shape, offset: elementCount, count: count))
    elementCount += (count + 15) / 16 * 16
    return parameters.count - 1
  }
}
