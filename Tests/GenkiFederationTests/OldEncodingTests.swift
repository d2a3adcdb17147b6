import Foundation
import GenkiCore
import GenkiData
import GenkiFederation
import GenkiFormats
import TestSupport
import Testing

/// A round keeps the rules that it was announced with: under those of the first version a text has the
/// tokens that the programs of then made of it, whatever is done with it today.
struct OldEncodingTests {
  /// Between kinds of processor, in nats per token; another token changes more.
  private static let tolerance = 1e-4
  private static let blockSize = 64
  private static let encodings = [
    "plain", "bare", "begin", "begin-bare", "chatml", "llama3", "no-end", "renamed-end",
    "end-in-config", "end-in-map", "end-in-generation", "outside",
  ]
  private static let files = [
    "plain.txt", "documents.jsonl", "instructions.jsonl", "histories.jsonl", "chats.jsonl",
    "conversations.jsonl", "prompts.jsonl", "others.jsonl", "documents.jsonlines", "table.csv",
  ]

  let fixtures = Fixtures.first

  /// Everything that `evaluate` said of a file, by the way that a validator reads it.
  @Test(arguments: encodings) func textsHaveTheTokensThatTheyHad(encoding: String) throws {
    let expected = try fixtures.document("encodings/\(encoding)/expected.json")
    let folder = try TemporaryFolder()
    let base = try fixtures.base(encoding: encoding, in: folder)
    let session = try EvaluationSession(base: BaseModel.open(folder: base), rows: 8, threads: 1)
    try session.loadBase()
    let tokenizer = try Tokenizer.load(path: base, declared: .tokenizerFileOnly)
    let options = try DatasetOptions(
      blockSize: Self.blockSize, modelFolder: base, tokenizer: tokenizer,
      vocabularySize: session.configuration.vocabularySize, rules: .first)
    #expect(expected.objectValue?.entries.map(\.key).sorted() == Self.files.sorted())
    for file in Self.files {
      let known = try #require(expected[file])
      let dataset = try TextDataset.load(
        path: fixtures.path("data/\(file)"), tokenizer: tokenizer, options: options)
      let windows = Array(0..<dataset.windowCount)
      let profile = try #require(
        try session.losses([EvaluationSet(dataset: dataset, windows: windows)]).first)
      #expect(windows.count == known["windows"]?.intValue, "\(file)")
      #expect(profile.tokenCount == known["tokens"]?.intValue, "\(file)")
      let loss = try #require(known["loss"]?.doubleValue)
      #expect(abs(profile.loss - loss) <= Self.tolerance, "\(file): \(profile.loss)")
      try expectSameReport(dataset.report, try #require(known["report"]), file)
    }
  }

  private func expectSameReport(
    _ report: DataReport, _ known: JSONValue, _ file: String
  ) throws {
    let found = try #require(report.json.arrayValue?.first)
    for key in [
      "kind", "bytes", "lines", "examples", "tokens", "windows", "blank_lines",
      "truncated_examples", "lines_without_response",
    ] {
      #expect(found[key] == known[key], "\(file): \(key)")
    }
    func lines(_ report: JSONValue) -> [Int] {
      (report["bad_lines"]?.arrayValue ?? []).compactMap { $0["line"]?.intValue }
    }
    #expect(lines(found) == lines(known), "\(file)")
  }
}
