/// Looks for parts of texts in time that grows with their lengths, not with the product of them.
struct TextSearch {
  private let pattern: [UInt8]
  /// For each prefix of the pattern the longest border, after Knuth, Morris and Pratt.
  private let borders: [Int]

  /// The pattern must not be longer than the texts that it is looked for in by much: the table has
  /// eight bytes for each of its own.
  init(_ pattern: [UInt8]) {
    self.pattern = pattern
    var borders = Array(repeating: 0, count: pattern.count)
    var length = 0
    var index = 1
    while index < pattern.count {
      if pattern[index] == pattern[length] {
        length += 1
        borders[index] = length
        index += 1
      } else if length > 0 {
        length = borders[length - 1]
      } else {
        index += 1
      }
    }
    self.borders = borders
  }

  /// Where the pattern, which is not empty, stands first from a place on.
  func first(in text: [UInt8], from start: Int) -> Int? {
    guard let head = pattern.first, text.count - start >= pattern.count else { return nil }
    var matched = 0
    var index = start
    while index < text.count {
      if matched == 0 {
        while index < text.count, text[index] != head { index += 1 }
        guard index < text.count else { return nil }
      }
      if text[index] == pattern[matched] {
        matched += 1
        index += 1
        if matched == pattern.count { return index - matched }
      } else {
        matched = borders[matched - 1]
      }
    }
    return nil
  }

  /// All places from the left that do not overlap, at most so many.
  func all(in text: [UInt8], limit: Int = .max) -> [Int] {
    var result: [Int] = []
    var start = 0
    while result.count < limit, let place = first(in: text, from: start) {
      result.append(place)
      start = place + pattern.count
    }
    return result
  }

  /// Where a part stands first from a place on; an empty part stands everywhere.
  static func first(_ part: [UInt8], in text: [UInt8], from start: Int) -> Int? {
    if part.isEmpty { return start <= text.count ? start : nil }
    guard part.count <= text.count else { return nil }
    return TextSearch(part).first(in: text, from: start)
  }

  /// Where a part stands last.
  static func last(_ part: [UInt8], in text: [UInt8]) -> Int? {
    if part.isEmpty { return text.count }
    guard part.count <= text.count else { return nil }
    if part == text { return 0 }
    let place = TextSearch(part.reversed()).first(in: text.reversed(), from: 0)
    return place.map { text.count - $0 - part.count }
  }

  /// All places of a part, which is not empty, from the left, at most so many.
  static func all(_ part: [UInt8], in text: [UInt8], limit: Int = .max) -> [Int] {
    part.count <= text.count ? TextSearch(part).all(in: text, limit: limit) : []
  }

  /// All places from the right that do not overlap, at most so many, in the order of the text.
  static func allFromRight(_ part: [UInt8], in text: [UInt8], limit: Int) -> [Int] {
    guard part.count <= text.count else { return [] }
    let found = TextSearch(part.reversed()).all(in: text.reversed(), limit: limit)
    return found.reversed().map { text.count - $0 - part.count }
  }
}
