/// Finds the bindings of a template.
struct Resolver {
  private let names: [String]
  private var result: Bindings
  private var freeNumbers: [String: Int] = [:]
  /// Names and statements that were walked; each branch is paid again by those around it.
  private var work = 0
  private static let workMax = 20_000_000

  static func bindings(
    of template: [Statement], names: [String], scopeCount: Int
  ) throws(TemplateError) -> Bindings {
    var resolver = Resolver(names: names, scopeCount: scopeCount)
    let function = FunctionFrame(parent: nil)
    let frame = Frame(parent: nil, function: function)
    resolver.analyze(template, frame)
    resolver.result.rootScope = resolver.start(of: frame)
    try resolver.bind(template, frame)
    guard resolver.work <= Self.workMax else { throw .limit(.nodes(Self.workMax), line: 1) }
    resolver.result.rootSlotCount = function.slotCount
    return resolver.result
  }

  private init(names: [String], scopeCount: Int) {
    self.names = names
    result = Bindings(
      uses: Array(repeating: .free(0), count: names.count),
      scopes: Array(repeating: [], count: scopeCount))
  }

  // MARK: What a frame reads and assigns

  private func load(_ uses: Range<Int>, _ frame: Frame) {
    for use in uses { frame.load(names[use]) }
  }

  private func store(_ target: Target, _ frame: Frame, asParameter: Bool = false) {
    switch target {
    case .name(let use):
      if asParameter { frame.declareParameter(names[use]) } else { frame.store(names[use]) }
    case .attribute(let name, _): frame.load(names[name])
    case .tuple(let targets):
      for target in targets { store(target, frame, asParameter: asParameter) }
    }
  }

  private mutating func analyze(_ statements: [Statement], _ frame: Frame) {
    for statement in statements {
      switch statement.kind {
      case .data, .breakLoop, .continueLoop, .generation: break
      case .output(let output): load(output.names, frame)
      case .branch(let branches, let otherwise):
        analyze(branches[...], otherwise: otherwise, frame)
      case .loop(let loop): load(loop.sequence.names, frame)
      case .set(let target, let value):
        load(value.names, frame)
        store(target, frame)
      case .setBlock(let block): store(block.target, frame)
      case .macro(let name, _): frame.store(names[name])
      case .callBlock(let call, _): load(call.names, frame)
      case .filterBlock(let block): load(block.filter.names, frame)
      case .with(let with): for value in with.values { load(value.names, frame) }
      }
    }
  }

  /// An `if`: its parts are alternatives, and the `elif`s together are one of them.
  private mutating func analyze(
    _ branches: ArraySlice<Branch>, otherwise: [Statement], _ frame: Frame
  ) {
    guard let first = branches.first else { return }
    if work > Self.workMax { return }
    load(first.test.names, frame)
    let body = learn(frame) { (resolver) in resolver.analyze(first.body, frame) }
    let others = learn(frame) { (resolver) in
      for branch in branches.dropFirst() {
        resolver.load(branch.test.names, frame)
        frame.join([resolver.learn(frame) { $0.analyze(branch.body, frame) }])
      }
    }
    let last = learn(frame) { (resolver) in resolver.analyze(otherwise, frame) }
    // What is refused already need not be carried outward.
    if work > Self.workMax { return }
    frame.join([body, others, last])
  }

  /// What a branch learns, with its price.
  private mutating func learn(
    _ frame: Frame, _ body: (inout Resolver) -> Void
  ) -> Frame.Lesson {
    let lesson = frame.branch { body(&self) }
    work += lesson.size * 4 + 4
    return lesson
  }

  // MARK: Where uses are bound

  private mutating func free(_ name: String) -> Binding {
    if let number = freeNumbers[name] { return .free(number) }
    freeNumbers[name] = result.freeNames.count
    result.freeNames.append(name)
    return .free(result.freeNames.count - 1)
  }

  private mutating func binding(of name: String, in owner: Frame, from user: Frame) -> Binding {
    if owner.isVariable(name) { return free(name) }
    var hops = 0
    var function: FunctionFrame? = user.function
    while let current = function, current !== owner.function {
      hops += 1
      function = current.parent
    }
    return .local(hops: hops, slot: owner.slot(of: name))
  }

  private mutating func bind(_ use: Int, _ frame: Frame) throws(TemplateError) {
    let name = names[use]
    guard let owner = frame.owner(of: name) else {
      throw .syntax(line: 1, reason: "the name '\(name)' is not known where it is used")
    }
    if name == "self", owner.isVariable(name) {
      throw .unsupported(construct: "the name 'self'", line: 1)
    }
    result.uses[use] = binding(of: name, in: owner, from: frame)
  }

  private mutating func bind(_ uses: Range<Int>, _ frame: Frame) throws(TemplateError) {
    for use in uses { try bind(use, frame) }
  }

  private mutating func bind(_ target: Target, _ frame: Frame) throws(TemplateError) {
    switch target {
    case .name(let use): try bind(use, frame)
    case .attribute(let name, _): try bind(name, frame)
    case .tuple(let targets): for target in targets { try bind(target, frame) }
    }
  }

  /// What happens when the scope of a frame begins.
  private mutating func start(of frame: Frame) -> [ScopeSlot] {
    var slots: [ScopeSlot] = []
    for (name, load) in frame.state.loads.sorted(by: { $0.key < $1.key }) {
      switch load {
      case .parameter: continue
      case .variable:
        guard frame.state.stores.contains(name) else { continue }
        slots.append(ScopeSlot(slot: frame.slot(of: name), start: .copy(free(name))))
      case .alias(let outer):
        slots.append(
          ScopeSlot(
            slot: frame.slot(of: name),
            start: .copy(binding(of: name, in: outer, from: frame))))
      case .undefined:
        slots.append(ScopeSlot(slot: frame.slot(of: name), start: .missing))
      }
    }
    return slots
  }

