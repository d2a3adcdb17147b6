import GenkiModel

/// Windows of one kind: cut from a stream of tokens, or one example each.
enum WindowSegment: Sendable {
  case stream(TokenStream)
  case examples(ExampleRows)

  var windowCount: Int {
    switch self {
    case .stream(let stream): stream.windowCount
    case .examples(let rows): rows.windowCount
    }
  }

  var largestTokenID: Int32 {
    switch self {
    case .stream(let stream): stream.tokens.max() ?? 0
    case .examples(let rows): rows.tokens.max() ?? 0
    }
  }

  /// Writes a window; see `TextDataset.copyWindow`.
  func copyWindow(
    _ index: Int, inputs: UnsafeMutablePointer<Int32>, targets: UnsafeMutablePointer<Int32>
  ) {
    switch self {
    case .stream(let stream): stream.copyWindow(index, inputs: inputs, targets: targets)
    case .examples(let rows): rows.copyWindow(index, inputs: inputs, targets: targets)
    }
  }
}

/// Running text: window w takes the tokens from w·T on, its targets are the same shifted by one.
struct TokenStream: Sendable {
  let tokens: [Int32]
  let blockSize: Int
  /// Whether the tokens after the last full window make one more, filled up.
  let keepsRest: Bool

  /// ⌊(N − 1) / T⌋ full windows of N tokens, because the last token has no successor; with the rest,
  /// ⌈(N − 1) / T⌉.
  var windowCount: Int {
    guard tokens.count > 1 else { return 0 }
    let predictions = tokens.count - 1
    return keepsRest ? (predictions + blockSize - 1) / blockSize : predictions / blockSize
  }

  func copyWindow(
    _ index: Int, inputs: UnsafeMutablePointer<Int32>, targets: UnsafeMutablePointer<Int32>
  ) {
    let start = index * blockSize
    let count = min(blockSize, tokens.count - 1 - start)
    for offset in 0..<count {
      inputs[offset] = tokens[start + offset]
      targets[offset] = tokens[start + offset + 1]
    }
    fill(from: count, to: blockSize, inputs: inputs, targets: targets)
  }
}

/// Examples of up to T + 1 tokens, one a window, with loss on some of their tokens.
struct ExampleRows: Sendable {
  let blockSize: Int
  /// All examples' tokens, one after another.
  private(set) var tokens: [Int32] = []
  private var isResponse: [Bool] = []
  private var starts: [Int] = [0]

  init(blockSize: Int) { self.blockSize = blockSize }

  var windowCount: Int { starts.count - 1 }

  /// What became of an example.
  enum Outcome { case whole, truncated, withoutResponse }

  /// Adds an example; one that is too long loses its end, and is left out if no response remains.
  mutating func append(_ example: EncodedExample) -> Outcome {
    let count = min(example.tokens.count, blockSize + 1)
    // The first token is nobody's successor, so it cannot be learned.
    guard example.isResponse[..<count].dropFirst().contains(true) else { return .withoutResponse }
    tokens += example.tokens[..<count]
    isResponse += example.isResponse[..<count]
    starts.append(tokens.count)
    return count < example.tokens.count ? .truncated : .whole
  }

  func copyWindow(
    _ index: Int, inputs: UnsafeMutablePointer<Int32>, targets: UnsafeMutablePointer<Int32>
  ) {
    let start = starts[index]
    let count = starts[index + 1] - start - 1
    for offset in 0..<count {
      inputs[offset] = tokens[start + offset]
      let isLearned = isResponse[start + offset + 1]
      targets[offset] = isLearned ? tokens[start + offset + 1] : TokenBatch.ignoredTarget
    }
    fill(from: count, to: blockSize, inputs: inputs, targets: targets)
  }
}

/// Fills the unused end of a window.
private func fill(
  from count: Int, to blockSize: Int, inputs: UnsafeMutablePointer<Int32>,
  targets: UnsafeMutablePointer<Int32>
) {
  for offset in count..<blockSize {
    inputs[offset] = 0
    targets[offset] = TokenBatch.ignoredTarget
  }
}
