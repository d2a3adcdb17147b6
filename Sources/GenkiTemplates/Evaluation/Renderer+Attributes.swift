extension Renderer {
  /// `owner.name`: an attribute first, then an item.
  func attribute(of owner: Value, _ name: AttributeName) throws(TemplateError) -> Value {
    try step(name.bytes.count / 64)
    if case .object(let object) = owner {
      if name.method == nil, name.bytes.first != UInt8(ascii: "_") {
        return object.value(ofBytes: name.bytes) ?? missing(owner, name.text)
      }
    }
    if let found = try ownAttribute(of: owner, name) { return found }
    if case .object(let object) = owner, let value = object.value(ofBytes: name.bytes) {
      return value
    }
    return missing(owner, name.text)
  }

  private func missing(_ owner: Value, _ name: String) -> Value {
    .undefined(.attribute(owner: owner.typeName + " object", name: name))
  }

  /// What Python's `getattr` gives; nil if there is no such attribute.
  func ownAttribute(of owner: Value, _ name: AttributeName) throws(TemplateError) -> Value? {
    switch owner {
    case .undefined(let reason): throw failed(reason.message)
    case .namespace(let number):
      if name.text == "__class__" { return unsafe(owner, name) }
      return arena.namespaces[number].entries.value(ofText: name.bytes)
    case .loop(let number):
      if let value = try loopAttribute(arena.loops[number], name) { return value }
    default: break
    }
    if name.bytes.starts(with: [0x5F, 0x5F]), name.bytes.count > 4,
      name.bytes.suffix(2).elementsEqual([0x5F, 0x5F])
    {
      throw unsupported("the attribute '\(name.text)'")
    }
    if let method = name.method {
      switch method.availability(on: owner) {
      case .callable: return .method(BoundMethod(owner, method))
      case .mutating: return unsafe(owner, name)
      case .unsupported: throw unsupported("the method '\(name.text)' of \(owner.typeName)")
      case .absent: break
      }
    }
    return try plainAttribute(of: owner, name)
  }

  private func unsafe(_ owner: Value, _ name: AttributeName) -> Value {
    .undefined(.unsafe(owner: owner.typeName, name: name.text))
  }

  private func plainAttribute(
    of owner: Value, _ name: AttributeName
  ) throws(TemplateError) -> Value? {
    switch owner {
    case .tuple(let list) where list.isGroup && name.text == "grouper": return list.items.first
    case .tuple(let list) where list.isGroup && name.text == "list": return list.items.last
    case .range(let range):
      switch name.text {
      case "start": return .int(range.start, 0)
      case "stop": return .int(range.stop, 0)
      case "step": return .int(range.step, 0)
      default: return nil
      }
    case .cycler(let number) where name.text == "current":
      return arena.cyclers[number].items[arena.cyclers[number].position]
    case .int, .unsigned, .float, .bool:
      let ofNumbers = [
        "real", "imag", "numerator", "denominator", "conjugate", "bit_length", "bit_count",
        "to_bytes", "from_bytes", "as_integer_ratio", "is_integer", "hex", "fromhex",
      ]
      if ofNumbers.contains(name.text) { throw unsupported("the attribute '\(name.text)'") }
      return nil
    case .macro(let number):
      switch name.text {
      case "name": return arena.macros[number].body.name.map { .text($0) } ?? Value.none
      case "arguments", "caller", "catch_kwargs", "catch_varargs", "explicit_caller":
        throw unsupported("the attribute '\(name.text)' of a macro")
      default: return nil
      }
    case .function, .method, .iterator, .view:
      throw unsupported("the attribute '\(name.text)' of \(owner.typeName)")
    default: return nil
    }
  }

  private func loopAttribute(
    _ loop: LoopState, _ name: AttributeName
  ) throws(TemplateError) -> Value? {
    switch name.text {
    case "index": return .int(loop.index + 1, 0)
    case "index0": return .int(loop.index, 0)
    case "first": return .bool(loop.index == 0)
    case "last": return .bool(try loop.peek(self) == nil)
    case "length": return .int(try loop.count(self), 0)
    case "revindex": return .int(try loop.count(self) - loop.index, 0)
    case "revindex0": return .int(try loop.count(self) - loop.index - 1, 0)
    case "depth": return .int(1, 0)
    case "depth0": return .int(0, 0)
    case "previtem":
      guard loop.index > 0, let previous = loop.previous else {
        return .undefined(.other("there is no previous item"))
      }
      return previous
    case "nextitem":
      return try loop.peek(self) ?? .undefined(.other("there is no next item"))
    default: return nil
    }
  }

  /// `owner[key]`: an item first, then an attribute.
  func item(of owner: Value, _ key: Value) throws(TemplateError) -> Value {
    if let found = try ownItem(of: owner, key) { return found }
    guard case .text(let text) = key else {
      return .undefined(
        .attribute(owner: owner.typeName + " object", name: (try? repr(of: key).string) ?? "?"))
    }
    try step(text.bytes.count / 16)
    let name = AttributeName(text.bytes)
    return try ownAttribute(of: owner, name) ?? missing(owner, name.text)
  }

  private func ownItem(of owner: Value, _ key: Value) throws(TemplateError) -> Value? {
    switch owner {
    case .undefined(let reason): throw failed(reason.message)
    case .object(let object):
      if case .text(let text) = key {
        try step(text.bytes.count / 64)
        return object.value(ofText: text)
      }
      return try hashKey(key).flatMap { object.value(of: $0) }
    case .list(let list), .tuple(let list):
      guard let index = index(key, count: list.items.count) else { return nil }
      return list.items[index]
    case .text(let text):
      guard index(key) != nil else { return nil }
      let count = PythonText.length(text.bytes)
      try step(text.bytes.count / 64 + text.runs.count / 8)
      guard let index = index(key, count: count) else { return nil }
      let start = PythonText.offset(
        of: index, in: text.bytes, isASCII: count == text.bytes.count)
      return try made(text.slice(start, start + PythonText.scalar(text.bytes, start).length))
    case .range(let range):
      return index(key, count: range.count).map { .int(range.element($0), 0) }
    default: return nil
    }
  }

  private func index(_ key: Value) -> Int? {
    switch key {
    case .int(let index, _): index
    case .bool(let flag, _): flag ? 1 : 0
    default: nil
    }
  }

  private func index(_ key: Value, count: Int) -> Int? {
    guard let index = index(key) else { return nil }
    let place = index < 0 ? index.addingReportingOverflow(count).partialValue : index
    return (0..<count).contains(place) ? place : nil
  }
}
