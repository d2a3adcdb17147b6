extension Renderer {
  func call(
    _ method: Method, on object: ObjectValue, _ arguments: CallArguments
  ) throws(TemplateError) -> Value {
    switch method {
    case .get:
      let given = try positionalOnly(arguments, 1...2, of: "get")
      let standard = given.count > 1 ? given[1] : Value.none
      if case .text(let key) = given[0] {
        try step(key.bytes.count / 64)
        return object.value(ofText: key) ?? standard
      }
      guard let key = try hashKey(given[0]) else { throw unhashable(given[0]) }
      return object.value(of: key) ?? standard
    case .items, .keys, .values:
      _ = try positionalOnly(arguments, 0...0, of: method.rawValue)
      return .view(object, method == .items ? .items : method == .keys ? .keys : .values)
    default:
      _ = try positionalOnly(arguments, 0...0, of: method.rawValue)
      return .object(object)
    }
  }

  func call(
    _ method: Method, on list: ListValue, _ owner: Value, _ arguments: CallArguments
  ) throws(TemplateError) -> Value {
    switch method {
    case .count:
      let given = try positionalOnly(arguments, 1...1, of: "count")
      var count = 0
      for item in list.items {
        try step()
        if try areEqual(item, given[0]) { count += 1 }
      }
      return .int(count, list.mark)
    case .index:
      let given = try positionalOnly(arguments, 1...3, of: "index")
      guard given.count == 1 else { throw unsupported("the bounds of 'index'") }
      for (index, item) in list.items.enumerated() {
        try step()
        if try areEqual(item, given[0]) { return .int(index, list.mark) }
      }
      throw failed("the value is not in the list")
    default:
      _ = try positionalOnly(arguments, 0...0, of: method.rawValue)
      return owner
    }
  }

  func call(
    _ method: Method, on loop: LoopState, _ arguments: CallArguments
  ) throws(TemplateError) -> Value {
    guard arguments.named.isEmpty else {
      throw failed("\(method.rawValue) takes no keyword arguments")
    }
    let given = arguments.positional
    guard method == .changed else {
      guard !given.isEmpty else { throw failed("no items for cycling given") }
      // While the loop's own `if` runs no item has come: Python counts -1 from the end.
      return given[loop.index < 0 ? given.count - 1 : loop.index % given.count]
    }
    if let last = loop.lastChanged, last.count == given.count {
      var isSame = true
      for (one, other) in zip(last, given) {
        try step()
        isSame = try areEqual(one, other)
        if !isSame { break }
      }
      if isSame { return .bool(false) }
    }
    loop.lastChanged = given
    return .bool(true)
  }

  /// A stable sort by a comparison that can fail.
  func sorted<Element>(
    _ items: [Element], reverse: Bool,
    _ order: (Element, Element) throws(TemplateError) -> Int
  ) throws(TemplateError) -> [Element] {
    guard items.count > 1 else { return items }
    var current = items
    var width = 1
    while width < current.count {
      try step(current.count / 8)
      var merged: [Element] = []
      merged.reserveCapacity(current.count)
      var start = 0
      while start < current.count {
        let middle = min(start + width, current.count)
        let end = min(start + 2 * width, current.count)
        var left = start
        var right = middle
        while left < middle, right < end {
          try step()
          // As Python does, only "less" is asked, and equals keep their order in reverse, too.
          let takesRight =
            reverse
            ? try order(current[left], current[right]) == -1
            : try order(current[right], current[left]) == -1
          if takesRight {
            merged.append(current[right])
            right += 1
          } else {
            merged.append(current[left])
            left += 1
          }
        }
        merged.append(contentsOf: current[left..<middle])
        merged.append(contentsOf: current[right..<end])
        start = end
      }
      current = merged
      width *= 2
    }
    return current
  }
}
