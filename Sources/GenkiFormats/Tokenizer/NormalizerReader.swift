import GenkiCore

/// Reads the `normalizer` of a `tokenizer.json`.
enum NormalizerReader {
  private static let supported = "null, NFC, Prepend and Replace"

  static func read(_ field: JSONField) throws -> TextNormalizer {
    var steps: [TextNormalizer.Step] = []
    try append(field, to: &steps, mayNest: true)
    var growth = 1
    for step in steps {
      guard case .replace(let pattern, let content) = step else { continue }
      growth = max(1, growth * max(1, content.count / pattern.count))
      guard growth <= TokenizerLimits.normalizerGrowth else {
        throw field.tooLarge(growth, TokenizerLimits.normalizerGrowth)
      }
    }
    return TextNormalizer(steps: steps)
  }

  private static func append(
    _ field: JSONField, to steps: inout [TextNormalizer.Step], mayNest: Bool
  ) throws {
    if field.isNull { return }
    switch try field["type"].string() {
    case "NFC": steps.append(.composed)
    case "Prepend":
      let prefix = try text(field["prepend"])
      if !prefix.isEmpty { steps.append(.prepend(prefix)) }
    case "Replace":
      let pattern = try text(field["pattern"]["String"])
      guard !pattern.isEmpty else { throw field["pattern"]["String"].malformed("it is empty") }
      steps.append(.replace(pattern, with: try text(field["content"])))
    case "Sequence" where mayNest:
      for step in try field["normalizers"].elements(maximum: TokenizerLimits.preTokenizers) {
        try append(step, to: &steps, mayNest: false)
      }
    case let type: throw field["type"].unsupported("'\(type)'", supported: supported)
    }
  }

  private static func text(_ field: JSONField) throws -> [UInt8] {
    let text = Array(try field.string().utf8)
    guard text.count <= TokenizerLimits.normalizerBytes else {
      throw field.tooLarge(text.count, TokenizerLimits.normalizerBytes)
    }
    return text
  }
}
