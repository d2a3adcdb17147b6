/// How a value stands in a field of a format.
struct FieldLayout {
  enum Alignment { case left, right, center, behindSign }
  enum Sign { case onlyMinus, always, blank }

  var alignment: Alignment?
  var fill = MarkedText(" ")
  var sign = Sign.onlyMinus
  var isZeroPadded = false
  var width = 0
  var precision: Int?
  var groupsBy: UInt8?
}

extension Renderer {
  /// A text in a field: numbers stand at the right, others at the left.
  func padded(
    _ text: MarkedText, _ layout: FieldLayout, isNumber: Bool, mark: Int32
  ) throws(TemplateError) -> MarkedText {
    let missing = layout.width - PythonText.length(text.bytes)
    guard missing > 0 else { return text }
    let (bytes, overflow) = missing.multipliedReportingOverflow(by: layout.fill.bytes.count)
    try allocate(overflow ? limits.valueBytes + 1 : min(bytes, limits.valueBytes + 1))
    try step(missing / 8)
    let left: Int
    switch layout.alignment ?? (isNumber ? .right : .left) {
    case .left: left = 0
    case .right, .behindSign: left = missing
    case .center: left = missing / 2
    }
    let fill = layout.fill.marked(atLeast: mark)
    var builder = MarkedTextBuilder()
    for _ in 0..<left { builder.append(fill) }
    builder.append(text)
    for _ in left..<missing { builder.append(fill) }
    return builder.text
  }

  /// An integer in a field.
  func padded(
    number: Int, radix: Int, _ layout: FieldLayout, _ mark: Int32, _ origin: Int32,
    isUppercase: Bool = false
  ) throws(TemplateError) -> MarkedText {
    var digits = String(number.magnitude, radix: radix, uppercase: isUppercase)
    if let precision = layout.precision, precision > digits.utf8.count {
      try allocate(min(precision, limits.valueBytes + 1))
      digits = String(repeating: "0", count: precision - digits.utf8.count) + digits
    }
    if let separator = layout.groupsBy { digits = Self.grouped(digits, separator) }
    return try padded(
      sign: number < 0, digits: digits, layout, max(mark, origin))
  }

  /// A float with a fixed number of places in a field.
  func padded(
    fixed number: Double, _ layout: FieldLayout, _ mark: Int32
  ) throws(TemplateError) -> MarkedText {
    let places = layout.precision ?? 6
    try allocate(min(places, limits.valueBytes + 1))
    try step(20_000)
    var digits = FloatText.fixed(number.magnitude, places: places)
    if let separator = layout.groupsBy {
      let parts = digits.split(separator: ".", maxSplits: 1)
      digits = Self.grouped(String(parts[0]), separator) + (parts.count > 1 ? "." + parts[1] : "")
    }
    return try padded(
      sign: number.sign == .minus && !number.isNaN, digits: digits, layout, mark)
  }

  private static func grouped(_ digits: String, _ separator: UInt8) -> String {
    var result: [UInt8] = []
    let bytes = Array(digits.utf8)
    for (index, byte) in bytes.enumerated() {
      if index > 0, (bytes.count - index) % 3 == 0 { result.append(separator) }
      result.append(byte)
    }
    return String(decoding: result, as: UTF8.self)
  }

  func padded(
    sign isNegative: Bool, digits: String, _ layout: FieldLayout, _ mark: Int32
  ) throws(TemplateError) -> MarkedText {
    let sign = isNegative ? "-" : layout.sign == .always ? "+" : layout.sign == .blank ? " " : ""
    var body = digits
    let padsBehindSign =
      (layout.isZeroPadded && layout.alignment == nil) || layout.alignment == .behindSign
    if padsBehindSign {
      let missing = layout.width - sign.utf8.count - digits.utf8.count
      if missing > 0 {
        if layout.groupsBy != nil { throw unsupported("zeros before grouped digits") }
        try allocate(min(missing, limits.valueBytes + 1))
        let fill = layout.alignment == .behindSign ? layout.fill.string : "0"
        body = String(repeating: fill, count: missing) + digits
      }
    }
    return try padded(
      MarkedText(sign + body, mark: mark), layout, isNumber: true, mark: mark)
  }
}
