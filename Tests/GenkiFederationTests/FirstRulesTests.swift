import Foundation
import GenkiCore
import GenkiData
import GenkiFederation
import GenkiFormats
import TestSupport
import Testing

/// Held-out text under the rules of version 0.1: windows, learned tokens and losses of lines in many
/// shapes as a build of that version (25a28da) has measured them, bad lines and prose included.
@Suite("Data under the first rules")
struct FirstRulesTests {
  private static let cases = Vectors.path("cases")
  private let measured: JSONValue
  private let folder: TemporaryFolder

  init() throws {
    measured = try JSONValue.parse(
      file: Self.cases + "/first-rules/measured.json", sizeLimit: 1 << 20)
    folder = try TemporaryFolder()
  }

  /// What a command that evaluates a base on a file says of it; nil where it refuses the file.
  private func measure(
    _ path: String, _ session: EvaluationSession, blockSize: Int
  ) throws -> (windows: Int, tokens: Int, loss: Double)? {
    let base = session.base.folder
    let tokenizer = try Tokenizer.load(
      path: base, declared: DatasetOptions.Rules.first.tokenizerDeclarations)
    let options = try DatasetOptions(
      blockSize: blockSize, modelFolder: base, tokenizer: tokenizer,
      vocabularySize: session.configuration.vocabularySize, rules: .first)
    guard
      let dataset = try? TextDataset.load(path: path, tokenizer: tokenizer, options: options)
    else { return nil }
    let set = EvaluationSet(dataset: dataset, windows: Array(0..<dataset.windowCount))
    let profile = try #require(try session.losses([set]).first)
    return (dataset.windowCount, profile.tokenCount, profile.loss)
  }

  private func session(_ base: String) throws -> EvaluationSession {
    let session = try EvaluationSession(
      base: BaseModel.open(folder: base), rows: 8, threads: 1)
    try session.loadBase()
    return session
  }

  private func compare(
    _ made: (windows: Int, tokens: Int, loss: Double)?, _ then: JSONValue?, _ name: String
  ) {
    guard let then, !then.isNull else {
      #expect(made == nil, "\(name)")
      return
    }
    #expect(made?.windows == then["windows"]?.intValue, "\(name)")
    #expect(made?.tokens == then["tokens"]?.intValue, "\(name)")
    #expect(abs((made?.loss ?? 0) - (then["loss"]?.doubleValue ?? 1)) < 1e-5, "\(name)")
  }

  @Test func everyLineIsEncodedOrSkippedAsItWas() throws {
    let path = Vectors.path("formats/chat/data_shapes.jsonl")
    let shapes = try TextFile.readString(path, sizeLimit: 1 << 20).split(separator: "\n")
    let lines = try #require(measured["lines"]?.arrayValue)
    #expect(lines.count == shapes.count)
    let session = try session("\(Self.cases)/09-system-history-weight-fields-ignored/base")
    for (shape, line) in zip(shapes, lines) {
      let json = try JSONValue.parse(String(shape), source: path)
      #expect(json["case"] == line["case"])
      let file = try folder.write((json["line"]?.stringValue ?? "") + "\n", to: "a.jsonl")
      let made = try measure(file, session, blockSize: 64)
      compare(made, line["measured"], json["case"]?.stringValue ?? "")
    }
    #expect(lines.count { $0["measured"]?.isNull == false } == 37)
  }

  @Test func everyFileHasTheLossThatItHad() throws {
    let files = try #require(measured["files"]?.arrayValue)
    #expect(files.count == 6)
    for file in files {
      let name = try #require(file["data"]?.stringValue)
      let base = try #require(file["base"]?.stringValue)
      let session = try session("\(Self.cases)/\(base)")
      let made = try measure(
        "\(Self.cases)/\(name)", session, blockSize: name.hasPrefix("05") ? 8 : 64)
      compare(made, file["measured"], name)
    }
  }
}
