extension Parser {
  /// The whole template.
  mutating func template() throws(TemplateError) -> [Statement] {
    let body = try statements(until: [])
    guard current.kind == .end else { throw unexpected("the end of the template") }
    return body
  }

  /// Statements up to a tag of one of these names, which stays to be read: `current` is its name.
  mutating func statements(until ends: [String]) throws(TemplateError) -> [Statement] {
    try enter()
    defer { depth -= 1 }
    var result: [Statement] = []
    while true {
      let token = current
      switch token.kind {
      case .data:
        _ = take()
        try count(depth: 0)
        result.append(Statement(line: token.line, kind: .data(MarkedText(token.bytes))))
      case .variableBegin:
        _ = take()
        let output = try root { (parser) throws(TemplateError) in try parser.tuple() }
        try expect(.variableEnd, "the end of the expression")
        result.append(Statement(line: token.line, kind: .output(output)))
      case .blockBegin:
        _ = take()
        if current.kind == .name, ends.contains(current.text) { return result }
        try statement(into: &result)
        try expect(.blockEnd, "the end of the tag")
      case .end:
        guard ends.isEmpty else { throw unexpected(words(ends)) }
        return result
      default: throw unexpected("text or a tag")
      }
    }
  }

  private func words(_ ends: [String]) -> String {
    ends.map { "'\($0)'" }.joined(separator: " or ")
  }

  /// A body behind the head of a tag.
  private mutating func body(until ends: [String]) throws(TemplateError) -> [Statement] {
    _ = skip(.colon)
    try expect(.blockEnd, "the end of the tag")
    return try statements(until: ends)
  }

  /// A body whose variables are its own: there unknown filters are refused at once again.
  private mutating func innerBody(
    until ends: [String], isFunction: Bool = false
  ) throws(TemplateError) -> [Statement] {
    let outer = (branchDepth, loopDepth)
    branchDepth = 0
    if isFunction { loopDepth = 0 }
    defer { (branchDepth, loopDepth) = outer }
    return try body(until: ends)
  }

  private mutating func statement(into result: inout [Statement]) throws(TemplateError) {
    guard current.kind == .name else { throw unexpected("the name of a tag") }
    let token = take()
    try count(depth: 0)
    func add(_ kind: StatementKind) { result.append(Statement(line: token.line, kind: kind)) }
    switch token.text {
    case "if": add(try branch())
    case "for": add(.loop(try loop()))
    case "set": add(try set())
    case "macro": add(try macro())
    case "call": add(try callBlock())
    case "filter": add(try filterBlock())
    case "with": add(try with())
    case "generation":
      let scope = newScopes()
      let uses = macroUses()
      let body = try innerBody(until: ["endgeneration"], isFunction: true)
      _ = take()
      add(
        .generation(MacroBody(name: nil, parameters: [], body: body, scope: scope, callerUse: uses))
      )
    case "print":
      var isFirst = true
      while current.kind != .blockEnd {
        if !isFirst { try expect(.comma) }
        isFirst = false
        add(.output(try root { (parser) throws(TemplateError) in try parser.expression() }))
      }
    case "break", "continue":
      guard loopDepth > 0 else {
        throw .syntax(line: token.line, reason: "'\(token.text)' stands in no loop")
      }
      add(token.text == "break" ? .breakLoop : .continueLoop)
    default: throw .unsupported(construct: "the tag '\(token.text)'", line: token.line)
    }
  }

  private mutating func branch() throws(TemplateError) -> StatementKind {
    branchDepth += 1
    defer { branchDepth -= 1 }
    var branches: [Branch] = []
    var otherwise: [Statement] = []
    while true {
      let test = try root { (parser) throws(TemplateError) in
        try parser.tuple(allowsConditional: false)
      }
      let body = try body(until: ["elif", "else", "endif"])
      branches.append(Branch(test: test, body: body))
      let end = take()
      if end.isName("elif") { continue }
      if end.isName("else") {
        otherwise = try self.body(until: ["endif"])
        _ = take()
      }
      return .branch(branches, otherwise: otherwise)
    }
  }

  private mutating func loop() throws(TemplateError) -> LoopStatement {
    let target = try target(stopsAtIn: true)
    try refuseLoopName(target)
    guard skip(name: "in") else { throw unexpected("'in'") }
    let sequence = try root { (parser) throws(TemplateError) in
      try parser.tuple(allowsConditional: false, stopsAtRecursive: true)
    }
    let outerBranches = branchDepth
    branchDepth = 0
    var test: RootExpression?
    var testTarget: Target?
    if skip(name: "if") {
      testTarget = duplicate(target)
      test = try root { (parser) throws(TemplateError) in try parser.expression() }
    }
    if current.isName("recursive") {
      throw .unsupported(construct: "a recursive loop", line: line)
    }
    branchDepth = outerBranches
    let scopes = newScopes(3)
    let loopName = use("loop")
    loopDepth += 1
    let body: [Statement]
    do {
      defer { loopDepth -= 1 }
      body = try innerBody(until: ["endfor", "else"])
    }
    var otherwise: [Statement] = []
    if take().isName("else") {
      otherwise = try innerBody(until: ["endfor"])
      _ = take()
    }
    return LoopStatement(
      target: target, sequence: sequence, test: test, testTarget: testTarget, body: body,
      otherwise: otherwise, firstScope: scopes, loopName: loopName)
  }

