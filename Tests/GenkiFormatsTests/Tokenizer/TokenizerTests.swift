import Foundation
import GenkiCore
import GenkiFormats
import TestSupport
import Testing

/// What a tokenizer does beyond single lines: specials left as text, bad bytes, long text, threads.
@Suite struct TokenizerTests {
  @Test(arguments: TokenizerVectors.byteLevelNames)
  func withAddedTokensOffTheirTextStaysText(_ name: String) throws {
    let vectors = try TokenizerVectors(name)
    let tokenizer = vectors.tokenizer
    let added = Set(tokenizer.addedTokens.map(\.id))
    let special = Set(tokenizer.addedTokens.filter(\.isSpecial).map(\.id))
    for token in tokenizer.addedTokens {
      let text = "a \(token.content) b"
      let ids = tokenizer.encode(text, addedTokens: false)
      #expect(special.isDisjoint(with: ids))
      #expect(sameBytes(tokenizer.decode(ids), text.precomposedStringWithCanonicalMapping))
    }
    for line in vectors.encodings where added.isDisjoint(with: line.plainIDs) {
      #expect(tokenizer.encode(line.text, addedTokens: false) == line.plainIDs)
    }
  }

  /// Where whole pieces are looked up in the vocabulary, an added token is none of its entries.
  @Test func anAddedTokenThatIsAPieceStaysTextWhenOff() throws {
    var file = try TokenizerFixture.reference("llama3")
    let token: JSONValue = [
      "id": 2053, "content": "shutdown", "single_word": true, "lstrip": false, "rstrip": false,
      "normalized": false, "special": true,
    ]
    file = TokenizerFixture.setting(["added_tokens", "5"], token, in: file)
    let tokenizer = try TokenizerFixture.load(file)
    #expect(tokenizer.encode("shutdown") == [2053])
    for text in ["shutdown", "1shutdown", "a shutdown\n"] {
      let ids = tokenizer.encode(text, addedTokens: false)
      #expect(!ids.contains(2053))
      #expect(tokenizer.decode(ids) == text)
    }
    #expect(!tokenizer.encode("1shutdown").contains(2053))
  }

  @Test func invalidUTF8CountsAsReplacementCharacters() throws {
    let tokenizer = try Tokenizer.load(path: TokenizerVectors.path("gpt2"))
    let broken: [[UInt8]] = [
      [0x61, 0xFF, 0x62], [0xE4, 0xB8], [0xF0, 0x80, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xC0, 0xAF],
      [0x20, 0xF4, 0x90, 0x80, 0x80, 0x0A], Array("ünïcode".utf8.dropLast(4)) + [0xC3],
    ]
    for bytes in broken {
      let repaired = String(decoding: bytes, as: UTF8.self)
      let ids = bytes.withUnsafeBytes { tokenizer.encode(utf8: $0) }
      #expect(ids == tokenizer.encode(repaired))
      #expect(sameBytes(tokenizer.decode(ids), repaired))
    }
  }

  /// Merging a run by looking at all its pairs again and again would take hours here.
  @Test(
    .timeLimit(.minutes(1)), arguments: ["a", "=", "日", "é", " ", "\n", "1", "ab"],
    ["gpt2", "qwen2"])
  func longRunsAreFast(_ unit: String, _ name: String) throws {
    let tokenizer = try Tokenizer.load(path: TokenizerVectors.path(name))
    let text = String(repeating: unit, count: 300_000)
    let ids = tokenizer.encode(text)
    #expect(sameBytes(tokenizer.decode(ids), text))
  }

  /// Pieces around the lengths where the cache and the short merge loop end.
  @Test func piecesOfEveryLengthAgreeWithTheLongWay() throws {
    let tokenizer = try Tokenizer.load(path: TokenizerVectors.path("gpt2"))
    let word = "thequickbrownfoxandtheoldkingwouldspeakwithhisfatherofthehouseoflancastertonight"
    for length in 1...word.utf8.count {
      let piece = String(word.prefix(length))
      let ids = tokenizer.encode(piece)
      #expect(tokenizer.decode(ids) == piece)
      // Twice, and inside a text: from the cache, and near the end of readable memory.
      #expect(tokenizer.encode(piece) == ids)
      #expect(tokenizer.encode("! \(piece)!").count >= 3)
      let framed = tokenizer.encode("\n\(piece)\n")
      #expect(Array(framed.dropFirst().dropLast()) == ids)
    }
  }

