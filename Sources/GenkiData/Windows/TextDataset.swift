import GenkiModel

/// The windows of one data file, or of several one after another.
public struct TextDataset: Sendable {
  /// What it is called in tables: the file's name.
  public let name: String
  /// Tokens of input in a window.
  public let blockSize: Int
  /// What was read and what was left out.
  public let report: DataReport
  /// The largest token id in the data.
  public let largestTokenID: Int32

  private let segments: [WindowSegment]
  /// The number of windows before each segment, and of all at the end.
  private let starts: [Int]

  init(name: String, blockSize: Int, report: DataReport, segments: [WindowSegment]) {
    self.name = name
    self.blockSize = blockSize
    self.report = report
    self.segments = segments
    starts = segments.reduce(into: [0]) { starts, segment in
      starts.append((starts.last ?? 0) + segment.windowCount)
    }
    largestTokenID = segments.map(\.largestTokenID).max() ?? 0
  }

  /// The windows of several data sets of one block size, in order.
  public init(name: String, joining datasets: [TextDataset]) {
    precondition(
      Set(datasets.map(\.blockSize)).count == 1, "joined data sets have one block size")
    self.init(
      name: name, blockSize: datasets.first?.blockSize ?? 1,
      report: DataReport(of: datasets),
      segments: datasets.flatMap(\.segments))
  }

  /// The number of windows.
  public var windowCount: Int { starts.last ?? 0 }

  /// Writes window `index` to two runs of `blockSize` elements: the tokens, and for each the token
  /// that follows it, or `TokenBatch.ignoredTarget` where nothing is to be learned.
  public func copyWindow(
    _ index: Int, inputs: UnsafeMutablePointer<Int32>, targets: UnsafeMutablePointer<Int32>
  ) {
    precondition(index >= 0 && index < windowCount, "there is no window \(index)")
    let segment = (starts.firstIndex { $0 > index } ?? 1) - 1
    segments[segment].copyWindow(index - starts[segment], inputs: inputs, targets: targets)
  }

  /// The windows of these numbers as one batch.
  public func batch(_ windows: [Int]) -> TokenBatch {
    var batch = TokenBatch(rows: windows.count, blockSize: blockSize)
    batch.inputs.withUnsafeMutableBufferPointer { inputs in
      batch.targets.withUnsafeMutableBufferPointer { targets in
        guard let input = inputs.baseAddress, let target = targets.baseAddress else { return }
        for (row, window) in windows.enumerated() {
          copyWindow(window, inputs: input + row * blockSize, targets: target + row * blockSize)
        }
      }
    }
    return batch
  }
}
