/// A square matrix of pairwise values that equals its transpose.
public struct SymmetricMatrix: Sendable, Equatable {
  /// Rows, and columns.
  public let count: Int
  private var values: [Double]

  /// A matrix of `count` rows filled with `value`.
  public init(count: Int, filledWith value: Double = 0) {
    precondition(count >= 0, "a matrix cannot have a negative number of rows")
    self.count = count
    values = Array(repeating: value, count: count * count)
  }

  /// The value of the pair; setting it sets both orders.
  public subscript(_ row: Int, _ column: Int) -> Double {
    get { values[row * count + column] }
    set {
      values[row * count + column] = newValue
      values[column * count + row] = newValue
    }
  }

  /// The rows as arrays.
  public var rows: [[Double]] {
    (0..<count).map { row in Array(values[(row * count)..<((row + 1) * count)]) }
  }
}
