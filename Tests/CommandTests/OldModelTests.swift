import Foundation
import GenkiCore
import TestSupport
import Testing

/// Models, adapters, manifests and Damas of an earlier build mean what they meant.
struct OldModelTests {
  /// Between kinds of processor, in nats per token; scores as validators compare them.
  private static let tolerance = 1e-4
  private static let bases = ["float32", "bfloat16"]

  let fixtures = Fixtures.first

  private func validator(_ arguments: [String]) throws -> ProgramRun {
    try ProgramRun("genki-validatord", arguments)
  }

  /// The base, the full model and the adapter, and what was recorded of them.
  private func input(_ base: String) throws -> (base: String, models: [String], found: JSONValue) {
    (
      fixtures.path("bases/\(base)"),
      ["full", "adapter"].map { fixtures.path("models/\(base)-\($0)") },
      try fixtures.document("aggregations/\(base).json")
    )
  }

  private func judged(_ command: String, _ base: String) throws -> (JSONValue, JSONValue) {
    let (folder, models, found) = try input(base)
    let texts = ["alpha", "beta"].map { fixtures.path("data/\($0)-held-out.txt") }
    let run = try validator(
      [command, "--base", folder, "--model"] + models + ["--data"] + texts
        + ["--block-size", "32", "--threads", "1", "--json"])
    try #require(run.status == 0, "\(run.errors)")
    return (try run.document(), try #require(found[command]))
  }

  private func expectNear(_ now: JSONValue?, _ then: JSONValue?, _ what: String) throws {
    let (now, then) = (try #require(now?.doubleValue), try #require(then?.doubleValue))
    #expect(abs(now - then) <= Self.tolerance, "\(what): \(now) instead of \(then)")
  }

  @Test(arguments: bases) func aManifestIsRecomputedToTheSameBytes(base: String) throws {
    let (folder, models, found) = try input(base)
    let manifest = fixtures.path("aggregations/\(base)/manifest.json")
    for threads in ["1", "2"] {
      let run = try validator(
        ["verify-round", "--manifest", manifest, "--base", folder, "--model"] + models
          + ["--threads", threads, "--json"])
      #expect(run.status == 0, "\(run.errors)")
      let document = try run.document()
      #expect(document["verified"] == true, "\(document)")
      #expect(document["compared_file"] == true)
      #expect(document["recomputed_sha256"] == found["aggregate"]?["sha256"])
    }
  }

  /// A base, a model or a Dama that differs in a byte is named still.
  @Test(arguments: bases) func aManifestDoesNotVerifyWithOtherModels(base: String) throws {
    let (folder, models, _) = try input(base)
    let manifest = fixtures.path("aggregations/\(base)/manifest.json")
    let other = Self.bases.first { $0 != base } ?? base
    for (base, models) in [
      (folder, models.reversed()), (fixtures.path("bases/\(other)"), models),
    ] {
      let run = try validator(
        ["verify-round", "--manifest", manifest, "--base", base, "--model"] + models)
      #expect(run.status == ErrorKind.failed.rawValue, "\(run.output)")
      #expect(run.errors.contains("content hash"), "\(run.errors)")
    }
  }

  @Test(arguments: bases) func lossesAreThoseOfTheEarlierBuild(base: String) throws {
    let (now, then) = try judged("evaluate", base)
    try expectNear(now["base"]?["loss"], then["base"]?["loss"], "base")
    #expect(now["base"]?["tokens"] == then["base"]?["tokens"])
    let (found, known) = (now["models"]?.arrayValue ?? [], then["models"]?.arrayValue ?? [])
    #expect(found.count == 2 && known.count == 2)
    for (found, known) in zip(found, known) {
      for key in ["loss", "delta_loss"] {
        try expectNear(found[key], known[key], "\(known["model"] ?? .null) \(key)")
      }
    }
  }

  @Test(arguments: bases) func scoresAreThoseOfTheEarlierBuild(base: String) throws {
    let (now, then) = try judged("score", base)
    let (found, known) = (now["scores"]?.arrayValue ?? [], then["scores"]?.arrayValue ?? [])
    #expect(found.count == 2 && known.count == 2)
    for (found, known) in zip(found, known) {
      #expect(found["verdict"] == known["verdict"])
      #expect(found["code"] == known["code"])
      for key in ["score", "data_similarity", "delta_loss", "counted_delta_loss"] {
        try expectNear(found[key], known[key], "\(known["model"] ?? .null) \(key)")
      }
    }
  }

  @Test(arguments: bases.flatMap { base in ["full", "adapter"].map { "\(base)-\($0)" } })
  func modelsOfTheEarlierBuildAreShown(name: String) throws {
    let run = try ProgramRun(
      "genki-minerd", ["inspect", fixtures.path("models/\(name)"), "--json"])
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("BF16") == (name == "bfloat16-full"))
  }
}
