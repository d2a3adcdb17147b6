/// Reads tokens into a syntax tree, as Jinja's grammar has it.
///
/// Every part is counted, and carries how deep it nests, so that neither the reading nor what walks
/// the tree later can use up the stack.
struct Parser {
  /// An expression and how deep it nests.
  struct Parsed {
    let expression: Expression
    let depth: Int
  }

  let tokens: [Token]
  let limits: TemplateLimits
  var index = 0
  /// The names in the order of their uses.
  var names: [String] = []
  var scopeCount = 0
  var nodeCount = 0
  /// How deep the reading is in statements and expressions.
  var depth = 0
  /// The loops that surround the place, of the function that is read.
  var loopDepth = 0
  /// Whether a branch surrounds the place: there Jinja lets unknown filters stand.
  var branchDepth = 0
  /// The first filter or test of the expression that there is not.
  var unknown: TemplateError?

  init(tokens: [Token], limits: TemplateLimits) {
    self.tokens = tokens
    self.limits = limits
  }

  var current: Token { tokens[index] }
  var next: Token { tokens[min(index + 1, tokens.count - 1)] }
  var line: Int { current.line }

  mutating func take() -> Token {
    let token = tokens[index]
    if index + 1 < tokens.count { index += 1 }
    return token
  }

  mutating func skip(_ symbol: Symbol) -> Bool {
    guard current.isSymbol(symbol) else { return false }
    _ = take()
    return true
  }

  mutating func skip(name: StaticString) -> Bool {
    guard current.isName(name) else { return false }
    _ = take()
    return true
  }

  mutating func expect(_ symbol: Symbol) throws(TemplateError) {
    guard skip(symbol) else { throw unexpected("'\(symbol.rawValue)'") }
  }

  mutating func expect(_ kind: Token.Kind, _ words: String) throws(TemplateError) {
    guard current.kind == kind else { throw unexpected(words) }
    _ = take()
  }

  mutating func expectName() throws(TemplateError) -> Token {
    guard current.kind == .name else { throw unexpected("a name") }
    return take()
  }

  func unexpected(_ expected: String) -> TemplateError {
    .syntax(line: line, reason: "\(expected) is expected, found \(current.words)")
  }

  /// Counts one part of the tree that nests this deep.
  mutating func count(depth: Int) throws(TemplateError) {
    nodeCount += 1
    guard nodeCount <= limits.nodes else { throw .limit(.nodes(limits.nodes), line: line) }
    guard depth + self.depth <= limits.syntaxDepth else {
      throw .limit(.syntaxDepth(limits.syntaxDepth), line: line)
    }
  }

  mutating func made(_ expression: Expression, depth: Int) throws(TemplateError) -> Parsed {
    try count(depth: depth)
    return Parsed(expression: expression, depth: depth)
  }

  mutating func enter() throws(TemplateError) {
    depth += 1
    guard depth <= limits.syntaxDepth else {
      throw .limit(.syntaxDepth(limits.syntaxDepth), line: line)
    }
  }

  /// A new use of a name.
  mutating func use(_ name: String) -> Int {
    names.append(name)
    return names.count - 1
  }

  mutating func newScopes(_ count: Int = 1) -> Int {
    scopeCount += count
    return scopeCount - count
  }

  /// An expression of a statement, with the uses of names in it.
  mutating func root(
    _ parse: (inout Parser) throws(TemplateError) -> Parsed
  ) throws(TemplateError) -> RootExpression {
    let first = names.count
    let parsed = try parse(&self)
    if let unknown { throw unknown }
    return RootExpression(expression: parsed.expression, names: first..<names.count)
  }
}
