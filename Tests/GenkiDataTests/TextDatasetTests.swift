import GenkiCore
import GenkiData
import GenkiFormats
import GenkiModel
import TestSupport
import Testing

@Suite("Windows of data files")
struct TextDatasetTests {
  let folder: TemporaryFolder
  let tokenizer: Tokenizer

  init() throws {
    folder = try TemporaryFolder()
    tokenizer = try Tokenizer.load(path: Vectors.path("formats/tokenizers/qwen2"))
  }

  private var verse: String {
    (1...40).map { "Line \($0): to be, or not to be, that is the question.\n" }.joined()
  }

  private func load(
    _ text: String, as name: String, _ options: DatasetOptions
  ) throws -> TextDataset {
    try TextDataset.load(
      path: folder.write(text, to: name), tokenizer: tokenizer, options: options)
  }

  @Test(arguments: [1, 2, 7, 64, 128]) func windowsOfPlainTextFollowOneAnother(
    blockSize: Int
  ) throws {
    let tokens = tokenizer.encode(verse, addedTokens: true, template: false)
    let dataset = try load(verse, as: "a.txt", DatasetOptions(blockSize: blockSize))
    #expect(dataset.windowCount == (tokens.count - 1) / blockSize)
    #expect(dataset.report.tokens == tokens.count)
    #expect(dataset.name == "a.txt")
    let batch = dataset.batch(Array(0..<dataset.windowCount))
    let used = dataset.windowCount * blockSize
    #expect(batch.inputs == Array(tokens[..<used]))
    #expect(batch.targets == Array(tokens[1...used]))
  }

