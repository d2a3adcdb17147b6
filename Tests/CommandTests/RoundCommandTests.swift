import Foundation
import GenkiCore
import TestSupport
import Testing

/// A round with the validator's commands as processes: evaluate, similarity, score, aggregate and
/// verify-round on a base and two miners that `genki-minerd` has made.
struct RoundCommandTests {
  let base: CommandBase
  private var folder: TemporaryFolder { base.folder }

  init() throws {
    base = try CommandBase()
    for (name, more) in [("full", []), ("lora", ["--method", "lora"])] {
      let run = try ProgramRun("genki-minerd", base.finetune(name, more))
      try #require(run.status == 0, "\(run.errors)")
    }
  }

  private func validator(_ arguments: [String]) throws -> ProgramRun {
    try ProgramRun("genki-validatord", arguments)
  }

  private var models: [String] { ["full", "lora"].map(folder.file) }
  private var evaluation: [String] {
    ["--data", base.text, "--block-size", "32", "--threads", "1"]
  }

  private func aggregate(_ out: String, _ more: [String] = []) throws -> ProgramRun {
    try validator(
      ["aggregate", "--base", base.base, "--model", models[0] + "=3", models[1] + "=1"]
        + ["--out", folder.file(out), "--json"] + more)
  }

  @Test func evaluateGivesTheStatedFields() throws {
    let run = try validator(
      ["evaluate", "--base", base.base, "--model"] + models + evaluation + ["--json"])
    #expect(run.status == 0)
    #expect(run.errors.isEmpty)
    let document = try run.document()
    let loss = try #require(document["base"]?["loss"]?.doubleValue)
    #expect(
      abs((document["base"]?["perplexity"]?.doubleValue ?? 0) / exp(loss) - 1) < 1e-12)
    let entries = try #require(document["models"]?.arrayValue)
    #expect(entries.compactMap { $0["model"]?.stringValue } == models)
    for entry in entries {
      let (own, gain) = (entry["loss"]?.doubleValue, entry["delta_loss"]?.doubleValue)
      #expect(abs(loss - (own ?? 0) - (gain ?? 0)) < 1e-12)
      #expect(try #require(gain) > 0)
      #expect(entry["tokens"] == document["base"]?["tokens"])
      #expect((entry["tokens_per_second"]?.doubleValue ?? 0) > 0)
      #expect(entry["perplexity"]?.doubleValue != nil)
    }
    #expect(document["datasets"]?.arrayValue?.count == 1)
  }

  @Test func stepZeroIsTheBase() throws {
    let run = try validator(
      ["evaluate", "--base", base.base, "--model"] + models + evaluation
        + ["--step-size", "0", "--json"])
    let entries = try #require(try run.document()["models"]?.arrayValue)
    #expect(entries.allSatisfy { $0["delta_loss"]?.doubleValue == 0 })
  }

  @Test func similarityIsASquareMatrixWithAndWithoutText() throws {
    for (more, probe) in [(evaluation, "data"), (["--threads", "1", "--seed", "4"], "sampled")] {
      let run = try validator(
        ["similarity", "--base", base.base, "--model"] + models + [models[0]] + more + ["--json"])
      #expect(run.status == 0, "\(run.errors)")
      let document = try run.document()
      let rows = try #require(document["similarity"]?.arrayValue).map {
        ($0.arrayValue ?? []).compactMap(\.doubleValue)
      }
      #expect(rows.map(\.count) == [3, 3, 3])
      #expect(rows[0][2] == 1 && rows[1][1] == 1 && rows[0][1] == rows[1][0])
      #expect(document["models"]?.arrayValue?.count == 3)
      #expect(document["probe"]?.stringValue == probe)
      #expect(document["data"]?.arrayValue?.count == (probe == "data" ? 1 : 0))
    }
  }

  @Test func scoreGivesVerdictsInCommitOrder() throws {
    let run = try validator(
      ["score", "--base", base.base, "--model"] + models + [models[0]] + evaluation + ["--json"])
    #expect(run.status == 0, "\(run.errors)")
    let scores = try #require(try run.document()["scores"]?.arrayValue)
    #expect(scores.map { $0["verdict"]?.stringValue } == ["accepted", "accepted", "rejected"])
    #expect((scores[0]["score"]?.doubleValue ?? 0) > 0)
    #expect(scores[2]["score"]?.doubleValue == 0)
    #expect(scores[2]["data_similarity"]?.doubleValue == 1)
    #expect(scores[2]["nearest"]?.stringValue == models[0])
    #expect(scores[2]["reason"]?.stringValue?.contains("same content") == true)
    for key in ["model", "delta_loss", "data_similarity", "nearest", "score", "reason"] {
      #expect(scores.allSatisfy { $0[key] != nil }, "\(key)")
    }
  }

  @Test func threadsAndBlasKernelsChangeNoByteOfTheDama() throws {
    let digests = try ["1", "2"].map { threads in
      let run = try aggregate("dama-\(threads)", ["--threads", threads])
      #expect(run.status == 0, "\(run.errors)")
      return try run.document()["sha256"]?.stringValue
    }
    #expect(digests[0] == digests[1])
    #expect(
      digests[0]
        == (try SHA256Hasher.digest(ofFile: folder.file("dama-1/model.safetensors")).hex))
  }

  @Test func damaIsAModelWithAManifestThatVerifies() throws {
    let run = try aggregate("dama", evaluation)
    #expect(run.status == 0, "\(run.errors)")
    let document = try run.document()
    #expect(document["strategy"] == "weighted-mean")
    #expect(document["inputs"]?.arrayValue?.map { $0["weight"]?.intValue } == [65_535, 21_845])
    #expect((document["step_size"]?.doubleValue ?? 0) > 0)
    let better = try validator(
      ["evaluate", "--base", base.base, "--model", folder.file("dama")] + evaluation + ["--json"])
    let gain = try better.document()["models"]?.arrayValue?.first?["delta_loss"]?.doubleValue
    #expect(try #require(gain) > 0)
    let manifest = folder.file("dama/manifest.json")
    let verified = try validator(["verify-round", "--manifest", manifest, "--json"])
    #expect(verified.status == 0)
    #expect(try verified.document()["verified"] == true)
    let elsewhere = try validator(
      ["verify-round", "--manifest", manifest, "--base", base.base, "--model"] + models)
    #expect(elsewhere.status == 0)
    #expect(elsewhere.output.contains(document["sha256"]?.stringValue ?? "?"))
    let swapped = try validator(
      ["verify-round", "--manifest", manifest, "--base", base.base, "--model"] + models.reversed())
    #expect(swapped.status == ErrorKind.failed.rawValue)
    #expect(swapped.errors.contains("content hash"))
    let json = try validator(
      ["verify-round", "--manifest", manifest, "--model"] + models.reversed() + ["--json"])
    #expect(json.status == ErrorKind.failed.rawValue)
    #expect(try json.document()["verified"] == false)
  }

  @Test func humanOutputIsATable() throws {
    let run = try validator(["score", "--base", base.base, "--model"] + models + evaluation)
    #expect(run.status == 0)
    #expect(run.output.contains("similarity") && run.output.contains("accepted"))
    #expect(run.output.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 32 })
  }

  /// Arguments, the exit code, and what stderr must say; BASE, FULL and TEXT stand for paths.
  static let refusals: [(arguments: [String], code: ErrorKind, says: String)] = [
    (["evaluate", "--base", "nowhere", "--data", "TEXT"], .invalidData, "nowhere"),
    (["evaluate", "--base", "TEXT", "--data", "TEXT"], .usage, "is not a folder"),
    (["evaluate", "--base", "BASE", "--data", "nowhere.txt"], .invalidData, "nowhere.txt"),
    (["evaluate", "--base", "BASE"], .usage, "--data"),
    (
      ["evaluate", "--base", "BASE", "--data", "TEXT", "--block-size", "65"], .usage,
      "--block-size: 65 is out of range (1 to 64)"
    ),
    (
      ["evaluate", "--base", "BASE", "--data", "TEXT", "--max-tokens", "0"], .usage,
      "--max-tokens: 0 is out of range"
    ),
    (
      ["score", "--base", "BASE", "--model", "FULL", "--data", "TEXT", "--step-size", "0"], .usage,
      "--step-size: 0.0 is out of range"
    ),
    (
      ["score", "--base", "BASE", "--model", "FULL", "--data", "TEXT", "--max-tokens", "1"],
      .invalidData, "at least 2 are needed"
    ),
    (["similarity", "--base", "BASE", "--model", "LORA/nowhere"], .invalidData, "nowhere"),
    (
      ["aggregate", "--base", "BASE", "--model", "FULL=much", "--out", "OUT"], .usage,
      "the weight much is not a number"
    ),
    (
      ["aggregate", "--base", "BASE", "--model", "FULL=-1", "--out", "OUT"], .usage,
      "is not a number from 0 on"
    ),
    (
      ["aggregate", "--base", "BASE", "--model", "FULL", "--strategy", "krum", "--out", "OUT"],
      .usage, "choose from weighted-mean, median, trimmed-mean"
    ),
    (
      ["aggregate", "--base", "BASE", "--model", "FULL=0", "--out", "OUT"], .failed,
      "no valid model has a weight above zero"
    ),
    (
      ["aggregate", "--base", "BASE", "--model", "BASE", "--out", "OUT"], .failed,
      "unchanged: it is the base"
    ),
    (
      ["aggregate", "--base", "BASE", "--model", "FULL", "--out", "FULL"], .usage,
      "is one of the inputs"
    ),
    (["verify-round", "--manifest", "nowhere.json"], .invalidData, "nowhere.json"),
    (["verify-round", "--manifest", "BASE/config.json"], .invalidData, "format: is missing"),
    (["verify-round", "--manifest", "TEXT"], .invalidData, "not valid JSON"),
  ]

  @Test func wrongInputIsRefusedWithTheReason() throws {
    for (arguments, code, says) in Self.refusals {
      let run = try validator(
        arguments.map {
          $0.replacingOccurrences(of: "BASE", with: base.base)
            .replacingOccurrences(of: "FULL", with: models[0])
            .replacingOccurrences(of: "LORA", with: models[1])
            .replacingOccurrences(of: "TEXT", with: base.text)
            .replacingOccurrences(of: "OUT", with: folder.file("out"))
        })
      #expect(run.status == code.rawValue, "\(arguments): \(run.errors)")
      #expect(run.errors.contains(says), "\(arguments): \(run.errors)")
      #expect(run.output.isEmpty, "\(arguments)")
      #expect(!FileManager.default.fileExists(atPath: folder.file("out")), "\(arguments)")
    }
  }
}
