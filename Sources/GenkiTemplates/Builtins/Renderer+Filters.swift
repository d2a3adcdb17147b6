extension Renderer {
  @inline(never)
  func filter(
    _ value: Value, _ use: FilterUse, _ activation: Activation
  ) throws(TemplateError) -> Value {
    guard let filter = use.filter else { throw unsupported("the filter '\(use.name)'") }
    return try apply(filter, value, try evaluate(use.arguments, activation))
  }

  /// A filter that is known by its name only when it runs, as `map` has it.
  func filter(named name: Value, _ value: Value, _ arguments: CallArguments) throws(TemplateError)
    -> Value
  {
    guard case .text(let text) = name, let filter = BuiltinFilter(rawValue: text.string) else {
      throw unsupported("the filter '\((try? string(of: name).string) ?? "?")'")
    }
    try enter()
    defer { depth -= 1 }
    return try apply(filter, value, arguments)
  }

  func apply(
    _ filter: BuiltinFilter, _ value: Value, _ arguments: CallArguments
  ) throws(TemplateError) -> Value {
    let name = filter.rawValue
    switch filter {
    case .trim:
      let characters = try bind(arguments, to: ["chars"], of: name)[0]
      let owner = try softText(value)
      var set: MarkedText?
      switch characters {
      case nil, .some(.none): break
      default: set = try text(characters, name)
      }
      try step(owner.bytes.count / 32 + owner.runs.count / 4)
      return try made(try stripped(owner, set, left: true, right: true))
    case .length, .count:
      _ = try positionalOnly(arguments, 0...0, of: name)
      guard let count = try length(of: value) else {
        throw failed("object of type '\(value.typeName)' has no len()")
      }
      return .int(count, value.mark)
    case .tojson: return try json(value, arguments)
    case .default, .d:
      let given = try bind(arguments, to: ["default_value", "boolean"], of: name)
      let replaces: Bool
      if value.isUndefined {
        replaces = true
      } else if let boolean = given[1] {
        let asksTruth = try isTrue(boolean)
        replaces = asksTruth ? try !isTrue(value) : false
      } else {
        replaces = false
      }
      return replaces ? given[0] ?? .emptyText : value
    case .string:
      _ = try positionalOnly(arguments, 0...0, of: name)
      return .text(try softText(value))
    case .safe:
      _ = try positionalOnly(arguments, 0...0, of: name)
      var text = try string(of: value)
      text.isMarkup = true
      return try made(text)
    case .upper, .lower, .capitalize:
      _ = try positionalOnly(arguments, 0...0, of: name)
      let method: Method = filter == .upper ? .upper : filter == .lower ? .lower : .capitalize
      return try made(try cased(try softText(value), method))
    case .items:
      _ = try positionalOnly(arguments, 0...0, of: name)
      return try itemsFilter(value)
    case .list:
      _ = try positionalOnly(arguments, 0...0, of: name)
      return try made(try items(of: value), mark: value.listMark)
    case .join: return try join(value, arguments)
    case .replace: return try replace(value, arguments)
    case .map, .select, .reject, .selectattr, .rejectattr:
      return try lazyFilter(filter, value, arguments)
    case .int, .float, .abs, .round, .sum, .min, .max:
      return try numberFilter(filter, value, arguments)
    case .e, .escape, .forceescape, .title, .format, .indent, .center, .truncate, .wordcount:
      return try textFilter(filter, value, arguments)
    default: return try sequenceFilter(filter, value, arguments)
    }
  }

  /// The value as a text; one that is a text already stays escaped if it is.
  func softText(_ value: Value) throws(TemplateError) -> MarkedText {
    if case .text(let text) = value { return text }
    return try string(of: value)
  }

  private func itemsFilter(_ value: Value) throws(TemplateError) -> Value {
    var cursor: Cursor
    switch value {
    case .undefined: cursor = .empty
    case .object(let object): cursor = .object(object, .items, next: 0)
    default:
      // Python says so only when the pairs are asked for.
      return try makeIterator(over: value) { (renderer) throws(TemplateError) in
        throw renderer.failed("can only get item pairs from a mapping")
      }
    }
    return try makeIterator(over: value) { (renderer) throws(TemplateError) in
      try cursor.next(renderer)
    }
  }

  private func join(_ value: Value, _ arguments: CallArguments) throws(TemplateError) -> Value {
    let given = try bind(arguments, to: ["d", "attribute"], of: "join")
    let separator = try string(of: given[0] ?? .emptyText)
    var items = try items(of: value)
    if let attribute = given[1], !attribute.isNone {
      let path = try attributePath(attribute)
      items = try items.map { (item) throws(TemplateError) in try self.item(of: item, path) }
    }
    return try joined(items, separator, convertsItems: true)
  }

  /// Texts with a separator between them; the method of texts takes nothing but texts.
  func joined(
    _ items: [Value], _ separator: MarkedText, convertsItems: Bool
  ) throws(TemplateError) -> Value {
    var builder = MarkedTextBuilder()
    for (index, item) in items.enumerated() {
      try step()
      let part: MarkedText
      if convertsItems {
        part = try string(of: item)
      } else {
        part = try text(item, "join")
      }
      try allocate(
        part.bytes.count + separator.bytes.count + (part.runs.count + separator.runs.count) * 16)
      if index > 0 { builder.append(separator) }
      builder.append(part)
    }
    return try made(builder.text)
  }

  private func replace(_ value: Value, _ arguments: CallArguments) throws(TemplateError) -> Value {
    let given = try bind(arguments, to: ["old", "new", "count"], of: "replace", required: 2)
    let old = try string(of: given[0] ?? .none)
    let new = try string(of: given[1] ?? .none)
    var count = -1
    if let limit = given[2], !limit.isNone { count = try integer(limit, "replace") }
    return try made(try replaced(try string(of: value), old, new, count: count))
  }

  private func json(_ value: Value, _ arguments: CallArguments) throws(TemplateError) -> Value {
    let given = try bind(
      arguments, to: ["ensure_ascii", "indent", "separators", "sort_keys"], of: "tojson")
    var options = JSONText.Options()
    if let escapes = given[0] { options.escapesNonASCII = try isTrue(escapes) }
    switch given[1] {
    case nil, .some(.none): break
    case .text(let text)?: options.indent = text
    case let width:
      let count = max(0, try integer(width, "indent"))
      try allocate(min(count, limits.valueBytes + 1))
      options.indent = MarkedText(Array(repeating: UInt8(ascii: " "), count: count))
    }
    // With indentation lines end with the separator.
    if options.indent != nil { options.itemSeparator = MarkedText(",") }
    if let separators = given[2], !separators.isNone {
      let parts = try items(of: separators)
      guard parts.count == 2 else { throw failed("separators are two texts") }
      options.itemSeparator = try text(parts[0], "separators")
      options.keySeparator = try text(parts[1], "separators")
    }
    if let sorts = given[3] { options.sortsKeys = try isTrue(sorts) }
    var writer = JSONText(self, options)
    try writer.write(value)
    return try made(writer.builder.text)
  }
}

extension Value {
  var isNone: Bool {
    if case .none = self { return true }
    return false
  }

  /// The mark of a list that is made of all its items.
  var listMark: Int32 {
    switch self {
    case .text(let text): text.highestMark
    default: mark
    }
  }
}
