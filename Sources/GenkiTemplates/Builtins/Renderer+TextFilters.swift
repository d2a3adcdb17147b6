extension Renderer {
  func textFilter(
    _ filter: BuiltinFilter, _ value: Value, _ arguments: CallArguments
  ) throws(TemplateError) -> Value {
    let name = filter.rawValue
    switch filter {
    case .e, .escape, .forceescape:
      _ = try positionalOnly(arguments, 0...0, of: name)
      let text = try softText(value)
      if text.isMarkup, filter != .forceescape { return .text(text) }
      var result = try escaped(text)
      result.isMarkup = true
      return try made(result)
    case .title:
      _ = try positionalOnly(arguments, 0...0, of: name)
      return try made(try titled(try softText(value)))
    case .format:
      let format = try softText(value)
      guard arguments.named.isEmpty else {
        guard arguments.positional.isEmpty else {
          throw failed("format takes positional or named arguments, not both")
        }
        var entries = ObjectEntries()
        for (key, item) in arguments.named { entries.set(key, item) }
        return try made(try formatted(format, try made(entries)))
      }
      return try made(try formatted(format, try madeTuple(arguments.positional)))
    case .indent: return try indent(value, arguments)
    case .center:
      let width = try bind(arguments, to: ["width"], of: name)[0] ?? .int(80, 0)
      return try padded(
        try softText(value), CallArguments(positional: [width]), .center)
    case .truncate: return try truncated(value, arguments)
    default:
      _ = try positionalOnly(arguments, 0...0, of: name)
      let text = try softText(value)
      try step(text.bytes.count / 8)
      try allocate(text.bytes.count * 4)
      return .int(Self.wordCount(text.bytes), text.highestMark)
    }
  }

  private static func wordCount(_ bytes: [UInt8]) -> Int {
    var count = 0
    var isInWord = false
    for scalar in PythonText.scalars(bytes) {
      let isWord =
        scalar == "_" || CharacterKinds.isLetter(scalar) || scalar.properties.numericType != nil
      if isWord, !isInWord { count += 1 }
      isInWord = isWord
    }
    return count
  }

  /// markupsafe's escapes; they are of the origin of what they stand for.
  func escaped(_ text: MarkedText) throws(TemplateError) -> MarkedText {
    try step(text.bytes.count / 16)
    var builder = MarkedTextBuilder()
    var start = 0
    var position = 0
    let ends =
      text.runs.isEmpty ? [RenderedText.Run(end: text.bytes.count, mark: text.mark)] : text.runs
    for run in ends {
      start = position
      builder.append([], mark: run.mark)
      for index in position..<max(position, run.end) {
        let escape: StaticString
        switch text.bytes[index] {
        case UInt8(ascii: "&"): escape = "&amp;"
        case UInt8(ascii: "<"): escape = "&lt;"
        case UInt8(ascii: ">"): escape = "&gt;"
        case UInt8(ascii: "'"): escape = "&#39;"
        case UInt8(ascii: "\""): escape = "&#34;"
        default: continue
        }
        try allocate(8)
        builder.append(text.bytes[start..<index], mark: run.mark)
        builder.append(escape, mark: run.mark)
        start = index + 1
      }
      try allocate(run.end - start)
      builder.append(text.bytes[start..<max(start, run.end)], mark: run.mark)
      position = run.end
    }
    return builder.text
  }

  /// Jinja's own `title`: words begin behind blanks, hyphens and opening brackets.
  private func titled(_ text: MarkedText) throws(TemplateError) -> MarkedText {
    try step(text.bytes.count / 4)
    try allocate(text.bytes.count * 2)
    var builder = MarkedTextBuilder()
    var start = 0
    func isSeparator(_ index: Int) -> Bool {
      let value = PythonText.scalar(text.bytes, index).value
      return PythonText.isBlank(value) || [0x2D, 0x28, 0x7B, 0x5B, 0x3C].contains(value)
    }
    while start < text.bytes.count {
      var end = start
      let separates = isSeparator(start)
      while end < text.bytes.count, isSeparator(end) == separates {
        end += PythonText.scalar(text.bytes, end).length
      }
      try step(text.runs.count / 8 + 1)
      let first = start + PythonText.scalar(text.bytes, start).length
      builder.append(try cased(text.slice(start, first), .upper))
      if first < end { builder.append(try cased(text.slice(first, end), .lower)) }
      start = end
    }
    if text.isEmpty { builder.append(text) }
    var result = builder.text
    result.isMarkup = text.isMarkup
    return result
  }

  private func indent(_ value: Value, _ arguments: CallArguments) throws(TemplateError) -> Value {
    let given = try bind(arguments, to: ["width", "first", "blank"], of: "indent")
    var indentation: MarkedText
    if case .text(let text)? = given[0] {
      indentation = text
    } else {
      let width =
        try given[0].map { (value) throws(TemplateError) in
          try integer(value, "indent")
        } ?? 4
      try allocate(min(max(0, width), limits.valueBytes + 1))
      indentation = MarkedText(Array(repeating: UInt8(ascii: " "), count: max(0, width)))
    }
    let indentsFirst =
      try given[1].map { (value) throws(TemplateError) in try isTrue(value) } ?? false
    let indentsBlank =
      try given[2].map { (value) throws(TemplateError) in try isTrue(value) } ?? false
    let owner = try text(value, "indent")
    if owner.isMarkup { throw unsupported("the filter 'indent' of an escaped text") }
    if case .undefined(let reason) = value { throw failed(reason.message) }
    try step(owner.bytes.count / 8)
    // A line break is put behind the text, so that one at its end makes an empty line.
    let ranges = Self.lineRanges(owner.bytes + [UInt8(ascii: "\n")], keepsEnds: false)
    var builder = MarkedTextBuilder()
    if indentsFirst { builder.append(indentation) }
    for (index, range) in ranges.enumerated() {
      try step(1 + owner.runs.count / 8)
      let line = owner.slice(range.lowerBound, min(range.upperBound, owner.bytes.count))
      // What stands at a line break of the text is of the text's origin.
      let mark = owner.mark(around: max(0, range.lowerBound - 1), range.lowerBound)
      if index > 0 { builder.append(byte: UInt8(ascii: "\n"), mark: mark) }
      if index > 0, indentsBlank || !range.isEmpty {
        try allocate(indentation.bytes.count + indentation.runs.count * 16)
        builder.append(indentation.marked(atLeast: mark))
      }
      try allocate(line.bytes.count)
      builder.append(line)
    }
    return try made(builder.text)
  }

  private func truncated(_ value: Value, _ arguments: CallArguments) throws(TemplateError) -> Value
  {
    let given = try bind(
      arguments, to: ["length", "killwords", "end", "leeway"], of: "truncate")
    func number(_ value: Value?, _ standard: Int) throws(TemplateError) -> Int {
      guard let value, !value.isNone else { return standard }
      return try integer(value, "truncate")
    }
    let length = try number(given[0], 255)
    let leeway = try number(given[3], 5)
    let end =
      try given[2].map { (value) throws(TemplateError) in
        try text(value, "truncate")
      } ?? MarkedText("...")
    try step(end.bytes.count / 64)
    let endLength = PythonText.length(end.bytes)
    guard length >= endLength, leeway >= 0 else {
      throw failed("truncate needs a length of at least \(endLength)")
    }
    guard case .text(let owner) = value else {
      // Anything with a length is taken, and left alone while it is short.
      let (longest, overflow) = length.addingReportingOverflow(leeway)
      if let count = try self.length(of: value), overflow || count <= longest { return value }
      throw failed("truncate needs a string, not \(value.typeName)")
    }
    if owner.isMarkup { throw unsupported("the filter 'truncate' of an escaped text") }
    let (longest, overflow) = length.addingReportingOverflow(leeway)
    try step(owner.bytes.count / 32 + owner.runs.count / 8)
    let count = PythonText.length(owner.bytes)
    if overflow || count <= longest { return value }
    let kept = PythonText.offset(
      of: length - endLength, in: owner.bytes, isASCII: count == owner.bytes.count)
    var part = owner.slice(0, kept)
    let killsWords =
      try given[1].map { (value) throws(TemplateError) in try isTrue(value) } ?? false
    if !killsWords, let blank = part.bytes.lastIndex(of: UInt8(ascii: " ")) {
      part = part.slice(0, blank)
    }
    var builder = MarkedTextBuilder()
    builder.append(part)
    builder.append(end.marked(atLeast: owner.highestMark))
    return try made(builder.text)
  }
}
