import GenkiCore
import GenkiData
import GenkiFormats
import GenkiModel
import TestSupport
import Testing

@Suite("Turns that are not learned, and fields that are not used")
struct ConversationTests {
  let folder: TemporaryFolder
  let tokenizer: Tokenizer

  init() throws {
    folder = try TemporaryFolder()
    tokenizer = try Tokenizer.load(path: Vectors.path("formats/tokenizers/qwen2"))
  }

  private func load(_ line: String, _ template: ChatTemplate) throws -> TextDataset {
    var options = DatasetOptions(blockSize: 64)
    options.chat = .builtIn(template)
    options.endToken = EndToken(id: try #require(tokenizer.id(of: "<|endoftext|>")))
    return try TextDataset.load(
      path: folder.write(line, to: "a.jsonl"), tokenizer: tokenizer, options: options)
  }

  private func learned(_ dataset: TextDataset) -> String {
    tokenizer.decode(dataset.batch([0]).targets.filter { $0 != TokenBatch.ignoredTarget })
  }

  @Test(arguments: [
    (ChatTemplate.chatML(defaultSystem: nil), "Good.<|im_end|>"),
    (.plain, "Good.<|endoftext|>"),
  ]) func aReplyOfWeightZeroIsWrittenAndNotLearned(template: ChatTemplate, said: String) throws {
    let turns = { (weight: String) in
      #"{"messages": [{"role": "user", "content": "q"},"#
        + #"{"role": "assistant", "content": "Bad."\#(weight)},"#
        + #"{"role": "user", "content": "r"}, {"role": "assistant", "content": "Good."}]}"#
    }
    let all = try load(turns(""), template)
    let some = try load(turns(#", "weight": 0"#), template)
    #expect(some.batch([0]).inputs == all.batch([0]).inputs)
    #expect(learned(some) == said)
    #expect(learned(all) == said.replacing("Good.", with: "Bad.") + said)
    #expect(learned(try load(turns(#", "train": false"#), template)) == said)
  }

  @Test(arguments: [
    #"{"system": "Be brief.", "prompt": "q", "completion": "a"}"#,
    #"{"system_prompt": "Be brief.", "question": "q", "response": "a"}"#,
    #"{"system": "Be brief.", "messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}"#,
    #"{"system": "Be brief.", "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}"#,
    #"{"conversation": [{"system": "Be brief.", "input": "q", "output": "a"}]}"#,
  ]) func theSystemsWordsAreATurnInEveryKindOfLine(line: String) throws {
    let batch = try load(line, .chatML(defaultSystem: "Else.")).batch([0])
    let text = tokenizer.decode(batch.inputs)
    let turns = "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nq<|im_end|>"
    #expect(text.hasPrefix(turns))
  }

  @Test(arguments: [
    (
      #"{"system": "One.", "messages": [{"role": "system", "content": "Two."}, {"role": "assistant", "content": "a"}]}"#,
      "something else"
    ),
    (#"{"system": 5, "prompt": "q", "completion": "a"}"#, "'system' is an integer"),
    (#"{"history": [["a", 5]], "prompt": "q", "completion": "a"}"#, "history[0]"),
    (#"{"history": "x", "prompt": "q", "completion": "a"}"#, "'history' is not a list"),
    (#"{"messages": [{"role": "assistant", "content": "a", "train": "no"}]}"#, "train is \"no\""),
    (#"{"messages": [{"role": "assistant", "content": "a", "weight": true}]}"#, "weight is true"),
    (#"{"prompt": [], "completion": "a"}"#, "'prompt' is empty"),
    (#"{"instruction": "x", "input": 5, "output": "y"}"#, "'input' is an integer"),
  ]) func whatIsContradictoryIsRefused(line: String, says: String) {
    #expect {
      try Array(line.utf8).withUnsafeBytes { try ExampleParser.parse($0, bytesMax: 1 << 20) }
    } throws: { error in
      (error as? ExampleParser.Refusal)?.reason.contains(says) == true
    }
  }

  @Test(arguments: [
    (#"{"tools": [{"type": "function"}], "prompt": "q", "completion": "a"}"#, "'tools' of 1 lines"),
    (#"{"images": ["a.png"], "question": "q", "answer": "a"}"#, "'images' of 1 lines"),
    (
      #"{"history": [["a", "b"]], "messages": [{"role": "assistant", "content": "aaa"}]}"#,
      "'history' of 1 lines"
    ),
    (#"{"instruction": "q", "input": "i", "context": "c", "output": "a"}"#, "'context' of 1 lines"),
    (
      #"{"messages": [{"role": "assistant", "content": "aaa", "reasoning_content": "c"}]}"#,
      "'reasoning_content' of 1 lines"
    ),
  ]) func aFieldThatSaysSomethingAndIsNotUsedIsNamed(line: String, says: String) throws {
    let report = try load(line, .chatML(defaultSystem: nil)).report
    #expect(report.files[0].notes.contains { $0.contains(says) }, "\(report.files[0].notes)")
    #expect(report.json.encoded().contains(says))
  }

  @Test func eachFileMayHaveItsOwnTemplate() throws {
    let line = #"{"prompt": "q", "completion": "a"}"#
    let paths = try ["a.jsonl", "b.jsonl"].map { try folder.write(line, to: $0) }
    let files = zip(paths, [ChatTemplate.plain, .chatML(defaultSystem: nil)]).map {
      path, template in
      var options = DatasetOptions(blockSize: 32)
      options.chat = .builtIn(template)
      return (path: path, options: options)
    }
    let joined = try TextDataset.load(files, tokenizer: tokenizer)
    let single = try files.map {
      try TextDataset.load(path: $0.path, tokenizer: tokenizer, options: $0.options)
    }
    #expect(joined.windowCount == 2)
    #expect(joined.batch([0]).inputs == single[0].batch([0]).inputs)
    #expect(joined.batch([1]).inputs == single[1].batch([0]).inputs)
    #expect(joined.batch([0]).inputs != joined.batch([1]).inputs)
  }
}