  @Test func aTextOfExactlyOneWindowIsEnoughAndOneTokenLessIsNot() throws {
    let count = tokenizer.encode(verse, addedTokens: true, template: false).count
    let dataset = try load(verse, as: "a.txt", DatasetOptions(blockSize: count - 1))
    #expect(dataset.windowCount == 1)
    #expect(
      throws: DataError.tooFewTokens(
        path: folder.file("a.txt"), tokens: count, blockSize: count)
    ) {
      try load(verse, as: "a.txt", DatasetOptions(blockSize: count))
    }
  }

  @Test func aByteOrderMarkIsNotLearnedAndCRLFIs() throws {
    let dataset = try load(
      "\u{FEFF}one two\r\nthree\r\n", as: "a.txt", DatasetOptions(blockSize: 2))
    let expected = tokenizer.encode("one two\r\nthree\r\n", addedTokens: true, template: false)
    #expect(dataset.report.tokens == expected.count)
    #expect(dataset.report.files[0].lines == 2)
    let notes = dataset.report.files[0].notes.joined(separator: "\n")
    #expect(notes.contains("byte order mark"))
    #expect(notes.contains("2 lines end in CR LF"))
  }

  @Test func everyReferenceLineIsCounted() throws {
    var options = DatasetOptions(blockSize: 64)
    options.badFractionMaximum = 1
    let path = Vectors.path("formats/dataset_lines.jsonl")
    let dataset = try TextDataset.load(path: path, tokenizer: tokenizer, options: options)
    #expect(dataset.report.badLines.map(\.line) == [8, 9, 10, 11, 12, 13, 14, 15, 18])
    #expect(dataset.report.badLines.allSatisfy { $0.file == path && !$0.reason.isEmpty })
    #expect(dataset.report.examples == 7)
    #expect(dataset.report.lines == 18)
    #expect(dataset.report.files[0].blankLines == 2)
    #expect(dataset.windowCount == 7)
    let summary = dataset.report.summary.joined(separator: "\n")
    #expect(summary.contains(":15: skipped: not JSON"))
  }

  @Test func aConversationIsOneWindowWithLossOnTheResponse() throws {
    var options = DatasetOptions(blockSize: 32)
    options.chat = .builtIn(.chatML(defaultSystem: nil))
    let dataset = try load(
      #"{"prompt":"Say hi","completion":"hi there"}"#, as: "a.jsonl", options)
    let batch = dataset.batch([0])
    let rendered = tokenizer.encode(
      "<|im_start|>user\nSay hi<|im_end|>\n<|im_start|>assistant\nhi there<|im_end|>\n",
      addedTokens: true, template: false)
    #expect(Array(batch.inputs.prefix(rendered.count - 1)) == Array(rendered.dropLast()))
    #expect(batch.inputs.dropFirst(rendered.count - 1).allSatisfy { $0 == 0 })
    let learned = batch.targets.filter { $0 != TokenBatch.ignoredTarget }
    #expect(tokenizer.decode(learned) == "hi there<|im_end|>")
    // A target follows its input.
    for index in 0..<(rendered.count - 1)
    where batch.targets[index] != TokenBatch.ignoredTarget {
      #expect(batch.targets[index] == rendered[index + 1])
    }
  }

  @Test func documentsAreJoinedByTheEndTokenAndTheLastWindowIsFilledUp() throws {
    var options = DatasetOptions(blockSize: 5)
    let end = try #require(tokenizer.id(of: "<|endoftext|>"))
    options.endToken = EndToken(id: end)
    let dataset = try load(
      "{\"text\":\"first of all\"}\r\n\r\n{\"text\":\"second\"}\r\n", as: "a.jsonl", options)
    let stream =
      tokenizer.encode("first of all", addedTokens: true, template: false) + [end]
      + tokenizer.encode("second", addedTokens: true, template: false) + [end]
    let batch = dataset.batch(Array(0..<dataset.windowCount))
    #expect(dataset.windowCount == (stream.count - 1 + 4) / 5)
    #expect(batch.targets.filter { $0 != TokenBatch.ignoredTarget } == Array(stream.dropFirst()))
    #expect(Array(batch.inputs.prefix(stream.count - 1)) == Array(stream.dropLast()))
    #expect(dataset.report.files[0].notes.contains { $0.contains("CR LF") })
  }

  @Test func aLongExampleIsCutAndOneWithoutRoomForItsResponseIsNamed() throws {
    var options = DatasetOptions(blockSize: 16)
    options.chat = .builtIn(.chatML(defaultSystem: nil))
    let long = String(repeating: "word ", count: 50)
    let lines = """
      {"prompt":"q","completion":"a"}
      {"prompt":"q","completion":"\(long)"}
      {"prompt":"\(long)","completion":"a"}
      """
    let dataset = try load(lines, as: "a.jsonl", options)
    #expect(dataset.windowCount == 2)
    #expect(dataset.report.truncatedExamples == 1)
    #expect(dataset.report.files[0].linesWithoutResponse == [3])
    #expect(dataset.report.badLines.isEmpty)
    let summary = dataset.report.summary.joined(separator: "\n")
    #expect(summary.contains("1 examples cut"))
    #expect(summary.contains("lines 3"))
    let cut = dataset.batch([1])
    #expect(cut.targets.last != TokenBatch.ignoredTarget)
    #expect(
      throws: DataError.noResponses(path: folder.file("b.jsonl"), skipped: 1, blockSize: 16)
    ) {
      try load(#"{"prompt":"\#(long)","completion":"a"}"#, as: "b.jsonl", options)
    }
  }

  @Test func severalFilesAreOneDataSet() throws {
    let options = DatasetOptions(blockSize: 8)
    let first = try folder.write(verse, to: "a.txt")
    let second = try folder.write(
      #"{"prompt":"q","completion":"a"}"# + "\n" + #"{"text":"some more words"}"#, to: "b.jsonl")
    let both = try TextDataset.load(
      [(first, options), (second, options)], tokenizer: tokenizer)
    let parts = try [first, second].map {
      try TextDataset.load(path: $0, tokenizer: tokenizer, options: options)
    }
    #expect(both.windowCount == parts[0].windowCount + parts[1].windowCount)
    let all = both.batch(Array(0..<both.windowCount))
    let separate = parts.map { $0.batch(Array(0..<$0.windowCount)) }
    #expect(all.inputs == separate[0].inputs + separate[1].inputs)
    #expect(all.targets == separate[0].targets + separate[1].targets)
    #expect(both.report.files.map(\.path) == [first, second])
    // Windows may be asked for in any order.
    let picked = both.batch([both.windowCount - 1, 0])
    #expect(Array(picked.inputs.suffix(8)) == Array(all.inputs.prefix(8)))
    #expect(Array(picked.inputs.prefix(8)) == Array(all.inputs.suffix(8)))
  }
}
