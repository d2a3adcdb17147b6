/// Walks the items of a value.
enum Cursor {
  case list(ListValue, next: Int)
  case text(MarkedText, next: Int)
  case object(ObjectValue, ViewKind, next: Int)
  case range(RangeValue, next: Int)
  case iterator(Int)
  case empty

  mutating func next(_ renderer: Renderer) throws(TemplateError) -> Value? {
    switch self {
    case .list(let list, let index):
      guard index < list.items.count else { return nil }
      self = .list(list, next: index + 1)
      return list.items[index]
    case .text(let text, let index):
      guard index < text.bytes.count else { return nil }
      let end = index + PythonText.scalar(text.bytes, index).length
      self = .text(text, next: end)
      try renderer.step(text.runs.count / 8)
      var character = text.slice(index, end)
      // Python walks an escaped text as it walks any other.
      character.isMarkup = false
      return try renderer.made(character)
    case .object(let object, let kind, let index):
      guard index < object.count else { return nil }
      self = .object(object, kind, next: index + 1)
      switch kind {
      case .keys: return object.keys[index]
      case .values: return object.values[index]
      case .items:
        try renderer.allocate(128)
        return object.item(index)
      }
    case .range(let range, let index):
      guard index < range.count else { return nil }
      self = .range(range, next: index + 1)
      return .int(range.element(index), 0)
    case .iterator(let number):
      try renderer.step()
      return try renderer.arena.iterators[number].next(renderer)
    case .empty: return nil
    }
  }
}

extension Renderer {
  /// A walk over a value, as Python's `iter` gives it.
  func cursor(over value: Value) throws(TemplateError) -> Cursor {
    switch value {
    case .undefined, .missing: return .empty
    case .list(let list), .tuple(let list): return .list(list, next: 0)
    case .text(let text): return .text(text, next: 0)
    case .object(let object): return .object(object, .keys, next: 0)
    case .view(let object, let kind): return .object(object, kind, next: 0)
    case .range(let range): return .range(range, next: 0)
    case .iterator(let number): return .iterator(number)
    default: throw failed("'\(value.typeName)' object is not iterable")
    }
  }

  /// All items of a value in a list.
  func items(of value: Value) throws(TemplateError) -> [Value] {
    if case .list(let list) = value { return list.items }
    if case .tuple(let list) = value { return list.items }
    var cursor = try cursor(over: value)
    var result: [Value] = []
    while let item = try cursor.next(self) {
      try step()
      try allocate(40)
      result.append(item)
    }
    return result
  }

  /// How many items a value has, as Python's `len` tells; nil if it has no length.
  func length(of value: Value) throws(TemplateError) -> Int? {
    switch value {
    case .undefined: return 0
    case .text(let text):
      try step(text.bytes.count / 64 + text.runs.count / 8)
      return PythonText.length(text.bytes)
    case .list(let list), .tuple(let list): return list.items.count
    case .object(let object), .view(let object, _): return object.count
    case .range(let range): return range.count
    case .loop(let number): return try arena.loops[number].count(self)
    default: return nil
    }
  }

  /// A new iterator over what a step gives.
  func makeIterator(
    over source: Value, _ step: @escaping IteratorState.Step
  ) throws(TemplateError) -> Value {
    try allocate(160)
    var depth = 1
    if case .iterator(let number) = source { depth += arena.iterators[number].depth }
    // Each one that is asked asks the one before it, which takes stack.
    guard depth <= limits.valueDepth / 3 else {
      throw .limit(.valueDepth(limits.valueDepth), line: line)
    }
    arena.iterators.append(IteratorState(depth: depth, step: step))
    return .iterator(arena.iterators.count - 1)
  }
}
