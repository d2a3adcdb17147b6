extension Renderer {
  /// Python's truth of a value.
  func isTrue(_ value: Value) throws(TemplateError) -> Bool {
    switch value {
    case .bool(let flag, _): flag
    case .missing, .undefined, .none: false
    case .int(let number, _): number != 0
    case .unsigned: true
    case .float(let number, _): number != 0
    case .text(let text): !text.isEmpty
    case .list(let list), .tuple(let list): !list.items.isEmpty
    case .object(let object), .view(let object, _): object.count > 0
    case .range(let range): range.count > 0
    case .loop(let number): try arena.loops[number].count(self) > 0
    default: true
    }
  }

  /// A number of an operand: bools count as integers.
  enum Number {
    case int(Int, Int32)
    case float(Double, Int32)

    var double: Double {
      switch self {
      case .int(let value, _): Double(value)
      case .float(let value, _): value
      }
    }

    var mark: Int32 {
      switch self {
      case .int(_, let mark), .float(_, let mark): mark
      }
    }
  }

  func number(_ value: Value) throws(TemplateError) -> Number? {
    switch value {
    case .int(let number, let mark): return .int(number, mark)
    case .bool(let flag, let mark): return .int(flag ? 1 : 0, mark)
    case .float(let number, let mark): return .float(number, mark)
    case .unsigned: throw .limit(.integer, line: line)
    default: return nil
    }
  }

  func binary(
    _ sign: BinaryOperator, _ left: Value, _ right: Value
  ) throws(TemplateError) -> Value {
    if case .undefined(let reason) = left { throw failed(reason.message) }
    if sign == .add, case .text(let first) = left, case .text(let second) = right {
      return try concatenated(first, second)
    }
    if case .text(let format) = left, sign == .modulo {
      return try made(try formatted(format, right))
    }
    if case .undefined(let reason) = right { throw failed(reason.message) }
    if let first = try number(left), let second = try number(right) {
      return try arithmetic(sign, first, second)
    }
    switch (sign, left, right) {
    case (.add, .list(let first), .list(let second)):
      try step((first.items.count + second.items.count) / 8)
      return try made(first.items + second.items, mark: max(first.mark, second.mark))
    case (.add, .tuple(let first), .tuple(let second)):
      try step((first.items.count + second.items.count) / 8)
      return try madeTuple(first.items + second.items, mark: max(first.mark, second.mark))
    case (.multiply, _, _):
      if let result = try repeated(left, right) { return result }
      if let result = try repeated(right, left) { return result }
    default: break
    }
    throw failed(
      "unsupported operand types for \(sign.rawValue): '\(left.typeName)' and '\(right.typeName)'")
  }

  private func concatenated(
    _ left: MarkedText, _ right: MarkedText
  ) throws(TemplateError) -> Value {
    var (first, second) = (left, right)
    if left.isMarkup || right.isMarkup {
      if !left.isMarkup { first = try escaped(left) }
      if !right.isMarkup { second = try escaped(right) }
    }
    try allocate(first.bytes.count + second.bytes.count)
    var result: MarkedText
    if first.runs.isEmpty, second.runs.isEmpty, first.mark == second.mark {
      result = MarkedText(first.bytes + second.bytes, mark: first.mark)
    } else {
      var builder = MarkedTextBuilder()
      builder.reserve(
        first.bytes.count + second.bytes.count, runs: first.runs.count + second.runs.count + 2)
      builder.append(first)
      builder.append(second)
      result = builder.text
    }
    result.isMarkup = left.isMarkup || right.isMarkup
    return try made(result)
  }

  /// `sequence * count`; nil if these are not a sequence and a count.
  private func repeated(_ value: Value, _ count: Value) throws(TemplateError) -> Value? {
    guard case .int(let times, _)? = try number(count) else { return nil }
    let count = max(0, times)
    func total(_ size: Int) throws(TemplateError) -> Int {
      let (bytes, overflow) = size.multipliedReportingOverflow(by: count)
      guard !overflow, bytes <= limits.valueBytes else {
        throw .limit(.valueBytes(limits.valueBytes), line: line)
      }
      return bytes
    }
    switch value {
    case .text(let text):
      try allocate(try total(text.bytes.count + text.runs.count * 16))
      try step(text.isEmpty ? 0 : count / 4)
      if text.runs.isEmpty {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.bytes.count * count)
        if !text.isEmpty { for _ in 0..<count { bytes.append(contentsOf: text.bytes) } }
        var result = MarkedText(bytes, mark: text.mark)
        result.isMarkup = text.isMarkup
        return try made(result)
      }
      var builder = MarkedTextBuilder()
      for _ in 0..<count { builder.append(text) }
      var result = builder.text
      result.isMarkup = text.isMarkup
      return try made(result)
    case .list(let list), .tuple(let list):
      let size = try total(list.items.count * 40)
      try allocate(size)
      try step(list.items.isEmpty ? 0 : list.items.count * count / 8 + count / 4)
      var items: [Value] = []
      items.reserveCapacity(list.items.count * count)
      if !list.items.isEmpty { for _ in 0..<count { items += list.items } }
      if case .tuple = value { return try madeTuple(items, mark: list.mark) }
      return try made(items, mark: list.mark)
    default: return nil
    }
  }

  func negated(_ value: Value) throws(TemplateError) -> Value {
    if case .undefined(let reason) = value { throw failed(reason.message) }
    switch try number(value) {
    case .int(let number, let mark):
      guard number != .min else { throw .limit(.integer, line: line) }
      return .int(-number, mark)
    case .float(let number, let mark): return .float(-number, mark)
    case nil: throw failed("bad operand type for unary -: '\(value.typeName)'")
    }
  }

  func positive(_ value: Value) throws(TemplateError) -> Value {
    if case .undefined(let reason) = value { throw failed(reason.message) }
    switch try number(value) {
    case .int(let number, let mark): return .int(number, mark)
    case .float(let number, let mark): return .float(number, mark)
    case nil: throw failed("bad operand type for unary +: '\(value.typeName)'")
    }
  }
}
