/// Finds the end of the piece that starts at an offset of valid UTF-8, by one pattern.
///
/// A piece ends at `end` at the latest, and looking ahead stops there.
struct PatternScanner {
  let bytes: UnsafePointer<UInt8>
  let end: Int
  let classes: UnsafePointer<UInt16>

  static let content =
    CharacterClasses.letter | CharacterClasses.number
    | CharacterClasses.space

  @inline(__always)
  init(_ bytes: UnsafePointer<UInt8>, end: Int, classes: UnsafePointer<UInt16>) {
    self.bytes = bytes
    self.end = end
    self.classes = classes
  }

  @inline(__always)
  func pieceEnd(_ pattern: TextPattern, from start: Int) -> Int {
    switch pattern {
    case .gpt2: gpt2End(start)
    case .llama3(let digitsMaximum, false):
      llama3End(start, digitsMaximum, letters: CharacterClasses.letter)
    case .llama3(let digitsMaximum, true):
      llama3End(start, digitsMaximum, letters: CharacterClasses.letter | CharacterClasses.mark)
    case .o200k(let digitsMaximum, let contractions):
      o200kEnd(start, digitsMaximum, contractions)
    case .deepseek: deepseekEnd(start)
    case .ideographs: ideographsEnd(start)
    case .numbers(let maximum): numbersEnd(start, maximum)
    case .digits(let individual): digitsEnd(start, individual)
    case .behindBlanks: blankEnd(start)
    case .beforeMetaspaces: metaspaceEnd(start)
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

  @inline(__always)
  private func llama3End(_ start: Int, _ digitsMaximum: Int, letters: UInt16) -> Int {
    let first = bytes[start]
    if first == UInt8(ascii: "'") {
      let contraction = contractionEnd(start, foldCase: true)
      if contraction > start { return contraction }
    }
    let content = Self.content | letters
    let (flags, length) = classify(start)
    let next = start + length
    if flags & letters != 0 { return runOfAnyEnd(next, letters) }
    if flags & CharacterClasses.number != 0 { return numbersEnd(next, count: digitsMaximum - 1) }
    var follower: UInt16 = CharacterClasses.space
    if next < end {
      let (flags, length) = classify(next)
      follower = flags
      if flags & letters != 0, first != UInt8(ascii: "\r"), first != UInt8(ascii: "\n") {
        return runOfAnyEnd(next + length, letters)
      }
    }
    if flags & content == 0 || (first == UInt8(ascii: " ") && follower & content == 0) {
      return lineBreaksEnd(runEnd(next, content, 0))
    }
    return spaceOrLinesEnd(start)
  }

  /// Up to `count` numbers.
  @inline(__always)
  func numbersEnd(_ start: Int, count: Int) -> Int {
    var next = start
    var left = count
    while left > 0, next < end {
      let (flags, length) = classify(next)
      if flags & CharacterClasses.number == 0 { break }
      next += length
      left -= 1
    }
    return next
  }

  func lineBreaksEnd(_ start: Int) -> Int {
    var stop = start
    while stop < end, bytes[stop] == 0x0D || bytes[stop] == 0x0A { stop += 1 }
    return stop
  }

  private func digitsEnd(_ start: Int, _ individual: Bool) -> Int {
    let (flags, length) = classify(start)
    let wanted = flags & CharacterClasses.digit
    if individual, wanted != 0 { return start + length }
    return runEnd(start + length, CharacterClasses.digit, wanted)
  }

  /// `'s|'t|'re|'ve|'m|'ll|'d`, of which case folding also reads the long s of U+017F.
  func contractionEnd(_ start: Int, foldCase: Bool) -> Int {
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
  func spaceEnd(_ start: Int) -> Int {
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
  func spaceOrLinesEnd(_ start: Int) -> Int {
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

  /// The end of a run of characters with any of these flags.
  @inline(__always)
  func runOfAnyEnd(_ start: Int, _ mask: UInt16) -> Int {
    var next = start
    while next < end {
      let (flags, length) = classify(next)
      if flags & mask == 0 { break }
      next += length
    }
    return next
  }

  @inline(__always)
  func runEnd(_ start: Int, _ mask: UInt16, _ wanted: UInt16) -> Int {
    var next = start
    while next < end {
      let (flags, length) = classify(next)
      if flags & mask != wanted { break }
      next += length
    }
    return next
  }

  @inline(__always)
  func classify(_ offset: Int) -> (flags: UInt16, length: Int) {
    let byte = bytes[offset]
    if byte < 0x80 { return (classes[Int(byte)], 1) }
    let (value, length) = UTF8Text.scalar(bytes, offset)
    return (CharacterClasses.flags(value, classes), length)
  }
}
