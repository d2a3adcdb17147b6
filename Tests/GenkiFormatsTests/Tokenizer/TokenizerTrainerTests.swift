import Foundation
import GenkiCore
import GenkiFormats
import TestSupport
import Testing

/// Training: the same merges as the reference trainer, exact sizes, the same file every time.
@Suite struct TokenizerTrainerTests {
  /// The texts that the reference trainer was given.
  private static func documents() throws -> [[UInt8]] {
    try TokenizerVectors("gpt2").encodings.map(\.text)
      .filter { !$0.utf8.contains("<|endoftext|>".utf8) }.map { Array($0.utf8) }
  }

  @Test func learnsWhatTheReferenceTrainerLearns() throws {
    let path = Vectors.path("formats/tokenizer_training.json")
    let reference = try JSONValue.parse(
      TextFile.readBytes(path, sizeLimit: 1 << 20), source: path)
    let trained = try TokenizerTrainer.train(
      documents: Self.documents(), vocabularySize: reference["vocab_size"]?.intValue ?? 0)
    #expect(trained.tokens == reference["vocab"]?.arrayValue?.compactMap(\.stringValue))
    let merges = trained.merges.map {
      [trained.tokens[Int($0.left)], trained.tokens[Int($0.right)]]
    }
    #expect(
      merges
        == reference["merges"]?.arrayValue?.map {
          $0.arrayValue?.compactMap(\.stringValue) ?? []
        })
  }

  @Test(arguments: [257, 258, 300, 700])
  func theVocabularyHasTheWantedSize(_ size: Int) throws {
    let trained = try TokenizerTrainer.train(documents: Self.documents(), vocabularySize: size)
    let tokenizer = try trained.tokenizer()
    #expect(trained.tokens.count == size)
    #expect(tokenizer.vocabularySize == size)
    #expect(tokenizer.id(of: "<|endoftext|>") == 0)
  }

  @Test func everyTextComesBack() throws {
    let tokenizer = try TokenizerTrainer.train(
      documents: Self.documents(), vocabularySize: 600
    ).tokenizer()
    for name in TokenizerVectors.names {
      for line in try TokenizerVectors(name).encodings {
        #expect(sameBytes(tokenizer.decode(tokenizer.encode(line.text)), line.text))
      }
    }
  }

  @Test func theSameTextGivesTheSameFile() throws {
    let folder = try TemporaryFolder()
    let documents = try Self.documents()
    try TokenizerTrainer.train(documents: documents, vocabularySize: 500)
      .write(to: folder.file("a.json"))
    try TokenizerTrainer.train(documents: documents.reversed(), vocabularySize: 500)
      .write(to: folder.file("b.json"))
    let first = try SHA256Hasher.digest(ofFile: folder.file("a.json"))
    #expect(try SHA256Hasher.digest(ofFile: folder.file("b.json")) == first)
    let loaded = try Tokenizer.load(path: folder.file("a.json"))
    let trained = try TokenizerTrainer.train(documents: documents, vocabularySize: 500).tokenizer()
    for document in documents {
      let text = String(decoding: document, as: UTF8.self)
      #expect(loaded.encode(text) == trained.encode(text))
    }
  }

  @Test func specialTokensInTheTextAreNotLearned() throws {
    let text = String(repeating: "ab<|endoftext|>ab<sep>", count: 50)
    let trained = try TokenizerTrainer.train(
      documents: [Array(text.utf8)], vocabularySize: 259,
      specialTokens: ["<|endoftext|>", "<sep>"])
    #expect(trained.tokens.last == "ab")
    let ids = try trained.tokenizer().encode(text)
    #expect(ids.prefix(4) == [258, 0, 258, 1])
  }

  @Test func whatCannotBeTrainedIsRefused() throws {
    let text = Array("the the the".utf8)
    #expect(throws: TokenizerError.vocabularyTooSmall(wanted: 256, minimum: 257)) {
      try TokenizerTrainer.train(documents: [text], vocabularySize: 256)
    }
    #expect(throws: TokenizerError.vocabularyTooLarge(wanted: 1 << 40, limit: 1 << 21)) {
      try TokenizerTrainer.train(documents: [text], vocabularySize: 1 << 40)
    }
    #expect(throws: TokenizerError.tooLittleText(wanted: 300, reached: 260)) {
      try TokenizerTrainer.train(documents: [text], vocabularySize: 300)
    }
    #expect(throws: TokenizerError.tooLittleText(wanted: 258, reached: 257)) {
      try TokenizerTrainer.train(documents: [], vocabularySize: 258)
    }
    for bad in [[""], ["a"], ["Ġ"], ["<a>", "<a>"], [" the", "Ġthe"]] {
      #expect(throws: TokenizerError.self) {
        try TokenizerTrainer.train(documents: [text], vocabularySize: 300, specialTokens: bad)
      }
    }
  }

  /// One word of a hundred thousand bytes, and bytes that are no UTF-8.
  @Test(.timeLimit(.minutes(1))) func hardTextsAreTrainedOn() throws {
    var random = DeterministicRandom(seed: 3, domain: "hard text")
    let giant = (0..<100_000).map { _ in UInt8(ascii: "a") + UInt8(random.next(below: 20)) }
    let noise = (0..<20_000).map { _ in UInt8(random.next(below: 256)) }
    let run = [UInt8](repeating: UInt8(ascii: "z"), count: 50_000)
    let trained = try TokenizerTrainer.train(
      documents: [giant, noise, run], vocabularySize: 1_000)
    #expect(trained.tokens.count == 1_000)
    let tokenizer = try trained.tokenizer()
    let text = String(decoding: giant, as: UTF8.self)
    #expect(tokenizer.decode(tokenizer.encode(text)) == text)
  }
}
