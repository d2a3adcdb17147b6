import GenkiCore

/// A text of the demo, cut by whole lines into the parts that the round keeps apart.
package struct TextParts: Equatable {
  /// Shares of the text, in its order.
  package enum Part: String, CaseIterable {
    /// Common training data of the base.
    case base
    /// One miner's own data.
    case miner
    /// Held out: the validator scores and chooses the step by it.
    case validation
    /// Held out: only base and Dama are compared on it, after everything is decided.
    case test

    /// Where the part ends, in percent of the text's bytes.
    var endPercent: Int {
      switch self {
      case .base: 30
      case .miner: 80
      case .validation: 90
      case .test: 100
      }
    }
  }

  private let parts: [Part: [UInt8]]

  /// Cuts a text: each part ends with the line that reaches its share.
  package init(_ text: [UInt8]) {
    var parts: [Part: [UInt8]] = [:]
    var start = 0
    for part in Part.allCases {
      var end = max(start, text.count / 100 * part.endPercent)
      if part.endPercent == 100 { end = text.count }
      while end < text.count, end == 0 || text[end - 1] != UInt8(ascii: "\n") { end += 1 }
      parts[part] = Array(text[start..<end])
      start = end
    }
    self.parts = parts
  }

  package subscript(part: Part) -> [UInt8] { parts[part] ?? [] }
}
