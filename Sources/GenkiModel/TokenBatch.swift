/// Token windows and what the model is to predict at each position.
public struct TokenBatch: Sendable, Equatable {
  /// The target of a position that gives no loss.
  public static let ignoredTarget: Int32 = -100

  /// The number of windows.
  public let rows: Int
  /// The number of tokens in each.
  public let blockSize: Int
  /// inputs[rows, blockSize], row-major.
  public var inputs: [Int32]
  /// targets[rows, blockSize]: the token that follows each input, or `ignoredTarget`.
  public var targets: [Int32]

  /// Windows of zeros whose targets are all ignored.
  public init(rows: Int, blockSize: Int) {
    self.init(
      rows: rows, blockSize: blockSize, inputs: [Int32](repeating: 0, count: rows * blockSize),
      targets: [Int32](repeating: Self.ignoredTarget, count: rows * blockSize))
  }

  /// Windows from their tokens; both arrays hold rows · blockSize elements.
  public init(rows: Int, blockSize: Int, inputs: [Int32], targets: [Int32]) {
    precondition(rows >= 0 && blockSize > 0, "a batch has windows of at least one token")
    precondition(
      inputs.count == rows * blockSize && targets.count == inputs.count,
      "a batch's arrays have rows · blockSize elements")
    self.rows = rows
    self.blockSize = blockSize
    self.inputs = inputs
    self.targets = targets
  }

  /// How many positions give loss.
  public var targetCount: Int {
    targets.reduce(0) { $0 + ($1 == Self.ignoredTarget ? 0 : 1) }
  }
}