  private func refuseLoopName(_ target: Target) throws(TemplateError) {
    switch target {
    case .name(let use) where names[use] == "loop":
      throw .syntax(line: line, reason: "the name 'loop' cannot be assigned to")
    case .tuple(let targets):
      for target in targets { try refuseLoopName(target) }
    default: break
    }
  }

  private mutating func duplicate(_ target: Target) -> Target {
    switch target {
    case .name(let original): .name(use(names[original]))
    case .attribute(let name, let attribute):
      .attribute(name: use(names[name]), attribute: attribute)
    case .tuple(let targets): .tuple(targets.map { duplicate($0) })
    }
  }

  /// Uses of `caller`, `kwargs` and `varargs` for the macro itself.
  private mutating func macroUses() -> Int {
    let first = use("caller")
    _ = use("kwargs")
    _ = use("varargs")
    return first
  }

  private mutating func set() throws(TemplateError) -> StatementKind {
    let target = try target(allowsAttributes: true)
    if loopDepth > 0 { try refuseLoopName(target) }
    if skip(.assign) {
      return .set(target, try root { (parser) throws(TemplateError) in try parser.tuple() })
    }
    let scope = newScopes()
    var filter: RootExpression?
    if skip(.pipe) {
      filter = try root { (parser) throws(TemplateError) in try parser.blockFilters() }
    }
    let body = try innerBody(until: ["endset"])
    _ = take()
    return .setBlock(SetBlock(target: target, filter: filter, body: body, scope: scope))
  }

  private mutating func parameters() throws(TemplateError) -> [MacroBody.Parameter] {
    try expect(.leftParenthesis)
    var result: [MacroBody.Parameter] = []
    var names: Set<String> = []
    var hasStandard = false
    while !current.isSymbol(.rightParenthesis) {
      if !result.isEmpty { try expect(.comma) }
      let token = try expectName()
      guard assignable(token.text), names.insert(token.text).inserted else {
        throw .syntax(line: token.line, reason: "'\(token.text)' cannot be a parameter")
      }
      let use = use(token.text)
      var standard: RootExpression?
      if skip(.assign) {
        hasStandard = true
        standard = try root { (parser) throws(TemplateError) in try parser.expression() }
      } else if hasStandard {
        throw .syntax(
          line: token.line, reason: "'\(token.text)' stands behind parameters with defaults")
      }
      result.append(MacroBody.Parameter(name: token.text, use: use, standard: standard))
    }
    try expect(.rightParenthesis)
    return result
  }

  private mutating func macro() throws(TemplateError) -> StatementKind {
    let token = try expectName()
    guard assignable(token.text) else { throw unassignable(token) }
    let name = use(token.text)
    let outerBranches = branchDepth
    branchDepth = 0
    let parameters = try parameters()
    branchDepth = outerBranches
    let scope = newScopes()
    let uses = macroUses()
    let body = try innerBody(until: ["endmacro"], isFunction: true)
    _ = take()
    return .macro(
      name: name,
      MacroBody(
        name: token.text, parameters: parameters, body: body, scope: scope, callerUse: uses))
  }

  private mutating func callBlock() throws(TemplateError) -> StatementKind {
    let line = line
    let outerBranches = branchDepth
    branchDepth = 0
    let parameters = current.isSymbol(.leftParenthesis) ? try parameters() : []
    branchDepth = outerBranches
    let call = try root { (parser) throws(TemplateError) in try parser.expression() }
    guard case .call = call.expression else {
      throw .syntax(line: line, reason: "the tag 'call' needs a call")
    }
    let scope = newScopes()
    let uses = macroUses()
    let body = try innerBody(until: ["endcall"], isFunction: true)
    _ = take()
    return .callBlock(
      call,
      MacroBody(name: nil, parameters: parameters, body: body, scope: scope, callerUse: uses))
  }

  private mutating func filterBlock() throws(TemplateError) -> StatementKind {
    let outerBranches = branchDepth
    branchDepth = 0
    let filter = try root { (parser) throws(TemplateError) in try parser.blockFilters() }
    branchDepth = outerBranches
    let scope = newScopes()
    let body = try innerBody(until: ["endfilter"])
    _ = take()
    return .filterBlock(FilterBlock(filter: filter, body: body, scope: scope))
  }

  private mutating func with() throws(TemplateError) -> StatementKind {
    var targets: [Target] = []
    var values: [RootExpression] = []
    while current.kind != .blockEnd {
      if !targets.isEmpty { try expect(.comma) }
      targets.append(try target())
      try expect(.assign)
      values.append(try root { (parser) throws(TemplateError) in try parser.expression() })
    }
    let scope = newScopes()
    let body = try innerBody(until: ["endwith"])
    _ = take()
    return .with(WithStatement(targets: targets, values: values, body: body, scope: scope))
  }
}
