import Foundation
import GenkiCore
import TestSupport
import Testing

/// `genki-demo round --base`: a whole round of real daemons on a model and data that are there.
@Suite(.serialized) struct OwnRoundTests {
  private static let data = Fixtures.first.path("data")
  private static let base = Fixtures.first.path("bases/bfloat16")

  private static func arguments(out: String, _ more: [String]) -> [String] {
    [
      "round", "--json", "--out", out, "--base", base, "--miner",
      "alice=\(data)/alpha-miner.txt:full", "bob=\(data)/beta-miner.txt,\(data)/chats.jsonl",
      "--held-out", "\(data)/alpha-held-out.txt", "\(data)/beta-held-out.txt", "--steps", "20",
      "--learning-rate", "0.01", "--windows", "8", "--rounds", "1",
    ] + more
  }

  @Test(arguments: ["float32", "base"])
  func aRoundOnABaseOf16BitsIsVerifiedByBoth(type: String) throws {
    let folder = try TemporaryFolder()
    let out = folder.file("out")
    let run = try ProgramRun(
      "genki-demo", Self.arguments(out: out, ["--dama-dtype", type]), secondsMaximum: 240)
    #expect(run.status == 0, "\(run.errors)")
    let round = try #require(try run.document()["rounds"]?.arrayValue?.first)
    #expect(round["verified"]?.boolValue == true)
    let miners = try #require(round["miners"]?.arrayValue)
    #expect(Set(miners.compactMap { $0["name"]?.stringValue }) == ["alice", "bob"])
    for miner in miners {
      #expect(miner["verdict"]?.stringValue == "accepted", "\(miner)")
    }
    // Something was gained, and what was announced is what the held-out files say.
    let announced = try #require(round["announced"])
    #expect(try #require(announced["delta_loss"]?.doubleValue) > 0)
    #expect(announced["datasets"]?.arrayValue?.count == 2)
    #expect((announced["changes_kept"]?.doubleValue == nil) == (type == "float32"))
    for name in ["alpha-held-out.txt", "beta-held-out.txt"] {
      #expect(round["base_loss"]?[name]?.doubleValue != nil)
      #expect(round["dama_loss"]?[name]?.doubleValue != nil)
    }
    let daemons = try #require(try run.document()["daemons"]?.arrayValue)
    #expect(
      daemons.compactMap { $0["name"]?.stringValue }
        == ["coordinator", "verifier", "alice", "bob"])
    for daemon in daemons {
      #expect(try #require(daemon["peak_memory_bytes"]?.intValue) > 1 << 20)
    }
    #expect(FileManager.default.fileExists(atPath: "\(out)/report.html"))
  }

  @Test func whatIsWrongIsSaidBeforeAnythingIsWritten() throws {
    let folder = try TemporaryFolder()
    let out = folder.file("out")
    for (more, why) in [
      (["--miner", "alice=\(Self.data)/plain.txt"], "two miners are called"),
      (["--held-out", "\(Self.data)/nowhere.txt"], "no such file"),
      (["--steps", "0"], "--steps"), (["--texts", "texts"], "--texts and --base"),
    ] {
      let run = try ProgramRun("genki-demo", Self.arguments(out: out, more), secondsMaximum: 60)
      #expect(run.status == 64 || run.status == 65, "\(run.errors)")
      #expect(run.errors.contains(why), "\(run.errors)")
      #expect(!FileManager.default.fileExists(atPath: out))
    }
  }
}
