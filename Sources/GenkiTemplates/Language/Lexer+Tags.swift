extension Lexer {
  /// The next token inside a tag.
  mutating func readTagToken() throws(TemplateError) {
    let blanks = PythonText.startWithoutBlanks(source, position, source.count)
    if blanks > position {
      advance(to: blanks)
      return
    }
    guard let first = byte() else { return }
    switch first {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): try readNumber()
    case UInt8(ascii: "'"), UInt8(ascii: "\""): try readString(quote: first)
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "_"):
      try readName()
    case 0x80...: throw .unsupported(construct: "a name outside ASCII", line: line)
    default: try readSymbol()
    }
  }

  private static func isDigit(_ byte: UInt8?) -> Bool {
    byte.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false
  }

  private mutating func readName() throws(TemplateError) {
    var end = position
    while end < source.count {
      switch source[end] {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "_"), UInt8(ascii: "0")...UInt8(ascii: "9"):
        end += 1
        continue
      case 0x80...: throw .unsupported(construct: "a name outside ASCII", line: line)
      default: break
      }
      break
    }
    try append(Token(.name, line: line, bytes: Array(source[position..<end])))
    position = end
  }

  private mutating func readSymbol() throws(TemplateError) {
    for symbol in Symbol.allCases {
      let bytes = symbol.rawValue.utf8
      guard position + bytes.count <= source.count,
        source[position..<position + bytes.count].elementsEqual(bytes)
      else { continue }
      try balance(symbol)
      try append(Token(.symbol(symbol), line: line))
      position += bytes.count
      return
    }
    let character = String(decoding: source[position...].prefix(1), as: UTF8.self)
    throw .syntax(line: line, reason: "'\(character)' has no meaning in a tag")
  }

  private mutating func balance(_ symbol: Symbol) throws(TemplateError) {
    switch symbol {
    case .leftBrace: openBrackets.append(.rightBrace)
    case .leftBracket: openBrackets.append(.rightBracket)
    case .leftParenthesis: openBrackets.append(.rightParenthesis)
    case .rightBrace, .rightBracket, .rightParenthesis:
      guard openBrackets.popLast() == symbol else {
        throw .syntax(line: line, reason: "'\(symbol.rawValue)' closes nothing")
      }
    default: break
    }
  }

  /// The end of digits with single underscores between them; `start` itself if there are none.
  private func endOfDigits(_ start: Int, _ isDigit: (UInt8) -> Bool) -> Int {
    var end = start
    while end < source.count {
      if isDigit(source[end]) {
        end += 1
      } else if end > start, source[end] == UInt8(ascii: "_"), source[end - 1] != UInt8(ascii: "_"),
        end + 1 < source.count, isDigit(source[end + 1])
      {
        end += 1
      } else {
        break
      }
    }
    return end
  }

  private mutating func readNumber() throws(TemplateError) {
    let decimal: (UInt8) -> Bool = { Self.isDigit($0) }
    let followsDot = position > 0 && source[position - 1] == UInt8(ascii: ".")
    let whole = endOfDigits(position, decimal)
    if !followsDot {
      var end = whole
      if end < source.count, source[end] == UInt8(ascii: ".") {
        let fraction = endOfDigits(end + 1, decimal)
        if fraction > end + 1 { end = fraction }
      }
      var exponentEnd = end
      if end < source.count, source[end] | 0x20 == UInt8(ascii: "e") {
        var digits = end + 1
        if digits < source.count,
          source[digits] == UInt8(ascii: "+") || source[digits] == UInt8(ascii: "-")
        {
          digits += 1
        }
        let last = endOfDigits(digits, decimal)
        if last > digits { exponentEnd = last }
      }
      if exponentEnd > whole {
        try appendFloat(exponentEnd)
        return
      }
    }
    try readInteger(whole)
  }

  private mutating func appendFloat(_ end: Int) throws(TemplateError) {
    let digits = source[position..<end].filter { $0 != UInt8(ascii: "_") }
    guard let value = Double(String(decoding: digits, as: UTF8.self)), value.isFinite else {
      throw .unsupported(construct: "a number without end", line: line)
    }
    var token = Token(.float, line: line)
    token.float = value
    try append(token)
    position = end
  }

  private mutating func readInteger(_ whole: Int) throws(TemplateError) {
    var radix = 10
    var start = position
    var end = whole
    if source[position] == UInt8(ascii: "0") {
      let letter = byte(1).map { $0 | 0x20 } ?? 0
      let radices: [UInt8: Int] = [
        UInt8(ascii: "x"): 16, UInt8(ascii: "o"): 8, UInt8(ascii: "b"): 2,
      ]
      if let found = radices[letter] {
        var digits = position + 2
        if digits < source.count, source[digits] == UInt8(ascii: "_") { digits += 1 }
        let last = endOfDigits(digits) { Self.isDigit($0, radix: found) }
        if last > digits {
          radix = found
          start = digits
          end = last
        } else {
          end = position + 1
        }
      } else {
        end = endOfDigits(position) { $0 == UInt8(ascii: "0") }
      }
    }
    let digits = source[start..<end].filter { $0 != UInt8(ascii: "_") }
    guard let value = Int(String(decoding: digits, as: UTF8.self), radix: radix) else {
      throw .limit(.integer, line: line)
    }
    var token = Token(.integer, line: line)
    token.integer = value
    try append(token)
    position = end
  }

  private static func isDigit(_ byte: UInt8, radix: Int) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte) - 0x30 < radix
    case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): radix == 16
    default: false
    }
  }

  private mutating func readString(quote: UInt8) throws(TemplateError) {
    var end = position + 1
    while end < source.count, source[end] != quote {
      end += source[end] == UInt8(ascii: "\\") ? 2 : 1
    }
    guard end < source.count else {
      throw .syntax(line: line, reason: "a string has no end")
    }
    let bytes = try StringEscapes.resolved(source[position + 1..<end], line: line)
    try append(Token(.string, line: line, bytes: bytes))
    advance(to: end + 1)
  }
}
