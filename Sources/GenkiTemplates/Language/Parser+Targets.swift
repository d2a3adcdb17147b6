extension Parser {
  /// Names that are values cannot be assigned to.
  func assignable(_ name: String) -> Bool {
    !["true", "false", "none", "True", "False", "None"].contains(name)
  }

  func unassignable(_ token: Token) -> TemplateError {
    .syntax(line: token.line, reason: "\(token.words) cannot be assigned to")
  }

  /// A name, an attribute of a namespace where that is allowed, or several in a tuple.
  mutating func target(
    allowsAttributes: Bool = false, stopsAtIn: Bool = false
  ) throws(TemplateError) -> Target {
    var targets: [Target] = []
    var isTuple = false
    while true {
      if !targets.isEmpty { try expect(.comma) }
      if isEndOfTargets(stopsAtIn) { break }
      targets.append(try singleTarget(allowsAttributes))
      guard current.isSymbol(.comma) else { break }
      isTuple = true
    }
    if !isTuple {
      guard let only = targets.first else { throw unexpected("a name") }
      return only
    }
    return .tuple(targets)
  }

  private func isEndOfTargets(_ stopsAtIn: Bool) -> Bool {
    switch current.kind {
    case .variableEnd, .blockEnd, .symbol(.rightParenthesis): true
    case .name: stopsAtIn && current.isName("in")
    default: false
    }
  }

  private mutating func singleTarget(_ allowsAttributes: Bool) throws(TemplateError) -> Target {
    try enter()
    defer { depth -= 1 }
    try count(depth: 0)
    if skip(.leftParenthesis) {
      // In parentheses a single target is the target itself, none is an empty tuple.
      if skip(.rightParenthesis) { return .tuple([]) }
      let result = try target()
      try expect(.rightParenthesis)
      return result
    }
    let token = try expectName()
    guard assignable(token.text) else { throw unassignable(token) }
    if allowsAttributes, skip(.dot) {
      let attribute = try expectName()
      return .attribute(name: use(token.text), attribute: AttributeName(attribute.bytes))
    }
    return .name(use(token.text))
  }
}
