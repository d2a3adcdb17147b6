/// `tojson` as transformers has it: Python's `json.dumps`, with its options.
struct JSONText {
  struct Options {
    var escapesNonASCII = false
    /// What each level is indented by; nil writes all in one line.
    var indent: MarkedText?
    var itemSeparator = MarkedText(", ")
    var keySeparator = MarkedText(": ")
    var sortsKeys = false
  }

  let renderer: Renderer
  let options: Options
  private(set) var builder = MarkedTextBuilder()

  init(_ renderer: Renderer, _ options: Options) {
    self.renderer = renderer
    self.options = options
  }

  mutating func write(_ value: Value, level: Int = 0) throws(TemplateError) {
    try renderer.step()
    try renderer.allocate(8)
    switch value {
    case .none(let mark): builder.append("null", mark: mark)
    case .bool(let flag, let mark): builder.append(flag ? "true" : "false", mark: mark)
    case .int(let number, let mark): builder.append(String(number).utf8, mark: mark)
    case .unsigned(let number, let mark): builder.append(String(number).utf8, mark: mark)
    case .float(let number, let mark): builder.append(Self.float(number).utf8, mark: mark)
    case .text(let text): try write(text)
    case .list(let list), .tuple(let list):
      try write(list.items.count, "[", "]", list.mark, level) {
        (json, index) throws(TemplateError) in
        try json.write(list.items[index], level: level + 1)
      }
    case .object(let object): try write(object, level: level)
    default:
      throw renderer.failed("an object of type \(value.typeName) has no JSON")
    }
  }

  private static func float(_ number: Double) -> String {
    if number.isNaN { return "NaN" }
    if number.isInfinite { return number < 0 ? "-Infinity" : "Infinity" }
    return FloatText.repr(number)
  }

  private mutating func write(
    _ count: Int, _ open: StaticString, _ close: StaticString, _ mark: Int32, _ level: Int,
    _ item: (inout JSONText, Int) throws(TemplateError) -> Void
  ) throws(TemplateError) {
    builder.append(open, mark: mark)
    for index in 0..<count {
      if index > 0 { try append(options.itemSeparator, mark) }
      try breakLine(level + 1, mark)
      try item(&self, index)
    }
    if count > 0 { try breakLine(level, mark) }
    builder.append(close, mark: mark)
  }

  private mutating func breakLine(_ level: Int, _ mark: Int32) throws(TemplateError) {
    guard let indent = options.indent else { return }
    try renderer.allocate(1)
    try renderer.step(level / 8)
    builder.append(byte: UInt8(ascii: "\n"), mark: mark)
    for _ in 0..<level { try append(indent, mark) }
  }

  /// A separator or indentation, which may be of any length.
  private mutating func append(_ text: MarkedText, _ mark: Int32) throws(TemplateError) {
    try renderer.allocate(text.bytes.count + text.runs.count * 16)
    builder.append(text.marked(atLeast: mark))
  }

  private mutating func write(_ object: ObjectValue, level: Int) throws(TemplateError) {
    try renderer.step(object.count / 8)
    var order = Array(object.keys.indices)
    if options.sortsKeys {
      order = try renderer.sorted(order, reverse: false) { (one, other) throws(TemplateError) in
        try renderer.order(object.keys[one], object.keys[other])
      }
    }
    try write(order.count, "{", "}", object.mark, level) { (json, place) throws(TemplateError) in
      let index = order[place]
      try json.write(try json.key(object.keys[index]))
      try json.append(json.options.keySeparator, object.mark)
      try json.write(object.values[index], level: level + 1)
    }
  }

  private func key(_ key: Value) throws(TemplateError) -> MarkedText {
    switch key {
    case .text(let text): text
    case .none(let mark): MarkedText("null", mark: mark)
    case .bool(let flag, let mark): MarkedText(flag ? "true" : "false", mark: mark)
    case .int(let number, let mark): MarkedText(String(number), mark: mark)
    case .float(let number, let mark): MarkedText(Self.float(number), mark: mark)
    default: throw renderer.failed("keys of JSON must be texts, not \(key.typeName)")
    }
  }

  /// A text with quotes and escapes, all of which are of the text's origin.
  private mutating func write(_ text: MarkedText) throws(TemplateError) {
    try renderer.allocate(text.bytes.count)
    try renderer.step(text.bytes.count / 16)
    let edge = text.highestMark
    builder.append(byte: UInt8(ascii: "\""), mark: edge)
    var start = 0
    if text.runs.isEmpty {
      write(text.bytes[...], mark: text.mark)
    } else {
      for run in text.runs {
        write(text.bytes[start..<run.end], mark: run.mark)
        start = run.end
      }
    }
    builder.append(byte: UInt8(ascii: "\""), mark: edge)
  }

  private mutating func write(_ bytes: ArraySlice<UInt8>, mark: Int32) {
    var start = bytes.startIndex
    var index = start
    while index < bytes.endIndex {
      let (value, length) = PythonText.scalar(bytes, index)
      let needsEscape =
        value < 0x20 || value == 0x22 || value == 0x5C
        || (value >= 0x7F && options.escapesNonASCII)
      if needsEscape {
        builder.append(bytes[start..<index], mark: mark)
        builder.append(Self.escape(value).utf8, mark: mark)
        start = index + length
      }
      index += length
    }
    builder.append(bytes[start...], mark: mark)
  }

  private static func escape(_ value: UInt32) -> String {
    switch value {
    case 0x22: return "\\\""
    case 0x5C: return "\\\\"
    case 0x0A: return "\\n"
    case 0x0D: return "\\r"
    case 0x09: return "\\t"
    case 0x08: return "\\b"
    case 0x0C: return "\\f"
    case 0x10000...:
      let offset = value - 0x10000
      return unit(0xD800 + offset >> 10) + unit(0xDC00 + offset & 0x3FF)
    default: return unit(value)
    }
  }

  private static func unit(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }
}
