extension Renderer {
  func compare(
    _ comparison: ComparisonOperator, _ left: Value, _ right: Value
  ) throws(TemplateError) -> Bool {
    switch comparison {
    case .equal: try areEqual(left, right)
    case .notEqual: try !areEqual(left, right)
    case .less: try order(left, right, "<") < 0
    case .lessOrEqual: try isOrdered(left, right, "<=") { $0 <= 0 }
    case .greater: try isOrdered(left, right, ">") { $0 > 0 }
    case .greaterOrEqual: try isOrdered(left, right, ">=") { $0 >= 0 }
    case .isIn: try contains(right, left)
    case .isNotIn: try !contains(right, left)
    }
  }

  private func isOrdered(
    _ left: Value, _ right: Value, _ sign: String, _ holds: (Int) -> Bool
  ) throws(TemplateError) -> Bool {
    let order = try order(left, right, sign)
    // Not a number is on no side of anything.
    return order != Self.unordered && holds(order)
  }

  /// What `order` gives where a value is not a number.
  static let unordered = 2

  /// Python's `==`; marks do not count.
  func areEqual(_ left: Value, _ right: Value) throws(TemplateError) -> Bool {
    switch (left, right) {
    case (.text(let first), .text(let second)):
      try step(min(first.bytes.count, second.bytes.count) / 64)
      return first.bytes == second.bytes
    case (.none, .none), (.undefined, .undefined), (.missing, .missing): return true
    case (.bool(let first, _), .bool(let second, _)): return first == second
    case (.unsigned(let first, _), .unsigned(let second, _)): return first == second
    case (.list(let first), .list(let second)), (.tuple(let first), .tuple(let second)):
      guard first.items.count == second.items.count else { return false }
      for (one, other) in zip(first.items, second.items) {
        try step()
        guard try areEqual(one, other) else { return false }
      }
      return true
    case (.object(let first), .object(let second)): return try areEqual(first, second)
    case (.range(let first), .range(let second)):
      return first.count == second.count
        && (first.count == 0
          || first.start == second.start && (first.count == 1 || first.step == second.step))
    case (.namespace(let first), .namespace(let second)): return first == second
    case (.macro(let first), .macro(let second)): return first == second
    case (.loop(let first), .loop(let second)): return first == second
    case (.iterator(let first), .iterator(let second)): return first == second
    case (.cycler(let first), .cycler(let second)): return first == second
    case (.joiner(let first), .joiner(let second)): return first == second
    case (.function(let first), .function(let second)): return first == second
    case (.view, .view), (.method, .method):
      throw unsupported("comparing \(left.typeName) with \(right.typeName)")
    case (.unsigned, .float(let number, _)), (.float(let number, _), .unsigned):
      guard number < 9.2e18 else { throw .limit(.integer, line: line) }
      return false
    case (.unsigned, _), (_, .unsigned): return false
    default:
      guard let first = try number(left), let second = try number(right) else { return false }
      return Self.order(first, second) == 0
    }
  }

  private func areEqual(_ left: ObjectValue, _ right: ObjectValue) throws(TemplateError) -> Bool {
    guard left.count == right.count else { return false }
    for (key, value) in zip(left.keys, left.values) {
      try step()
      guard let hash = try hashKey(key), let other = right.value(of: hash),
        try areEqual(value, other)
      else { return false }
    }
    return true
  }

  /// -1, 0 or 1, or `unordered`.
  static func order(_ left: Number, _ right: Number) -> Int {
    if case .int(let first, _) = left, case .int(let second, _) = right {
      return first < second ? -1 : first > second ? 1 : 0
    }
    switch (left, right) {
    case (.int(let first, _), .float(let second, _)): return order(first, second)
    case (.float(let first, _), .int(let second, _)):
      let result = order(second, first)
      return result == unordered ? unordered : -result
    default:
      let (first, second) = (left.double, right.double)
      return first < second ? -1 : first > second ? 1 : first == second ? 0 : unordered
    }
  }

  /// Exact, where a conversion of the integer would round.
  private static func order(_ integer: Int, _ number: Double) -> Int {
    if number.isNaN { return unordered }
    if number >= 9_223_372_036_854_775_808 { return -1 }
    if number < -9_223_372_036_854_775_808 { return 1 }
    let floor = number.rounded(.down)
    let whole = Int(floor)
    if integer != whole { return integer < whole ? -1 : 1 }
    return floor < number ? -1 : 0
  }

  /// How two values are ordered; throws where Python has no order.
  func order(_ left: Value, _ right: Value, _ sign: String = "<") throws(TemplateError) -> Int {
    switch (left, right) {
    case (.undefined(let reason), _), (_, .undefined(let reason)): throw failed(reason.message)
    case (.text(let first), .text(let second)):
      try step(min(first.bytes.count, second.bytes.count) / 16)
      // The order of UTF-8 is that of code points.
      if first.bytes == second.bytes { return 0 }
      return first.bytes.lexicographicallyPrecedes(second.bytes) ? -1 : 1
    case (.list(let first), .list(let second)), (.tuple(let first), .tuple(let second)):
      for (one, other) in zip(first.items, second.items) {
        try step()
        if try !areEqual(one, other) { return try order(one, other, sign) }
      }
      return first.items.count < second.items.count
        ? -1 : first.items.count > second.items.count ? 1 : 0
    default:
      if let first = try number(left), let second = try number(right) {
        return Self.order(first, second)
      }
      throw failed(
        "'\(sign)' is not supported between '\(left.typeName)' and '\(right.typeName)'")
    }
  }

  /// Python's `in`.
  func contains(_ container: Value, _ value: Value) throws(TemplateError) -> Bool {
    switch container {
    case .text(let text):
      guard case .text(let part) = value else {
        throw failed("'in <string>' requires string as left operand, not \(value.typeName)")
      }
      try chargeSearch(part.bytes, text.bytes)
      return TextSearch.first(part.bytes, in: text.bytes, from: 0) != nil
    case .object(let object), .view(let object, .keys):
      guard let key = try hashKey(value) else { throw unhashable(value) }
      return object.value(of: key) != nil
    case .undefined: return false
    case .range(let range):
      guard case .int(let number, _)? = try self.number(value) else {
        return try walk(container, for: value)
      }
      let isInside =
        range.step > 0
        ? number >= range.start && number < range.stop
        : number <= range.start && number > range.stop
      let distance = range.step > 0 ? number &- range.start : range.start &- number
      return isInside && UInt(bitPattern: distance) % range.step.magnitude == 0
    case .list, .tuple, .view, .iterator: return try walk(container, for: value)
    default: throw failed("argument of type '\(container.typeName)' is not iterable")
    }
  }

  private func walk(_ container: Value, for value: Value) throws(TemplateError) -> Bool {
    var cursor = try cursor(over: container)
    while let item = try cursor.next(self) {
      try step()
      if try areEqual(item, value) { return true }
    }
    return false
  }
}
