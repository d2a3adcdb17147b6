import GenkiCore

/// Reads the `pre_tokenizer` of a `tokenizer.json`.
///
/// Byte-level BPE has ByteLevel as its last step; BPE of characters has none, Metaspace, or a split at
/// blanks.
enum PreTokenizerReader {
  struct Result {
    var steps: [TokenizerFile.PreTokenizer] = []
    var metaspace: MetaspaceRule?
    var isByteLevel = false
    /// ByteLevel's options, whose steps come last.
    var addsPrefixSpace = false
    var usesExpression = false

    /// All steps.
    var allSteps: [TokenizerFile.PreTokenizer] {
      steps + (addsPrefixSpace ? [.prefixSpace] : []) + (usesExpression ? [.split(.gpt2)] : [])
    }
  }

  private static let supported = "Split, Digits and, as the last, ByteLevel, or Metaspace alone"

  static func read(_ field: JSONField) throws -> Result {
    guard !field.isNull else { return Result() }
    var steps = [field]
    if try field["type"].string() == "Sequence" {
      steps = try field["pretokenizers"].elements(maximum: TokenizerLimits.preTokenizers)
    }
    // ByteLevel may stand anywhere in the files of other families.
    let types = try steps.map { try $0["type"].string() }
    for (step, type) in zip(steps, types)
    where !["Split", "Digits", "ByteLevel", "Metaspace"].contains(type) {
      throw step["type"].unsupported(named(type), supported: supported)
    }
    guard let last = steps.last else { return Result() }
    if types.last == "ByteLevel" { return try readByteLevel(steps.dropLast(), last) }
    return try readCharacters(steps, types)
  }

  private static func named(_ type: String) -> String {
    switch type {
    case "Punctuation": "'Punctuation' (Falcon's kind of tokenizer)"
    case "BertPreTokenizer", "Whitespace", "WhitespaceSplit": "'\(type)' (splitting into words)"
    default: "'\(type)'"
    }
  }

  private static func readByteLevel(
    _ steps: ArraySlice<JSONField>, _ last: JSONField
  ) throws -> Result {
    var result = Result(isByteLevel: true)
    for step in steps {
      switch try step["type"].string() {
      case "Split": result.steps.append(.split(try readSplit(step)))
      case "Digits":
        let individual = try step["individual_digits"].bool(default: false)
        result.steps.append(.split(.digits(individual: individual)))
      case let type: throw step["type"].unsupported("'\(type)' here", supported: supported)
      }
    }
    result.addsPrefixSpace = try last["add_prefix_space"].bool(default: nil)
    result.usesExpression = try last["use_regex"].bool(default: true)
    return result
  }

  private static func readCharacters(_ steps: [JSONField], _ types: [String]) throws -> Result {
    guard let step = steps.first, steps.count == 1 else {
      throw steps[0]["type"].unsupported(
        "a sequence without ByteLevel at the end", supported: supported)
    }
    var result = Result()
    switch types[0] {
    case "Metaspace":
      result.metaspace = try readMetaspace(step)
      if try step["split"].bool(default: true) { result.steps.append(.split(.beforeMetaspaces)) }
    case "Split":
      let blank = try step["pattern"]["String"].optionalString()
      let behavior = try step["behavior"].string()
      let inverts = try step["invert"].bool(default: false)
      guard blank == " ", behavior == "MergedWithPrevious", !inverts else {
        throw step["pattern"].unsupported(
          "this Split without ByteLevel behind it",
          supported: "Split at \" \" with MergedWithPrevious (Gemma)")
      }
      result.steps.append(.split(.behindBlanks))
    case let type:
      throw step["type"].unsupported("'\(type)' without ByteLevel behind it", supported: supported)
    }
    return result
  }

  static func readMetaspace(_ field: JSONField) throws -> MetaspaceRule {
    let replacement = try field["replacement"].string()
    guard replacement.utf8.elementsEqual(Metaspace.bytes) else {
      throw field["replacement"].unsupported("'\(replacement)'", supported: "U+2581")
    }
    let name = try field["prepend_scheme"].optionalString() ?? "always"
    guard let prepending = MetaspaceRule.Prepending(rawValue: name) else {
      throw field["prepend_scheme"].unsupported("'\(name)'", supported: "first, always and never")
    }
    guard try !field["add_prefix_space"].bool(default: true) else {
      return MetaspaceRule(prepending: prepending)
    }
    guard prepending == .never || field["prepend_scheme"].isNull else {
      throw field["add_prefix_space"].malformed("false contradicts prepend_scheme '\(name)'")
    }
    return MetaspaceRule(prepending: .never)
  }

  private static func readSplit(_ field: JSONField) throws -> TextPattern {
    let expression = try field["pattern"]["Regex"].string()
    guard let pattern = TextPattern(regularExpression: expression) else {
      throw field["pattern"]["Regex"].unsupported(
        "the regular expression '\(expression.prefix(200))'",
        supported:
          "exactly the expressions of GPT-2, Llama 3, Qwen, GPT-4, GPT-4o, tekken, DeepSeek")
    }
    let behavior = try field["behavior"].string()
    let inverts = try field["invert"].bool(default: false)
    guard behavior == "Isolated" || (behavior == "Removed" && inverts && pattern.coversAllText)
    else {
      throw field["behavior"].unsupported(
        "'\(behavior)' with invert \(inverts)",
        supported: "Isolated, or Removed with invert true where nothing is between the matches")
    }
    return pattern
  }
}
