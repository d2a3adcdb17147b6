extension Renderer {
  func numberFilter(
    _ filter: BuiltinFilter, _ value: Value, _ arguments: CallArguments
  ) throws(TemplateError) -> Value {
    switch filter {
    case .int: return try intFilter(value, arguments)
    case .float:
      let standard = try bind(arguments, to: ["default"], of: "float")[0] ?? .float(0, 0)
      guard let number = try Self.double(value, self) else { return standard }
      return .float(number, value.mark)
    case .abs:
      _ = try positionalOnly(arguments, 0...0, of: "abs")
      if case .undefined(let reason) = value { throw failed(reason.message) }
      switch try number(value) {
      case .int(let number, let mark):
        guard number != .min else { throw .limit(.integer, line: line) }
        return .int(abs(number), mark)
      case .float(let number, let mark): return .float(number.magnitude, mark)
      case nil: throw failed("bad operand type for abs(): '\(value.typeName)'")
      }
    case .round: return try round(value, arguments)
    case .sum: return try sum(value, arguments)
    default: return try extreme(filter, value, arguments)
    }
  }

  /// What Python's `float()` makes of a value; nil if it cannot.
  private static func double(
    _ value: Value, _ renderer: Renderer
  ) throws(TemplateError) -> Double? {
    switch value {
    case .int(let number, _): return Double(number)
    case .bool(let flag, _): return flag ? 1 : 0
    case .float(let number, _): return number
    case .unsigned(let number, _): return Double(number)
    case .undefined(let reason): throw renderer.failed(reason.message)
    case .text(let text):
      try renderer.step(text.bytes.count / 8)
      try renderer.allocate(text.bytes.count * 2)
      return double(PythonText.withASCIIDigits(text.bytes))
    default: return nil
    }
  }

  /// A float in a text: blanks around it and single underscores between digits are allowed.
  private static func double(_ bytes: [UInt8]) -> Double? {
    let lower = PythonText.startWithoutBlanks(bytes, 0, bytes.count)
    let upper = PythonText.endWithoutBlanks(bytes, lower, bytes.count)
    guard let digits = withoutUnderscores(bytes[lower..<upper]) else { return nil }
    let allowed = digits.allSatisfy {
      (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-")
        || $0 == UInt8(ascii: "+") || $0 | 0x20 == UInt8(ascii: "e")
    }
    let text = String(decoding: digits, as: UTF8.self)
    if allowed { return Double(text) }
    switch text.lowercased() {
    case "inf", "+inf", "infinity", "+infinity": return .infinity
    case "-inf", "-infinity": return -.infinity
    case "nan", "+nan", "-nan": return .nan
    default: return nil
    }
  }

  private static func withoutUnderscores(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    guard bytes.contains(UInt8(ascii: "_")) else { return bytes }
    var result: [UInt8] = []
    for index in bytes.indices {
      guard bytes[index] == UInt8(ascii: "_") else {
        result.append(bytes[index])
        continue
      }
      guard index > bytes.startIndex, index + 1 < bytes.endIndex,
        isAlphanumeric(bytes[index - 1]), isAlphanumeric(bytes[index + 1])
      else { return nil }
    }
    return result[...]
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
  }

  private func intFilter(_ value: Value, _ arguments: CallArguments) throws(TemplateError) -> Value
  {
    let given = try bind(arguments, to: ["default", "base"], of: "int")
    let standard = given[0] ?? .int(0, 0)
    let base = try given[1].map { (value) throws(TemplateError) in try integer(value, "int") } ?? 10
    switch value {
    case .int(let number, let mark): return .int(number, mark)
    case .bool(let flag, let mark): return .int(flag ? 1 : 0, mark)
    case .unsigned: throw .limit(.integer, line: line)
    case .text(let text):
      try step(text.bytes.count / 8)
      try allocate(text.bytes.count * 2)
      switch Self.integer(PythonText.withASCIIDigits(text.bytes), base: base) {
      case .number(let number): return .int(number, text.highestMark)
      case .tooLarge: throw .limit(.integer, line: line)
      case .none: break
      }
    default: break
    }
    guard let number = try Self.double(value, self) else { return standard }
    if !number.isFinite {
      if case .float = value, number.isInfinite {
        throw failed("cannot convert float infinity to integer")
      }
      return standard
    }
    guard let whole = Int(exactly: number.rounded(.towardZero)) else {
      throw .limit(.integer, line: line)
    }
    return .int(whole, value.mark)
  }

  private enum ParsedInteger { case number(Int), tooLarge, none }

  /// What Python's `int()` makes of a text.
  private static func integer(_ bytes: [UInt8], base: Int) -> ParsedInteger {
    guard base == 0 || (2...36).contains(base) else { return .none }
    let lower = PythonText.startWithoutBlanks(bytes, 0, bytes.count)
    let upper = PythonText.endWithoutBlanks(bytes, lower, bytes.count)
    var rest = bytes[lower..<upper]
    var isNegative = false
    if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
      isNegative = sign == UInt8(ascii: "-")
      rest = rest.dropFirst()
    }
    var radix = base
    let prefixes: [(UInt8, Int)] = [
      (UInt8(ascii: "x"), 16), (UInt8(ascii: "o"), 8), (UInt8(ascii: "b"), 2),
    ]
    if rest.count > 2, rest.first == UInt8(ascii: "0") {
      let letter = rest[rest.startIndex + 1] | 0x20
      for (prefix, value) in prefixes where letter == prefix && (base == value || base == 0) {
        radix = value
        rest = rest.dropFirst(2)
        if rest.first == UInt8(ascii: "_") { rest = rest.dropFirst() }
      }
    }
    if radix == 0 {
      radix = 10
      if rest.count > 1, rest.first == UInt8(ascii: "0"), rest.contains(where: { $0 != 0x30 }) {
        return .none
      }
    }
    guard let digits = withoutUnderscores(rest), !digits.isEmpty else { return .none }
    var isKnown = true
    for digit in digits where !isDigit(digit, radix) { isKnown = false }
    guard isKnown else { return .none }
    let text = (isNegative ? "-" : "") + String(decoding: digits, as: UTF8.self)
    return Int(text, radix: radix).map { .number($0) } ?? .tooLarge
  }

  private static func isDigit(_ byte: UInt8, _ radix: Int) -> Bool {
    switch byte {
    case 0x30...0x39: Int(byte) - 0x30 < radix
    case 0x61...0x7A: Int(byte) - 0x61 + 10 < radix
    case 0x41...0x5A: Int(byte) - 0x41 + 10 < radix
    default: false
    }
  }

  private func round(_ value: Value, _ arguments: CallArguments) throws(TemplateError) -> Value {
    let given = try bind(arguments, to: ["precision", "method"], of: "round")
    let places =
      try given[0].map { (value) throws(TemplateError) in
        try integer(value, "round")
      } ?? 0
    let method =
      try given[1].map { (value) throws(TemplateError) in
        try string(of: value).string
      } ?? "common"
    guard ["common", "ceil", "floor"].contains(method) else {
      throw failed("method must be common, ceil or floor")
    }
    if case .undefined(let reason) = value { throw failed(reason.message) }
    guard let number = try number(value) else {
      throw failed("type \(value.typeName) cannot be rounded")
    }
    guard (-300...300).contains(places) else { throw unsupported("rounding to \(places) places") }
    if method != "common" {
      let factor = try arithmetic(.power, .int(10, 0), .int(places, 0))
      guard let scale = try self.number(factor) else { return value }
      let scaled = try arithmetic(.multiply, number, scale)
      guard let product = try self.number(scaled) else { return value }
      guard product.double.isFinite else { throw failed("cannot convert float to integer") }
      let rounded = product.double.rounded(method == "ceil" ? .up : .down)
      guard let whole = Int(exactly: rounded) else { throw .limit(.integer, line: line) }
      return try arithmetic(.divide, .int(whole, number.mark), scale)
    }
    switch number {
    case .int(let integer, let mark):
      guard places < 0 else { return .int(integer, mark) }
      throw unsupported("rounding an integer to \(places) places")
    case .float(let double, let mark):
      guard double.isFinite else { return .float(double, mark) }
      try step(20_000)
      var decimal = ExactDecimal(double.magnitude)
      decimal.round(toPlaces: places)
      let rounded = Double(decimal.text(places: max(0, places))) ?? double
      return .float(Double(signOf: double, magnitudeOf: rounded), mark)
    }
  }

  private func sum(_ value: Value, _ arguments: CallArguments) throws(TemplateError) -> Value {
    let given = try bind(arguments, to: ["attribute", "start"], of: "sum")
    var total = given[1] ?? .int(0, 0)
    if case .text = total { throw failed("sum() cannot sum strings") }
    let path = given[0].flatMap { $0.isNone ? nil : $0 }
    let parts = try path.map { (value) throws(TemplateError) in try attributePath(value) } ?? []
    for item in try items(of: value) {
      try step()
      total = try binary(.add, total, try self.item(of: item, parts))
    }
    return total
  }

  private func extreme(
    _ filter: BuiltinFilter, _ value: Value, _ arguments: CallArguments
  ) throws(TemplateError) -> Value {
    let given = try bind(
      arguments, to: ["case_sensitive", "attribute"], of: filter.rawValue)
    let isSensitive =
      try given[0].map { (value) throws(TemplateError) in try isTrue(value) } ?? false
    let path = try attributePath(given[1] ?? .none)
    let items = try items(of: value)
    guard var best = items.first else {
      return .undefined(.other("no aggregated item, sequence was empty"))
    }
    var bestKey = try sortKey(best, path, isSensitive)
    for item in items.dropFirst() {
      try step()
      let key = try sortKey(item, path, isSensitive)
      let order = filter == .min ? try order(key, bestKey) : try order(bestKey, key, ">")
      if order == -1 {
        best = item
        bestKey = key
      }
    }
    return best
  }

  /// What an item is sorted by: an attribute of it, in lower case unless that matters.
  func sortKey(
    _ item: Value, _ path: [Value], _ isCaseSensitive: Bool, standard: Value? = nil
  ) throws(TemplateError) -> Value {
    let key = try self.item(of: item, path, standard: standard)
    guard !isCaseSensitive, case .text(let text) = key else { return key }
    return try made(try cased(text, .lower))
  }
}
