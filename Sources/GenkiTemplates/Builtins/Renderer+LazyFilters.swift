extension Renderer {
  /// A path of an attribute, as `map(attribute=…)` has it: names and numbers.
  func attributePath(_ attribute: Value) throws(TemplateError) -> [Value] {
    guard case .text(let text) = attribute else { return attribute.isNone ? [] : [attribute] }
    try step(text.bytes.count / 8)
    try allocate(text.bytes.count { $0 == UInt8(ascii: ".") } * 100 + 100)
    return text.bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map {
      part in
      let isNumber = !part.isEmpty && part.allSatisfy { (0x30...0x39).contains($0) }
      if isNumber, let number = Int(String(decoding: part, as: UTF8.self)) {
        return .int(number, 0)
      }
      return .text(MarkedText(Array(part)))
    }
  }

  func item(
    of value: Value, _ path: [Value], standard: Value? = nil
  ) throws(TemplateError) -> Value {
    var current = value
    for part in path {
      try step()
      current = try item(of: current, part)
      if let standard, current.isUndefined { current = standard }
    }
    return current
  }

  func lazyFilter(
    _ filter: BuiltinFilter, _ value: Value, _ arguments: CallArguments
  ) throws(TemplateError) -> Value {
    let prepare = {
      [unowned self] () throws(TemplateError) -> (Value) throws(TemplateError) -> Value? in
      filter == .map ? try mapping(arguments) : try selection(filter, arguments)
    }
    var state: (cursor: Cursor, work: (Value) throws(TemplateError) -> Value?)?
    var isEmpty = false
    return try makeIterator(over: value) { (renderer) throws(TemplateError) in
      if isEmpty { return nil }
      if state == nil {
        // Python asks whether there is anything before it looks at the arguments.
        guard try renderer.isTrue(value) else {
          isEmpty = true
          return nil
        }
        let work = try prepare()
        state = (try renderer.cursor(over: value), work)
      }
      guard var current = state else { return nil }
      defer { state = current }
      while let item = try current.cursor.next(renderer) {
        try renderer.step()
        if let result = try current.work(item) { return result }
      }
      return nil
    }
  }

  private func mapping(
    _ arguments: CallArguments
  ) throws(TemplateError) -> (Value) throws(TemplateError) -> Value? {
    var given = arguments
    if given.positional.isEmpty, let attribute = given.take("attribute") {
      let standard = given.take("default").flatMap { $0.isNone ? nil : $0 }
      if let unknown = given.named.first {
        throw failed("unexpected keyword argument '\(unknown.name.string)'")
      }
      let path = try attributePath(attribute)
      return { [unowned self] (item) throws(TemplateError) in
        try self.item(of: item, path, standard: standard)
      }
    }
    guard !given.positional.isEmpty else { throw failed("map requires a filter argument") }
    let name = given.positional.removeFirst()
    return { [unowned self, given] (item) throws(TemplateError) in
      try filter(named: name, item, given)
    }
  }

  private func selection(
    _ filter: BuiltinFilter, _ arguments: CallArguments
  ) throws(TemplateError) -> (Value) throws(TemplateError) -> Value? {
    var given = arguments
    var path: [Value] = []
    if filter == .selectattr || filter == .rejectattr {
      guard !given.positional.isEmpty else { throw failed("missing parameter for attribute name") }
      path = try attributePath(given.positional.removeFirst())
    }
    let keeps = filter == .select || filter == .selectattr
    let name = given.positional.isEmpty ? nil : given.positional.removeFirst()
    return { [unowned self, given, path] (item) throws(TemplateError) in
      let value = try self.item(of: item, path)
      let holds: Bool
      if let name { holds = try test(named: name, value, given) } else { holds = try isTrue(value) }
      return holds == keeps ? item : nil
    }
  }
}
