/// Python's `format` of texts: fields in braces.
extension Renderer {
  func formatted(
    _ format: MarkedText, _ arguments: CallArguments
  ) throws(TemplateError) -> MarkedText {
    try step(format.bytes.count / 4)
    var filler = BraceFormat(self, format, arguments)
    try filler.run()
    return filler.builder.text
  }
}

private struct BraceFormat {
  let renderer: Renderer
  let format: MarkedText
  let arguments: CallArguments
  private(set) var builder = MarkedTextBuilder()
  private var nextNumber = 0
  private var usesNumbers = false

  init(_ renderer: Renderer, _ format: MarkedText, _ arguments: CallArguments) {
    self.renderer = renderer
    self.format = format
    self.arguments = arguments
  }

  mutating func run() throws(TemplateError) {
    let bytes = format.bytes
    var start = 0
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      guard byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}") else {
        index += 1
        continue
      }
      try append(start, index)
      if index + 1 < bytes.count, bytes[index + 1] == byte {
        try append(index, index + 1)
        index += 2
        start = index
        continue
      }
      guard byte == UInt8(ascii: "{") else {
        throw renderer.failed("single '}' encountered in format string")
      }
      let end = try endOfField(index + 1)
      try renderer.step(1 + format.runs.count / 8)
      try field(index + 1, end, origin: format.mark(around: index, end))
      index = end + 1
      start = index
    }
    try append(start, bytes.count)
  }

  private mutating func append(_ start: Int, _ end: Int) throws(TemplateError) {
    guard start < end || format.isEmpty else { return }
    try renderer.allocate(end - start)
    try renderer.step(format.runs.count / 8)
    builder.append(format.slice(start, end))
  }

  private func endOfField(_ start: Int) throws(TemplateError) -> Int {
    var index = start
    var isInBrackets = false
    while index < format.bytes.count {
      switch format.bytes[index] {
      case UInt8(ascii: "["): isInBrackets = true
      case UInt8(ascii: "]"): isInBrackets = false
      case UInt8(ascii: "{"):
        throw renderer.unsupported("a field inside a field of a format")
      case UInt8(ascii: "}"): if !isInBrackets { return index }
      default: break
      }
      index += 1
    }
    throw renderer.failed("expected '}' before end of string")
  }

  private mutating func field(_ start: Int, _ end: Int, origin: Int32) throws(TemplateError) {
    let bytes = format.bytes
    var nameEnd = start
    var isInBrackets = false
    while nameEnd < end {
      let byte = bytes[nameEnd]
      if byte == UInt8(ascii: "[") { isInBrackets = true }
      if byte == UInt8(ascii: "]") { isInBrackets = false }
      if !isInBrackets, byte == UInt8(ascii: "!") || byte == UInt8(ascii: ":") { break }
      nameEnd += 1
    }
    var value = try value(bytes[start..<nameEnd])
    var index = nameEnd
    if index < end, bytes[index] == UInt8(ascii: "!") {
      guard index + 1 < end, index + 2 == end || bytes[index + 2] == UInt8(ascii: ":") else {
        throw renderer.failed("expected ':' after conversion specifier")
      }
      switch bytes[index + 1] {
      case UInt8(ascii: "s"): value = .text(try renderer.string(of: value))
      case UInt8(ascii: "r"): value = .text(try renderer.repr(of: value))
      default: throw renderer.unsupported("this conversion of a format")
      }
      index += 2
    }
    let specification = index < end ? Array(bytes[(index + 1)..<end]) : []
    try append(value, specification, origin)
  }

  /// The argument of a field, with the attributes and items that its name goes on with.
  private mutating func value(_ name: ArraySlice<UInt8>) throws(TemplateError) -> Value {
    let head = name.prefix { $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "[") }
    var value: Value
    let isNumber = head.allSatisfy { (0x30...0x39).contains($0) }
    if head.isEmpty || isNumber {
      guard head.isEmpty != usesNumbers || nextNumber == 0 else {
        throw renderer.failed("automatic and manual field numbering cannot be mixed")
      }
      if !head.isEmpty { usesNumbers = true }
      guard head.isEmpty == !usesNumbers else {
        throw renderer.failed("automatic and manual field numbering cannot be mixed")
      }
      let number = head.isEmpty ? nextNumber : Int(String(decoding: head, as: UTF8.self)) ?? .max
      nextNumber += 1
      guard number < arguments.positional.count else {
        throw renderer.failed("replacement index \(number) out of range for positional args tuple")
      }
      value = arguments.positional[number]
    } else {
      try renderer.step(arguments.named.count / 8)
      guard let found = arguments.named.first(where: { $0.name.bytes.elementsEqual(head) }) else {
        throw renderer.failed("the format names an argument that is not given")
      }
      value = found.value
    }
    var rest = name.dropFirst(head.count)
    while let byte = rest.first {
      rest = rest.dropFirst()
      if byte == UInt8(ascii: ".") {
        let part = rest.prefix { $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "[") }
        guard !part.isEmpty else { throw renderer.failed("empty attribute in format string") }
        value = try renderer.attribute(of: value, AttributeName(Array(part)))
        rest = rest.dropFirst(part.count)
      } else {
        let part = rest.prefix { $0 != UInt8(ascii: "]") }
        guard !part.isEmpty, part.count < rest.count else {
          throw renderer.failed("empty attribute in format string")
        }
        let number = Int(String(decoding: part, as: UTF8.self))
        let isIndex = part.allSatisfy { (0x30...0x39).contains($0) }
        value = try renderer.item(
          of: value,
          isIndex ? number.map { .int($0, 0) } ?? .none : .text(MarkedText(Array(part))))
        rest = rest.dropFirst(part.count + 1)
        guard rest.isEmpty || rest.first == UInt8(ascii: ".") || rest.first == UInt8(ascii: "[")
        else { throw renderer.failed("only '.' or '[' may follow ']' in a format field") }
      }
    }
    return value
  }

  private mutating func append(
    _ value: Value, _ specification: [UInt8], _ origin: Int32
  ) throws(TemplateError) {
    guard !specification.isEmpty else {
      let text = try renderer.string(of: value)
      try renderer.allocate(text.bytes.count + text.runs.count * 16)
      builder.append(text)
      return
    }
    let (layout, kind) = try layout(specification)
    var value = value
    if case .bool(let flag, let mark) = value, kind != UInt8(ascii: "s") {
      value = .int(flag ? 1 : 0, mark)
    }
    switch (value, kind) {
    case (.text(let text), nil), (.text(let text), UInt8(ascii: "s")):
      guard layout.sign == .onlyMinus, layout.groupsBy == nil, layout.alignment != .behindSign
      else {
        throw renderer.failed("sign not allowed in string format specifier")
      }
      var part = text
      if let precision = layout.precision {
        part = text.slice(0, PythonText.offset(of: precision, in: text.bytes, isASCII: false))
      }
      try renderer.step(part.bytes.count / 64)
      try renderer.allocate(part.bytes.count + part.runs.count * 16)
      var plain = layout
      if layout.isZeroPadded {
        plain.isZeroPadded = false
        plain.fill = MarkedText("0")
      }
      builder.append(try renderer.padded(part, plain, isNumber: false, mark: origin))
    case (.int(let number, let mark), nil), (.int(let number, let mark), UInt8(ascii: "d")):
      try refusePrecision(layout)
      builder.append(try renderer.padded(number: number, radix: 10, layout, mark, origin))
    case (.int(let number, let mark), UInt8(ascii: "x")):
      try refusePrecision(layout)
      builder.append(try renderer.padded(number: number, radix: 16, layout, mark, origin))
    case (.int(let number, let mark), UInt8(ascii: "f")):
      builder.append(try renderer.padded(fixed: Double(number), layout, max(mark, origin)))
    case (.float(let number, let mark), UInt8(ascii: "f")):
      builder.append(try renderer.padded(fixed: number, layout, max(mark, origin)))
    case (.float(let number, let mark), nil) where layout.precision == nil && number.isFinite:
      let digits = FloatText.repr(number.magnitude)
      builder.append(
        try renderer.padded(
          sign: number.sign == .minus, digits: digits, layout, max(mark, origin)))
    case (.int, _), (.float, _), (.unsigned, _), (.text, _):
      throw renderer.unsupported("this field of a format for \(value.typeName)")
    default:
      throw renderer.failed("a field of a format cannot lay out \(value.typeName)")
    }
  }

  private func refusePrecision(_ layout: FieldLayout) throws(TemplateError) {
    guard layout.precision == nil else {
      throw renderer.failed("precision not allowed in integer format specifier")
    }
  }

  private func alignment(_ byte: UInt8) -> FieldLayout.Alignment? {
    switch byte {
    case UInt8(ascii: "<"): .left
    case UInt8(ascii: ">"): .right
    case UInt8(ascii: "^"): .center
    case UInt8(ascii: "="): .behindSign
    default: nil
    }
  }

  private func layout(
    _ bytes: [UInt8]
  ) throws(TemplateError) -> (FieldLayout, kind: UInt8?) {
    var layout = FieldLayout()
    var index = 0
    let first = PythonText.scalar(bytes, 0).length
    if first < bytes.count, let found = alignment(bytes[first]) {
      layout.fill = MarkedText(Array(bytes[..<first]))
      layout.alignment = found
      index = first + 1
    } else if let found = alignment(bytes[0]) {
      layout.alignment = found
      index = 1
    }
    func next() -> UInt8? { index < bytes.count ? bytes[index] : nil }
    func number() -> Int? {
      var result: Int?
      while let digit = next(), (0x30...0x39).contains(digit) {
        result = min((result ?? 0) * 10 + Int(digit) - 0x30, 1 << 40)
        index += 1
      }
      return result
    }
    if next() == UInt8(ascii: "+") {
      layout.sign = .always
      index += 1
    } else if next() == UInt8(ascii: " ") {
      layout.sign = .blank
      index += 1
    } else if next() == UInt8(ascii: "-") {
      index += 1
    }
    if next() == UInt8(ascii: "0") {
      layout.isZeroPadded = true
      index += 1
    }
    layout.width = number() ?? 0
    if let separator = next(), separator == UInt8(ascii: ",") || separator == UInt8(ascii: "_") {
      layout.groupsBy = separator
      index += 1
    }
    if next() == UInt8(ascii: ".") {
      index += 1
      guard let precision = number() else {
        throw renderer.failed("format specifier missing precision")
      }
      layout.precision = precision
    }
    guard index < bytes.count else { return (layout, nil) }
    guard index + 1 == bytes.count else { throw renderer.failed("invalid format specifier") }
    return (layout, bytes[index])
  }
}
