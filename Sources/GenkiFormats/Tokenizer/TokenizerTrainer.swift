/// Trains a byte-level BPE tokenizer of the GPT-2 kind.
///
/// The vocabulary is the special tokens, then the 256 bytes, then merges: always the most frequent
/// pair, and among equals the one with the lowest ids, so that the same text gives the same file.
public struct TokenizerTrainer {
  /// The special tokens of a tokenizer unless others are asked for.
  public static let defaultSpecialTokens = ["<|endoftext|>"]

  private let vocabularySize: Int
  private let specialTokens: [String]
  private let matcher: AddedTokenMatcher?
  private var words = ByteStringTable(capacity: 1 << 14)
  private var counts: [Int] = []

  /// A trainer that has seen no text. Throws if the vocabulary cannot have that size.
  public init(
    vocabularySize: Int, specialTokens: [String] = Self.defaultSpecialTokens
  ) throws {
    let minimum = 256 + specialTokens.count
    guard vocabularySize >= minimum else {
      throw TokenizerError.vocabularyTooSmall(wanted: vocabularySize, minimum: minimum)
    }
    guard vocabularySize <= TokenizerLimits.tokens else {
      throw TokenizerError.vocabularyTooLarge(
        wanted: vocabularySize, limit: TokenizerLimits.tokens)
    }
    var contents: Set<[UInt8]> = []
    for token in specialTokens {
      // In the byte alphabet, because a merge may come to the same text.
      let bytes = ByteAlphabet.bytes(of: token) ?? Array(token.utf8)
      guard (2...TokenizerLimits.addedTokenBytes).contains(bytes.count),
        contents.insert(bytes).inserted
      else { throw TokenizerError.invalidSpecialToken(token) }
    }
    self.vocabularySize = vocabularySize
    self.specialTokens = specialTokens
    matcher = AddedTokenMatcher(
      TrainedTokenizer.addedTokens(specialTokens).map { ($0, Array($0.content.utf8)) })
  }

  /// Trains on documents of UTF-8 text.
  public static func train(
    documents: [[UInt8]], vocabularySize: Int,
    specialTokens: [String] = Self.defaultSpecialTokens
  ) throws -> TrainedTokenizer {
    var trainer = try TokenizerTrainer(
      vocabularySize: vocabularySize, specialTokens: specialTokens)
    for document in documents { document.withUnsafeBytes { trainer.add($0) } }
    return try trainer.train()
  }

  /// Counts the words of a document. Special tokens in it are left out; bytes that are no UTF-8
  /// count as U+FFFD.
  public mutating func add(_ document: UnsafeRawBufferPointer) {
    guard UTF8Text.isValid(document) else {
      var repaired = String(decoding: document, as: UTF8.self)
      repaired.withUTF8 { count($0) }
      return
    }
    document.withMemoryRebound(to: UInt8.self) { count($0) }
  }

  /// Builds the tokenizer from all documents so far.
  ///
  /// Throws `TokenizerError.tooLittleText` if nothing is left to merge before the vocabulary has its
  /// size.
  public func train() throws -> TrainedTokenizer {
    var learner = MergeLearner(words: words, counts: counts, specialTokens: specialTokens)
    learner.learn(vocabularySize: vocabularySize)
    guard learner.tokenCount == vocabularySize else {
      throw TokenizerError.tooLittleText(wanted: vocabularySize, reached: learner.tokenCount)
    }
    return TrainedTokenizer(
      specialTokens: specialTokens, tokens: learner.tokenTexts, merges: learner.merges)
  }

  private mutating func count(_ text: UnsafeBufferPointer<UInt8>) {
    guard let base = text.baseAddress else { return }
    let sections =
      matcher?.sections(text) ?? [AddedTokenMatcher.Section(range: 0..<text.count, token: nil)]
    for section in sections where section.token == nil {
      let end = section.range.upperBound
      let scanner = PatternScanner(base, end: end, classes: CharacterClasses.table)
      var start = section.range.lowerBound
      while start < end {
        let pieceEnd = scanner.pieceEnd(.gpt2, from: start)
        let piece = UnsafeBufferPointer(rebasing: text[start..<pieceEnd])
        let (index, isNew) = words.insert(piece)
        if isNew { counts.append(0) }
        counts[index] += 1
        start = pieceEnd
      }
    }
  }
}
