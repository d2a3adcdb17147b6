extension Renderer {
  func evaluate(_ expression: Expression, _ activation: Activation) throws(TemplateError) -> Value {
    try step()
    switch expression {
    case .constant(let value): return value
    case .name(let use): return value(ofUse: use, activation)
    default: break
    }
    try enter()
    defer { depth -= 1 }
    switch expression {
    case .attribute(let owner, let name):
      return try attribute(of: try evaluate(owner, activation), name)
    case .item(let owner, let key): return try evaluateItem(owner, key, activation)
    case .binary(let sign, let left, let right):
      let left = try evaluate(left, activation)
      return try binary(sign, left, try evaluate(right, activation))
    case .and(let left, let right):
      let left = try evaluate(left, activation)
      return try isTrue(left) ? try evaluate(right, activation) : left
    case .or(let left, let right):
      let left = try evaluate(left, activation)
      return try isTrue(left) ? left : try evaluate(right, activation)
    case .not(let operand): return .bool(!(try isTrue(try evaluate(operand, activation))))
    case .comparison(let left, let comparisons):
      return try evaluateComparison(left, comparisons, activation)
    case .conditional(let test, let then, let otherwise):
      if try isTrue(try evaluate(test, activation)) { return try evaluate(then, activation) }
      if let otherwise { return try evaluate(otherwise, activation) }
      return .undefined(.other("the conditional expression has no 'else'"))
    case .filter(let operand, let use):
      guard let operand else { throw failed("a filter has nothing to work on") }
      return try filter(try evaluate(operand, activation), use, activation)
    case .test(let operand, let use):
      return .bool(try test(try evaluate(operand, activation), use, activation))
    case .call(let callee, let arguments):
      return try call(callee, arguments, caller: nil, activation)
    default: return try evaluateRest(expression, activation)
    }
  }

  @inline(never)
  private func evaluateRest(
    _ expression: Expression, _ activation: Activation
  ) throws(TemplateError) -> Value {
    switch expression {
    case .list(let items): return try made(try evaluate(items, activation))
    case .tuple(let items): return try madeTuple(try evaluate(items, activation))
    case .object(let pairs): return try evaluateObject(pairs, activation)
    case .slice(let owner, let bounds): return try evaluateSlice(owner, bounds, activation)
    case .concatenation(let parts):
      var builder = MarkedTextBuilder()
      for part in parts {
        let text = try string(of: try evaluate(part, activation))
        try allocate(text.bytes.count + text.runs.count * 16)
        builder.append(text)
      }
      return try made(builder.text)
    case .negative(let operand): return try negated(try evaluate(operand, activation))
    case .positive(let operand): return try positive(try evaluate(operand, activation))
    default: return .none
    }
  }

  private func evaluate(
    _ expressions: [Expression], _ activation: Activation
  ) throws(TemplateError) -> [Value] {
    var result: [Value] = []
    result.reserveCapacity(expressions.count)
    for expression in expressions { result.append(try evaluate(expression, activation)) }
    return result
  }

  private func evaluateObject(
    _ pairs: [ObjectPair], _ activation: Activation
  ) throws(TemplateError) -> Value {
    var entries = ObjectEntries()
    for pair in pairs {
      let key = try evaluate(pair.key, activation)
      let value = try evaluate(pair.value, activation)
      try set(key, value, in: &entries)
    }
    return try made(entries)
  }

  func unhashable(_ value: Value) -> TemplateError {
    failed("unhashable type: '\(value.typeName)'")
  }

  private func evaluateItem(
    _ owner: Expression, _ key: Expression, _ activation: Activation
  ) throws(TemplateError) -> Value {
    let owner = try evaluate(owner, activation)
    return try item(of: owner, try evaluate(key, activation))
  }

  private func evaluateComparison(
    _ first: Expression, _ comparisons: [Comparison], _ activation: Activation
  ) throws(TemplateError) -> Value {
    var left = try evaluate(first, activation)
    for comparison in comparisons {
      let right = try evaluate(comparison.right, activation)
      guard try compare(comparison.comparison, left, right) else { return .bool(false) }
      left = right
    }
    return .bool(true)
  }

  private func evaluateSlice(
    _ owner: Expression, _ bounds: SliceBounds, _ activation: Activation
  ) throws(TemplateError) -> Value {
    let value = try evaluate(owner, activation)
    let start = try bound(bounds.start, activation)
    let stop = try bound(bounds.stop, activation)
    let step = try bound(bounds.step, activation)
    switch value {
    case .text, .list, .tuple, .range, .undefined: break
    default:
      // Jinja computes what depends on nothing beforehand, where such a slice is undefined, or
      // fails, by what stands around it.
      if owner.isConstant { throw unsupported("a slice of a constant \(value.typeName)") }
    }
    return try slice(value, start, stop, step)
  }

  /// A bound of a slice: an integer, or nothing.
  private func bound(
    _ expression: Expression?, _ activation: Activation
  ) throws(TemplateError) -> Value {
    guard let expression else { return .none }
    return try evaluate(expression, activation)
  }

  /// The filters of a block, from its text outward.
  func evaluateFilters(
    _ expression: Expression, onText text: Value, _ activation: Activation
  ) throws(TemplateError) -> Value {
    guard case .filter(let operand, let use) = expression else { return text }
    var value = text
    if let operand {
      try enter()
      defer { depth -= 1 }
      value = try evaluateFilters(operand, onText: text, activation)
    }
    return try filter(value, use, activation)
  }
}
