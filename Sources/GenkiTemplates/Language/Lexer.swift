/// Cuts a template into tokens, with Jinja's rules for white space around tags.
///
/// As transformers sets it: the line break behind a tag goes (`trim_blocks`), and so does the white
/// space before a tag that begins its line (`lstrip_blocks`); `-` and `+` in a tag change both.
/// Walks the text once from left to right: a look for the end of something that is not there is
/// the end of the reading.
struct Lexer {
  let source: [UInt8]
  let nodesMax: Int
  var position = 0
  var line = 1
  var tokens: [Token] = []
  /// What closes the brackets that are open in the current tag.
  var openBrackets: [Symbol] = []
  /// Whether what was read last ended with a line break.
  private var isAtLineStart = true

  init(source: [UInt8], limits: TemplateLimits) {
    self.source = Self.normalized(source)
    nodesMax = limits.nodes
  }

  /// Line breaks of any kind become `\n`, and the last one of the template goes.
  private static func normalized(_ source: [UInt8]) -> [UInt8] {
    var result = newlinesNormalized(source)
    if result.last == UInt8(ascii: "\n") { result.removeLast() }
    return result
  }

  static func newlinesNormalized(_ source: some Collection<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(source.count)
    var followsReturn = false
    for byte in source {
      if byte == UInt8(ascii: "\r") {
        result.append(UInt8(ascii: "\n"))
      } else if byte != UInt8(ascii: "\n") || !followsReturn {
        result.append(byte)
      }
      followsReturn = byte == UInt8(ascii: "\r")
    }
    return result
  }

  /// All tokens, with one of kind `end` behind them.
  static func tokens(of source: [UInt8], limits: TemplateLimits) throws(TemplateError) -> [Token] {
    var lexer = Lexer(source: source, limits: limits)
    while lexer.position < lexer.source.count { try lexer.readData() }
    lexer.tokens.append(Token(.end, line: lexer.line))
    return lexer.tokens
  }

  func byte(_ offset: Int = 0) -> UInt8? {
    let index = position + offset
    return index < source.count ? source[index] : nil
  }

  func hasPrefix(_ prefix: StaticString, at index: Int) -> Bool {
    let count = prefix.utf8CodeUnitCount
    guard index >= 0, index + count <= source.count else { return false }
    for offset in 0..<count where source[index + offset] != prefix.utf8Start[offset] {
      return false
    }
    return true
  }

  mutating func append(_ token: Token) throws(TemplateError) {
    guard tokens.count < nodesMax else { throw .limit(.nodes(nodesMax), line: line) }
    tokens.append(token)
  }

  /// Goes on to `index`, counting lines.
  mutating func advance(to index: Int) {
    for byte in source[position..<index] where byte == UInt8(ascii: "\n") { line += 1 }
    position = index
  }

  /// Text up to the next tag, and that tag.
  private mutating func readData() throws(TemplateError) {
    let start = position
    var index = start
    while index < source.count {
      if source[index] == UInt8(ascii: "{"), index + 1 < source.count,
        source[index + 1] == UInt8(ascii: "%") || source[index + 1] == UInt8(ascii: "{")
          || source[index + 1] == UInt8(ascii: "#")
      {
        break
      }
      index += 1
    }
    guard index < source.count else {
      try appendData(start, index)
      advance(to: index)
      return
    }
    let opening = source[index + 1]
    let rawEnd = opening == UInt8(ascii: "%") ? endOfRawTag(at: index) : nil
    let signIndex = index + 2
    let sign = signIndex < source.count ? source[signIndex] : 0
    let end = endOfData(
      start, index, sign: sign, isVariable: opening == UInt8(ascii: "{"))
    try appendData(start, end)
    advance(to: index)
    isAtLineStart = false
    if let rawEnd {
      isAtLineStart = source[rawEnd - 1] == UInt8(ascii: "\n")
      advance(to: rawEnd)
      try readRaw()
      return
    }
    let hasSign = sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+")
    let inside = hasSign ? signIndex + 1 : signIndex
    switch opening {
    case UInt8(ascii: "#"):
      advance(to: inside)
      try readComment()
    case UInt8(ascii: "%"):
      try append(Token(.blockBegin, line: line))
      advance(to: inside)
      try readTag(isBlock: true)
    default:
      try append(Token(.variableBegin, line: line))
      advance(to: inside)
      try readTag(isBlock: false)
    }
  }

