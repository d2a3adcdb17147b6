import GenkiFormats
import Testing

/// Every line of the reference library's answers, for the four kinds of tokenizers.
@Suite struct TokenizerVectorTests {
  @Test(arguments: TokenizerVectors.names)
  func encodesEveryTextAsTheReference(_ name: String) throws {
    let vectors = try TokenizerVectors(name)
    #expect(vectors.encodings.count == 352)
    for line in vectors.encodings {
      let ids = vectors.tokenizer.encode(line.text, template: true)
      #expect(ids == line.ids, "\(name)/encode.jsonl:\(line.line)")
      let plain = vectors.tokenizer.encode(line.text)
      #expect(plain == line.plainIDs, "\(name)/encode.jsonl:\(line.line) plain")
    }
  }

  @Test(arguments: TokenizerVectors.names)
  func encodesUTF8BytesAsTheReference(_ name: String) throws {
    let vectors = try TokenizerVectors(name)
    for line in vectors.encodings {
      let ids = Array(line.text.utf8).withUnsafeBytes { vectors.tokenizer.encode(utf8: $0) }
      #expect(ids == line.plainIDs, "\(name)/encode.jsonl:\(line.line)")
    }
  }

  @Test(arguments: TokenizerVectors.names)
  func decodesEveryListAsTheReference(_ name: String) throws {
    let vectors = try TokenizerVectors(name)
    #expect(vectors.decodings.count == 120)
    for line in vectors.decodings {
      let text = vectors.tokenizer.decode(line.ids)
      #expect(sameBytes(text, line.decoded), "\(name)/decode.jsonl:\(line.line)")
      let skipped = vectors.tokenizer.decode(line.ids, skipSpecialTokens: true)
      #expect(sameBytes(skipped, line.decodedSkip), "\(name)/decode.jsonl:\(line.line) skip")
    }
    for line in vectors.encodings {
      let text = vectors.tokenizer.decode(line.ids)
      #expect(sameBytes(text, line.decoded), "\(name)/encode.jsonl:\(line.line)")
      let skipped = vectors.tokenizer.decode(line.ids, skipSpecialTokens: true)
      #expect(sameBytes(skipped, line.decodedSkip), "\(name)/encode.jsonl:\(line.line) skip")
    }
  }

  @Test(arguments: TokenizerVectors.names)
  func streamingGivesTheSameTextAsDecodingAtOnce(_ name: String) throws {
    let vectors = try TokenizerVectors(name)
    let lists = vectors.decodings.map(\.ids) + vectors.encodings.map(\.ids)
    for (ids, skip) in lists.flatMap({ [($0, false), ($0, true)] }) {
      var decoder = StreamingDecoder(tokenizer: vectors.tokenizer, skipSpecialTokens: skip)
      var text = ""
      for id in ids {
        let piece = decoder.append(id)
        text += piece
      }
      text += decoder.finish()
      #expect(sameBytes(text, vectors.tokenizer.decode(ids, skipSpecialTokens: skip)))
    }
  }
}
