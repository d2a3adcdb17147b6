import GenkiCore
import GenkiFormats
import TestSupport
import Testing

/// Texts and files that somebody made to hurt: they take little time, and come back as they went in.
@Suite struct HostileTextTests {
  /// Long runs of what merges, or of what nothing knows.
  @Test(
    .timeLimit(.minutes(1)), arguments: ["a", " ", "\u{2581}", "🙂", "\u{301}", "\n", "ab", "<s"],
    ["llama2", "mistral_metaspace", "gemma", "o200k", "deepseek", "gpt_neox"])
  func longRunsAreFast(_ unit: String, _ name: String) throws {
    let tokenizer = try Tokenizer.load(path: TokenizerVectors.path(name))
    let text = String(repeating: unit, count: 100_000 / unit.utf8.count)
    let ids = tokenizer.encode(text)
    let bytes = Array(text.utf8)
    let counted = try tokenizer.encode(
      quoting: bytes, quoted: [0..<bytes.count], borders: [bytes.count / 2])
    #expect(counted.ids == ids)
    let half = try #require(counted.tokenCounts.first)
    #expect(half > 0 && half < ids.count)
  }

  /// Every prefix of one token is another, and all begin alike.
  @Test(.timeLimit(.minutes(1))) func thousandsOfAddedTokensAreFast() throws {
    let names =
      (2...1024).map { String(repeating: "<", count: $0) } + (0..<20_000).map { "<tok\($0)>" }
    let file = TokenizerFixture.adding(
      names.map { ($0, true) }, to: try TokenizerFixture.small())
    let tokenizer = try TokenizerFixture.load(file)
    let text =
      String(repeating: "<", count: 300_000) + String(repeating: "<tok7>x<tok", count: 9_999)
    let ids = tokenizer.encode(text)
    #expect(tokenizer.decode(ids) == text)
    let bytes = Array(text.utf8)
    let quoted = try tokenizer.encode(quoting: bytes, quoted: [0..<bytes.count], borders: []).ids
    #expect(quoted == tokenizer.encode(text, addedTokens: false))
  }

  /// Words that are cut apart have the tokens that they have in one piece, in a vocabulary whose tokens
  /// reach over blanks, too.
  @Test(arguments: TokenizerVectors.characterNames)
  func cuttingChangesNothing(_ name: String) throws {
    var file = try TokenizerFixture.reference(name)
    for (text, left, right) in [("e\u{2581}", "e", "\u{2581}"), ("e\u{2581}t", "e\u{2581}", "t")] {
      let count = file["model"]?["vocab"]?.objectValue?.entries.count ?? 0
      let merges = file["model"]?["merges"]?.arrayValue?.count ?? 0
      file = TokenizerFixture.setting(["model", "vocab", text], JSONValue(count), in: file)
      file = TokenizerFixture.setting(
        ["model", "merges", String(merges)], .array([.string(left), .string(right)]), in: file)
    }
    file = TokenizerFixture.setting(["added_tokens"], [], in: file)
    let joining = try TokenizerFixture.load(file)
    for line in try TokenizerVectors(name).encodings {
      // Asking for every border takes the way without cuts inside a piece.
      let bytes = Array(line.text.utf8)
      let borders = Array(0...bytes.count)
      let slow = try joining.encode(quoting: bytes, quoted: [], borders: borders).ids
      #expect(joining.encode(line.text) == slow, "\(name)/encode.jsonl:\(line.line)")
    }
  }

  /// Any ids in any order: what has been streamed is always a beginning of what decoding gives.
  @Test(arguments: TokenizerVectors.names)
  func streamedTextIsTheDecodedText(_ name: String) throws {
    let tokenizer = try Tokenizer.load(path: TokenizerVectors.path(name))
    var random = DeterministicRandom(seed: 11, domain: "streaming \(name)")
    // Bytes, U+2581 and special tokens more often than others.
    let few = (0..<tokenizer.vocabularySize).map(Int32.init).filter { id in
      tokenizer.decode([id]).utf8.count <= 1 || tokenizer.isSpecial(id)
    }
    for round in 0..<400 {
      let ids = (0..<random.next(below: 24)).map { _ in
        random.next(below: 3) > 0 && !few.isEmpty
          ? few[random.next(below: few.count)]
          : Int32(random.next(below: tokenizer.vocabularySize + 2))
      }
      var decoder = StreamingDecoder(tokenizer: tokenizer, skipSpecialTokens: round % 2 == 0)
      var text = ""
      for (index, id) in ids.enumerated() {
        text += decoder.append(id)
        let more = tokenizer.decode(
          Array(ids.prefix(index + 1)), skipSpecialTokens: round % 2 == 0)
        #expect(more.utf8.starts(with: text.utf8) || text.utf8.count <= more.utf8.count)
      }
      text += decoder.finish()
      #expect(sameBytes(text, tokenizer.decode(ids, skipSpecialTokens: round % 2 == 0)), "\(ids)")
    }
  }

  /// Files of every kind with a byte changed or the rest missing.
  @Test(arguments: TokenizerVectors.names)
  func damagedFilesNeverStopTheProcess(_ name: String) throws {
    let bytes = Array(try TokenizerFixture.reference(name).encoded().utf8)
    var random = DeterministicRandom(seed: 5, domain: "damaged \(name)")
    let text = "the  then\u{FFFD} é 12<|endoftext|>\u{2581}<s> 日本\r\n!\u{301}"
    let utf8 = Array(text.utf8)
    // What decides is at the beginning and the end; between them is the vocabulary.
    for round in 0..<60 {
      var damaged = bytes
      for _ in 0...random.next(below: 3) {
        let place = random.next(below: 3000)
        damaged[random.next(below: 2) == 0 ? place : bytes.count - 1 - place] =
          random.next(below: 2) == 0
          ? UInt8(random.next(below: 256)) : bytes[random.next(below: bytes.count)]
      }
      if round % 6 == 0 { damaged.removeLast(random.next(below: bytes.count)) }
      guard let tokenizer = try? Tokenizer.load(bytes: damaged, source: "tokenizer.json") else {
        continue
      }
      _ = tokenizer.decode(tokenizer.encode(text, template: true))
      _ = try? tokenizer.encode(quoting: utf8, quoted: [3..<9], borders: Array(0...utf8.count))
    }
  }
}
