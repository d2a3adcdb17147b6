import Foundation
import GenkiCore
import TestSupport
import Testing

/// Finetunes that an earlier build began go on, and those that it ended are known as ended.
@Suite(.serialized) struct OldFinetuneTests {
  /// Between kinds of processor, relative to the loss.
  private static let lossTolerance = 1e-3

  let fixtures = Fixtures.first
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A run as it was recorded, and the base that it needs.
  private struct OldRun {
    let recorded: JSONValue
    let base: String
    let arguments: [String]

    var steps: Int { recorded["start"]?["steps"]?.intValue ?? 0 }
    var losses: [Double] { (recorded["losses"]?.arrayValue ?? []).compactMap(\.doubleValue) }
    var digest: String? { recorded["done"]?["sha256"]?.stringValue }

    func command(_ out: String, _ more: [String] = []) -> [String] {
      ["finetune", "--base", base] + arguments + ["--out", out, "--json"] + more
    }
  }

  private func run(_ name: String) throws -> OldRun {
    let recorded = try fixtures.document("runs/\(name).json")
    let base = try #require(recorded["base"]?.stringValue)
    let parts = base.split(separator: "/")
    return OldRun(
      recorded: recorded,
      base: parts.first == "encodings"
        ? try fixtures.base(encoding: String(parts[1]), in: folder) : fixtures.path(base),
      arguments: fixtures.arguments(recorded["arguments"]))
  }

  private func events(_ arguments: [String]) throws -> [JSONValue] {
    let run = try ProgramRun("genki-minerd", arguments)
    try #require(run.status == 0, "\(arguments): \(run.errors)")
    return try run.events()
  }

  private func losses(_ events: [JSONValue]) -> [Double] {
    events.filter { $0["event"]?.stringValue == "step" }.compactMap { $0["loss"]?.doubleValue }
  }

  /// A run from the begin with the arguments of the old one. As many steps as that had: how epochs
  /// are counted may change, what a run that was begun does may not.
  private func undisturbed(_ run: OldRun) throws -> [JSONValue] {
    var arguments = run.arguments
    if let place = arguments.firstIndex(of: "--epochs") {
      arguments.replaceSubrange(place...place + 1, with: ["--steps", "\(run.steps)"])
    }
    return try events(
      ["finetune", "--base", run.base] + arguments + ["--out", folder.file("whole"), "--json"])
  }

  @Test(arguments: ["steps", "epochs", "lines"])
  func anInterruptedRunEndsAsIfNobodyHadInterruptedIt(name: String) throws {
    let old = try run(name)
    let out = try fixtures.copy("runs/\(name)", to: folder.file("out"))
    let resumed = try events(old.command(out, ["--resume"]))
    let start = try #require(resumed.first)
    let completed = try #require(start["completed_steps"]?.intValue)
    #expect(start["resumed"] == true && completed > 0)
    #expect(start["steps"]?.intValue == old.steps)
    let seen = losses(resumed)
    #expect(seen.count == old.steps - completed)
    for (now, then) in zip(seen, old.losses.dropFirst(completed)) {
      #expect(abs(now / then - 1) < Self.lossTolerance)
    }
    let digest = try #require(resumed.last?["sha256"]?.stringValue)
    // The bytes depend on the kind of processor: this one is of the kind of the fixtures if it gets
    // the very losses of a run that needs nothing but arithmetic.
    let plain = try run("steps")
    let whole = try undisturbed(plain)
    if losses(whole) == plain.losses {
      #expect(whole.last?["sha256"]?.stringValue == plain.digest)
      #expect(seen == Array(old.losses.dropFirst(completed)))
      #expect(digest == old.digest)
    }
  }

  @Test func aRunCountedInEpochsEndsInTheBytesOfOneWithAsManySteps() throws {
    let old = try run("epochs")
    let whole = try undisturbed(old)
    let out = try fixtures.copy("runs/epochs", to: folder.file("out"))
    let resumed = try events(old.command(out, ["--resume"]))
    // On another kind of processor the first steps, which are in the checkpoint, were other ones.
    if losses(whole) == old.losses {
      #expect(resumed.last?["sha256"] == whole.last?["sha256"])
    } else {
      let difference =
        try #require(whole.last?["train_loss"]?.doubleValue)
        / (try #require(resumed.last?["train_loss"]?.doubleValue)) - 1
      #expect(abs(difference) < Self.lossTolerance)
    }
  }

  @Test(arguments: ["float32-full", "float32-adapter", "bfloat16-full", "bfloat16-adapter"])
  func aFinishedRunIsKnownAsFinished(name: String) throws {
    let recorded = try #require(try fixtures.document("models.json")[name])
    let out = try fixtures.copy("models/\(name)", to: folder.file("out"))
    let again = try events(
      ["finetune"] + fixtures.arguments(recorded["arguments"]) + [
        "--out", out, "--resume", "--json",
      ])
    #expect(again.count == 1)
    #expect(again.last?["event"]?.stringValue == "done")
    for key in ["steps", "train_loss", "eval_loss", "base_eval_loss", "sha256"] {
      #expect(again.last?[key] == recorded["done"]?[key], "\(key)")
    }
  }
}
