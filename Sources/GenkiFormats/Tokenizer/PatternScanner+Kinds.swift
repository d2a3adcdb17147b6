/// The scanners of the patterns beyond GPT-2's and Llama 3's.
extension PatternScanner {
  /// `[^\r\n\p{L}\p{N}]?` before a word, which is of capitals, then of small letters; what is neither
  /// (letters without case, marks) counts as both.
  func o200kEnd(_ start: Int, _ digitsMaximum: Int, _ contractions: Bool) -> Int {
    let first = bytes[start]
    let (flags, length) = classify(start)
    let next = start + length
    var word = start
    if flags & CharacterClasses.letter != 0 {
      word = wordEnd(start, mustEndSmall: false)
    } else if flags & CharacterClasses.number != 0 {
      return numbersEnd(next, count: digitsMaximum - 1)
    } else if flags & CharacterClasses.lineBreak == 0 {
      // The expression tries small letters at the end with and without the sign before the word,
      // and only then capitals at the end. Without it the word begins with a mark.
      word = wordEnd(next, mustEndSmall: true)
      if word == next, flags & CharacterClasses.mark != 0 {
        word = wordEnd(start, mustEndSmall: true)
      } else if word == next {
        word = wordEnd(next, mustEndSmall: false)
      }
      if word == next, flags & CharacterClasses.mark == 0 { word = start }
    }
    if word > start {
      guard contractions, word < end, bytes[word] == UInt8(ascii: "'") else { return word }
      return contractionEnd(word, foldCase: true)
    }
    let follower = next < end ? classify(next).flags : CharacterClasses.space
    if flags & Self.content == 0 || (first == UInt8(ascii: " ") && follower & Self.content == 0) {
      var stop = runEnd(next, Self.content, 0)
      while stop < end, Self.isLineBreakOrSlash(bytes[stop]) { stop += 1 }
      return stop
    }
    return spaceOrLinesEnd(start)
  }

  /// The end of `[upper]*[lower]+` at `start`, and of `[upper]+` where that does not match and need
  /// not; `start` if nothing matches.
  private func wordEnd(_ start: Int, mustEndSmall: Bool) -> Int {
    var next = start
    var small = start
    while next < end {
      let (flags, length) = classify(next)
      if flags & CharacterClasses.upper == 0 {
        if flags & CharacterClasses.lower != 0 {
          return runOfAnyEnd(next + length, CharacterClasses.lower)
        }
        break
      }
      next += length
      if flags & CharacterClasses.lower != 0 { small = next }
    }
    // What counts as both is the small end of the word, the capitals behind it begin the next.
    if small > start { return small }
    return mustEndSmall ? start : next
  }

  /// DeepSeek's last pattern; what it does not match up to the next match is a piece, too.
  func deepseekEnd(_ start: Int) -> Int {
    let match = deepseekMatchEnd(start)
    if match > start { return match }
    var next = start
    repeat {
      next += classify(next).length
    } while next < end && deepseekMatchEnd(next) == next
    return next
  }

  /// The end of the match at `start`; `start` if nothing matches there.
  private func deepseekMatchEnd(_ start: Int) -> Int {
    let letters = CharacterClasses.letter | CharacterClasses.mark
    let first = bytes[start]
    let (flags, length) = classify(start)
    let next = start + length
    if flags & letters != 0 { return runOfAnyEnd(next, letters) }
    if flags & CharacterClasses.sign != 0 {
      if first < 0x80, next < end, Self.isASCIILetter(bytes[next]) {
        var stop = next + 1
        while stop < end, Self.isASCIILetter(bytes[stop]) { stop += 1 }
        return stop
      }
      return lineBreaksEnd(runOfAnyEnd(next, CharacterClasses.sign))
    }
    let follower = next < end ? classify(next).flags : 0
    if follower & letters != 0, flags & CharacterClasses.lineBreak == 0 {
      return runOfAnyEnd(next, letters)
    }
    if first == UInt8(ascii: " "), follower & CharacterClasses.sign != 0 {
      return lineBreaksEnd(runOfAnyEnd(next, CharacterClasses.sign))
    }
    return flags & CharacterClasses.space != 0 ? spaceOrLinesEnd(start) : start
  }

  /// A run of `[\u4E00-\u9FA5\u3040-\u30FF]`, or of anything else.
  func ideographsEnd(_ start: Int) -> Int {
    let wanted = isIdeograph(start)
    var next = start
    repeat {
      next += classify(next).length
    } while next < end && isIdeograph(next) == wanted
    return next
  }

  /// Up to `maximum` numbers, or anything up to the next number.
  func numbersEnd(_ start: Int, _ maximum: Int) -> Int {
    let (flags, length) = classify(start)
    if flags & CharacterClasses.number != 0 {
      return numbersEnd(start + length, count: maximum - 1)
    }
    return runEnd(start + length, CharacterClasses.number, 0)
  }

  /// Everything up to a blank, included.
  func blankEnd(_ start: Int) -> Int {
    var next = start
    while next < end {
      next += 1
      if bytes[next - 1] == UInt8(ascii: " ") { break }
    }
    return next
  }

  /// Everything up to the next U+2581.
  func metaspaceEnd(_ start: Int) -> Int {
    var next = start + 1
    while next < end {
      if bytes[next] == 0xE2, Metaspace.starts(bytes + next, end - next) { break }
      next += 1
    }
    return next
  }

  private func isIdeograph(_ offset: Int) -> Bool {
    guard case 0xE3...0xE9 = bytes[offset] else { return false }
    switch UTF8Text.scalar(bytes, offset).value {
    case 0x4E00...0x9FA5, 0x3040...0x30FF: return true
    default: return false
    }
  }

  private static func isLineBreakOrSlash(_ byte: UInt8) -> Bool {
    byte == 0x0D || byte == 0x0A || byte == UInt8(ascii: "/")
  }

  private static func isASCIILetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }
}
