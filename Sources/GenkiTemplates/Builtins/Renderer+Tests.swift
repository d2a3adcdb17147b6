extension Renderer {
  @inline(never)
  func test(
    _ value: Value, _ use: TestUse, _ activation: Activation
  ) throws(TemplateError) -> Bool {
    guard let test = use.test else { throw unsupported("the test '\(use.name)'") }
    return try apply(test, value, try evaluate(use.arguments, activation))
  }

  /// A test that is known by its name only when it runs, as `select` has it.
  func test(
    named name: Value, _ value: Value, _ arguments: CallArguments
  ) throws(TemplateError) -> Bool {
    guard case .text(let text) = name, let test = BuiltinTest(rawValue: text.string) else {
      throw unsupported("the test '\((try? string(of: name).string) ?? "?")'")
    }
    try enter()
    defer { depth -= 1 }
    return try apply(test, value, arguments)
  }

  private func apply(
    _ test: BuiltinTest, _ value: Value, _ arguments: CallArguments
  ) throws(TemplateError) -> Bool {
    if let comparison = test.comparison {
      let given = try positionalOnly(arguments, 1...1, of: test.rawValue)
      return try compare(comparison, value, given[0])
    }
    switch test {
    case .divisibleby:
      let given = try bind(arguments, to: ["num"], of: test.rawValue, required: 1)
      return try isRemainder(value, given[0] ?? .none, 0)
    case .sameas:
      let given = try bind(arguments, to: ["other"], of: test.rawValue, required: 1)
      return try isSame(value, given[0] ?? .none)
    case .in:
      let given = try bind(arguments, to: ["seq"], of: test.rawValue, required: 1)
      return try contains(given[0] ?? .none, value)
    default:
      _ = try positionalOnly(arguments, 0...0, of: test.rawValue)
      return try holds(test, value)
    }
  }

  private func holds(_ test: BuiltinTest, _ value: Value) throws(TemplateError) -> Bool {
    switch test {
    case .defined: return isDefined(value)
    case .undefined: return !isDefined(value)
    case .none: return value.isNone
    case .odd: return try isRemainder(value, .int(2, 0), 1)
    case .even: return try isRemainder(value, .int(2, 0), 0)
    case .lower: return try isOfKind(text: try string(of: value), .islower)
    case .upper: return try isOfKind(text: try string(of: value), .isupper)
    case .filter, .test:
      guard case .text(let name) = value else {
        guard try hashKey(value) != nil else { throw unhashable(value) }
        return false
      }
      try step(name.bytes.count / 16)
      if test == .test { return BuiltinTest(rawValue: name.string) != nil }
      return BuiltinFilter(rawValue: name.string) != nil
        || BuiltinFilter.refused.contains(name.string)
    default: return isOfType(test, value)
    }
  }

  private func isOfType(_ test: BuiltinTest, _ value: Value) -> Bool {
    switch (test, value) {
    case (.boolean, .bool): true
    case (.true, .bool(let flag, _)): flag
    case (.false, .bool(let flag, _)): !flag
    case (.integer, .int), (.integer, .unsigned), (.float, .float): true
    case (.number, .int), (.number, .unsigned), (.number, .float), (.number, .bool): true
    case (.string, .text), (.mapping, .object): true
    case (.escaped, .text(let text)): text.isMarkup
    case (.sequence, .text), (.sequence, .list), (.sequence, .tuple), (.sequence, .object),
      (.sequence, .range), (.sequence, .undefined):
      true
    case (.iterable, .text), (.iterable, .list), (.iterable, .tuple), (.iterable, .object),
      (.iterable, .range), (.iterable, .undefined), (.iterable, .view), (.iterable, .iterator),
      (.iterable, .loop):
      true
    case (.callable, .function), (.callable, .method), (.callable, .macro),
      (.callable, .undefined), (.callable, .loop), (.callable, .joiner):
      true
    default: false
    }
  }

  /// In training and evaluation nothing of the clock shows: `strftime_now` is there to be called,
  /// and not to be asked for.
  private func isDefined(_ value: Value) -> Bool {
    switch value {
    case .undefined: false
    case .function(.strftimeNow): clock?.isVisible ?? false
    default: true
    }
  }

  private func isRemainder(
    _ value: Value, _ divisor: Value, _ wanted: Int
  ) throws(TemplateError) -> Bool {
    return try areEqual(try binary(.modulo, value, divisor), .int(wanted, 0))
  }

  private func isSame(_ left: Value, _ right: Value) throws(TemplateError) -> Bool {
    switch (left, right) {
    case (.none, .none): true
    case (.bool(let first, _), .bool(let second, _)): first == second
    case (.list(let first), .list(let second)), (.tuple(let first), .tuple(let second)):
      first === second
    case (.object(let first), .object(let second)): first === second
    case (.namespace(let first), .namespace(let second)): first == second
    case (.int, .int), (.float, .float), (.text, .text), (.undefined, .undefined),
      (.unsigned, .unsigned):
      throw unsupported("the test 'sameas' of two values of type \(left.typeName)")
    default: false
    }
  }
}

extension BuiltinTest {
  /// The comparison that a test is.
  fileprivate var comparison: ComparisonOperator? {
    switch self {
    case .equalSign, .eq, .equalto: .equal
    case .notEqualSign, .ne: .notEqual
    case .greaterSign, .gt, .greaterthan: .greater
    case .greaterOrEqualSign, .ge: .greaterOrEqual
    case .lessSign, .lt, .lessthan: .less
    case .lessOrEqualSign, .le: .lessOrEqual
    default: nil
    }
  }
}
