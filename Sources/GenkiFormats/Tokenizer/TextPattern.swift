/// How a pre-tokenizer cuts a text into pieces: each case stands for one known regular expression,
/// written out as a scanner.
enum TextPattern: Sendable, Equatable {
  /// GPT-2, GPT-Neo and SmolLM2.
  case gpt2
  /// Llama 3 (three digits to a piece) and Qwen2 (one digit to a piece).
  case llama3(digitsMaximum: Int)
  /// The digit splitter.
  case digits(individual: Bool)

  /// The pattern that a regular expression of a `Split` pre-tokenizer stands for.
  init?(regularExpression: String) {
    // Compared by scalars: the == of strings takes canonically equivalent text as equal.
    let scalars = regularExpression.unicodeScalars
    guard
      let known = Self.known.first(where: { $0.expression.unicodeScalars.elementsEqual(scalars) })
    else { return nil }
    self = known.pattern
  }

  private static let known: [(expression: String, pattern: TextPattern)] = [
    (
      #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#, .gpt2
    ),
    (
      #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"#
        + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#, .llama3(digitsMaximum: 3)
    ),
    (
      #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"#
        + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#, .llama3(digitsMaximum: 1)
    ),
  ]
}

/// Finds the end of the piece that starts at an offset of valid UTF-8, by one pattern.
///
/// A piece ends at `end` at the latest, and looking ahead stops there.
struct PatternScanner {
  let bytes: UnsafePointer<UInt8>
  let end: Int
  let classes: UnsafePointer<UInt8>

  private static let content =
    CharacterClasses.letter | CharacterClasses.number
    | CharacterClasses.space

  @inline(__always)
  init(_ bytes: UnsafePointer<UInt8>, end: Int, classes: UnsafePointer<UInt8>) {
    self.bytes = bytes
    self.end = end
    self.classes = classes
  }

  @inline(__always)
  func pieceEnd(_ pattern: TextPattern, from start: Int) -> Int {
    switch pattern {
    case .gpt2: gpt2End(start)
    case .llama3(let digitsMaximum): llama3End(start, digitsMaximum)
    case .digits(let individual): digitsEnd(start, individual)
    }
  }

  private func gpt2End(_ start: Int) -> Int {
    let first = bytes[start]
    if first == UInt8(ascii: "'") {
      let contraction = contractionEnd(start, foldCase: false)
      if contraction > start { return contraction }
    }
    var next = start
    var (flags, length) = classify(start)
    if first == UInt8(ascii: " ") {
      next = start + 1
      guard next < end else { return end }
      (flags, length) = classify(next)
      if flags & CharacterClasses.space != 0 { return spaceEnd(start) }
    } else if flags & CharacterClasses.space != 0 {
      return spaceEnd(start)
    }
    return runEnd(next + length, Self.content, flags & Self.content)
  }

  private func llama3End(_ start: Int, _ digitsMaximum: Int) -> Int {
    let first = bytes[start]
    if first == UInt8(ascii: "'") {
      let contraction = contractionEnd(start, foldCase: true)
      if contraction > start { return contraction }
    }
    let (flags, length) = classify(start)
    var next = start + length
    if flags & CharacterClasses.letter != 0 { return lettersEnd(next) }
    if flags & CharacterClasses.number != 0 {
      var count = 1
      while count < digitsMaximum, next < end {
        let (flags, length) = classify(next)
        if flags & CharacterClasses.number == 0 { break }
        next += length
        count += 1
      }
      return next
    }
    var follower: UInt8 = CharacterClasses.space
    if next < end {
      let (flags, length) = classify(next)
      follower = flags
      if flags & CharacterClasses.letter != 0, first != UInt8(ascii: "\r"),
        first != UInt8(ascii: "\n")
      {
        return lettersEnd(next + length)
      }
    }
    if flags & Self.content == 0 || (first == UInt8(ascii: " ") && follower & Self.content == 0) {
      var stop = runEnd(next, Self.content, 0)
      while stop < end, bytes[stop] == 0x0D || bytes[stop] == 0x0A { stop += 1 }
      return stop
    }
    return spaceOrLinesEnd(start)
  }

  private func digitsEnd(_ start: Int, _ individual: Bool) -> Int {
    let (flags, length) = classify(start)
    let wanted = flags & CharacterClasses.digit
    if individual, wanted != 0 { return start + length }
    return runEnd(start + length, CharacterClasses.digit, wanted)
  }

  /// `'s|'t|'re|'ve|'m|'ll|'d`, of which case folding also reads the long s of U+017F.
  private func contractionEnd(_ start: Int, foldCase: Bool) -> Int {
    guard start + 1 < end else { return start }
    let fold: UInt8 = foldCase ? 0x20 : 0
    let first = bytes[start + 1]
    if foldCase, first == 0xC5, start + 2 < end, bytes[start + 2] == 0xBF { return start + 3 }
    guard first < 0x80 else { return start }
    switch first | fold {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"):
      return start + 2
    case UInt8(ascii: "r"), UInt8(ascii: "v"):
      return start + 2 < end && bytes[start + 2] | fold == UInt8(ascii: "e") ? start + 3 : start
    case UInt8(ascii: "l"):
      return start + 2 < end && bytes[start + 2] | fold == UInt8(ascii: "l") ? start + 3 : start
    default: return start
    }
  }

  /// `\s+(?!\S)|\s+`: the last space of several is left to the word that follows.
  private func spaceEnd(_ start: Int) -> Int {
    var next = start
    var last = start
    while next < end {
      let (flags, length) = classify(next)
      if flags & CharacterClasses.space == 0 { return last == start ? next : last }
      last = next
      next += length
    }
    return end
  }

  /// `\s*[\r\n]+|\s+(?!\S)|\s+`
  private func spaceOrLinesEnd(_ start: Int) -> Int {
    var next = start
    var last = start
    var lines = start
    while next < end {
      let (flags, length) = classify(next)
      if flags & CharacterClasses.space == 0 { break }
      last = next
      next += length
      if flags & CharacterClasses.lineBreak != 0 { lines = next }
    }
    if lines > start { return lines }
    return next == end || last == start ? next : last
  }

  @inline(__always)
  private func lettersEnd(_ start: Int) -> Int {
    runEnd(start, CharacterClasses.letter, CharacterClasses.letter)
  }

  @inline(__always)
  private func runEnd(_ start: Int, _ mask: UInt8, _ wanted: UInt8) -> Int {
    var next = start
    while next < end {
      let (flags, length) = classify(next)
      if flags & mask != wanted { break }
      next += length
    }
    return next
  }

  @inline(__always)
  private func classify(_ offset: Int) -> (flags: UInt8, length: Int) {
    let byte = bytes[offset]
    if byte < 0x80 { return (classes[Int(byte)], 1) }
    let (value, length) = UTF8Text.scalar(bytes, offset)
    return (CharacterClasses.flags(value, classes), length)
  }
}
