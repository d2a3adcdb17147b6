/// How statements end: with the next one, or by leaving the loop or its pass.
enum Flow { case next, breakLoop, continueLoop }

extension Renderer {
  func run(_ statements: [Statement], _ activation: Activation) throws(TemplateError) -> Flow {
    for statement in statements {
      line = statement.line
      try step()
      switch statement.kind {
      case .data(let text):
        try write(text)
        endStatement()
      case .output(let output):
        try write(try evaluate(output.expression, activation))
        endStatement()
      case .set(let target, let value):
        try checkNamespaces(target, activation)
        try assign(try evaluate(value.expression, activation), to: target, activation)
      case .breakLoop: return .breakLoop
      case .continueLoop: return .continueLoop
      default:
        let flow = try runBlock(statement, activation)
        guard case .next = flow else { return flow }
      }
    }
    return .next
  }

  @inline(never)
  private func runBlock(
    _ statement: Statement, _ activation: Activation
  ) throws(TemplateError) -> Flow {
    try enter()
    defer { depth -= 1 }
    switch statement.kind {
    case .branch(let branches, let otherwise):
      for branch in branches {
        if try isTrue(try evaluate(branch.test.expression, activation)) {
          return try run(branch.body, activation)
        }
      }
      return try run(otherwise, activation)
    case .loop(let loop): return try run(loop, activation)
    case .setBlock(let block): return try run(block, activation)
    case .filterBlock(let block): return try run(block, activation)
    case .with(let with):
      try begin(program.bindings.scopes[with.scope], activation)
      for (target, value) in zip(with.targets, with.values) {
        try assign(try evaluate(value.expression, activation), to: target, activation)
      }
      return try run(with.body, activation)
    case .macro(let name, let body): store(try define(body, activation), inUse: name, activation)
    case .callBlock(let call, let body):
      let caller = try define(body, activation)
      guard case .call(let callee, let arguments) = call.expression else { break }
      try write(try self.call(callee, arguments, caller: caller, activation))
    case .generation(let body): try runGeneration(body, activation)
    default: break
    }
    return .next
  }

  func enter() throws(TemplateError) {
    depth += 1
    guard depth <= limits.callDepth else {
      depth -= 1
      throw .limit(.callDepth(limits.callDepth), line: line)
    }
  }

  // MARK: Output

  func write(_ text: MarkedText) throws(TemplateError) {
    if text.isEmpty, text.mark == 0, text.runs.isEmpty { return }
    try allocate(text.bytes.count + text.runs.count * 16)
    guard output.count + text.bytes.count <= limits.outputBytes else {
      throw .limit(.outputBytes(limits.outputBytes), line: line)
    }
    output.append(text)
  }

  func write(_ value: Value) throws(TemplateError) {
    if case .text(let text) = value { try write(text) } else { try write(try string(of: value)) }
  }

  /// What a body writes, as a text.
  func capture(
    _ body: () throws(TemplateError) -> Flow
  ) throws(TemplateError) -> (MarkedText, Flow) {
    let outer = output
    if captureDepth == 0 { resultBytes = outer.count }
    output = MarkedTextBuilder()
    captureDepth += 1
    defer {
      captureDepth -= 1
      output = outer
    }
    let flow = try body()
    return (output.text, flow)
  }

  private func runGeneration(
    _ body: MacroBody, _ activation: Activation
  ) throws(TemplateError) {
    let caller = try define(body, activation)
    guard case .macro(let number) = caller else { return }
    let text = try invoke(arena.macros[number], CallArguments())
    let start = captureDepth == 0 ? output.count : resultBytes
    generation.append(start..<start + text.bytes.count)
    try write(text)
  }

  // MARK: Assignment

  /// Attributes are assigned to namespaces only; that is asked before the value is computed.
  private func checkNamespaces(
    _ target: Target, _ activation: Activation
  ) throws(TemplateError) {
    switch target {
    case .name: break
    case .attribute(let name, _):
      guard case .namespace = value(ofUse: name, activation) else {
        throw failed("cannot assign an attribute of something that is no namespace")
      }
    case .tuple(let targets): for target in targets { try checkNamespaces(target, activation) }
    }
  }

