/// The lines on which the keys and sections of a TOML text stand; the parser does not keep them.
///
/// Meant for texts that the parser has accepted: on others it may miss keys, but it ends. Keys
/// inside inline tables have the line of the table.
struct TOMLKeyLines {
  /// Keys by their path; elements of list sections have their number in it: `["dataset", "0", "name"]`.
  private(set) var lines: [[String]: Int] = [:]

  private let bytes: [UInt8]
  private var position = 0
  private var line = 1
  private var section: [String] = []
  private var elements: [[String]: Int] = [:]

  init(_ text: String) {
    bytes = Array(text.utf8)
    while position < bytes.count { readStatement() }
  }

  /// The line of a key, else that of the nearest table around it.
  func line(of path: [String]) -> Int? {
    var path = path
    while !path.isEmpty {
      if let line = lines[path] { return line }
      path.removeLast()
    }
    return nil
  }

  private var byte: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func advance(_ count: Int = 1) {
    for _ in 0..<count where position < bytes.count {
      if bytes[position] == UInt8(ascii: "\n") { line += 1 }
      position += 1
    }
  }

  private func starts(with text: StaticString) -> Bool {
    let end = position + text.utf8CodeUnitCount
    guard end <= bytes.count else { return false }
    return (0..<text.utf8CodeUnitCount).allSatisfy {
      bytes[position + $0] == text.utf8Start[$0]
    }
  }

  private mutating func readStatement() {
    switch byte {
    case UInt8(ascii: "#"): skipLine()
    case UInt8(ascii: "["): readHeader()
    case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"): advance()
    default:
      let start = (position, line)
      let key = readKey()
      if !key.isEmpty { lines[section + key] = start.1 }
      skipValue()
      if position == start.0 { advance() }
    }
  }

  private mutating func readHeader() {
    let isList = starts(with: "[[")
    let start = line
    advance(isList ? 2 : 1)
    var path = readKey()
    if isList {
      let number = elements[path, default: 0]
      elements[path] = number + 1
      lines[path] = lines[path] ?? start
      path.append(String(number))
    } else if let parent = path.first, let number = elements[[parent]], number > 0 {
      // [dataset.options] belongs to the last [[dataset]].
      path.insert(String(number - 1), at: 1)
    }
    section = path
    lines[path] = start
    skipLine()
  }

  /// A dotted key up to `=` or `]`.
  private mutating func readKey() -> [String] {
    var parts: [String] = []
    while let byte {
      switch byte {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "."): advance()
      case UInt8(ascii: "\""), UInt8(ascii: "'"): parts.append(readQuotedKey(byte))
      case UInt8(ascii: "="), UInt8(ascii: "]"), UInt8(ascii: "\n"), UInt8(ascii: "#"): return parts
      default:
        let start = position
        while let next = self.byte, Self.isBare(next) { advance() }
        if position == start { return parts }
        parts.append(String(decoding: bytes[start..<position], as: UTF8.self))
      }
    }
    return parts
  }

  /// Escapes are kept as written: none of our keys has any.
  private mutating func readQuotedKey(_ quote: UInt8) -> String {
    advance()
    let start = position
    while let byte, byte != quote, byte != UInt8(ascii: "\n") {
      advance(byte == UInt8(ascii: "\\") && quote == UInt8(ascii: "\"") ? 2 : 1)
    }
    let end = min(position, bytes.count)
    advance()
    return String(decoding: bytes[start..<end], as: UTF8.self)
  }

  private mutating func skipLine() {
    while let byte, byte != UInt8(ascii: "\n") { advance() }
    advance()
  }

  /// Everything up to the end of the line on which no bracket is open.
  private mutating func skipValue() {
    var depth = 0
    while let byte {
      switch byte {
      case UInt8(ascii: "\n"):
        advance()
        if depth <= 0 { return }
      case UInt8(ascii: "#"): while let next = self.byte, next != UInt8(ascii: "\n") { advance() }
      case UInt8(ascii: "\""), UInt8(ascii: "'"): skipString(byte)
      case UInt8(ascii: "["), UInt8(ascii: "{"):
        depth += 1
        advance()
      case UInt8(ascii: "]"), UInt8(ascii: "}"):
        depth -= 1
        advance()
      default: advance()
      }
    }
  }

  private mutating func skipString(_ quote: UInt8) {
    let isBasic = quote == UInt8(ascii: "\"")
    let isMultiline = isBasic ? starts(with: "\"\"\"") : starts(with: "'''")
    advance(isMultiline ? 3 : 1)
    while let byte {
      if isBasic, byte == UInt8(ascii: "\\") {
        advance(2)
      } else if isMultiline, isBasic ? starts(with: "\"\"\"") : starts(with: "'''") {
        // Up to two quotation marks may stand right before the end.
        while self.byte == quote { advance() }
        return
      } else if !isMultiline, byte == quote {
        advance()
        return
      } else if !isMultiline, byte == UInt8(ascii: "\n") {
        return
      } else {
        advance()
      }
    }
  }

  private static func isBare(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: byte >= 0x80
    }
  }
}
