import GenkiCore
import GenkiFormats
import TestSupport
import Testing

/// Texts of which parts are somebody's words, and where tokens end.
@Suite struct QuotingTests {
  struct Ends: Sendable, CustomTestStringConvertible {
    let name: String
    let texts: [String]
    /// Where each token ends in the text, as the reference library says, never before the one before it.
    let ends: [[Int]]
    /// The ids that the reference library gives with `encode_special_tokens`.
    let quoted: [[Int32]]
    var testDescription: String { name }
  }

  static let ends: [Ends] = {
    let path = Vectors.path("formats/tokenizer_ends.jsonl")
    let lines = (try? TextFile.readBytes(path, sizeLimit: 4 << 20).split(separator: 10)) ?? []
    return lines.compactMap { line in
      guard let json = try? JSONValue.parse(Array(line), source: path) else { return nil }
      return Ends(
        name: json["tokenizer"]?.stringValue ?? "",
        texts: (json["texts"]?.arrayValue ?? []).compactMap(\.stringValue),
        ends: (json["ends"]?.arrayValue ?? []).map {
          ($0.arrayValue ?? []).compactMap(\.intValue)
        },
        quoted: (json["quoted"]?.arrayValue ?? []).map {
          ($0.arrayValue ?? []).compactMap { $0.intValue.map(Int32.init) }
        })
    }
  }()

  @Test func everyKindHasEnds() {
    #expect(Self.ends.map(\.name).sorted() == TokenizerVectors.names.sorted())
  }

  /// The reference library lets a composed character end where its first part ends; ours ends where the
  /// last does.
  @Test(arguments: ends) func tokensEndWhereTheReferenceSays(_ known: Ends) throws {
    let tokenizer = try Tokenizer.load(path: TokenizerVectors.path(known.name))
    for (text, ends) in zip(known.texts, known.ends) {
      let found = try Self.ends(of: text, tokenizer)
      #expect(found.count == ends.count, "\(text.debugDescription)")
      let isComposed = sameBytes(
        text, tokenizer.decode(tokenizer.encode(text, addedTokens: false)))
      for (index, (ours, theirs)) in zip(found, ends).enumerated() where ours != theirs {
        let next = ends.first { $0 > theirs } ?? text.utf8.count
        if isComposed || ours < theirs || ours > next {
          Issue.record("\(text.debugDescription) token \(index): \(ours), not \(theirs)")
        }
      }
    }
  }

  @Test(arguments: ends) func quotedTextHasNoSpecialTokens(_ known: Ends) throws {
    let tokenizer = try Tokenizer.load(path: TokenizerVectors.path(known.name))
    let special = Set(tokenizer.addedTokens.filter(\.isSpecial).map(\.id))
    for (text, quoted) in zip(known.texts, known.quoted) {
      let bytes = Array(text.utf8)
      let ids = try tokenizer.encode(quoting: bytes, quoted: [0..<bytes.count], borders: []).ids
      #expect(ids == quoted, "\(text.debugDescription)")
      #expect(special.isDisjoint(with: ids))
    }
  }

  /// One quoted byte is enough, wherever it is; a quoted neighbour is not.
  @Test(arguments: TokenizerVectors.names)
  func aSpecialTokenWithAQuotedByteIsText(_ name: String) throws {
    let tokenizer = try Tokenizer.load(path: TokenizerVectors.path(name))
    for token in tokenizer.addedTokens {
      let bytes = Array("a\(token.content)b".utf8)
      let match = 1..<bytes.count - 1
      func ids(_ quoted: [Range<Int>]) throws -> [Int32] {
        try tokenizer.encode(quoting: bytes, quoted: quoted, borders: []).ids
      }
      let whole = try ids([])
      #expect(try ids([0..<1, match.upperBound..<bytes.count]) == whole)
      let quoted = try ids([match])
      for place in match {
        let one = try ids([place..<place + 1])
        #expect(one == (token.isSpecial ? quoted : whole), "\(token.content) at \(place)")
        #expect(!token.isSpecial || !one.contains(token.id))
      }
    }
  }

