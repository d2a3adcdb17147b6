/// The values that a call, a filter or a test is given.
struct CallArguments {
  var positional: [Value] = []
  /// In the order in which they stand; names are different.
  var named: [(name: MarkedText, value: Value)] = []

  /// Takes the argument of a name away.
  mutating func take(_ name: String) -> Value? {
    guard let index = named.firstIndex(where: { $0.name.bytes.elementsEqual(name.utf8) }) else {
      return nil
    }
    return named.remove(at: index).value
  }
}

extension Renderer {
  func evaluate(
    _ arguments: Arguments, _ activation: Activation
  ) throws(TemplateError) -> CallArguments {
    var result = CallArguments()
    if arguments.isEmpty { return result }
    for argument in arguments.positional {
      result.positional.append(try evaluate(argument, activation))
    }
    for argument in arguments.named {
      try step(argument.name.utf8.count / 32)
      result.named.append(
        (name: MarkedText(argument.name), value: try evaluate(argument.value, activation)))
    }
    if let rest = arguments.rest {
      let items = try items(of: try evaluate(rest, activation))
      try step(items.count / 4)
      try allocate(items.count * 40)
      result.positional += items
    }
    if let rest = arguments.namedRest {
      guard case .object(let object) = try evaluate(rest, activation) else {
        throw failed("the argument behind ** is no object")
      }
      try step(object.count)
      try allocate(object.count * 160)
      var taken = Set(result.named.map(\.name.bytes))
      for (key, value) in zip(object.keys, object.values) {
        guard case .text(let name) = key else { throw failed("keywords must be strings") }
        try step(name.bytes.count / 64)
        guard taken.insert(name.bytes).inserted else {
          throw failed("multiple values for keyword argument '\(name.string)'")
        }
        result.named.append((name: name, value: value))
      }
    }
    return result
  }

  /// The arguments in the order of a function's parameters; nil where one is not given.
  func bind(
    _ arguments: CallArguments, to parameters: [String], of function: String,
    required: Int = 0
  ) throws(TemplateError) -> [Value?] {
    guard arguments.positional.count <= parameters.count else {
      throw failed("\(function) takes at most \(parameters.count) arguments")
    }
    var result: [Value?] = Array(repeating: nil, count: parameters.count)
    for (index, value) in arguments.positional.enumerated() { result[index] = value }
    for (name, value) in arguments.named {
      guard let index = parameters.firstIndex(where: { name.bytes.elementsEqual($0.utf8) }) else {
        throw failed("\(function) got an unexpected keyword argument '\(name.string)'")
      }
      guard result[index] == nil else {
        throw failed("\(function) got multiple values for argument '\(parameters[index])'")
      }
      result[index] = value
    }
    for index in 0..<required where result[index] == nil {
      throw failed("\(function) misses the argument '\(parameters[index])'")
    }
    return result
  }

  /// Refuses named arguments, for functions that take none.
  func positionalOnly(
    _ arguments: CallArguments, _ counts: ClosedRange<Int>, of function: String
  ) throws(TemplateError) -> [Value] {
    guard arguments.named.isEmpty else { throw failed("\(function) takes no keyword arguments") }
    guard counts.contains(arguments.positional.count) else {
      throw failed(
        "\(function) takes \(counts.lowerBound) to \(counts.upperBound) arguments, "
          + "\(arguments.positional.count) are given")
    }
    return arguments.positional
  }
}