  private mutating func bind(_ statements: [Statement], _ frame: Frame) throws(TemplateError) {
    for statement in statements {
      guard work <= Self.workMax else {
        throw .limit(.nodes(Self.workMax), line: statement.line)
      }
      switch statement.kind {
      case .data, .breakLoop, .continueLoop: break
      case .output(let output): try bind(output.names, frame)
      case .branch(let branches, let otherwise):
        for branch in branches {
          try bind(branch.test.names, frame)
          try bind(branch.body, frame)
        }
        try bind(otherwise, frame)
      case .loop(let loop): try bind(loop, frame)
      case .set(let target, let value):
        try bind(value.names, frame)
        try bind(target, frame)
      case .setBlock(let block):
        let inner = Frame(parent: frame, function: frame.function)
        analyze(block.body, inner)
        result.scopes[block.scope] = start(of: inner)
        try bind(block.target, frame)
        if let filter = block.filter { try bind(filter.names, inner) }
        try bind(block.body, inner)
      case .macro(let name, let macro):
        try bind(name, frame)
        try bind(macro, frame)
      case .callBlock(let call, let macro):
        try bind(call.names, frame)
        try bind(macro, frame)
      case .generation(let macro): try bind(macro, frame)
      case .filterBlock(let block):
        let inner = Frame(parent: frame, function: frame.function)
        analyze(block.body, inner)
        load(block.filter.names, inner)
        result.scopes[block.scope] = start(of: inner)
        try bind(block.filter.names, inner)
        try bind(block.body, inner)
      case .with(let with): try bind(with, frame)
      }
    }
  }

  private mutating func bind(_ with: WithStatement, _ frame: Frame) throws(TemplateError) {
    for value in with.values { try bind(value.names, frame) }
    let inner = Frame(parent: frame, function: frame.function)
    for target in with.targets { store(target, inner, asParameter: true) }
    analyze(with.body, inner)
    result.scopes[with.scope] = start(of: inner)
    for target in with.targets { try bind(target, inner) }
    try bind(with.body, inner)
  }

  private mutating func bind(_ loop: LoopStatement, _ frame: Frame) throws(TemplateError) {
    try bind(loop.sequence.names, frame)
    let inner = Frame(parent: frame, function: frame.function)
    if undeclared(["loop"], in: loop.body).contains("loop") {
      inner.declareParameter("loop")
      result.readsLoop.insert(loop.bodyScope)
    }
    store(loop.target, inner, asParameter: true)
    analyze(loop.body, inner)
    result.scopes[loop.bodyScope] = start(of: inner)
    try bind(loop.target, inner)
    if result.readsLoop.contains(loop.bodyScope) { try bind(loop.loopName, inner) }
    if let test = loop.test, let target = loop.testTarget {
      let testing = Frame(parent: frame, function: frame.function)
      store(target, testing, asParameter: true)
      load(test.names, testing)
      result.scopes[loop.testScope] = start(of: testing)
      try bind(target, testing)
      try bind(test.names, testing)
    }
    try bind(loop.body, inner)
    let otherwise = Frame(parent: frame, function: frame.function)
    analyze(loop.otherwise, otherwise)
    result.scopes[loop.otherwiseScope] = start(of: otherwise)
    try bind(loop.otherwise, otherwise)
  }

  private mutating func bind(_ macro: MacroBody, _ frame: Frame) throws(TemplateError) {
    let function = FunctionFrame(parent: frame.function)
    let inner = Frame(parent: frame, function: function)
    var extras = Bindings.MacroExtras()
    let special = undeclared(["caller", "kwargs", "varargs"], in: macro.body)
    let given = Set(macro.parameters.map(\.name))
    for parameter in macro.parameters { inner.declareParameter(parameter.name) }
    if special.contains("caller"), given.contains("caller"),
      macro.parameters.contains(where: { $0.name == "caller" && $0.standard == nil })
    {
      throw .syntax(line: 1, reason: "a parameter 'caller' needs a default")
    }
    extras.takesCaller = special.contains("caller") && !given.contains("caller")
    extras.takesKwargs = special.contains("kwargs") && !given.contains("kwargs")
    extras.takesVarargs = special.contains("varargs") && !given.contains("varargs")
    if extras.takesCaller { inner.declareParameter("caller") }
    if extras.takesKwargs { inner.declareParameter("kwargs") }
    if extras.takesVarargs { inner.declareParameter("varargs") }
    for parameter in macro.parameters {
      if let standard = parameter.standard { load(standard.names, inner) }
    }
    analyze(macro.body, inner)
    result.scopes[macro.scope] = start(of: inner)
    for parameter in macro.parameters {
      try bind(parameter.use, inner)
      if let standard = parameter.standard { try bind(standard.names, inner) }
    }
    if extras.takesCaller { try bind(macro.callerUse, inner) }
    if extras.takesKwargs { try bind(macro.kwargsUse, inner) }
    if extras.takesVarargs { try bind(macro.varargsUse, inner) }
    try bind(macro.body, inner)
    extras.slotCount = function.slotCount
    result.macros[macro.scope] = extras
  }

  /// Which of these names statements read before they assign them, inner blocks included.
  private mutating func undeclared(
    _ wanted: Set<String>, in statements: [Statement]
  ) -> Set<String> {
    var search = UndeclaredNames(names: names, wanted: wanted)
    search.walk(statements)
    work += search.work
    return search.found
  }
}