  private mutating func appendData(_ start: Int, _ end: Int) throws(TemplateError) {
    guard start < end else { return }
    try append(Token(.data, line: line, bytes: Array(source[start..<end])))
  }

  /// Where text ends before a tag at `end`, by the tag's sign.
  private func endOfData(_ start: Int, _ end: Int, sign: UInt8, isVariable: Bool) -> Int {
    if sign == UInt8(ascii: "-") { return PythonText.endWithoutBlanks(source, start, end) }
    guard sign != UInt8(ascii: "+"), !isVariable else { return end }
    let lineStart =
      source[start..<end].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? start
    guard lineStart > start || isAtLineStart, lineStart < end else { return end }
    return PythonText.endWithoutBlanks(source, lineStart, end) == lineStart ? lineStart : end
  }

  private func skippingBlanks(_ index: Int) -> Int {
    PythonText.startWithoutBlanks(source, index, source.count)
  }

  /// The end of `{% raw %}` at `index`; nil if it is another tag.
  private func endOfRawTag(at index: Int) -> Int? {
    var at = index + 2
    if at < source.count, source[at] == UInt8(ascii: "-") || source[at] == UInt8(ascii: "+") {
      at += 1
    }
    at = skippingBlanks(at)
    guard hasPrefix("raw", at: at) else { return nil }
    at = skippingBlanks(at + 3)
    if hasPrefix("-%}", at: at) { return skippingBlanks(at + 3) }
    return hasPrefix("%}", at: at) ? at + 2 : nil
  }

  /// The end of a tag that closes at `index` with `-`, `+` or nothing before `closing`.
  private func endOfClosing(_ closing: StaticString, at index: Int) -> Int? {
    if source[index] == UInt8(ascii: "+"), hasPrefix(closing, at: index + 1) { return index + 3 }
    if source[index] == UInt8(ascii: "-"), hasPrefix(closing, at: index + 1) {
      return skippingBlanks(index + 3)
    }
    guard hasPrefix(closing, at: index) else { return nil }
    return index + 2 < source.count && source[index + 2] == UInt8(ascii: "\n")
      ? index + 3 : index + 2
  }

  private mutating func readComment() throws(TemplateError) {
    var index = position
    while index < source.count {
      if let end = endOfClosing("#}", at: index) {
        close(end)
        return
      }
      index += 1
    }
    throw .syntax(line: line, reason: "a comment has no end")
  }

  private mutating func readRaw() throws(TemplateError) {
    let start = position
    var index = start
    while index < source.count {
      guard hasPrefix("{%", at: index) else {
        index += 1
        continue
      }
      var at = index + 2
      let sign = at < source.count ? source[at] : 0
      if sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { at += 1 }
      at = skippingBlanks(at)
      guard hasPrefix("endraw", at: at) else {
        index += 2
        continue
      }
      at = skippingBlanks(at + 6)
      if at < source.count, let end = endOfClosing("%}", at: at) {
        try appendData(start, endOfData(start, index, sign: sign, isVariable: false))
        close(end)
        return
      }
      index += 2
    }
    throw .syntax(line: line, reason: "the tag 'raw' has no end")
  }

  private mutating func close(_ end: Int) {
    isAtLineStart = source[end - 1] == UInt8(ascii: "\n")
    advance(to: end)
  }

  /// The inside of a tag up to its end.
  private mutating func readTag(isBlock: Bool) throws(TemplateError) {
    openBrackets = []
    while position < source.count {
      if openBrackets.isEmpty {
        if isBlock, let end = endOfClosing("%}", at: position) {
          try append(Token(.blockEnd, line: line))
          close(end)
          return
        }
        if !isBlock, hasPrefix("-}}", at: position) || hasPrefix("}}", at: position) {
          try append(Token(.variableEnd, line: line))
          let isStripping = source[position] == UInt8(ascii: "-")
          close(isStripping ? skippingBlanks(position + 3) : position + 2)
          return
        }
      }
      try readTagToken()
    }
  }
}
