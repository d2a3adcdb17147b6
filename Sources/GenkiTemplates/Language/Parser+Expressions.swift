extension Parser {
  mutating func expression(
    allowsConditional: Bool = true
  ) throws(TemplateError) -> Parsed {
    try enter()
    defer { depth -= 1 }
    return allowsConditional ? try conditional() : try or()
  }

  private mutating func conditional() throws(TemplateError) -> Parsed {
    let outer = unknown
    unknown = nil
    var result = try or()
    // In a conditional expression Jinja misses a filter only when it is asked for.
    if current.isName("if") { unknown = nil }
    defer { unknown = outer ?? unknown }
    while skip(name: "if") {
      let test = try or()
      var otherwise: Parsed?
      if skip(name: "else") {
        try enter()
        otherwise = try conditional()
        depth -= 1
      }
      unknown = nil
      let deepest = max(result.depth, test.depth, otherwise?.depth ?? 0)
      result = try made(
        .conditional(
          test: test.expression, then: result.expression, otherwise: otherwise?.expression),
        depth: deepest + 1)
    }
    return result
  }

  private mutating func or() throws(TemplateError) -> Parsed {
    var left = try and()
    while skip(name: "or") {
      let right = try and()
      left = try made(
        .or(left.expression, right.expression), depth: max(left.depth, right.depth) + 1)
    }
    return left
  }

  private mutating func and() throws(TemplateError) -> Parsed {
    var left = try not()
    while skip(name: "and") {
      let right = try not()
      left = try made(
        .and(left.expression, right.expression), depth: max(left.depth, right.depth) + 1)
    }
    return left
  }

  private mutating func not() throws(TemplateError) -> Parsed {
    guard skip(name: "not") else { return try comparison() }
    try enter()
    defer { depth -= 1 }
    let operand = try not()
    return try made(.not(operand.expression), depth: operand.depth + 1)
  }

  private mutating func comparisonOperator() -> ComparisonOperator? {
    let found: ComparisonOperator
    switch current.kind {
    case .symbol(.equal): found = .equal
    case .symbol(.notEqual): found = .notEqual
    case .symbol(.less): found = .less
    case .symbol(.lessOrEqual): found = .lessOrEqual
    case .symbol(.greater): found = .greater
    case .symbol(.greaterOrEqual): found = .greaterOrEqual
    case .name where current.isName("in"): found = .isIn
    case .name where current.isName("not") && next.isName("in"):
      _ = take()
      found = .isNotIn
    default: return nil
    }
    _ = take()
    return found
  }

  private mutating func comparison() throws(TemplateError) -> Parsed {
    let left = try sum()
    var comparisons: [Comparison] = []
    var deepest = left.depth
    while let comparison = comparisonOperator() {
      let right = try sum()
      deepest = max(deepest, right.depth)
      comparisons.append(Comparison(comparison: comparison, right: right.expression))
      try count(depth: deepest)
    }
    guard !comparisons.isEmpty else { return left }
    return try made(.comparison(left.expression, comparisons), depth: deepest + 1)
  }

  private mutating func sum() throws(TemplateError) -> Parsed {
    var left = try concatenation()
    while true {
      let sign: BinaryOperator
      if skip(.add) {
        sign = .add
      } else if skip(.subtract) {
        sign = .subtract
      } else {
        return left
      }
      let right = try concatenation()
      left = try made(
        .binary(sign, left.expression, right.expression), depth: max(left.depth, right.depth) + 1)
    }
  }

  private mutating func concatenation() throws(TemplateError) -> Parsed {
    let first = try product()
    guard current.isSymbol(.tilde) else { return first }
    var parts = [first.expression]
    var deepest = first.depth
    while skip(.tilde) {
      let part = try product()
      deepest = max(deepest, part.depth)
      parts.append(part.expression)
      try count(depth: deepest)
    }
    return try made(.concatenation(parts), depth: deepest + 1)
  }

  private mutating func product() throws(TemplateError) -> Parsed {
    var left = try power()
    while true {
      let sign: BinaryOperator
      switch current.kind {
      case .symbol(.multiply): sign = .multiply
      case .symbol(.divide): sign = .divide
      case .symbol(.floorDivide): sign = .floorDivide
      case .symbol(.modulo): sign = .modulo
      default: return left
      }
      _ = take()
      let right = try power()
      left = try made(
        .binary(sign, left.expression, right.expression), depth: max(left.depth, right.depth) + 1)
    }
  }

  private mutating func power() throws(TemplateError) -> Parsed {
    var left = try unary()
    while skip(.power) {
      let right = try unary()
      left = try made(
        .binary(.power, left.expression, right.expression), depth: max(left.depth, right.depth) + 1)
    }
    return left
  }

  private mutating func unary(allowsFilters: Bool = true) throws(TemplateError) -> Parsed {
    try enter()
    defer { depth -= 1 }
    var result: Parsed
    if skip(.subtract) {
      let operand = try unary(allowsFilters: false)
      result = try made(.negative(operand.expression), depth: operand.depth + 1)
    } else if skip(.add) {
      let operand = try unary(allowsFilters: false)
      result = try made(.positive(operand.expression), depth: operand.depth + 1)
    } else {
      result = try primary()
    }
    result = try postfix(result)
    return allowsFilters ? try filtersAndTests(result) : result
  }
}
