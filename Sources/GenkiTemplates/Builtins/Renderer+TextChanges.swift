extension Renderer {
  /// What looking for a part in a text costs: the time of one walk, and the table of the part.
  func chargeSearch(_ part: [UInt8], _ text: [UInt8]) throws(TemplateError) {
    try step((part.count + text.count) / 16)
    if part.count <= text.count { try allocate(part.count * 8) }
  }

  /// Every place of `old` becomes `new`; what stands in for somebody's words is theirs.
  func replaced(
    _ owner: MarkedText, _ old: MarkedText, _ new: MarkedText, count: Int
  ) throws(TemplateError) -> MarkedText {
    let maximum = count < 0 ? Int.max : count
    try chargeSearch(old.bytes, owner.bytes)
    let places =
      old.isEmpty
      ? Self.boundaries(owner.bytes, limit: maximum)
      : TextSearch.all(old.bytes, in: owner.bytes, limit: maximum)
    guard !places.isEmpty else { return owner }
    try step(places.count)
    let (added, overflow) = places.count.multipliedReportingOverflow(
      by: new.bytes.count + new.runs.count * 16)
    guard !overflow else { throw .limit(.valueBytes(limits.valueBytes), line: line) }
    try allocate(owner.bytes.count)
    try allocate(min(added, limits.valueBytes + 1))
    var builder = MarkedTextBuilder()
    var start = 0
    for place in places {
      try step(owner.runs.count / 8)
      builder.append(owner.slice(start, place))
      let end = place + old.bytes.count
      builder.append(new.marked(atLeast: owner.mark(around: place, end)))
      start = end
    }
    if start < owner.bytes.count { builder.append(owner.slice(start, owner.bytes.count)) }
    return builder.text
  }

  /// The places between code points, both ends included.
  private static func boundaries(_ bytes: [UInt8], limit: Int) -> [Int] {
    var result: [Int] = []
    var index = 0
    while result.count < limit {
      result.append(index)
      guard index < bytes.count else { break }
      index += PythonText.scalar(bytes, index).length
    }
    return result
  }

  func isAtEdge(
    _ owner: MarkedText, _ arguments: CallArguments, atEnd: Bool
  ) throws(TemplateError) -> Value {
    let name = atEnd ? "endswith" : "startswith"
    let given = try positionalOnly(arguments, 1...3, of: name)
    guard given.count == 1 else { throw unsupported("the bounds of '\(name)'") }
    var candidates: [Value] = [given[0]]
    if case .tuple(let list) = given[0] { candidates = list.items }
    for candidate in candidates {
      let part = try text(candidate, name).bytes
      try step(1 + part.count / 64)
      if atEnd
        ? owner.bytes.reversed().starts(with: part.reversed())
        : owner.bytes.starts(with: part)
      {
        return .bool(true)
      }
    }
    return .bool(false)
  }

  /// A bound of `find` in bytes, by Python's rules for negative ones.
  private func place(
    _ value: Value?, _ standard: Int, _ bytes: [UInt8], _ count: Int
  ) throws(TemplateError) -> Int {
    var index: Int
    switch value {
    case nil, .some(.none): index = standard
    default: index = try integer(value, "find")
    }
    if index < 0 { index = max(0, index + count) }
    return index > count
      ? bytes.count + 1 : PythonText.offset(of: index, in: bytes, isASCII: count == bytes.count)
  }

  func find(
    _ owner: MarkedText, _ arguments: CallArguments, _ method: Method
  ) throws(TemplateError) -> Value {
    let name = method.rawValue
    let given = try positionalOnly(arguments, 1...3, of: name)
    let part = try text(given[0], name)
    try chargeSearch(part.bytes, owner.bytes)
    let count = PythonText.length(owner.bytes)
    let lower = try place(given.count > 1 ? given[1] : nil, 0, owner.bytes, count)
    let upper = min(
      try place(given.count > 2 ? given[2] : nil, count, owner.bytes, count), owner.bytes.count)
    var found: Int?
    if lower <= upper {
      let area = Array(owner.bytes[lower..<upper])
      found =
        method == .find || method == .index
        ? TextSearch.first(part.bytes, in: area, from: 0) : TextSearch.last(part.bytes, in: area)
    }
    let mark = max(owner.highestMark, part.highestMark)
    guard let found else {
      guard method == .find || method == .rfind else { throw failed("substring not found") }
      return .int(-1, mark)
    }
    return .int(PythonText.length(Array(owner.bytes[..<(lower + found)])), mark)
  }

  func count(_ owner: MarkedText, _ arguments: CallArguments) throws(TemplateError) -> Value {
    let given = try positionalOnly(arguments, 1...3, of: "count")
    guard given.count == 1 else { throw unsupported("the bounds of 'count'") }
    let part = try text(given[0], "count")
    try chargeSearch(part.bytes, owner.bytes)
    let count =
      part.isEmpty
      ? PythonText.length(owner.bytes) + 1 : TextSearch.all(part.bytes, in: owner.bytes).count
    return .int(count, max(owner.highestMark, part.highestMark))
  }

  func partition(
    _ owner: MarkedText, _ part: MarkedText, fromRight: Bool
  ) throws(TemplateError) -> Value {
    guard !part.isEmpty else { throw failed("empty separator") }
    try chargeSearch(part.bytes, owner.bytes)
    let place =
      fromRight
      ? TextSearch.last(part.bytes, in: owner.bytes)
      : TextSearch.first(part.bytes, in: owner.bytes, from: 0)
    guard let place else {
      let nothing = Value.text(MarkedText([], mark: owner.highestMark))
      return try madeTuple(
        fromRight ? [nothing, nothing, .text(owner)] : [.text(owner), nothing, nothing])
    }
    let end = place + part.bytes.count
    return try madeTuple([
      try made(owner.slice(0, place)), try made(owner.slice(place, end)),
      try made(owner.slice(end, owner.bytes.count)),
    ])
  }

  func padded(
    _ owner: MarkedText, _ arguments: CallArguments, _ method: Method
  ) throws(TemplateError) -> Value {
    let name = method.rawValue
    let given = try positionalOnly(arguments, method == .zfill ? 1...1 : 1...2, of: name)
    let width = try integer(given[0], name)
    var fill = MarkedText(method == .zfill ? "0" : " ")
    if given.count > 1 {
      fill = try text(given[1], name)
      try step(fill.bytes.count / 64)
      guard PythonText.length(fill.bytes) == 1 else {
        throw failed("the fill character must be exactly one character long")
      }
    }
    try step(owner.bytes.count / 64)
    let missing = width > 0 ? width - PythonText.length(owner.bytes) : 0
    guard missing > 0 else { return .text(owner) }
    let left: Int
    switch method {
    case .ljust: left = 0
    case .rjust, .zfill: left = missing
    // Python puts the odd one to the left where the width is odd.
    default: left = missing / 2 + (missing & width & 1)
    }
    return try made(
      try padded(
        owner, fill, left: left, right: missing - left,
        skipsSign: method == .zfill))
  }

  private func padded(
    _ owner: MarkedText, _ fill: MarkedText, left: Int, right: Int, skipsSign: Bool
  ) throws(TemplateError) -> MarkedText {
    let (total, overflow) = (left + right).multipliedReportingOverflow(by: fill.bytes.count + 1)
    guard !overflow else { throw .limit(.valueBytes(limits.valueBytes), line: line) }
    try allocate(min(total, limits.valueBytes + 1))
    try step(left / 8 + right / 8)
    var builder = MarkedTextBuilder()
    var start = 0
    let hasSign =
      owner.bytes.first == UInt8(ascii: "-") || owner.bytes.first == UInt8(ascii: "+")
    if skipsSign, hasSign {
      builder.append(owner.slice(0, 1))
      start = 1
    }
    for _ in 0..<left { builder.append(fill) }
    builder.append(owner.slice(start, owner.bytes.count))
    for _ in 0..<right { builder.append(fill) }
    var result = builder.text
    result.isMarkup = owner.isMarkup
    return result
  }

  // MARK: Characters

  func cased(_ owner: MarkedText, _ method: Method) throws(TemplateError) -> MarkedText {
    try step(owner.bytes.count / 8)
    try allocate(owner.bytes.count)
    if owner.bytes.allSatisfy({ $0 < 0x80 }), method == .upper || method == .lower {
      var result = owner
      if method == .upper {
        for index in result.bytes.indices where (0x61...0x7A).contains(result.bytes[index]) {
          result.bytes[index] -= 0x20
        }
      } else {
        for index in result.bytes.indices where (0x41...0x5A).contains(result.bytes[index]) {
          result.bytes[index] += 0x20
        }
      }
      return result
    }
    try allocate(owner.bytes.count * 30)
    return CaseMapping.mapped(owner, method)
  }

  func isOfKind(text owner: MarkedText, _ method: Method) throws(TemplateError) -> Bool {
    try step(owner.bytes.count / 8)
    try allocate(owner.bytes.count * 4)
    return CharacterKinds.isOfKind(owner.bytes, method)
  }
}