  func assign(_ value: Value, to target: Target, _ activation: Activation) throws(TemplateError) {
    switch target {
    case .name(let use): store(value, inUse: use, activation)
    case .attribute(let name, let attribute):
      guard case .namespace(let number) = self.value(ofUse: name, activation) else {
        throw failed("cannot assign an attribute of something that is no namespace")
      }
      guard attribute.bytes.first != UInt8(ascii: "_") else {
        throw failed("a namespace cannot have the attribute '\(attribute.text)'")
      }
      try allocate(48)
      try step(attribute.bytes.count / 64)
      arena.namespaces[number].entries.set(MarkedText(attribute.bytes), value)
    case .tuple(let targets):
      let items = try items(of: value)
      guard items.count == targets.count else {
        throw failed("\(items.count) values cannot be assigned to \(targets.count) names")
      }
      for (target, item) in zip(targets, items) { try assign(item, to: target, activation) }
    }
  }

  private func run(_ block: SetBlock, _ activation: Activation) throws(TemplateError) -> Flow {
    try checkNamespaces(block.target, activation)
    try begin(program.bindings.scopes[block.scope], activation)
    let (text, flow) = try capture { () throws(TemplateError) in
      try run(block.body, activation)
    }
    guard case .next = flow else { return flow }
    var value = try made(text)
    if let filter = block.filter {
      value = try evaluateFilters(filter.expression, onText: value, activation)
    }
    try assign(value, to: block.target, activation)
    return .next
  }

  private func run(_ block: FilterBlock, _ activation: Activation) throws(TemplateError) -> Flow {
    try begin(program.bindings.scopes[block.scope], activation)
    let (text, flow) = try capture { () throws(TemplateError) in
      try run(block.body, activation)
    }
    guard case .next = flow else { return flow }
    let value = try made(text)
    try write(try evaluateFilters(block.filter.expression, onText: value, activation))
    return .next
  }

  // MARK: Loops

  private func run(_ loop: LoopStatement, _ activation: Activation) throws(TemplateError) -> Flow {
    let sequence = try evaluate(loop.sequence.expression, activation)
    let startLine = line
    let cursor = try cursor(over: sequence)
    let bindings = program.bindings
    let scope = bindings.scopes[loop.bodyScope]
    let accepts = acceptance(loop, activation)
    let readsLoop = bindings.readsLoop.contains(loop.bodyScope)
    let length: Int?
    if readsLoop, accepts == nil, !isIterator(sequence) {
      length = try self.length(of: sequence)
    } else {
      length = nil
    }
    let state = LoopState(cursor, length: length, accepts: accepts)
    if readsLoop {
      try allocate(192)
      arena.loops.append(state)
      store(.loop(arena.loops.count - 1), inUse: loop.loopName, activation)
    }
    // Jinja takes a loop for empty until a pass comes to its end, so one that is left early counts
    // as empty, too.
    var isEmpty = true
    while let item = try state.next(self) {
      try step(2)
      try assign(item, to: loop.target, activation)
      try begin(scope, activation)
      let flow = try run(loop.body, activation)
      if case .breakLoop = flow { break }
      if case .next = flow { isEmpty = false }
      line = startLine
    }
    guard isEmpty else { return .next }
    try begin(bindings.scopes[loop.otherwiseScope], activation)
    return try run(loop.otherwise, activation)
  }

  private func isIterator(_ value: Value) -> Bool {
    if case .iterator = value { return true }
    return false
  }

  /// The `if` of a loop; it begins its scope once, when the first item is asked for.
  private func acceptance(
    _ loop: LoopStatement, _ activation: Activation
  ) -> ((Value) throws(TemplateError) -> Bool)? {
    guard let test = loop.test, let target = loop.testTarget else { return nil }
    var isBegun = false
    return { [unowned self] (item) throws(TemplateError) in
      if !isBegun {
        try begin(program.bindings.scopes[loop.testScope], activation)
        isBegun = true
      }
      try assign(item, to: target, activation)
      return try isTrue(try evaluate(test.expression, activation))
    }
  }
}
