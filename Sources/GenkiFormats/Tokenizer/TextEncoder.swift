/// Encodes text: added tokens, normalization and pre-tokenization, down to the pieces of BPE.
///
/// Not safe for two threads at once; a `Tokenizer` hands each encoder to one caller at a time, which
/// is what makes it sendable.
final class TextEncoder: @unchecked Sendable {
  private let pieces: PieceEncoder
  private let preTokenizers: [TokenizerFile.PreTokenizer]
  private let normalizesToNFC: Bool
  private let rawMatcher: AddedTokenMatcher?
  private let normalizedMatcher: AddedTokenMatcher?
  private let classes = CharacterClasses.table

  init(
    pieces: PieceEncoder, preTokenizers: [TokenizerFile.PreTokenizer], normalizesToNFC: Bool,
    rawMatcher: AddedTokenMatcher?, normalizedMatcher: AddedTokenMatcher?
  ) {
    self.pieces = pieces
    self.preTokenizers = preTokenizers
    self.normalizesToNFC = normalizesToNFC
    self.rawMatcher = rawMatcher
    self.normalizedMatcher = normalizedMatcher
  }

  /// Appends the ids of valid UTF-8.
  func encode(
    _ text: UnsafeBufferPointer<UInt8>, addedTokens: Bool, into output: inout [Int32]
  ) {
    guard addedTokens else {
      normalize(text) { preTokenize($0, into: &output) }
      return
    }
    forEachStretch(text, rawMatcher, &output) { stretch, output in
      normalize(stretch) { normalized in
        forEachStretch(normalized, normalizedMatcher, &output, preTokenize)
      }
    }
  }

  /// Appends the ids of the added tokens in a text and calls `body` for what stands between them.
  private func forEachStretch(
    _ text: UnsafeBufferPointer<UInt8>, _ matcher: AddedTokenMatcher?, _ output: inout [Int32],
    _ body: (UnsafeBufferPointer<UInt8>, inout [Int32]) -> Void
  ) {
    guard let matcher else {
      body(text, &output)
      return
    }
    for section in matcher.sections(text) {
      if let token = section.token {
        output.append(token)
      } else {
        body(UnsafeBufferPointer(rebasing: text[section.range]), &output)
      }
    }
  }

  private func normalize(
    _ text: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Void
  ) {
    guard normalizesToNFC, let normalized = CanonicalComposer.normalized(text) else {
      body(text)
      return
    }
    normalized.withUnsafeBufferPointer(body)
  }

  private func preTokenize(_ text: UnsafeBufferPointer<UInt8>, into output: inout [Int32]) {
    guard let base = text.baseAddress, !text.isEmpty else { return }
    split(base, 0..<text.count, readable: text.count, step: 0, into: &output)
  }

  /// Carries out the pre-tokenizers from `step` on for a range of bytes and encodes the pieces.
  private func split(
    _ bytes: UnsafePointer<UInt8>, _ range: Range<Int>, readable: Int, step: Int,
    into output: inout [Int32]
  ) {
    guard step < preTokenizers.count else {
      pieces.encode(
        bytes + range.lowerBound, count: range.count, readable: readable - range.lowerBound,
        into: &output)
      return
    }
    switch preTokenizers[step] {
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
      let isLast = step + 1 == preTokenizers.count
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
}
