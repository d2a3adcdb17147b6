/// Encodes text: added tokens, normalization and pre-tokenization, down to the pieces of BPE.
///
/// Not safe for two threads at once; a `Tokenizer` hands each encoder to one caller at a time, which
/// is what makes it sendable.
final class TextEncoder: @unchecked Sendable {
  private let rules: TextRules
  let pieces: PieceEncoder
  private let classes = CharacterClasses.table

  /// An encoder with the rules' model, or with another one of the same kind.
  init(_ rules: TextRules, _ model: MergeModel? = nil) {
    self.rules = rules
    pieces = PieceEncoder(model ?? rules.model)
  }

  /// Appends the ids of valid UTF-8.
  func encode(
    _ text: UnsafeBufferPointer<UInt8>, addedTokens: Bool, into output: inout [Int32]
  ) {
    guard addedTokens else {
      normalize(text) { preTokenize($0, isFirst: true, into: &output) }
      return
    }
    forEachStretch(text, rules.rawMatcher, &output) { stretch, start, output in
      normalize(stretch) { normalized in
        forEachStretch(normalized, rules.normalizedMatcher, &output) { stretch, inner, output in
          preTokenize(stretch, isFirst: start == 0 && inner == 0, into: &output)
        }
      }
    }
  }

  /// Appends the ids of the added tokens in a text and calls `body` for what stands between them
  /// and where that starts.
  private func forEachStretch(
    _ text: UnsafeBufferPointer<UInt8>, _ matcher: AddedTokenMatcher?, _ output: inout [Int32],
    _ body: (UnsafeBufferPointer<UInt8>, Int, inout [Int32]) -> Void
  ) {
    guard let matcher else {
      body(text, 0, &output)
      return
    }
    for section in matcher.sections(text) {
      if let token = section.token {
        output.append(token)
      } else {
        body(
          UnsafeBufferPointer(rebasing: text[section.range]), section.range.lowerBound, &output)
      }
    }
  }

  private func normalize(
    _ text: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Void
  ) {
    guard let normalized = rules.normalizer.normalized(text) else {
      body(text)
      return
    }
    normalized.withUnsafeBufferPointer(body)
  }

  private func preTokenize(
    _ text: UnsafeBufferPointer<UInt8>, isFirst: Bool, into output: inout [Int32]
  ) {
    guard !text.isEmpty else { return }
    guard let metaspace = rules.metaspace else {
      split(text, into: &output)
      return
    }
    metaspace.apply(to: text, isFirst: isFirst).withUnsafeBufferPointer {
      split($0, into: &output)
    }
  }

  private func split(_ text: UnsafeBufferPointer<UInt8>, into output: inout [Int32]) {
    guard let base = text.baseAddress else { return }
    split(base, 0..<text.count, readable: text.count, step: 0, into: &output)
  }

  /// Carries out the pre-tokenizers from `step` on for a range of bytes and encodes the pieces.
  private func split(
    _ bytes: UnsafePointer<UInt8>, _ range: Range<Int>, readable: Int, step: Int,
    into output: inout [Int32]
  ) {
    guard step < rules.preTokenizers.count else {
      encode(bytes, range, readable: readable, into: &output)
      return
    }
    switch rules.preTokenizers[step] {
    case .prefixSpace:
      if bytes[range.lowerBound] == UInt8(ascii: " ") {
        split(bytes, range, readable: readable, step: step + 1, into: &output)
        return
      }
      let piece = UnsafeBufferPointer(start: bytes + range.lowerBound, count: range.count)
      let prefixed = [UInt8(ascii: " ")] + piece
      prefixed.withUnsafeBufferPointer { prefixed in
        guard let base = prefixed.baseAddress else { return }
        let count = prefixed.count
        split(base, 0..<count, readable: count, step: step + 1, into: &output)
      }
    case .split(let pattern):
      let scanner = PatternScanner(bytes, end: range.upperBound, classes: classes)
      let isLast = step + 1 == rules.preTokenizers.count && !rules.model.isOfCharacters
      var start = range.lowerBound
      while start < range.upperBound {
        let end = scanner.pieceEnd(pattern, from: start)
        if isLast {
          pieces.encode(
            bytes + start, count: end - start, readable: readable - start, into: &output)
        } else {
          split(bytes, start..<end, readable: readable, step: step + 1, into: &output)
        }
        start = end
      }
    }
  }

  private func encode(
    _ bytes: UnsafePointer<UInt8>, _ range: Range<Int>, readable: Int, into output: inout [Int32]
  ) {
    let start = bytes + range.lowerBound
    let readable = readable - range.lowerBound
    if rules.model.isOfCharacters {
      pieces.encodeText(start, count: range.count, readable: readable, into: &output)
    } else {
      pieces.encode(start, count: range.count, readable: readable, into: &output)
    }
  }
}