  /// Decoding what was encoded gives normalization form C, for every character that has one.
  @Test func everyCharacterIsComposedAsFoundationComposesIt() throws {
    let tokenizer = try Tokenizer.load(path: TokenizerVectors.path("qwen2"))
    for value in UInt32(0)..<0x30000 {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let text = "x" + String(scalar)
      let decoded = tokenizer.decode(tokenizer.encode(text, addedTokens: false))
      if !sameBytes(decoded, text.precomposedStringWithCanonicalMapping) {
        Issue.record("U+\(String(value, radix: 16))")
      }
    }
  }

  /// Hangul composes by rule; the parts of every syllable come together, and no others.
  @Test func hangulIsComposed() throws {
    let tokenizer = try Tokenizer.load(path: TokenizerVectors.path("qwen2"))
    func composed(_ text: String) -> [UInt32] {
      tokenizer.decode(tokenizer.encode(text)).unicodeScalars.map(\.value)
    }
    #expect(composed("\u{1112}\u{1161}\u{11AB}") == [0xD55C])
    #expect(composed("\u{AC00}\u{11A8}") == [0xAC01])
    #expect(composed("\u{AC01}\u{11A8}") == [0xAC01, 0x11A8])
    #expect(composed("\u{1100}\u{1176}") == [0x1100, 0x1176])
    #expect(composed("\u{AC00}\u{11A7}") == [0xAC00, 0x11A7])
    #expect(composed("\u{1161}\u{11A8}") == [0x1161, 0x11A8])
  }

  @Test func marksAreOrderedAndBlocked() throws {
    let tokenizer = try Tokenizer.load(path: TokenizerVectors.path("qwen2"))
    func composed(_ text: String) -> [UInt32] {
      tokenizer.decode(tokenizer.encode(text)).unicodeScalars.map(\.value)
    }
    // A dot below (220) goes before a dot above (230), whichever came first.
    #expect(composed("a\u{307}\u{323}") == [0x1EA1, 0x307])
    #expect(composed("a\u{323}\u{307}") == [0x1EA1, 0x307])
    // A second mark of the same class is blocked from the letter.
    #expect(composed("e\u{301}\u{300}") == [0xE9, 0x300])
    #expect(composed("\u{301}e") == [0x301, 0x65])
    #expect(composed("e\u{302}\u{301}x\u{301}") == [0x1EBF, 0x78, 0x301])
  }

  @Test func manyThreadsGetTheSameIDs() async throws {
    let vectors = try TokenizerVectors("llama3")
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 {
        group.addTask {
          vectors.encodings.allSatisfy { vectors.tokenizer.encode($0.text) == $0.plainIDs }
        }
      }
      for await isSame in group { #expect(isSame) }
    }
  }

  @Test func tokensAreFoundByTheirText() throws {
    let tokenizer = try Tokenizer.load(path: TokenizerVectors.path("qwen2"))
    #expect(tokenizer.id(of: "<|im_start|>") == 2049)
    #expect(tokenizer.id(of: "Café") == 2055)
    #expect(tokenizer.id(of: "Ġ") == tokenizer.encode(" ").first)
    #expect(tokenizer.id(of: "no such token") == nil)
    #expect(tokenizer.vocabularySize == 2056)
    #expect(tokenizer.isSpecial(2049) && !tokenizer.isSpecial(2055) && !tokenizer.isSpecial(-1))
    #expect(tokenizer.decode([-5, .max, 2049, 9999]) == "<|im_start|>")
  }

  @Test func streamingHoldsBackOnlyWhatMayStillBecomeACharacter() throws {
    let tokenizer = try Tokenizer.load(path: TokenizerVectors.path("gpt2"))
    var decoder = StreamingDecoder(tokenizer: tokenizer)
    let bytes = try "a😀".utf8.map { byte in
      try #require(tokenizer.id(of: Self.character(of: byte)))
    }
    #expect(bytes.map { decoder.append($0) } == ["a", "", "", "", "😀"])
    #expect(bytes.dropLast().map { decoder.append($0) } == ["a", "", "", ""])
    #expect(decoder.append(bytes[0]) == "\u{FFFD}a")
    #expect(decoder.append(bytes[1]) == "")
    #expect(decoder.finish() == "\u{FFFD}")
    #expect(decoder.finish() == "")
  }

  /// The character that stands for a byte in a vocabulary.
  private static func character(of byte: UInt8) -> String {
    let printable = Set([33...126, 161...172, 174...255].joined())
    if printable.contains(Int(byte)) { return String(Unicode.Scalar(byte)) }
    let place = (0..<Int(byte)).count { !printable.contains($0) }
    return Unicode.Scalar(UInt32(0x100 + place)).map { String($0) } ?? ""
  }
}
