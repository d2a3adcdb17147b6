/// A part of a template's text.
struct Token: Sendable, Equatable {
  enum Kind: Sendable, Equatable {
    case data
    case blockBegin, blockEnd
    case variableBegin, variableEnd
    case name, string, integer, float
    case symbol(Symbol)
    case end
  }

  let kind: Kind
  let line: Int
  /// The bytes of data, of a name, and of a string without quotes and escapes.
  var bytes: [UInt8] = []
  var integer = 0
  var float = 0.0

  init(_ kind: Kind, line: Int, bytes: [UInt8] = []) {
    self.kind = kind
    self.line = line
    self.bytes = bytes
  }

  func isName(_ name: StaticString) -> Bool { kind == .name && bytesEqual(name) }

  func isSymbol(_ symbol: Symbol) -> Bool { kind == .symbol(symbol) }

  private func bytesEqual(_ name: StaticString) -> Bool {
    bytes.elementsEqual(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
  }

  var text: String { String(decoding: bytes, as: UTF8.self) }

  /// How messages name it.
  var words: String {
    switch kind {
    case .data: "text"
    case .blockBegin: "the beginning of a tag"
    case .blockEnd: "the end of the tag"
    case .variableBegin: "the beginning of an expression"
    case .variableEnd: "the end of the expression"
    case .name: "'\(text)'"
    case .string: "a string"
    case .integer, .float: "a number"
    case .symbol(let symbol): "'\(symbol.rawValue)'"
    case .end: "the end of the template"
    }
  }
}

/// Operators and brackets; those of two characters are looked for first.
enum Symbol: String, Sendable, CaseIterable {
  case floorDivide = "//"
  case power = "**"
  case equal = "=="
  case notEqual = "!="
  case greaterOrEqual = ">="
  case lessOrEqual = "<="
  case add = "+"
  case subtract = "-"
  case divide = "/"
  case multiply = "*"
  case modulo = "%"
  case tilde = "~"
  case leftBracket = "["
  case rightBracket = "]"
  case leftParenthesis = "("
  case rightParenthesis = ")"
  case leftBrace = "{"
  case rightBrace = "}"
  case greater = ">"
  case less = "<"
  case assign = "="
  case dot = "."
  case colon = ":"
  case pipe = "|"
  case comma = ","
  case semicolon = ";"
}
