extension Renderer {
  @inline(never)
  func call(
    _ callee: Expression, _ arguments: Arguments, caller: Value?, _ activation: Activation
  ) throws(TemplateError) -> Value {
    let function: Value
    if case .attribute(let owner, let name) = callee, let method = name.method {
      let owner = try evaluate(owner, activation)
      if method.availability(on: owner) == .callable, caller == nil {
        return try call(method, on: owner, try evaluate(arguments, activation))
      }
      function = try attribute(of: owner, name)
    } else {
      function = try evaluate(callee, activation)
    }
    var given = try evaluate(arguments, activation)
    if let caller { given.named.append((name: MarkedText("caller"), value: caller)) }
    return try call(function, given)
  }

  private func call(
    _ function: Value, _ arguments: CallArguments
  ) throws(TemplateError) -> Value {
    switch function {
    case .undefined(let reason): throw failed(reason.message)
    case .macro(let number):
      return .text(try invoke(arena.macros[number], arguments))
    case .method(let bound): return try call(bound.method, on: bound.receiver, arguments)
    case .function(let builtin): return try call(builtin, arguments)
    case .joiner(let number):
      _ = try positionalOnly(arguments, 0...0, of: "a joiner")
      let joiner = arena.joiners[number]
      defer { joiner.isUsed = true }
      return joiner.isUsed ? joiner.separator : .emptyText
    default: throw failed("'\(function.typeName)' object is not callable")
    }
  }

  // MARK: Macros

  func define(_ body: MacroBody, _ activation: Activation) throws(TemplateError) -> Value {
    try allocate(128)
    let extras = program.bindings.macros[body.scope] ?? Bindings.MacroExtras()
    arena.macros.append(MacroState(body: body, extras: extras, activation: activation))
    return .macro(arena.macros.count - 1)
  }

  @inline(never)
  func invoke(
    _ macro: MacroState, _ arguments: CallArguments
  ) throws(TemplateError) -> MarkedText {
    try enter()
    defer { depth -= 1 }
    let body = macro.body
    try allocate(64 + macro.extras.slotCount * 40)
    let activation = Activation(slotCount: macro.extras.slotCount, parent: macro.activation)
    try store(arguments, of: macro, activation)
    try begin(program.bindings.scopes[body.scope], activation)
    for parameter in body.parameters {
      guard case .missing = value(at: program.bindings.uses[parameter.use], activation) else {
        continue
      }
      let standard: Value
      if let expression = parameter.standard {
        standard = try evaluate(expression.expression, activation)
      } else {
        standard = .undefined(.other("the parameter '\(parameter.name)' was not provided"))
      }
      store(standard, inUse: parameter.use, activation)
    }
    let callLine = line
    let (text, _) = try capture { () throws(TemplateError) in try run(body.body, activation) }
    line = callLine
    try allocate(text.bytes.count + 64 + text.runs.count * 16)
    return text
  }

  /// Gives a macro its arguments, as Jinja's macros take them.
  private func store(
    _ arguments: CallArguments, of macro: MacroState, _ activation: Activation
  ) throws(TemplateError) {
    let body = macro.body
    let name = body.name ?? "a block"
    var named = MacroKeywords(arguments.named)
    try step((arguments.named.count + body.parameters.count) / 2)
    let given = min(arguments.positional.count, body.parameters.count)
    var takesExplicitCaller =
      given == body.parameters.count
      && body.parameters.contains { $0.name == "caller" }
    for (index, parameter) in body.parameters.enumerated() {
      if index < given {
        store(arguments.positional[index], inUse: parameter.use, activation)
      } else {
        if parameter.name == "caller" { takesExplicitCaller = true }
        if let value = named.take(parameter.name) {
          store(value, inUse: parameter.use, activation)
        }
      }
    }
    if macro.extras.takesCaller, !takesExplicitCaller {
      let caller = named.take("caller") ?? Value.none
      if case .none = caller {
        store(.undefined(.other("no caller is defined")), inUse: body.callerUse, activation)
      } else {
        store(caller, inUse: body.callerUse, activation)
      }
    }
    if macro.extras.takesKwargs {
      var entries = ObjectEntries()
      for (name, value) in named.rest { entries.set(name, value) }
      store(try made(entries), inUse: body.kwargsUse, activation)
    } else if let unknown = named.rest.first {
      throw failed("macro '\(name)' takes no keyword argument '\(unknown.name.string)'")
    }
    if macro.extras.takesVarargs {
      let rest = Array(arguments.positional.dropFirst(body.parameters.count))
      store(try madeTuple(rest), inUse: body.varargsUse, activation)
    } else if arguments.positional.count > body.parameters.count {
      throw failed("macro '\(name)' takes not more than \(body.parameters.count) argument(s)")
    }
  }

  // MARK: Functions of the environment

