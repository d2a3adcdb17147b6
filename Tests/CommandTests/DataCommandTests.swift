import Foundation
import GenkiCore
import TestSupport
import Testing

/// Data files as people have them through the commands: the inputs of reported cases, with the losses
/// that torch and transformers have computed for them.
struct DataCommandTests {
  private static let cases = Vectors.path("cases")
  private static let base = cases + "/09-system-history-weight-fields-ignored/base"

  private func expected(_ name: String) throws -> JSONValue {
    try JSONValue.parse(file: "\(Self.cases)/\(name)/expected.json", sizeLimit: 1 << 20)
  }

  private func evaluate(_ data: String, _ more: [String] = []) throws -> ProgramRun {
    try ProgramRun(
      "genki-validatord",
      [
        "evaluate", "--base", Self.base, "--data", "\(Self.cases)/\(data)", "--block-size", "64",
        "--threads", "1",
      ] + more)
  }

  private func expectLoss(of data: String, _ expected: JSONValue?) throws {
    let run = try evaluate(data, ["--json"])
    #expect(run.status == 0, "\(run.output)\(run.errors)")
    let measured = try run.document()["base"]
    let loss = try #require(expected?["loss"]?.doubleValue)
    #expect(abs((measured?["loss"]?.doubleValue ?? 0) - loss) < 1e-3)
    #expect(measured?["tokens"] == expected?["tokens"])
  }

  @Test(arguments: ["with", "without", "alpaca-with", "alpaca-without", "weight0"])
  func systemHistoryAndWeightCount(name: String) throws {
    let folder = "09-system-history-weight-fields-ignored"
    try expectLoss(of: "\(folder)/\(name).jsonl", try expected(folder)[name])
  }

  @Test(arguments: [
    "conversations-role-content", "trl-prompt-completion", "content-parts", "dolly",
    "question-answer",
  ]) func aLineOfAnotherTrainersShapeHasTheLossOfItsConversation(name: String) throws {
    let folder = "12-missing-data-shapes"
    try expectLoss(of: "\(folder)/\(name).jsonl", try expected(folder)[name])
  }

  @Test func aDevelopersTurnIsTheSystems() throws {
    let folder = "12-missing-data-shapes"
    try expectLoss(
      of: "\(folder)/developer-role.jsonl",
      try expected(folder)["developer-role"]?["as system turn"])
  }

  @Test func turnsOfToolsAreNamedWhereTheyAreSkipped() throws {
    let run = try evaluate("12-missing-data-shapes/tool-turns.jsonl")
    #expect(run.status == ErrorKind.invalidData.rawValue)
    #expect(run.errors.contains("skipped: line 1: messages[1] has 'tool_calls'"), "\(run.errors)")
  }

  @Test func jsonlinesIsJSONL() throws {
    let folder = "11-jsonlines-and-csv-read-as-prose"
    try expectLoss(of: "\(folder)/d.jsonlines", try expected(folder)["jsonlines"])
  }

  @Test func aTableIsRefusedByEveryCommandWithTheWayOut() throws {
    let table = "\(Self.cases)/11-jsonlines-and-csv-read-as-prose/d.csv"
    let folder = try TemporaryFolder()
    let runs = try [
      evaluate("11-jsonlines-and-csv-read-as-prose/d.csv"),
      ProgramRun(
        "genki-minerd",
        ["finetune", "--base", Self.base, "--data", table, "--out", folder.file("out")]),
      ProgramRun(
        "genki-minerd",
        [
          "train-tokenizer", "--data", table, "--vocab-size", "300", "--out",
          folder.file("tokenizer.json"),
        ]),
    ]
    for run in runs {
      #expect(run.status == ErrorKind.invalidData.rawValue)
      #expect(run.errors.contains("d.csv': it is a CSV table"), "\(run.errors)")
      #expect(run.errors.contains("csv.DictReader"), "\(run.errors)")
    }
  }

  @Test func documentsEndWithTheTokenThatTheConfigurationNames() throws {
    let folder = try TemporaryFolder()
    let name = "05-end-token-silently-missing"
    let run = try ProgramRun(
      "genki-minerd",
      [
        "finetune", "--base", "\(Self.cases)/\(name)/base", "--data",
        "\(Self.cases)/\(name)/docs.jsonl", "--block-size", "8", "--batch", "1", "--steps", "1",
        "--eval-fraction", "0", "--out", folder.file("out"), "--json",
      ])
    #expect(run.status == 0, "\(run.errors)")
    let data = try #require(try run.events().first?["data"]?.arrayValue?.first)
    #expect(data["tokens"] == (try expected(name)["tokens"]))
    #expect(data["begin_tokens"] == 2)
    #expect(data["notes"] == [])
  }

  // MARK: What --json tells of the data

  private static let mixed = "10-evaluate-json-hides-skipped-lines/d.jsonl"

  private func skippedLines(_ document: JSONValue) throws -> [JSONValue] {
    let files = try #require(document["data"]?.arrayValue)
    return files.flatMap { ($0["bad_lines"]?.arrayValue ?? []).compactMap { $0["line"] } }
  }

  @Test func evaluateTellsSkippedLinesEitherWay() throws {
    let lines = try #require(
      try expected("10-evaluate-json-hides-skipped-lines")["skipped_lines"]?.arrayValue)
    let run = try evaluate(Self.mixed, ["--json"])
    #expect(run.errors.isEmpty)
    let document = try run.document()
    #expect(try skippedLines(document) == lines)
    #expect(document["data"]?.arrayValue?.first?["windows"] == 4)
    let shown = try evaluate(Self.mixed).errors
    for line in lines { #expect(shown.contains("d.jsonl:\(line.encoded()): skipped")) }
  }

  @Test func scoreSimilarityAggregateAndTrainTokenizerTellSkippedLines() throws {
    let folder = try TemporaryFolder()
    let data = "\(Self.cases)/\(Self.mixed)"
    for seed in ["1", "2"] {
      let run = try ProgramRun(
        "genki-minerd",
        [
          "finetune", "--base", Self.base, "--data", data, "--out", folder.file(seed), "--steps",
          "4", "--block-size", "64", "--seed", seed, "--learning-rate", "0.003",
        ])
      try #require(run.status == 0, "\(run.errors)")
    }
    let models = ["--model", folder.file("1"), folder.file("2")]
    let evaluated = ["--base", Self.base, "--data", data, "--block-size", "64", "--json"] + models
    for command in [["score"], ["similarity"], ["aggregate", "--out", folder.file("dama")]] {
      let run = try ProgramRun("genki-validatord", command + evaluated)
      #expect(run.status == 0, "\(command): \(run.output)\(run.errors)")
      #expect(try skippedLines(try run.document()) == [5, 6], "\(command)")
    }
    let run = try ProgramRun(
      "genki-minerd",
      [
        "train-tokenizer", "--data", data, "--vocab-size", "257", "--out", folder.file("t.json"),
        "--json",
      ])
    #expect(run.status == 0, "\(run.errors)")
    #expect(try skippedLines(try run.document()) == [5, 6])
  }
}
