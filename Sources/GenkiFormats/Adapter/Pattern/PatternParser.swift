/// Takes a regular expression of Python's apart, as far as adapters' configurations need them.
///
/// Anything that it does not know is refused by name rather than guessed: the file comes from strangers,
/// and another reading of it would be another model.
package struct PatternParser {
  /// Groups in groups.
  package static let depthMaximum = 32
  /// How often `{m,n}` may repeat.
  package static let repetitionsMaximum = 256

  private let scalars: [Unicode.Scalar]
  private var index = 0
  private var depth = 0

  private init(_ text: String) { scalars = Array(text.unicodeScalars) }

  /// - Throws: What is not evaluated, or where the text is no expression.
  static func parse(_ text: String) throws(PatternError) -> PatternNode {
    var parser = PatternParser(text)
    let node = try parser.alternatives()
    guard parser.next == nil else { throw .malformed("a ) closes nothing") }
    return node
  }

  private var next: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard next == scalar else { return false }
    index += 1
    return true
  }

  /// The text from a place to what is read last, for messages.
  private func text(from start: Int) -> String {
    String(String.UnicodeScalarView(scalars[start..<min(scalars.count, max(start + 1, index))]))
  }

  private mutating func alternatives() throws(PatternError) -> PatternNode {
    var branches = [try sequence()]
    while take("|") { branches.append(try sequence()) }
    return branches.count == 1 ? branches[0] : .alternatives(branches)
  }

  private mutating func sequence() throws(PatternError) -> PatternNode {
    var items: [PatternNode] = []
    while let scalar = next, scalar != "|", scalar != ")" {
      let start = index
      index += 1
      let item = try item(scalar, start: start)
      items.append(try repeated(item))
    }
    return items.count == 1 ? items[0] : .sequence(items)
  }

  private mutating func item(
    _ scalar: Unicode.Scalar, start: Int
  ) throws(PatternError) -> PatternNode {
    switch scalar {
    case ".": return .character(.allButNewline)
    case "^": return .assertion(.start)
    case "$": return .assertion(.end)
    case "[": return .character(try characterClass(start: start))
    case "(": return try group(start: start)
    case "\\": return try escape(start: start)
    case "*", "+", "?": throw .malformed("\(scalar) repeats nothing")
    case "{":
      index = start
      if try counts() != nil { throw .malformed("{ repeats nothing") }
      index = start + 1
      return .character(CharacterSet128(scalar))
    default: return .character(CharacterSet128(scalar))
    }
  }

  private mutating func group(start: Int) throws(PatternError) -> PatternNode {
    if take("?") {
      let mark = next
      index = min(index + 1, scalars.count)
      switch mark {
      case ":": break
      case "=", "!": throw .construct(text(from: start), name: "lookahead")
      case "<":
        index = min(index + 1, scalars.count)
        throw .construct(text(from: start), name: "lookbehind")
      case "P":
        let isReference = take("=")
        throw .construct(
          text(from: start), name: isReference ? "a backreference" : "a named group")
      case ">": throw .construct(text(from: start), name: "an atomic group")
      case "(": throw .construct(text(from: start), name: "a condition")
      case "#": throw .construct(text(from: start), name: "a comment")
      default: throw .construct(text(from: start), name: "a flag")
      }
    }
    depth += 1
    guard depth <= Self.depthMaximum else {
      throw .tooLarge("groups are nested more than \(Self.depthMaximum) deep")
    }
    let node = try alternatives()
    guard take(")") else { throw .malformed("a ( is not closed") }
    depth -= 1
    // A group around an anchor may be repeated, the anchor itself may not.
    if case .assertion = node { return .sequence([node]) }
    return node
  }

  /// What may follow an item.
  private mutating func repeated(_ item: PatternNode) throws(PatternError) -> PatternNode {
    let start = index
    guard let (minimum, maximum) = try counts() else { return item }
    if case .assertion = item { throw .malformed("\(text(from: start)) repeats nothing") }
    if take("+") { throw .construct(text(from: start), name: "a possessive repetition") }
    _ = take("?")
    let end = index
    if try counts() != nil { throw .malformed("\(text(from: start)) repeats a repetition") }
    index = end
    return .repetition(item, minimum: minimum, maximum: maximum)
  }

  /// `*`, `+`, `?`, `{m}`, `{m,}`, `{,n}` or `{m,n}`; nil, and nothing is read, where none stands.
  private mutating func counts() throws(PatternError) -> (minimum: Int, maximum: Int?)? {
    if take("*") { return (0, nil) }
    if take("+") { return (1, nil) }
    if take("?") { return (0, 1) }
    let start = index
    guard take("{"), next != "}" else {
      index = start
      return nil
    }
    let first = digits()
    var second = first
    if take(",") { second = digits() }
    // As in Python, what is no count is plain text.
    guard take("}") else {
      index = start
      return nil
    }
    let minimum = first.isEmpty ? 0 : try count(first, start: start)
    guard !second.isEmpty else { return (minimum, nil) }
    let maximum = try count(second, start: start)
    guard minimum <= maximum else {
      throw .malformed("\(text(from: start)) has more at least than at most")
    }
    return (minimum, maximum)
  }

  private mutating func digits() -> String {
    var digits = ""
    while let scalar = next, ("0"..."9").contains(scalar) {
      digits.unicodeScalars.append(scalar)
      index += 1
    }
    return digits
  }

  private func count(_ digits: String, start: Int) throws(PatternError) -> Int {
    guard let number = Int(digits), number <= Self.repetitionsMaximum else {
      throw .tooLarge(
        "\(text(from: start).quoted(limit: 20)) repeats more than \(Self.repetitionsMaximum) times")
    }
    return number
  }

  /// What follows a backslash outside of a class.
  private mutating func escape(start: Int) throws(PatternError) -> PatternNode {
    switch next {
    case "b", "B":
      let isBoundary = next == "b"
      index += 1
      return .assertion(.wordBoundary(isBoundary))
    case "A":
      index += 1
      return .assertion(.start)
    case "Z":
      index += 1
      return .assertion(.end)
    default: return .character(try escapedSet(start: start).set)
    }
  }

  /// What follows a backslash anywhere; `single` is the character, where it is only one.
  private mutating func escapedSet(
    start: Int
  ) throws(PatternError) -> (set: CharacterSet128, single: Unicode.Scalar?) {
    guard let scalar = next else { throw .malformed("it ends with a backslash") }
    index += 1
    switch scalar {
    case "d": return (.digits, nil)
    case "D": return (CharacterSet128.digits.inverted, nil)
    case "w": return (.wordCharacters, nil)
    case "W": return (CharacterSet128.wordCharacters.inverted, nil)
    case "s": return (.spaces, nil)
    case "S": return (CharacterSet128.spaces.inverted, nil)
    case "1"..."9": throw .construct(text(from: start), name: "a backreference")
    case "0", "a"..."z", "A"..."Z":
      throw .construct(text(from: start), name: "this escape")
    default: return (CharacterSet128(scalar), scalar)
    }
  }

  private mutating func characterClass(start: Int) throws(PatternError) -> CharacterSet128 {
    var set = CharacterSet128()
    let isInverted = take("^")
    let first = index
    while true {
      guard let scalar = next else { throw .malformed("a [ is not closed") }
      let itemStart = index
      index += 1
      if scalar == "]", itemStart > first { break }
      let low = try classItem(scalar, start: itemStart)
      guard next == "-", index + 1 < scalars.count, scalars[index + 1] != "]" else {
        set = set.union(low.set)
        continue
      }
      index += 1
      let highStart = index
      let highScalar = scalars[index]
      index += 1
      let high = try classItem(highScalar, start: highStart)
      guard let from = low.single, let to = high.single, from.value <= to.value else {
        throw .malformed("\(text(from: itemStart)) is no range")
      }
      set = set.union(CharacterSet128(from.value, through: to.value))
    }
    return isInverted ? set.inverted : set
  }

  private mutating func classItem(
    _ scalar: Unicode.Scalar, start: Int
  ) throws(PatternError) -> (set: CharacterSet128, single: Unicode.Scalar?) {
    guard scalar == "\\" else { return (CharacterSet128(scalar), scalar) }
    return try escapedSet(start: start)
  }
}