  /// Tokens that a rejected one covers are found, as if it were not declared.
  @Test func tokensInsideARejectedOneAreFound() throws {
    var file = try TokenizerFixture.small()
    file = TokenizerFixture.adding(
      [("<a>", false), ("<a><b>", true), ("<c>", true), ("<a><b><c>", true)], to: file)
    let tokenizer = try TokenizerFixture.load(file)
    let bytes = Array("<a><b><c>".utf8)
    let id = { tokenizer.id(of: $0) }
    func ids(_ quoted: Range<Int>) throws -> [Int32?] {
      try tokenizer.encode(quoting: bytes, quoted: [quoted], borders: []).ids
    }
    #expect(try ids(0..<0) == [id("<a><b><c>")])
    #expect(try ids(8..<9) == [id("<a><b>")] + tokenizer.encode("<c>", addedTokens: false))
    #expect(
      try ids(3..<4)
        == [id("<a>")] + tokenizer.encode("<b>", addedTokens: false) + [id("<c>")])
  }

  /// Merges, whole pieces and single characters can be special tokens of a hostile base.
  @Test(arguments: [false, true])
  func mergingNeverGivesASpecialTokenInQuotedText(_ takesWholePieces: Bool) throws {
    var file = try TokenizerFixture.reference("llama3")
    file = TokenizerFixture.setting(
      ["model", "ignore_merges"], .bool(takesWholePieces), in: file)
    let model = try TokenizerFixture.load(file)
    let merged = ["the", " the", "ing", " you"].compactMap { model.encode($0).first }
    for (place, id) in merged.enumerated() {
      let text = try #require(
        file["model"]?["vocab"]?.objectValue?.entries.first { $0.value.intValue == Int(id) }?.key)
      file = TokenizerFixture.setting(
        ["added_tokens", String(5 + place)],
        TokenizerFixture.added(text, id: Int(id), isSpecial: true), in: file)
    }
    let tokenizer = try TokenizerFixture.load(file)
    let special = Set(tokenizer.addedTokens.filter(\.isSpecial).map(\.id))
    #expect(merged.allSatisfy(special.contains))
    let text = "the others, thing and you sing the thing"
    let bytes = Array(text.utf8)
    let quoted = try tokenizer.encode(quoting: bytes, quoted: [0..<bytes.count], borders: []).ids
    #expect(special.isDisjoint(with: quoted))
    #expect(tokenizer.decode(quoted) == text)
    // What is not quoted is encoded as ever.
    let plain = try tokenizer.encode(quoting: bytes, quoted: [], borders: []).ids
    #expect(plain == tokenizer.encode(text))
    #expect(!special.isDisjoint(with: plain))
  }

  @Test func aCharacterThatOnlyASpecialTokenEncodesIsRefused() throws {
    var file = try TokenizerFixture.small()
    file = TokenizerFixture.setting(
      ["added_tokens", "1"],
      TokenizerFixture.added(
        "x", id: file["model"]?["vocab"]?["x"]?.intValue ?? 0, isSpecial: true),
      in: file)
    let tokenizer = try TokenizerFixture.load(file)
    #expect(throws: TokenizerError.onlySpecialToken(text: "axe")) {
      try tokenizer.encode(quoting: Array("axe".utf8), quoted: [1..<2], borders: [])
    }
    #expect(throws: TokenizerError.notUTF8) {
      try tokenizer.encode(quoting: [0xFF], quoted: [], borders: [])
    }
    #expect(
      try tokenizer.encode(quoting: Array("axe".utf8), quoted: [0..<1], borders: []).ids.count == 3)
  }

  @Test(arguments: TokenizerVectors.names)
  func withNothingQuotedTheIdsAreThoseOfTheText(_ name: String) throws {
    let vectors = try TokenizerVectors(name)
    for line in vectors.encodings {
      let bytes = Array(line.text.utf8)
      let plain = try vectors.tokenizer.encode(quoting: bytes, quoted: [], borders: [])
      #expect(plain.ids == line.plainIDs, "\(name)/encode.jsonl:\(line.line)")
      let counted = try vectors.tokenizer.encode(
        quoting: bytes, quoted: [], borders: Array(0...bytes.count))
      #expect(counted.ids == line.plainIDs, "\(name)/encode.jsonl:\(line.line)")
      #expect(counted.tokenCounts.last == line.plainIDs.count)
      #expect(zip(counted.tokenCounts, counted.tokenCounts.dropFirst()).allSatisfy { $0 <= $1 })
    }
  }

  /// Where each token ends, by asking for every place.
  private static func ends(of text: String, _ tokenizer: Tokenizer) throws -> [Int] {
    let bytes = Array(text.utf8)
    let places = Array(0...bytes.count)
    let (ids, counts) = try tokenizer.encode(quoting: bytes, quoted: [], borders: places)
    return ids.indices.map { index in counts.firstIndex { $0 > index } ?? -1 }
  }
}
