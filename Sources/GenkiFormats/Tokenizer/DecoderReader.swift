import GenkiCore

/// Reads the `decoder` of a `tokenizer.json`.
enum DecoderReader {
  private static let supported =
    "ByteLevel after byte-level BPE, else Metaspace or Replace, ByteFallback, Fuse and Strip in this order"

  static func read(_ field: JSONField, isByteLevel: Bool) throws -> DecodingRules {
    var steps = [field]
    if !field.isNull, try field["type"].string() == "Sequence" {
      steps = try field["decoders"].elements(maximum: TokenizerLimits.preTokenizers)
    }
    guard let first = steps.first, !first.isNull else { throw unsupported(field, "null") }
    let type = try first["type"].string()
    if isByteLevel || type == "ByteLevel" || type == "Metaspace" {
      guard steps.count == 1, isByteLevel == (type == "ByteLevel") else {
        throw unsupported(field, isByteLevel ? try field["type"].string() : type)
      }
      return isByteLevel ? .bytes : .characters(try readMetaspace(first))
    }
    return .characters(try readSteps(steps))
  }

  private static func readMetaspace(_ field: JSONField) throws -> DecodingRules.Characters {
    let rule = try PreTokenizerReader.readMetaspace(field)
    return DecodingRules.Characters(
      replacements: [.init(pattern: Metaspace.bytes, content: [UInt8(ascii: " ")])],
      dropsMetaspacesAtStart: rule.prepending != .never)
  }

  /// The steps work on tokens until Fuse makes them one text, so their order matters.
  private static func readSteps(_ steps: [JSONField]) throws -> DecodingRules.Characters {
    var rules = DecodingRules.Characters()
    var isFused = false
    for step in steps {
      switch try step["type"].string() {
      case "Replace" where !rules.readsBytes && !isFused:
        let pattern = try text(step["pattern"]["String"])
        guard !pattern.isEmpty else { throw step["pattern"]["String"].malformed("it is empty") }
        rules.replacements.append(.init(pattern: pattern, content: try text(step["content"])))
      case "ByteFallback" where !isFused: rules.readsBytes = true
      case "Fuse": isFused = true
      case "Strip" where isFused && rules.stripsBlanks == 0:
        let content = try step["content"].string()
        let start = try step["start"].count(maximum: TokenizerLimits.templateTokens)
        let stop = try step["stop"].count(maximum: TokenizerLimits.templateTokens)
        guard content == " ", stop == 0 else {
          throw step.unsupported("this Strip", supported: "Strip of blanks at the start")
        }
        rules.stripsBlanks = start
      case let type: throw unsupported(step, type)
      }
    }
    return rules
  }

  private static func text(_ field: JSONField) throws -> [UInt8] {
    let text = Array(try field.string().utf8)
    guard text.count <= TokenizerLimits.normalizerBytes else {
      throw field.tooLarge(text.count, TokenizerLimits.normalizerBytes)
    }
    return text
  }

  private static func unsupported(_ field: JSONField, _ type: String) -> TokenizerError {
    field.unsupported("the decoder '\(type)'", supported: supported)
  }
}
