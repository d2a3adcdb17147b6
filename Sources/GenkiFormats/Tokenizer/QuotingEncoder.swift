/// Encodes a text of which parts are quoted and counts the tokens up to given places: the way of
/// `TextEncoder`, with an eye on where everything comes from.
///
/// Used once, by one thread.
struct QuotingEncoder {
  private let rules: TextRules
  private let pieces: PieceEncoder
  /// Never gives a special token; the same as `pieces` where those cannot come out anyway.
  private let guardedPieces: PieceEncoder
  private let quoted: QuotedRanges
  /// Added tokens besides special ones that no quoted text may become.
  private let guarding: Set<Int32>
  private var borders: BorderCounts
  private var output: [Int32] = []

  init(
    _ rules: TextRules, pieces: PieceEncoder, guardedPieces: PieceEncoder, quoted: QuotedRanges,
    guarding: Set<Int32>, borders: [Int]
  ) {
    self.rules = rules
    self.pieces = pieces
    self.guardedPieces = guardedPieces
    self.quoted = quoted
    self.guarding = guarding
    self.borders = BorderCounts(borders)
  }

  /// The ids of valid UTF-8, and how many of them end at or before each border.
  mutating func encode(
    _ text: UnsafeBufferPointer<UInt8>
  ) -> (ids: [Int32], tokenCounts: [Int]) {
    output.reserveCapacity(text.count / 4 + 16)
    let (quoted, guarding) = (quoted, guarding)
    let sections = AddedTokenMatcher.sections(rules.rawMatcher, text) { token, range in
      !((token.isSpecial || guarding.contains(token.id)) && quoted.overlap(range))
    }
    for section in sections {
      if let token = section.token {
        append(token, end: section.range.upperBound)
      } else {
        encodeStretch(
          UnsafeBufferPointer(rebasing: text[section.range]), at: section.range.lowerBound)
      }
    }
    borders.finish(count: output.count)
    return (output, borders.counts)
  }

  private mutating func append(_ token: Int32, end: Int) {
    borders.settle(before: end, count: output.count)
    output.append(token)
  }

  /// A stretch of the text, which starts at `start`, without added tokens that are found in raw text.
  private mutating func encodeStretch(_ stretch: UnsafeBufferPointer<UInt8>, at start: Int) {
    let text = rules.normalizer.aligned(stretch, at: start)
    guard let matcher = rules.normalizedMatcher else {
      preTokenize(text, isFirst: start == 0)
      return
    }
    let (quoted, guarding) = (quoted, guarding)
    let sections = text.bytes.withUnsafeBufferPointer { bytes in
      matcher.sections(bytes) { token, range in
        !((token.isSpecial || guarding.contains(token.id))
          && quoted.overlap(text.source(range)))
      }
    }
    for section in sections {
      if let token = section.token {
        append(token, end: text.source(section.range).upperBound)
      } else {
        preTokenize(
          text[section.range], isFirst: start == 0 && section.range.lowerBound == 0)
      }
    }
  }

  private mutating func preTokenize(_ text: AlignedText, isFirst: Bool) {
    guard !text.bytes.isEmpty else { return }
    var text = text
    rules.metaspace?.apply(to: &text, isFirst: isFirst)
    split(text, 0..<text.bytes.count, step: 0)
  }

  private mutating func split(_ text: AlignedText, _ range: Range<Int>, step: Int) {
    guard step < rules.preTokenizers.count else {
      encodeWords(text, range)
      return
    }
    switch rules.preTokenizers[step] {
    case .prefixSpace:
      guard text.bytes[range.lowerBound] != UInt8(ascii: " ") else {
        split(text, range, step: step + 1)
        return
      }
      var prefixed = text[range]
      prefixed.prepend([UInt8(ascii: " ")])
      split(prefixed, 0..<prefixed.bytes.count, step: step + 1)
    case .split(let pattern):
      var start = range.lowerBound
      while start < range.upperBound {
        let end = text.bytes.withUnsafeBufferPointer { bytes in
          bytes.baseAddress.map {
            PatternScanner($0, end: range.upperBound, classes: CharacterClasses.table)
              .pieceEnd(pattern, from: start)
          } ?? range.upperBound
        }
        split(text, start..<end, step: step + 1)
        start = end
      }
    }
  }

  /// A piece; one of characters is a text that is cut into words.
  private mutating func encodeWords(_ text: AlignedText, _ range: Range<Int>) {
    text.bytes.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return }
      guard rules.model.isOfCharacters else {
        encodePiece(text, base, range)
        return
      }
      guard !rules.model.takesWholePieces else {
        encodeTracked(
          text, base, range, quoted.overlap(text.source(range)) ? guardedPieces : pieces)
        return
      }
      var start = range.lowerBound
      while start < range.upperBound {
        let end = rules.model.wordEnd(base, from: start, to: range.upperBound)
        encodePiece(text, base, start..<end)
        start = end
      }
    }
  }

  private mutating func encodePiece(
    _ text: AlignedText, _ base: UnsafePointer<UInt8>, _ range: Range<Int>
  ) {
    let source = text.source(range)
    let encoder = quoted.overlap(source) ? guardedPieces : pieces
    // Borders within the first character have no token of this piece before them.
    borders.settle(before: text.ends[range.lowerBound], count: output.count)
    if borders.isDue(before: source.upperBound) {
      encodeTracked(text, base, range, encoder)
    } else {
      encoder.encode(
        base + range.lowerBound, count: range.count,
        readable: text.bytes.count - range.lowerBound, into: &output)
    }
  }

  /// A piece of which it matters where each token ends.
  private mutating func encodeTracked(
    _ text: AlignedText, _ base: UnsafePointer<UInt8>, _ range: Range<Int>, _ encoder: PieceEncoder
  ) {
    var count = output.count
    var ends: [Int] = []
    encoder.encode(base + range.lowerBound, count: range.count, into: &output) { ends.append($0) }
    for end in ends {
      borders.settle(before: text.ends[range.lowerBound + end - 1], count: count)
      count += 1
    }
  }
}
