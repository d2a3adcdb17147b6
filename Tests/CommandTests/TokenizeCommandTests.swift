import Foundation
import GenkiCore
import GenkiFormats
import TestSupport
import Testing

@Suite("tokenize and train-tokenizer")
struct TokenizeCommandTests {
  private let folder: TemporaryFolder
  private let llama = Vectors.path("formats/tokenizers/llama3")

  init() throws { folder = try TemporaryFolder() }

  private func tokenize(_ lines: String, _ arguments: String...) throws -> ProgramRun {
    try ProgramRun("genki-minerd", ["tokenize", "--tokenizer", llama] + arguments, input: lines)
  }

  @Test func everyVectorLineGoesBothWays() throws {
    let path = "\(llama)/encode.jsonl"
    let lines = try TextFile.readBytes(path, sizeLimit: 1 << 20)
      .split(separator: UInt8(ascii: "\n"))
      .map { try JSONValue.parse(Array($0), source: path) }
    func input(_ key: String) -> String {
      lines.map { ($0[key] ?? .null).encoded() + "\n" }.joined()
    }
    let plain = try tokenize(input("text"))
    #expect(plain.status == 0, "\(plain.errors)")
    #expect(plain.output == input("ids_plain"))
    #expect(try tokenize(input("text"), "--special").output == input("ids"))
    let kept = try tokenize(input("ids"), "--decode", "--special")
    #expect(try values(kept) == lines.map { $0["decoded"] })
    let skipped = try tokenize(input("ids"), "--decode")
    #expect(try values(skipped) == lines.map { $0["decoded_skip"] })
  }

  /// One JSON value a line, for readers too that cut lines where Unicode ends them.
  private func values(_ run: ProgramRun) throws -> [JSONValue?] {
    try run.output.split(whereSeparator: \.isNewline).map {
      try JSONValue.parse(String($0), source: "standard output")
    }
  }

  @Test func lineEndsOfUnicodeAreEscaped() throws {
    let text = "a\u{2028}b\u{2029}c\u{85}d\né"
    let ids = try tokenize(JSONValue.string(text).encoded() + "\n").output
    let run = try tokenize(ids, "--decode")
    #expect(run.output == "\"a\\u2028b\\u2029c\\u0085d\\né\"\n")
  }

  @Test func theLastLineNeedsNoEndAndNoLinesAreFine() throws {
    #expect(try tokenize("\"a\"\n\"b\"").output.split(separator: "\n").count == 2)
    let none = try tokenize("")
    #expect(none.status == 0 && none.output.isEmpty && none.errors.isEmpty)
  }

  @Test(arguments: [
    (["\"a\"", "5"], [], "standard input, line 2: found an integer"),
    (["\"a\"", "", "\"b\""], [], "standard input, line 2: column 1: the text ends"),
    (["\"a"], [], "standard input, line 1: column 3: the text ends"),
    (["\"\\ud800\""], [], "standard input, line 1: column"),
    (["\"a\" \"b\""], [], "standard input, line 1: column 5: characters follow"),
    (["[1]", "\"a\""], ["--decode"], "standard input, line 2: found a string"),
    (["[1,-2]"], ["--decode"], "standard input, line 1: -2 is no id"),
    (["[1.5]"], ["--decode"], "standard input, line 1: 1.5 is no id"),
  ])
  func aBadLineIsNamed(_ lines: [String], _ arguments: [String], _ error: String) throws {
    let run = try ProgramRun(
      "genki-minerd", ["tokenize", "--tokenizer", llama] + arguments,
      input: lines.map { $0 + "\n" }.joined())
    #expect(run.status == ErrorKind.invalidData.rawValue)
    #expect(run.errors.hasPrefix("genki-minerd: \(error)"), "\(run.errors)")
    #expect(run.errors.contains("(each line must be a JSON"))
  }

  @Test func unknownIDsAreSkipped() throws {
    #expect(try tokenize("[99999999999, 2047999]\n", "--decode").output == "\"\"\n")
  }

  @Test func aTokenizerIsTrainedAndUsed() throws {
    let sentence = "the king and the queen of the land, 'tis said, are there.\n"
    let text = try folder.write(String(repeating: sentence, count: 20), to: "text.txt")
    let example = JSONValue.object(["text": .string(sentence), "n": 5]).encoded()
    let lines = try folder.write("\(example)\n\n\(example)\n", to: "more.jsonl")
    let out = folder.file("tokenizer.json")
    let trained = try ProgramRun(
      "genki-minerd",
      [
        "train-tokenizer", "--data", text, lines, "--vocab-size", "270", "--out", out, "--json",
      ])
    #expect(trained.status == 0, "\(trained.errors)")
    let document = try trained.document()
    #expect(document["vocab_size"]?.intValue == 270)
    #expect(document["merges"]?.intValue == 13)
    #expect(document["sha256"]?.stringValue == (try SHA256Hasher.digest(ofFile: out).hex))
    let ids = try Tokenizer.load(path: out).encode("the king<|endoftext|>")
    let used = try ProgramRun(
      "genki-minerd", ["tokenize", "--tokenizer", out], input: "\"the king<|endoftext|>\"\n")
    #expect(used.output == "[\(ids.map(String.init).joined(separator: ","))]\n")
  }

  @Test func jsonLinesGiveTheirTextsOnly() throws {
    let texts = ["the king and the queen", "are there, 'tis said,", "of the land"]
    let chat = JSONValue.object([
      "messages": [
        ["role": "user", "content": .string(texts[0])],
        ["role": "assistant", "content": .string(texts[1])],
      ], "source": "the the the the the the the the",
    ])
    let lines = [chat, ["text": .string(texts[2])], ["unknown": "queen queen queen queen"]]
    try folder.write(
      "\u{FEFF}" + lines.map { $0.encoded() }.joined(separator: "\r\n"), to: "a.ndjson")
    for (index, text) in texts.enumerated() { try folder.write(text, to: "\(index).txt") }
    let plain = (0..<texts.count).map { folder.file("\($0).txt") }
    let made = try [plain, [folder.file("a.ndjson")]].map { data in
      let run = try ProgramRun(
        "genki-minerd",
        ["train-tokenizer", "--data"] + data + [
          "--vocab-size", "262", "--out", folder.file("out.json"), "--json",
        ])
      #expect(run.status == 0, "\(run.errors)")
      return try #require(try run.document()["sha256"]?.stringValue)
    }
    #expect(made[0] == made[1])
  }

  @Test(arguments: [
    ("missing.txt", "2048", ErrorKind.invalidData, "no such file"),
    ("short.txt", "2048", .invalidData, "gives only 257 of 2048 tokens"),
    ("short.txt", "100", .usage, "cannot hold the 256 bytes"),
    ("short.txt", "99999999", .usage, "beyond the limit of 2097152"),
    ("short.txt", "many", .usage, "vocab-size"),
    ("broken.jsonl", "300", .invalidData, "line 1: not JSON at column"),
  ])
  func badTrainingIsExplained(
    _ name: String, _ size: String, _ kind: ErrorKind, _ error: String
  ) throws {
    try folder.write("a", to: "short.txt")
    try folder.write("{\"text\":\n", to: "broken.jsonl")
    let run = try ProgramRun(
      "genki-minerd",
      [
        "train-tokenizer", "--data", folder.file(name), "--vocab-size", size, "--out",
        folder.file("out.json"),
      ])
    #expect(run.status == kind.rawValue)
    #expect(run.errors.contains(error), "\(run.errors)")
    #expect(try !folder.names().contains("out.json"))
  }
}
