import GenkiCore
import GenkiData
import GenkiModel

/// The windows of one data set on which models are compared.
public struct EvaluationSet: Sendable {
  /// The data set's name.
  public let name: String
  /// The windows it holds.
  public let windowCount: Int
  /// Tokens in a window.
  public let blockSize: Int
  private let makeBatch: @Sendable (Range<Int>) -> TokenBatch

  /// Chosen windows of a data set.
  public init(dataset: TextDataset, windows: [Int]) {
    self.init(name: dataset.name, windowCount: windows.count, blockSize: dataset.blockSize) {
      dataset.batch(Array(windows[$0]))
    }
  }

  /// Windows that are at hand already, one a row.
  public init(name: String, windows: TokenBatch) {
    self.init(name: name, windowCount: windows.rows, blockSize: windows.blockSize) { rows in
      let elements = (rows.lowerBound * windows.blockSize)..<(rows.upperBound * windows.blockSize)
      return TokenBatch(
        rows: rows.count, blockSize: windows.blockSize, inputs: Array(windows.inputs[elements]),
        targets: Array(windows.targets[elements]))
    }
  }

  private init(
    name: String, windowCount: Int, blockSize: Int,
    makeBatch: @escaping @Sendable (Range<Int>) -> TokenBatch
  ) {
    self.name = name
    self.windowCount = windowCount
    self.blockSize = blockSize
    self.makeBatch = makeBatch
  }

  /// A stretch of the windows.
  public func batch(_ windows: Range<Int>) -> TokenBatch { makeBatch(windows) }

  /// At most `maximum` of `count` windows, drawn by seed, in ascending order; all of them where
  /// there are no more.
  public static func chosenWindows(
    count: Int, maximum: Int?, seed: UInt64, domain: String
  ) -> [Int] {
    guard let maximum, maximum < count else { return Array(0..<max(0, count)) }
    let order = DeterministicRandom.permutation(
      count: count, seed: seed, domain: "genki-dama/windows/" + domain)
    return order.prefix(max(0, maximum)).sorted()
  }
}