  private func call(
    _ function: BuiltinFunction, _ arguments: CallArguments
  ) throws(TemplateError) -> Value {
    switch function {
    case .range: return try range(try positionalOnly(arguments, 1...3, of: "range"))
    case .dict: return try made(try entries(of: arguments, "dict"))
    case .namespace:
      let entries = try entries(of: arguments, "namespace")
      try step(entries.keys.count)
      try allocate(entries.keys.count * 200 + 160)
      for key in entries.keys {
        if case .text(let name) = key, name.bytes.first == UInt8(ascii: "_") {
          throw failed("a namespace cannot have the attribute '\(name.string)'")
        }
      }
      arena.namespaces.append(NamespaceState(entries))
      return .namespace(arena.namespaces.count - 1)
    case .cycler:
      guard arguments.named.isEmpty, !arguments.positional.isEmpty else {
        throw failed("cycler needs items")
      }
      try allocate(arguments.positional.count * 40 + 96)
      arena.cyclers.append(CyclerState(arguments.positional))
      return .cycler(arena.cyclers.count - 1)
    case .joiner:
      let separator = try bind(arguments, to: ["sep"], of: "joiner")[0] ?? .text(", ")
      try allocate(128)
      arena.joiners.append(JoinerState(separator))
      return .joiner(arena.joiners.count - 1)
    case .lipsum: throw unsupported("the function 'lipsum'")
    case .raiseException:
      let message = try bind(arguments, to: ["message"], of: "raise_exception", required: 1)[0]
      throw .raised(message: try string(of: message ?? .none).string)
    case .strftimeNow: return try strftime(arguments)
    }
  }

  private func strftime(_ arguments: CallArguments) throws(TemplateError) -> Value {
    let format = try bind(arguments, to: ["format"], of: "strftime_now", required: 1)[0]
    guard case .text(let text)? = format, let clock else {
      throw failed("strftime_now needs a format")
    }
    try step(text.bytes.count)
    do {
      return try made(MarkedText(try clock.formatted(text.bytes), mark: text.highestMark))
    } catch let error as TemplateDate.UnknownDirective {
      throw unsupported("the date format '\(error.text)'")
    } catch let error as TemplateError {
      throw error
    } catch {
      throw failed("the date cannot be written")
    }
  }

  private func range(_ arguments: [Value]) throws(TemplateError) -> Value {
    var numbers: [Int] = []
    for argument in arguments {
      switch argument {
      case .int(let number, _): numbers.append(number)
      case .bool(let flag, _): numbers.append(flag ? 1 : 0)
      case .undefined(let reason): throw failed(reason.message)
      default: throw failed("'\(argument.typeName)' object cannot be interpreted as an integer")
      }
    }
    let start = numbers.count > 1 ? numbers[0] : 0
    let stop = numbers.count > 1 ? numbers[1] : numbers[0]
    let step = numbers.count > 2 ? numbers[2] : 1
    guard step != 0 else { throw failed("range() arg 3 must not be zero") }
    let isEmpty = step > 0 ? start >= stop : start <= stop
    let distance = isEmpty ? 0 : step > 0 ? stop.subtracted(start) : start.subtracted(stop)
    let count = distance == 0 ? 0 : (distance - 1) / step.magnitude + 1
    guard count <= Self.rangeMax else { throw .limit(.range(Self.rangeMax), line: line) }
    return .range(RangeValue(start: start, stop: stop, step: step, count: Int(count)))
  }

  /// What the sandbox of jinja2 allows.
  private static let rangeMax = 100_000

  /// The entries that `dict` and `namespace` make of their arguments.
  private func entries(
    of arguments: CallArguments, _ function: String
  ) throws(TemplateError) -> ObjectEntries {
    guard arguments.positional.count <= 1 else {
      throw failed("\(function) expects at most 1 argument")
    }
    var entries = ObjectEntries()
    if let source = arguments.positional.first {
      if case .object(let object) = source {
        try step(object.count)
        try allocate(object.count * 160)
        entries = ObjectEntries(object)
      } else if case .undefined = source {
        // Undefined looks like an empty sequence.
      } else {
        for pair in try items(of: source) {
          try step(2)
          let parts = try items(of: pair)
          guard parts.count == 2 else { throw failed("\(function) needs pairs") }
          let before = entries.keys.count
          try set(parts[0], parts[1], in: &entries)
          if entries.keys.count > before { try allocate(160) }
        }
      }
    }
    for (name, value) in arguments.named { entries.set(name, value) }
    return entries
  }
}

/// The keyword arguments of a macro, which are taken by their names.
private struct MacroKeywords {
  private var named: [(name: MarkedText, value: Value)?]
  private var places: [[UInt8]: Int]

  init(_ named: [(name: MarkedText, value: Value)]) {
    self.named = named
    places = [:]
    for (index, argument) in named.enumerated() { places[argument.name.bytes] = index }
  }

  /// What is not taken, in the order in which it was given.
  var rest: [(name: MarkedText, value: Value)] { named.compactMap { $0 } }

  mutating func take(_ name: String) -> Value? {
    guard !places.isEmpty, let place = places.removeValue(forKey: Array(name.utf8)) else {
      return nil
    }
    defer { named[place] = nil }
    return named[place]?.value
  }
}

extension Int {
  /// The distance to a smaller number, which may be more than `Int.max`.
  fileprivate func subtracted(_ other: Int) -> UInt { UInt(bitPattern: self &- other) }
}
