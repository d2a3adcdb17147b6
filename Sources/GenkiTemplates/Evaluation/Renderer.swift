/// One rendering: what is written, what changes, and what it has cost.
final class Renderer {
  let program: ChatTemplateProgram
  let limits: TemplateLimits
  let clock: TemplateDate?
  var arena = Arena()
  /// The values of `Binding.free`.
  var free: [Value] = []
  /// Where output goes: the result, or the text of a block that is captured.
  var output = MarkedTextBuilder()
  /// How much of the result is written while a block is captured.
  var resultBytes = 0
  var captureDepth = 0
  var generation: [Range<Int>] = []
  /// Where statements ended in the result, as far as they wrote into it themselves.
  private var statementEnds: [Int] = []
  /// The line of the statement that runs.
  var line = 1
  var depth = 0
  private var steps = 0
  private var valueBytes = 0

  init(_ program: ChatTemplateProgram, clock: TemplateDate?) {
    self.program = program
    self.clock = clock
    limits = program.limits
  }

  func render(_ variables: [(String, TemplateValue)]) throws(TemplateError) -> RenderedText {
    free = program.bindings.freeNames.map { name in
      if let given = variables.last(where: { $0.0 == name }) { return given.1.value }
      guard let function = BuiltinFunction(rawValue: name) else { return .missing }
      return function == .strftimeNow && clock == nil ? .missing : .function(function)
    }
    let activation = Activation(slotCount: program.bindings.rootSlotCount, parent: nil)
    try begin(program.bindings.rootScope, activation)
    _ = try run(program.statements, activation)
    let end = output.count
    return RenderedText(
      utf8: output.bytes, runs: output.allRuns,
      generation: generation.map { min($0.lowerBound, end)..<min($0.upperBound, end) },
      statementEnds: statementEnds)
  }

  /// A statement has written what it has to.
  func endStatement() {
    guard captureDepth == 0, output.count > statementEnds.last ?? 0 else { return }
    statementEnds.append(output.count)
  }

  // MARK: Costs

  /// Counts work.
  @inline(__always)
  func step(_ count: Int = 1) throws(TemplateError) {
    steps &+= count
    if steps > limits.steps { throw .limit(.steps(limits.steps), line: line) }
  }

  /// Counts bytes of a value before it is made.
  @inline(__always)
  func allocate(_ bytes: Int) throws(TemplateError) {
    valueBytes &+= bytes
    if valueBytes > limits.valueBytes { throw .limit(.valueBytes(limits.valueBytes), line: line) }
  }

  /// A text that was made.
  func made(_ text: MarkedText) throws(TemplateError) -> Value {
    try allocate(text.bytes.count + 64 + text.runs.count * 16)
    return .text(text)
  }

  /// A list that was made.
  func made(_ items: [Value], mark: Int32 = 0) throws(TemplateError) -> Value {
    .list(try madeList(items, mark: mark))
  }

  func madeTuple(_ items: [Value], mark: Int32 = 0) throws(TemplateError) -> Value {
    .tuple(try madeList(items, mark: mark))
  }

  private func madeList(_ items: [Value], mark: Int32) throws(TemplateError) -> ListValue {
    try allocate(items.count * 40 + 64)
    let list = ListValue(items, mark: mark)
    try checkDepth(list.depth)
    return list
  }

  /// An object that was made.
  func made(_ entries: ObjectEntries, mark: Int32 = 0) throws(TemplateError) -> Value {
    try allocate(entries.keys.count * 200 + 96)
    let object = ObjectValue(entries: entries, mark: mark)
    try checkDepth(object.depth)
    return .object(object)
  }

  private func checkDepth(_ depth: Int) throws(TemplateError) {
    guard depth <= limits.valueDepth else {
      throw .limit(.valueDepth(limits.valueDepth), line: line)
    }
  }

  func failed(_ reason: String) -> TemplateError { .failed(line: line, reason: reason) }

  func unsupported(_ construct: String) -> TemplateError {
    .unsupported(construct: construct, line: line)
  }

  // MARK: Names

  /// Sets the slots of a scope to what they begin with.
  func begin(_ scope: [ScopeSlot], _ activation: Activation) throws(TemplateError) {
    try step(scope.count / 4)
    for slot in scope {
      switch slot.start {
      case .missing: activation.slots[slot.slot] = .missing
      case .copy(let binding): activation.slots[slot.slot] = value(at: binding, activation)
      }
    }
  }

  func value(at binding: Binding, _ activation: Activation) -> Value {
    switch binding {
    case .free(let number): return free[number]
    case .local(let hops, let slot):
      var owner = activation
      // Counted here, refused at the next step.
      steps &+= hops / 8
      for _ in 0..<hops {
        guard let parent = owner.parent else { return .missing }
        owner = parent
      }
      return owner.slots[slot]
    }
  }

  func value(ofUse use: Int, _ activation: Activation) -> Value {
    let value = value(at: program.bindings.uses[use], activation)
    if case .missing = value { return .undefined(.variable(program.names[use])) }
    return value
  }

  func store(_ value: Value, inUse use: Int, _ activation: Activation) {
    guard case .local(let hops, let slot) = program.bindings.uses[use] else { return }
    var owner = activation
    steps &+= hops / 8
    for _ in 0..<hops {
      guard let parent = owner.parent else { return }
      owner = parent
    }
    owner.slots[slot] = value
  }
}
