extension Parser {
  mutating func primary() throws(TemplateError) -> Parsed {
    let token = current
    switch token.kind {
    case .name:
      _ = take()
      return try made(named(token), depth: 1)
    case .string:
      var bytes: [UInt8] = []
      while current.kind == .string { bytes.append(contentsOf: take().bytes) }
      return try made(.constant(.text(MarkedText(bytes))), depth: 1)
    case .integer:
      _ = take()
      return try made(.constant(.int(token.integer, 0)), depth: 1)
    case .float:
      _ = take()
      return try made(.constant(.float(token.float, 0)), depth: 1)
    case .symbol(.leftParenthesis):
      _ = take()
      let result = try tuple(isParenthesized: true)
      try expect(.rightParenthesis)
      return result
    case .symbol(.leftBracket): return try list()
    case .symbol(.leftBrace): return try object()
    default: throw unexpected("an expression")
    }
  }

  private mutating func named(_ token: Token) -> Expression {
    switch token.text {
    case "true", "True": .constant(.bool(true))
    case "false", "False": .constant(.bool(false))
    case "none", "None": .constant(.none(0))
    default: .name(use(token.text))
    }
  }

  /// One expression, or several with commas between them.
  mutating func tuple(
    isParenthesized: Bool = false, allowsConditional: Bool = true, stopsAtRecursive: Bool = false
  ) throws(TemplateError) -> Parsed {
    var items: [Expression] = []
    var deepest = 0
    var isTuple = false
    while true {
      if !items.isEmpty { try expect(.comma) }
      if isEndOfTuple || (stopsAtRecursive && current.isName("recursive")) { break }
      let item = try expression(allowsConditional: allowsConditional)
      deepest = max(deepest, item.depth)
      items.append(item.expression)
      guard current.isSymbol(.comma) else { break }
      isTuple = true
    }
    if !isTuple {
      if let only = items.first { return Parsed(expression: only, depth: deepest) }
      guard isParenthesized else { throw unexpected("an expression") }
    }
    return try made(.tuple(items), depth: deepest + 1)
  }

  private var isEndOfTuple: Bool {
    switch current.kind {
    case .variableEnd, .blockEnd, .symbol(.rightParenthesis): true
    default: false
    }
  }

  private mutating func list() throws(TemplateError) -> Parsed {
    try expect(.leftBracket)
    var items: [Expression] = []
    var deepest = 0
    while !current.isSymbol(.rightBracket) {
      if !items.isEmpty { try expect(.comma) }
      if current.isSymbol(.rightBracket) { break }
      let item = try expression()
      deepest = max(deepest, item.depth)
      items.append(item.expression)
    }
    try expect(.rightBracket)
    return try made(.list(items), depth: deepest + 1)
  }

  private mutating func object() throws(TemplateError) -> Parsed {
    try expect(.leftBrace)
    var pairs: [ObjectPair] = []
    var deepest = 0
    while !current.isSymbol(.rightBrace) {
      if !pairs.isEmpty { try expect(.comma) }
      if current.isSymbol(.rightBrace) { break }
      let key = try expression()
      try expect(.colon)
      let value = try expression()
      deepest = max(deepest, key.depth, value.depth)
      pairs.append(ObjectPair(key: key.expression, value: value.expression))
    }
    try expect(.rightBrace)
    return try made(.object(pairs), depth: deepest + 1)
  }

  /// Attributes, subscripts and calls behind an expression.
  mutating func postfix(_ start: Parsed) throws(TemplateError) -> Parsed {
    var result = start
    while true {
      switch current.kind {
      case .symbol(.dot): result = try dotted(result)
      case .symbol(.leftBracket): result = try subscripted(result)
      case .symbol(.leftParenthesis): result = try called(result)
      default: return result
      }
    }
  }

  private mutating func dotted(_ owner: Parsed) throws(TemplateError) -> Parsed {
    try expect(.dot)
    let token = take()
    switch token.kind {
    case .name:
      return try made(
        .attribute(owner.expression, AttributeName(token.bytes)), depth: owner.depth + 1)
    case .integer:
      return try made(
        .item(owner.expression, .constant(.int(token.integer, 0))), depth: owner.depth + 1)
    default:
      throw .syntax(
        line: token.line, reason: "a name or number is expected, found \(token.words)")
    }
  }

  private mutating func subscripted(_ owner: Parsed) throws(TemplateError) -> Parsed {
    try expect(.leftBracket)
    var items: [Parsed] = []
    var isSlice = false
    var bounds = SliceBounds(start: nil, stop: nil, step: nil)
    var deepest = owner.depth
    while !current.isSymbol(.rightBracket) {
      if !items.isEmpty || isSlice { try expect(.comma) }
      if let slice = try sliceOrItem(&items, &deepest) {
        isSlice = true
        bounds = slice
      }
    }
    try expect(.rightBracket)
    if isSlice {
      guard items.isEmpty, tokens[index - 2].kind != .symbol(.comma) else {
        throw .unsupported(construct: "a tuple of slices", line: line)
      }
      return try made(.slice(owner.expression, bounds), depth: deepest + 1)
    }
    if items.count == 1 {
      return try made(.item(owner.expression, items[0].expression), depth: deepest + 1)
    }
    return try made(
      .item(owner.expression, .tuple(items.map(\.expression))), depth: deepest + 2)
  }

  private mutating func sliceOrItem(
    _ items: inout [Parsed], _ deepest: inout Int
  ) throws(TemplateError) -> SliceBounds? {
    var start: Parsed?
    if !current.isSymbol(.colon) {
      let item = try expression()
      deepest = max(deepest, item.depth)
      guard current.isSymbol(.colon) else {
        items.append(item)
        return nil
      }
      start = item
    }
    try expect(.colon)
    let stop = try bound(&deepest)
    var step: Parsed?
    if skip(.colon) { step = try bound(&deepest) }
    return SliceBounds(
      start: start?.expression, stop: stop?.expression, step: step?.expression)
  }

  private mutating func bound(_ deepest: inout Int) throws(TemplateError) -> Parsed? {
    switch current.kind {
    case .symbol(.colon), .symbol(.rightBracket), .symbol(.comma): return nil
    default:
      let result = try expression()
      deepest = max(deepest, result.depth)
      return result
    }
  }

  private mutating func called(_ callee: Parsed) throws(TemplateError) -> Parsed {
    let (arguments, depth) = try arguments()
    return try made(.call(callee.expression, arguments), depth: max(callee.depth, depth) + 1)
  }
}
