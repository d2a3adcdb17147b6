extension Renderer {
  func sequenceFilter(
    _ filter: BuiltinFilter, _ value: Value, _ arguments: CallArguments
  ) throws(TemplateError) -> Value {
    let name = filter.rawValue
    switch filter {
    case .first:
      _ = try positionalOnly(arguments, 0...0, of: name)
      var cursor = try cursor(over: value)
      return try cursor.next(self) ?? .undefined(.other("no first item, sequence was empty"))
    case .last: return try last(value, arguments)
    case .reverse: return try reversed(value, arguments)
    case .sort: return try sort(value, arguments)
    case .dictsort: return try dictsort(value, arguments)
    case .unique: return try unique(value, arguments)
    case .batch: return try batch(value, arguments)
    case .slice: return try slices(value, arguments)
    case .groupby: return try groupby(value, arguments)
    case .attr:
      let given = try bind(arguments, to: ["name"], of: name, required: 1)
      let bytes = try text(given[0], name).bytes
      try step(bytes.count / 16)
      let attribute = AttributeName(bytes)
      if case .undefined(let reason) = value { throw failed(reason.message) }
      return try ownAttribute(of: value, attribute)
        ?? .undefined(.attribute(owner: value.typeName, name: attribute.text))
    default: throw unsupported("the filter '\(name)'")
    }
  }

  private func last(_ value: Value, _ arguments: CallArguments) throws(TemplateError) -> Value {
    _ = try positionalOnly(arguments, 0...0, of: "last")
    let nothing = Value.undefined(.other("no last item, sequence was empty"))
    switch value {
    case .list(let list), .tuple(let list): return list.items.last ?? nothing
    case .text(let text):
      guard !text.isEmpty else { return nothing }
      try step(text.runs.count / 8)
      let start = PythonText.startOfScalar(endingAt: text.bytes.count, text.bytes)
      return try made(text.slice(start, text.bytes.count))
    case .object(let object), .view(let object, .keys): return object.keys.last ?? nothing
    case .view(let object, .values): return object.values.last ?? nothing
    case .view(let object, .items):
      return object.count > 0 ? object.item(object.count - 1) : nothing
    case .range(let range):
      return range.count > 0 ? .int(range.element(range.count - 1), 0) : nothing
    case .undefined: return nothing
    default: throw failed("'\(value.typeName)' object is not reversible")
    }
  }

  private func reversed(_ value: Value, _ arguments: CallArguments) throws(TemplateError) -> Value {
    _ = try positionalOnly(arguments, 0...0, of: "reverse")
    if case .text(let text) = value {
      return try slice(.text(text), .none, .none, .int(-1, 0))
    }
    let items = Array(try items(of: value).reversed())
    if case .iterator = value { return try made(items) }
    try allocate(items.count * 40)
    var index = 0
    return try makeIterator(over: .none) { (_) throws(TemplateError) in
      guard index < items.count else { return nil }
      index += 1
      return items[index - 1]
    }
  }

  private func flag(_ value: Value?) throws(TemplateError) -> Bool {
    guard let value else { return false }
    return try isTrue(value)
  }

  private func sort(_ value: Value, _ arguments: CallArguments) throws(TemplateError) -> Value {
    let given = try bind(
      arguments, to: ["reverse", "case_sensitive", "attribute"], of: "sort")
    let isSensitive = try flag(given[1])
    var paths: [[Value]] = []
    if case .text(let text)? = given[2] {
      try step(text.bytes.count / 8)
      try allocate(text.bytes.count { $0 == UInt8(ascii: ",") } * 100)
      for part in text.bytes.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
        paths.append(try attributePath(.text(MarkedText(Array(part)))))
      }
    } else {
      paths = [try attributePath(given[2] ?? .none)]
    }
    var keyed: [(keys: [Value], item: Value)] = []
    for item in try items(of: value) {
      try step()
      try allocate(64 + paths.count * 40)
      var keys: [Value] = []
      for path in paths { keys.append(try sortKey(item, path, isSensitive)) }
      keyed.append((keys, item))
    }
    let ordered = try sorted(keyed, reverse: try flag(given[0])) {
      (one, other) throws(TemplateError) in
      for (left, right) in zip(one.keys, other.keys) where try !areEqual(left, right) {
        return try order(left, right)
      }
      return 0
    }
    return try made(ordered.map(\.item), mark: value.mark)
  }

  private func dictsort(_ value: Value, _ arguments: CallArguments) throws(TemplateError) -> Value {
    let given = try bind(
      arguments, to: ["case_sensitive", "by", "reverse"], of: "dictsort")
    let isSensitive = try flag(given[0])
    let by =
      try given[1].map { (value) throws(TemplateError) in
        try string(of: value).string
      } ?? "key"
    guard by == "key" || by == "value" else {
      throw failed("dictsort sorts by 'key' or 'value' only")
    }
    if case .undefined(let reason) = value { throw failed(reason.message) }
    guard case .object(let object) = value else {
      throw failed("'\(value.typeName)' object has no attribute 'items'")
    }
    var keyed: [(key: Value, index: Int)] = []
    for index in 0..<object.count {
      try allocate(64)
      let raw = by == "key" ? object.keys[index] : object.values[index]
      keyed.append((try sortKey(raw, [], isSensitive), index))
    }
    let ordered = try sorted(keyed, reverse: try flag(given[2])) {
      (one, other) throws(TemplateError) in
      try order(one.key, other.key)
    }
    try allocate(object.count * 128)
    return try made(ordered.map { object.item($0.index) }, mark: object.mark)
  }

  private func unique(_ value: Value, _ arguments: CallArguments) throws(TemplateError) -> Value {
    let given = try bind(arguments, to: ["case_sensitive", "attribute"], of: "unique")
    let isSensitive = try flag(given[0])
    let path = try attributePath(given[1] ?? .none)
    var cursor: Cursor?
    var seen: Set<HashKey> = []
    return try makeIterator(over: value) { (renderer) throws(TemplateError) in
      var current: Cursor
      if let cursor { current = cursor } else { current = try renderer.cursor(over: value) }
      defer { cursor = current }
      while let item = try current.next(renderer) {
        try renderer.step()
        let key = try renderer.sortKey(item, path, isSensitive)
        guard let hash = try renderer.hashKey(key) else { throw renderer.unhashable(key) }
        try renderer.allocate(64)
        if seen.insert(hash).inserted { return item }
      }
      return nil
    }
  }

  private func batch(_ value: Value, _ arguments: CallArguments) throws(TemplateError) -> Value {
    let given = try bind(arguments, to: ["linecount", "fill_with"], of: "batch", required: 1)
    let size = try integer(given[0], "batch")
    let fill = given[1].flatMap { $0.isNone ? nil : $0 }
    let items = try items(of: value)
    var result: [Value] = []
    var row: [Value] = []
    for item in items {
      try step()
      if row.count == size {
        result.append(try made(row))
        row = []
      }
      row.append(item)
    }
    if !row.isEmpty {
      if let fill, size > row.count {
        let (bytes, overflow) = (size - row.count).multipliedReportingOverflow(by: 40)
        try allocate(overflow ? limits.valueBytes + 1 : min(bytes, limits.valueBytes + 1))
        row += Array(repeating: fill, count: size - row.count)
      }
      result.append(try made(row))
    }
    return try iterator(over: result)
  }

  private func iterator(over items: [Value]) throws(TemplateError) -> Value {
    try allocate(items.count * 40)
    var index = 0
    return try makeIterator(over: .none) { (_) throws(TemplateError) in
      guard index < items.count else { return nil }
      index += 1
      return items[index - 1]
    }
  }

  private func slices(_ value: Value, _ arguments: CallArguments) throws(TemplateError) -> Value {
    let given = try bind(arguments, to: ["slices", "fill_with"], of: "slice", required: 1)
    let count = try integer(given[0], "slice")
    let fill = given[1].flatMap { $0.isNone ? nil : $0 }
    let items = try items(of: value)
    guard count != 0 else { throw failed("integer division or modulo by zero") }
    var result: [Value] = []
    guard count > 0 else { return try iterator(over: []) }
    let size = items.count / count
    let extra = items.count % count
    var start = 0
    for number in 0..<count {
      try step()
      let end = start + size + (number < extra ? 1 : 0)
      var part = Array(items[start..<end])
      if let fill, number >= extra { part.append(fill) }
      result.append(try made(part))
      start = end
    }
    return try iterator(over: result)
  }

  private func groupby(_ value: Value, _ arguments: CallArguments) throws(TemplateError) -> Value {
    let given = try bind(
      arguments, to: ["attribute", "default", "case_sensitive"], of: "groupby", required: 1)
    let path = try attributePath(given[0] ?? .none)
    let standard = given[1].flatMap { $0.isNone ? nil : $0 }
    let isSensitive = try flag(given[2])
    var keyed: [(key: Value, item: Value)] = []
    for item in try items(of: value) {
      try step()
      try allocate(96)
      keyed.append((try sortKey(item, path, isSensitive, standard: standard), item))
    }
    let ordered = try sorted(keyed, reverse: false) { (one, other) throws(TemplateError) in
      try order(one.key, other.key)
    }
    var result: [Value] = []
    var group: [Value] = []
    func close() throws(TemplateError) {
      guard let first = group.first else { return }
      let key = try item(of: first, path, standard: standard)
      let items = try made(group)
      try allocate(160)
      result.append(.tuple(ListValue([key, items], isGroup: true)))
    }
    var last: Value?
    for (key, item) in ordered {
      if let last, try areEqual(last, key) {
        group.append(item)
      } else {
        try close()
        group = [item]
      }
      last = key
    }
    try close()
    return try made(result, mark: value.mark)
  }
}
