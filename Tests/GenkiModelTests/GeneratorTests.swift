import GenkiCore
import GenkiFormats
import GenkiModel
import TestSupport
import Testing

/// What a generator keeps between texts, and why a text ends.
@Suite struct GeneratorTests {
  private func generator(_ name: String, context: Int, threads: Int = 2) throws -> Generator {
    try Generator(
      model: DecodingModel.load(folder: VectorCase(name: name).folder), contextLength: context,
      threads: threads)
  }

  private func deviation(_ one: [Float], _ other: [Float]) -> Double {
    largestDeviation(one, other.map(Double.init))
  }

  /// Local attention, rotary positions and absolute ones.
  @Test(arguments: ["gpt_neo", "gpt2", "qwen3"])
  func whatIsSharedWithTheLastTextIsNotReadAgain(name: String) throws {
    let kept = try generator(name, context: 40)
    let first: [Int32] = (0..<20).map { $0 * 3 % 70 }
    _ = try kept.generate(prompt: first, maximumTokens: 8)
    #expect(kept.computedTokens == 0)
    let turns: [(prompt: [Int32], computed: Int)] = [
      (Array(first.prefix(12)) + [5, 6, 7], 12), (Array(first.prefix(12)) + [5], 12),
      (Array(first.prefix(12)) + [5], 12), (first, 12), ([9] + first, 0), ([9], 0),
    ]
    for turn in turns {
      let found = try kept.logits(after: turn.prompt)
      #expect(kept.computedTokens == turn.computed, "\(turn.prompt)")
      let fresh = try generator(name, context: 40).logits(after: turn.prompt)
      #expect(deviation(found, fresh) < 1e-5, "\(turn.prompt)")
    }
  }

  @Test func aReplyIsPartOfWhatIsKept() throws {
    let kept = try generator("llama_tied", context: 60)
    let prompt: [Int32] = [1, 9, 33, 7]
    let reply = try kept.generate(prompt: prompt, maximumTokens: 6)
    #expect(reply.end == .length && reply.ids.count == 6)
    let next = prompt + reply.ids + [50, 51]
    let again = try kept.generate(prompt: next, maximumTokens: 5)
    // The reply's last token was chosen and not read.
    #expect(kept.computedTokens == prompt.count + 5)
    #expect(
      again == (try generator("llama_tied", context: 60).generate(prompt: next, maximumTokens: 5)))
  }

  @Test func aStoppedTextLeavesWhatTheNextOneNeeds() throws {
    let kept = try generator("llama_tied", context: 60)
    let prompt: [Int32] = [1, 9, 33, 7]
    let whole = try generator("llama_tied", context: 60).generate(prompt: prompt, maximumTokens: 12)
    var count = 0
    let stopped = try kept.generate(prompt: prompt, maximumTokens: 12) { _ in
      count += 1
      return count < 4
    }
    #expect(stopped == Generation(ids: Array(whole.ids.prefix(4)), end: .stopped))
    let rest = try kept.generate(prompt: prompt + stopped.ids, maximumTokens: 8)
    #expect(kept.computedTokens == prompt.count + 3)
    #expect(stopped.ids + rest.ids == whole.ids)
  }

  @Test func anEndTokenIsNamedAndNotReturned() throws {
    let prompt: [Int32] = [1, 9, 33, 7]
    let kept = try generator("llama_tied", context: 60)
    let whole = try kept.generate(prompt: prompt, maximumTokens: 12)
    let end = try #require(whole.ids.last)
    let place = try #require(whole.ids.firstIndex(of: end))
    let ended = try kept.generate(prompt: prompt, maximumTokens: 12, stop: [end])
    #expect(ended == Generation(ids: Array(whole.ids.prefix(place)), end: .endToken(end)))
  }

  @Test func aFullContextEndsATextAndALongerPromptIsRefused() throws {
    let kept = try generator("llama_tied", context: 8)
    #expect(kept.contextLength == 8)
    let prompt: [Int32] = [1, 9, 33, 7, 5, 6]
    let text = try kept.generate(prompt: prompt, maximumTokens: 50)
    // The last one is chosen after the eighth token was read.
    #expect(text.ids.count == 3 && text.end == .contextFull)
    let full = try kept.generate(prompt: prompt + [2, 3], maximumTokens: 50)
    #expect(full.ids.count == 1 && full.end == .contextFull)
    let error = #expect(throws: ModelError.self) {
      try kept.generate(prompt: prompt + [2, 3, 4], maximumTokens: 1)
    }
    #expect("\(try #require(error))".contains("9 tokens"))
    #expect(throws: ModelError.self) { try kept.generate(prompt: [], maximumTokens: 1) }
    #expect(throws: ModelError.self) { try generator("llama_tied", context: 65) }
    #expect(throws: ModelError.self) { try generator("llama_tied", context: 0) }
  }

  @Test(arguments: [Int32(-1), 96, .max])
  func aTokenThatTheModelDoesNotKnowIsRefusedAndNothingIsLost(token: Int32) throws {
    let kept = try generator("llama_tied", context: 40)
    let prompt: [Int32] = [1, 9, 33, 7]
    let whole = try kept.generate(prompt: prompt, maximumTokens: 12)
    #expect(throws: ModelError.self) {
      try kept.generate(prompt: prompt + [token], maximumTokens: 1)
    }
    #expect(try kept.generate(prompt: prompt, maximumTokens: 12) == whole)
    #expect(kept.computedTokens == 3)
  }

  @Test func aPromptLongerThanAPieceIsReadWhole() throws {
    let folder = try TemporaryFolder()
    let text = try TextFile.readString(
      VectorCase(name: "llama_tied").folder + "/config.json", sizeLimit: 1 << 16)
    try folder.write(
      text.replacing(
        "\"max_position_embeddings\": 64", with: "\"max_position_embeddings\": 300"),
      to: "config.json")
    for type in [TensorType.F32, .BF16] {
      try LanguageModel.load(folder: VectorCase(name: "llama_tied").folder)
        .saveWeights(folder: folder.path) { _ in type }
      let model = try DecodingModel.load(folder: folder.path)
      let prompt: [Int32] = (0..<200).map { $0 * 7 % 90 }
      let whole = try Generator(model: model, contextLength: 300, threads: 2)
      let single = try Generator(model: model, contextLength: 300, threads: 1)
      for count in 1...prompt.count { _ = try single.logits(after: Array(prompt.prefix(count))) }
      #expect(
        deviation(try whole.logits(after: prompt), try single.logits(after: prompt)) < 1e-5)
    }
  }
}
