/// Finds added tokens in text: at each place the longest that starts there, from left to right.
struct AddedTokenMatcher: Sendable {
  /// A stretch of text; with an id it is an added token.
  struct Section: Equatable {
    var range: Range<Int>
    var token: Int32?
  }

  /// Whether a token may be found in a range of the text. Ordinary tokens always may; where a special one
  /// may not, no longer one from there may either.
  typealias Accepting = (AddedToken, Range<Int>) -> Bool

  private let tokens: [AddedToken]
  /// The token that ends at each node of the trie, by its index; −1 where none does.
  private var ends: [Int32] = [-1]
  /// Whether the node lies on the way to a token that is not special: where special ones are refused, the
  /// others need no look.
  private var leadsToOrdinary: [Bool] = [false]
  /// Edges of the trie: a pair of node and byte "merges" into a node.
  private let edges: MergeTable
  /// Bytes that a token starts with, and pairs of bytes, one bit each. Most places are passed by a look
  /// at these.
  private var startsToken = [Bool](repeating: false, count: 256)
  private var startsPair = [UInt64](repeating: 0, count: 256 * 256 / 64)

  /// A matcher of `tokens`, each with the bytes it is found by; nil if there are none.
  init?(_ tokens: [(token: AddedToken, pattern: [UInt8])]) {
    guard !tokens.isEmpty else { return nil }
    self.tokens = tokens.map(\.token)
    var edges: [UInt64: Int32] = [:]
    for (index, (token, pattern)) in tokens.enumerated() {
      guard let first = pattern.first else { continue }
      startsToken[Int(first)] = true
      if pattern.count == 1 {
        for second in 0..<256 { Self.mark(&startsPair, Int(first), second) }
      } else {
        Self.mark(&startsPair, Int(first), Int(pattern[1]))
      }
      var node: Int32 = 0
      for byte in pattern {
        let edge = Self.edge(node, byte)
        if let next = edges[edge] {
          node = next
        } else {
          node = Int32(truncatingIfNeeded: ends.count)
          edges[edge] = node
          ends.append(-1)
          leadsToOrdinary.append(false)
        }
        if !token.isSpecial { leadsToOrdinary[Int(node)] = true }
      }
      ends[Int(node)] = Int32(truncatingIfNeeded: index)
    }
    self.edges = MergeTable(
      edges.map { edge, node in
        (
          left: Int32(truncatingIfNeeded: edge >> 8), right: Int32(truncatingIfNeeded: edge & 0xFF),
          result: node
        )
      })
  }

  private static func mark(_ pairs: inout [UInt64], _ first: Int, _ second: Int) {
    pairs[(first << 8 | second) / 64] |= 1 << UInt64(second % 64)
  }

  /// Whether a token can start at a place. A text's last byte can only be a token alone.
  @inline(__always)
  private func canStart(_ bytes: UnsafeBufferPointer<UInt8>, _ offset: Int) -> Bool {
    let first = Int(bytes[offset])
    guard offset + 1 < bytes.count else { return true }
    let second = Int(bytes[offset + 1])
    return startsPair[(first << 8 | second) / 64] >> UInt64(second % 64) & 1 != 0
  }

  /// The sections of a text that a matcher finds, or the whole text where there is none.
  static func sections(
    _ matcher: AddedTokenMatcher?, _ bytes: UnsafeBufferPointer<UInt8>,
    accepting: @escaping Accepting
  ) -> [Section] {
    if let matcher { return matcher.sections(bytes, accepting: accepting) }
    return bytes.isEmpty ? [] : [Section(range: 0..<bytes.count, token: nil)]
  }

  /// Cuts the text into added tokens and the stretches between them, in order; none is empty.
  ///
  /// Where `accepting` says no, the text is that of a matcher without the token.
  func sections(
    _ bytes: UnsafeBufferPointer<UInt8>, accepting: Accepting? = nil
  ) -> [Section] {
    guard let base = bytes.baseAddress else { return [] }
    var sections: [Section] = []
    var done = 0
    var offset = 0
    startsToken.withUnsafeBufferPointer { startsToken in
      while offset < bytes.count {
        guard startsToken[Int(base[offset])], canStart(bytes, offset),
          let match = longest(bytes, offset, accepting)
        else {
          offset += 1
          continue
        }
        let found = offset..<match.end
        offset = match.end
        guard let section = accepted(match.token, found, bytes, done) else { continue }
        if done < section.lowerBound {
          sections.append(Section(range: done..<section.lowerBound, token: nil))
        }
        // White space that is a token itself is gone if a token before has swallowed it.
        if !section.isEmpty { sections.append(Section(range: section, token: match.token.id)) }
        done = section.upperBound
      }
    }
    if done < bytes.count { sections.append(Section(range: done..<bytes.count, token: nil)) }
    return sections
  }

  private func longest(
    _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ accepting: Accepting?
  ) -> (token: AddedToken, end: Int)? {
    var node: Int32 = 0
    var found: (Int32, Int)?
    var offset = start
    var refusesSpecial = false
    while offset < bytes.count {
      let edge = edges.find(node, Int32(bytes[offset]))
      guard edge != MergeTable.none else { break }
      node = MergeTable.result(edge)
      offset += 1
      let token = ends[Int(node)]
      if token >= 0 {
        if accepting?(tokens[Int(token)], start..<offset) ?? true {
          found = (token, offset)
        } else {
          refusesSpecial = true
        }
      }
      if refusesSpecial, !leadsToOrdinary[Int(node)] { break }
    }
    return found.map { (tokens[Int($0.0)], $0.1) }
  }

  /// The range that a match takes with the white space it swallows; nil if it is no whole word.
  private func accepted(
    _ token: AddedToken, _ found: Range<Int>, _ bytes: UnsafeBufferPointer<UInt8>, _ done: Int
  ) -> Range<Int>? {
    if token.isSingleWord {
      if found.lowerBound > 0, flags(before: found.lowerBound, bytes) & CharacterClasses.word != 0 {
        return nil
      }
      if found.upperBound < bytes.count,
        flags(at: found.upperBound, bytes).flags & CharacterClasses.word != 0
      {
        return nil
      }
    }
    var lower = found.lowerBound
    var upper = found.upperBound
    if token.stripsLeft, let base = bytes.baseAddress {
      // What a token before has swallowed is not swallowed again.
      while lower > done, flags(before: lower, bytes) & CharacterClasses.space != 0 {
        lower = UTF8Text.start(before: lower, base)
      }
      lower = max(lower, done)
    }
    if token.stripsRight {
      while upper < bytes.count {
        let (flags, length) = flags(at: upper, bytes)
        if flags & CharacterClasses.space == 0 { break }
        upper += length
      }
    }
    return lower..<max(lower, upper)
  }

  private func flags(
    at offset: Int, _ bytes: UnsafeBufferPointer<UInt8>
  ) -> (flags: UInt16, length: Int) {
    guard let base = bytes.baseAddress else { return (0, 1) }
    let (value, length) = UTF8Text.scalar(base, offset)
    return (CharacterClasses.flags(value, CharacterClasses.table), length)
  }

  private func flags(before offset: Int, _ bytes: UnsafeBufferPointer<UInt8>) -> UInt16 {
    guard let base = bytes.baseAddress else { return 0 }
    return flags(at: UTF8Text.start(before: offset, base), bytes).flags
  }

  private static func edge(_ node: Int32, _ byte: UInt8) -> UInt64 {
    UInt64(UInt32(bitPattern: node)) << 8 | UInt64(byte)
  }
}
