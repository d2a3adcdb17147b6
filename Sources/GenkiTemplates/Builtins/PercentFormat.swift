/// Python's `%` of a text: a format with values.
extension Renderer {
  func formatted(_ format: MarkedText, _ values: Value) throws(TemplateError) -> MarkedText {
    if format.isMarkup { throw unsupported("formatting an escaped text") }
    try step(format.bytes.count / 4)
    var filler = PercentFormat(self, format, values)
    try filler.run()
    return filler.builder.text
  }
}

private struct PercentFormat {
  let renderer: Renderer
  let format: MarkedText
  let values: Value
  private var index = 0
  private var nextValue = 0
  private(set) var builder = MarkedTextBuilder()

  init(_ renderer: Renderer, _ format: MarkedText, _ values: Value) {
    self.renderer = renderer
    self.format = format
    self.values = values
  }

  mutating func run() throws(TemplateError) {
    let bytes = format.bytes
    var start = 0
    while index < bytes.count {
      guard bytes[index] == UInt8(ascii: "%") else {
        index += 1
        continue
      }
      try appendFormat(start, index)
      try renderer.step(format.runs.count / 8)
      let origin = format.mark(around: index, index)
      index += 1
      try directive(origin)
      start = index
    }
    try appendFormat(start, bytes.count)
    try refuseRest()
  }

  private mutating func appendFormat(_ start: Int, _ end: Int) throws(TemplateError) {
    guard start < end || format.isEmpty else { return }
    try renderer.allocate(end - start)
    try renderer.step(format.runs.count / 8)
    builder.append(format.slice(start, end))
  }

  private func refuseRest() throws(TemplateError) {
    switch values {
    case .tuple(let list):
      guard nextValue >= list.items.count else { throw notAllConverted }
    case .object, .list, .range, .undefined: break
    default: guard nextValue > 0 else { throw notAllConverted }
    }
  }

  private var notAllConverted: TemplateError {
    renderer.failed("not all arguments converted during string formatting")
  }

  private mutating func value() throws(TemplateError) -> Value {
    if case .tuple(let list) = values {
      guard nextValue < list.items.count else { throw tooFew }
      nextValue += 1
      return list.items[nextValue - 1]
    }
    guard nextValue == 0 else { throw tooFew }
    nextValue = 1
    return values
  }

  private var tooFew: TemplateError {
    renderer.failed("not enough arguments for format string")
  }

  private var byte: UInt8? { index < format.bytes.count ? format.bytes[index] : nil }

  private mutating func number() throws(TemplateError) -> Int? {
    var result: Int?
    while let digit = byte, (0x30...0x39).contains(digit) {
      result = min((result ?? 0) * 10 + Int(digit) - 0x30, 1 << 40)
      index += 1
    }
    return result
  }

  private mutating func directive(_ origin: Int32) throws(TemplateError) {
    var named: Value?
    if byte == UInt8(ascii: "(") {
      let start = index + 1
      while let next = byte, next != UInt8(ascii: ")") { index += 1 }
      guard byte != nil else { throw renderer.failed("incomplete format key") }
      guard case .object(let object) = values else {
        throw renderer.failed("format requires a mapping")
      }
      guard let found = object.value(ofBytes: Array(format.bytes[start..<index])) else {
        throw renderer.failed("the format names a key that is not there")
      }
      named = found
      index += 1
    }
    var layout = FieldLayout()
    flags: while let flag = byte {
      switch flag {
      case UInt8(ascii: "-"): layout.alignment = .left
      case UInt8(ascii: "+"): layout.sign = .always
      case UInt8(ascii: " "): if layout.sign != .always { layout.sign = .blank }
      case UInt8(ascii: "0"): layout.isZeroPadded = true
      case UInt8(ascii: "#"): throw renderer.unsupported("the flag '#' of a format")
      default: break flags
      }
      index += 1
    }
    if byte == UInt8(ascii: "*") { throw renderer.unsupported("a width '*' of a format") }
    layout.width = try number() ?? 0
    if byte == UInt8(ascii: ".") {
      index += 1
      if byte == UInt8(ascii: "*") { throw renderer.unsupported("a width '*' of a format") }
      layout.precision = try number() ?? 0
    }
    while let size = byte, [0x68, 0x6C, 0x4C].contains(size) { index += 1 }
    guard let kind = byte else { throw renderer.failed("incomplete format") }
    index += 1
    if kind == UInt8(ascii: "%") {
      builder.append(byte: kind, mark: origin)
      return
    }
    let value: Value
    if let named { value = named } else { value = try self.value() }
    if named != nil { nextValue = max(nextValue, 1) }
    try append(value, kind, layout, origin)
  }

  private mutating func append(
    _ value: Value, _ kind: UInt8, _ layout: FieldLayout, _ origin: Int32
  ) throws(TemplateError) {
    let text: MarkedText
    switch kind {
    case UInt8(ascii: "s"): text = try cut(try renderer.string(of: value), layout)
    case UInt8(ascii: "r"): text = try cut(try renderer.repr(of: value), layout)
    case UInt8(ascii: "d"), UInt8(ascii: "i"), UInt8(ascii: "u"):
      builder.append(
        try renderer.padded(
          number: try integer(value, truncates: true), radix: 10, layout, value.mark, origin))
      return
    case UInt8(ascii: "x"), UInt8(ascii: "X"), UInt8(ascii: "o"):
      let radix = kind == UInt8(ascii: "o") ? 8 : 16
      builder.append(
        try renderer.padded(
          number: try integer(value, truncates: false), radix: radix, layout, value.mark, origin,
          isUppercase: kind == UInt8(ascii: "X")))
      return
    case UInt8(ascii: "f"), UInt8(ascii: "F"):
      guard let number = try renderer.number(value) else {
        throw renderer.failed("must be real number, not \(value.typeName)")
      }
      builder.append(
        try renderer.padded(fixed: number.double, layout, max(value.mark, origin)))
      return
    default:
      let name = String(decoding: format.bytes[(index - 1)..<index], as: UTF8.self)
      throw renderer.unsupported("the format '%\(name)'")
    }
    var plain = layout
    plain.isZeroPadded = false
    try renderer.step(text.bytes.count / 64)
    try renderer.allocate(text.bytes.count + text.runs.count * 16)
    builder.append(try renderer.padded(text, plain, isNumber: true, mark: origin))
  }

  private func cut(_ text: MarkedText, _ layout: FieldLayout) throws(TemplateError) -> MarkedText {
    guard let precision = layout.precision else { return text }
    return text.slice(0, PythonText.offset(of: precision, in: text.bytes, isASCII: false))
  }

  private func integer(_ value: Value, truncates: Bool) throws(TemplateError) -> Int {
    switch try renderer.number(value) {
    case .int(let number, _)?: return number
    case .float(let number, _)? where truncates:
      guard let whole = Int(exactly: number.rounded(.towardZero)) else {
        throw .limit(.integer, line: renderer.line)
      }
      return whole
    default: throw renderer.failed("a number is required, not \(value.typeName)")
    }
  }
}
