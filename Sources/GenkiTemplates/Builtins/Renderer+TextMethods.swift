extension Renderer {
  func call(
    _ method: Method, on owner: Value, _ arguments: CallArguments
  ) throws(TemplateError) -> Value {
    switch owner {
    case .text(let text): return try call(method, on: text, arguments)
    case .object(let object): return try call(method, on: object, arguments)
    case .list(let list), .tuple(let list): return try call(method, on: list, owner, arguments)
    case .loop(let number): return try call(method, on: arena.loops[number], arguments)
    case .cycler(let number):
      _ = try positionalOnly(arguments, 0...0, of: method.rawValue)
      let cycler = arena.cyclers[number]
      guard method == .next else {
        cycler.position = 0
        return .none
      }
      defer { cycler.position = (cycler.position + 1) % cycler.items.count }
      return cycler.items[cycler.position]
    default: throw unsupported("the method '\(method.rawValue)' of \(owner.typeName)")
    }
  }

  // MARK: Arguments

  func text(_ value: Value?, _ function: String) throws(TemplateError) -> MarkedText {
    guard case .text(let text)? = value else {
      throw failed("\(function) needs a string, not \(value?.typeName ?? "nothing")")
    }
    return text
  }

  func integer(_ value: Value?, _ function: String) throws(TemplateError) -> Int {
    switch value {
    case .int(let number, _): return number
    case .bool(let flag, _): return flag ? 1 : 0
    case .undefined(let reason): throw failed(reason.message)
    default: throw failed("\(function) needs an integer, not \(value?.typeName ?? "nothing")")
    }
  }

  private func optionalText(_ value: Value?, _ name: String) throws(TemplateError) -> MarkedText? {
    switch value {
    case nil, .some(.none): nil
    default: try text(value, name)
    }
  }

  // MARK: Texts

  private func call(
    _ method: Method, on owner: MarkedText, _ arguments: CallArguments
  ) throws(TemplateError) -> Value {
    let name = method.rawValue
    try step(owner.bytes.count / 32 + owner.runs.count / 4)
    switch method {
    case .strip, .lstrip, .rstrip:
      let given = try positionalOnly(arguments, 0...1, of: name)
      let characters = try optionalText(given.first, name)
      return try made(
        try stripped(owner, characters, left: method != .rstrip, right: method != .lstrip))
    case .split, .rsplit: return try split(owner, arguments, fromRight: method == .rsplit)
    case .splitlines:
      let keeps = try bind(arguments, to: ["keepends"], of: name)[0]
      return try made(
        try lines(
          of: owner,
          keepsEnds: try keeps.map { (value) throws(TemplateError) in
            try isTrue(value)
          } ?? false))
    case .startswith, .endswith: return try isAtEdge(owner, arguments, atEnd: method == .endswith)
    case .replace:
      let given = try positionalOnly(arguments, 2...3, of: name)
      let count = given.count > 2 ? try integer(given[2], name) : -1
      return try made(
        try replaced(owner, try text(given[0], name), try text(given[1], name), count: count))
    case .upper, .lower, .title, .capitalize, .swapcase:
      _ = try positionalOnly(arguments, 0...0, of: name)
      return try made(try cased(owner, method))
    case .join:
      let given = try positionalOnly(arguments, 1...1, of: name)
      return try joined(try items(of: given[0]), owner, convertsItems: false)
    case .find, .rfind, .index, .rindex: return try find(owner, arguments, method)
    case .count: return try count(owner, arguments)
    case .removeprefix, .removesuffix:
      let given = try positionalOnly(arguments, 1...1, of: name)
      let part = try text(given[0], name).bytes
      if method == .removeprefix {
        guard !part.isEmpty, owner.bytes.starts(with: part) else { return .text(owner) }
        return try made(owner.slice(part.count, owner.bytes.count))
      }
      guard !part.isEmpty, owner.bytes.count >= part.count,
        owner.bytes.suffix(part.count).elementsEqual(part)
      else { return .text(owner) }
      return try made(owner.slice(0, owner.bytes.count - part.count))
    case .partition, .rpartition:
      let given = try positionalOnly(arguments, 1...1, of: name)
      return try partition(owner, try text(given[0], name), fromRight: method == .rpartition)
    case .center, .ljust, .rjust, .zfill: return try padded(owner, arguments, method)
    case .format: return try made(try formatted(owner, arguments))
    default:
      _ = try positionalOnly(arguments, 0...0, of: name)
      return .bool(try isOfKind(text: owner, method), 0)
    }
  }

  func stripped(
    _ owner: MarkedText, _ characters: MarkedText?, left: Bool, right: Bool
  ) throws(TemplateError) -> MarkedText {
    let bytes = owner.bytes
    var lower = 0
    var upper = bytes.count
    if let characters {
      let set = Set(PythonText.scalars(characters.bytes).map(\.value))
      try step(characters.bytes.count / 4 + bytes.count / 8)
      while left, lower < upper {
        let (value, length) = PythonText.scalar(bytes, lower)
        guard set.contains(value) else { break }
        lower += length
      }
      while right, upper > lower {
        let start = PythonText.startOfScalar(endingAt: upper, bytes)
        guard set.contains(PythonText.scalar(bytes, start).value) else { break }
        upper = start
      }
    } else {
      if left { lower = PythonText.startWithoutBlanks(bytes, 0, upper) }
      if right { upper = PythonText.endWithoutBlanks(bytes, lower, upper) }
    }
    return owner.stripped(lower, upper)
  }

  private func split(
    _ owner: MarkedText, _ arguments: CallArguments, fromRight: Bool
  ) throws(TemplateError) -> Value {
    let given = try bind(arguments, to: ["sep", "maxsplit"], of: "split")
    let separator = try optionalText(given[0], "split")
    let limit =
      try given[1].map { (value) throws(TemplateError) in
        try integer(value, "split")
      } ?? -1
    let maximum = limit < 0 ? Int.max : limit
    let ranges: [Range<Int>]
    if let separator {
      guard !separator.isEmpty else { throw failed("empty separator") }
      try chargeSearch(separator.bytes, owner.bytes)
      let places =
        fromRight
        ? TextSearch.allFromRight(separator.bytes, in: owner.bytes, limit: maximum)
        : TextSearch.all(separator.bytes, in: owner.bytes, limit: maximum)
      var start = 0
      var found: [Range<Int>] = []
      for place in places {
        found.append(start..<place)
        start = place + separator.bytes.count
      }
      found.append(start..<owner.bytes.count)
      ranges = found
    } else {
      ranges = Self.words(owner.bytes, maximum: maximum, fromRight: fromRight)
    }
    return try made(try slices(of: owner, ranges), mark: owner.highestMark)
  }

  func slices(of owner: MarkedText, _ ranges: [Range<Int>]) throws(TemplateError) -> [Value] {
    try step(ranges.count / 2)
    var result: [Value] = []
    result.reserveCapacity(ranges.count)
    for range in ranges {
      try step(owner.runs.count / 8)
      result.append(try made(owner.slice(range.lowerBound, range.upperBound)))
    }
    return result
  }

  /// The words between white space; the last one of a limited number keeps its blanks.
  private static func words(
    _ bytes: [UInt8], maximum: Int, fromRight: Bool
  ) -> [Range<Int>] {
    var result: [Range<Int>] = []
    func isBlank(_ index: Int) -> Bool { PythonText.isBlank(PythonText.scalar(bytes, index).value) }
    if fromRight {
      var end = PythonText.endWithoutBlanks(bytes, 0, bytes.count)
      while end > 0 {
        guard result.count < maximum else {
          result.append(0..<end)
          break
        }
        var start = end
        while start > 0 {
          let before = PythonText.startOfScalar(endingAt: start, bytes)
          if isBlank(before) { break }
          start = before
        }
        result.append(start..<end)
        end = PythonText.endWithoutBlanks(bytes, 0, start)
      }
      return result.reversed()
    }
    var start = PythonText.startWithoutBlanks(bytes, 0, bytes.count)
    while start < bytes.count {
      guard result.count < maximum else {
        result.append(start..<PythonText.endWithoutBlanks(bytes, start, bytes.count))
        break
      }
      var end = start
      while end < bytes.count, !isBlank(end) { end += PythonText.scalar(bytes, end).length }
      result.append(start..<end)
      start = PythonText.startWithoutBlanks(bytes, end, bytes.count)
    }
    return result
  }

  /// The lines of a text, by all line breaks that Python knows.
  func lines(of owner: MarkedText, keepsEnds: Bool) throws(TemplateError) -> [Value] {
    try slices(of: owner, Self.lineRanges(owner.bytes, keepsEnds: keepsEnds))
  }

  static func lineRanges(_ bytes: [UInt8], keepsEnds: Bool) -> [Range<Int>] {
    var result: [Range<Int>] = []
    var start = 0
    var index = 0
    while index < bytes.count {
      let (value, length) = PythonText.scalar(bytes, index)
      let end = index
      index += length
      guard PythonText.isLineBreak(value) else { continue }
      if value == 0x0D, index < bytes.count, bytes[index] == 0x0A { index += 1 }
      result.append(start..<(keepsEnds ? index : end))
      start = index
    }
    if start < bytes.count { result.append(start..<bytes.count) }
    return result
  }
}
