import Foundation
import GenkiCore
import GenkiData
import GenkiTrain
import TestSupport
import Testing

/// How lines of data become tokens, as a run's record keeps it.
struct DataRulesTests {
  private static let lines = """
    {"prompt": "Who brings the fire?", "completion": "The miners bring the fire home."}
    {"question": "When?", "answer": "Before night falls."}
    {"text": "The miners bring the fire home before night falls."}
    """

  private let tiny: TinyBase

  init() throws { tiny = try TinyBase() }

  private func options(out: String = "out", files: [String] = ["a.jsonl"]) throws
    -> FinetuneOptions
  {
    var options = tiny.options(out: out)
    options.data = try files.map { .init(path: try tiny.folder.write(Self.lines, to: $0)) }
    return options
  }

  private func settings(_ options: FinetuneOptions) throws -> JSONValue {
    let path = options.out + "/.genki-run/run.json"
    return try #require(try JSONValue.parse(file: path, sizeLimit: 1 << 20)["settings"])
  }

  private func stop(_ options: FinetuneOptions, after steps: Int) throws -> EventLog {
    let log = EventLog()
    _ = try FinetuneRun(options).run(shouldStop: { log.steps == steps }, onEvent: log.add)
    return log
  }

  private func badLines(_ log: EventLog) -> [Int] {
    guard case .start(let plan)? = log.events.first else { return [] }
    return plan.data.badLines.map(\.line)
  }

  /// Runs of version 0.1 did not name the rules.
  @Test func aRunThatBeganUnderTheFirstRulesGoesOnUnderThem() throws {
    var whole = try options(out: "whole")
    whole.dataRules = .first
    let digest = try #require(try FinetuneRun(whole).run().summary?.digest)
    var parts = try options(out: "parts")
    parts.dataRules = .first
    let begun = try stop(parts, after: 2)
    #expect(try settings(parts)["data_rules"] == nil)
    #expect(badLines(begun) == [2])
    parts.dataRules = nil
    parts.resume = true
    let resumed = EventLog()
    let summary = try FinetuneRun(parts).run(onEvent: resumed.add).summary
    #expect(badLines(resumed) == [2])
    #expect(summary?.digest == digest)
  }

  @Test func aNewRunIsUnderTheCurrentRulesAndSaysSo() throws {
    let options = try options()
    let log = try stop(options, after: 1)
    #expect(badLines(log) == [])
    #expect(try settings(options)["data_rules"] == "current")
    var other = options
    other.dataRules = .first
    other.resume = true
    #expect(throws: FinetuneError.self) { try FinetuneRun(other).run() }
  }

  @Test(
    arguments: [
      ([nil, nil], "of the base"), (["plain", "plain"], "plain"),
      (["plain", nil], ["plain", "of the base"]),
    ] as [([String?], JSONValue)])
  func theRecordKeepsTheTemplatesOfTheFiles(templates: [String?], kept: JSONValue) throws {
    var options = try options(files: ["a.jsonl", "b.jsonl"])
    for (index, template) in templates.enumerated() {
      options.data[index].chatTemplate = template
    }
    _ = try stop(options, after: 1)
    #expect(try settings(options)["chat_template"] == kept)
  }

  /// Version 0.1 wrote all data sets of a job in the first template that one of them had.
  @Test func underTheFirstRulesOneTemplateHoldsForAll() throws {
    var options = try options(files: ["a.jsonl", "b.jsonl"])
    options.dataRules = .first
    options.data[1].chatTemplate = "plain"
    _ = try stop(options, after: 1)
    #expect(try settings(options)["chat_template"] == "plain")
  }

  @Test func aFileWhoseTemplateTheTokenizerLacksIsRefused() throws {
    var options = try options(files: ["a.jsonl", "b.jsonl"])
    options.data[1].chatTemplate = "chatml"
    #expect(throws: DataError.missingToken(template: "chatml", token: "<|im_start|>")) {
      try FinetuneRun(options).run()
    }
  }
}
