extension Renderer {
  /// The items that a slice takes, by Python's rules, as numbers: how many, the first, the step.
  private func indices(
    _ count: Int, _ start: Value, _ stop: Value, _ step: Value
  ) throws(TemplateError) -> (first: Int, count: Int, step: Int) {
    func number(_ value: Value) throws(TemplateError) -> Int? {
      switch value {
      case .none: return nil
      case .int(let number, _): return number
      case .bool(let flag, _): return flag ? 1 : 0
      case .undefined(let reason): throw failed(reason.message)
      default: throw failed("slice indices must be integers or None")
      }
    }
    let step = try number(step) ?? 1
    guard step != 0 else { throw failed("slice step cannot be zero") }
    let lowest = step > 0 ? 0 : -1
    let highest = step > 0 ? count : count - 1
    func clamped(_ value: Int?, _ standard: Int) -> Int {
      guard let value else { return standard }
      let place = value < 0 ? (value < -count ? lowest : value + count) : value
      return min(max(place, lowest), highest)
    }
    let first = clamped(try number(start), step > 0 ? lowest : highest)
    let last = clamped(try number(stop), step > 0 ? highest : lowest)
    let distance = step > 0 ? last - first : first - last
    guard distance > 0 else { return (first: max(first, 0), count: 0, step: 1) }
    let width = step.magnitude
    let taken = width > UInt(distance) ? 1 : (distance - 1) / Int(width) + 1
    return (first: first, count: taken, step: step)
  }

  func slice(
    _ owner: Value, _ start: Value, _ stop: Value, _ step: Value
  ) throws(TemplateError) -> Value {
    switch owner {
    case .undefined(let reason): throw failed(reason.message)
    case .list(let list):
      return try made(try items(of: list, start, stop, step), mark: list.mark)
    case .tuple(let list):
      return try madeTuple(try items(of: list, start, stop, step), mark: list.mark)
    case .text(let text): return try made(try slice(text, start, stop, step))
    case .range: throw unsupported("a slice of a range")
    default: throw failed("'\(owner.typeName)' object cannot be sliced")
    }
  }

  private func items(
    of list: ListValue, _ start: Value, _ stop: Value, _ step: Value
  ) throws(TemplateError) -> [Value] {
    let taken = try indices(list.items.count, start, stop, step)
    try self.step(taken.count / 8)
    try allocate(taken.count * 40)
    if taken.step == 1 { return Array(list.items[taken.first..<taken.first + taken.count]) }
    return (0..<taken.count).map { list.items[taken.first + $0 * taken.step] }
  }

  private func slice(
    _ text: MarkedText, _ start: Value, _ stop: Value, _ step: Value
  ) throws(TemplateError) -> MarkedText {
    let count = PythonText.length(text.bytes)
    let isASCII = count == text.bytes.count
    let taken = try indices(count, start, stop, step)
    try self.step(text.bytes.count / 64 + text.runs.count / 8)
    if taken.step == 1 {
      let lower = PythonText.offset(of: taken.first, in: text.bytes, isASCII: isASCII)
      let upper = PythonText.offset(of: taken.first + taken.count, in: text.bytes, isASCII: isASCII)
      return text.slice(lower, upper)
    }
    try self.step(text.bytes.count / 8 + taken.count)
    try allocate(text.bytes.count * 26)
    let characters = text.characters
    var builder = MarkedTextBuilder()
    for index in 0..<taken.count {
      let character = characters[taken.first + index * taken.step]
      builder.append(text.bytes[character.range], mark: character.mark)
    }
    if taken.count == 0 { builder.append([], mark: text.highestMark) }
    var result = builder.text
    result.isMarkup = text.isMarkup
    return result
  }
}

extension MarkedText {
  /// A code point's bytes and its mark.
  struct Character {
    let range: Range<Int>
    let mark: Int32
  }

  /// Every code point.
  var characters: [Character] {
    var result: [Character] = []
    var index = 0
    var run = 0
    while index < bytes.count {
      while run + 1 < runs.count, runs[run].end <= index { run += 1 }
      let end = index + PythonText.scalar(bytes, index).length
      result.append(Character(range: index..<end, mark: runs.isEmpty ? mark : runs[run].mark))
      index = end
    }
    return result
  }
}
