import Foundation
import GenkiCore
import GenkiFormats
import TestSupport
import Testing

struct FinetuneCommandTests {
  @Test func eventsHaveTheirFields() throws {
    let base = try CommandBase()
    let run = try ProgramRun(
      "genki-minerd",
      base.finetune("out", ["--json", "--eval-every", "4", "--checkpoint-every", "3"]))
    #expect(run.status == 0)
    #expect(run.errors.isEmpty)
    let events = try run.events()
    let names = events.compactMap { $0["event"]?.stringValue }
    #expect(names.first == "start")
    #expect(names.last == "done")
    #expect(names.count { $0 == "step" } == 8)
    #expect(names.count { $0 == "eval" } == 3)
    #expect(names.count { $0 == "checkpoint" } == 2)
    for event in events where event["event"] == "step" {
      for key in ["step", "loss", "grad_norm", "learning_rate", "tokens", "tokens_per_second"] {
        #expect(event[key]?.doubleValue != nil, "\(key)")
      }
    }
    let start = try #require(events.first)
    #expect((start["memory_planned_bytes"]?.intValue ?? 0) > 0)
    #expect(start["compute"] == "float32")
    #expect(start["train_windows"]?.intValue != nil)
    let done = try #require(events.last)
    #expect(done["steps"]?.intValue == 8)
    let before = try #require(done["base_eval_loss"]?.doubleValue)
    #expect(try #require(done["eval_loss"]?.doubleValue) < before)
    #expect(try #require(done["train_loss"]?.doubleValue) < before)
    let out = try #require(done["out"]?.stringValue)
    #expect(
      done["sha256"]?.stringValue
        == (try SHA256Hasher.digest(ofFile: out + "/model.safetensors").hex))
  }

  @Test func humanOutputIsQuietOnStderrAndHasNoControlCharacters() throws {
    let base = try CommandBase()
    let run = try ProgramRun("genki-minerd", base.finetune("out"))
    #expect(run.status == 0)
    #expect(run.errors.isEmpty)
    #expect(run.output.contains("held-out loss"))
    #expect(run.output.contains("sha256"))
    #expect(run.output.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 32 })
  }

  /// Arguments after a good command line, the exit code, and what stderr must say.
  static let refusals: [(more: [String], code: ErrorKind, says: String)] = [
    (["--steps", "0"], .usage, "--steps: 0 is out of range (allowed is from 1"),
    (["--steps", "-1"], .usage, "--steps: -1 is out of range (allowed is from 1"),
    (["--batch", "-2"], .usage, "--batch: -2 is out of range (allowed is from 1"),
    (["--eval-every", "-3"], .usage, "--eval-every: -3 is out of range (allowed is from 0"),
    (["--threads", "-1"], .usage, "--threads: -1 is out of range (allowed is from 1"),
    (["--seed", "-1"], .usage, "a whole number from 0"),
    (["--steps", "many"], .usage, "'many' is invalid for '--steps"),
    (["--epochs", "2"], .usage, "--steps and --epochs cannot be given together"),
    (["--batch", "0"], .usage, "--batch: 0 is out of range"),
    (["--block-size", "65"], .usage, "--block-size: 65 is more than the model's context"),
    (["--compute", "int8"], .usage, "'int8' is invalid for '--compute"),
    (["--learning-rate", "-1"], .usage, "--learning-rate: -1.0 is out of range (allowed is"),
    (["--learning-rate", "nan"], .usage, "--learning-rate: nan is out of range"),
    (["--method", "half"], .usage, "'half' is invalid for '--method"),
    (["--method", "lora", "--rank", "0"], .usage, "--rank: 0 is out of range"),
    (["--method", "lora", "--dropout", "1"], .usage, "--dropout: 1.0 is out of range"),
    (["--method", "lora", "--target-modules", "nope"], .usage, "nope"),
    (["--eval-fraction", "1"], .usage, "--eval-fraction: 1.0 is out of range"),
    (["--threads", "0"], .usage, "--threads: 0 is out of range"),
    (["--dtype", "int8"], .usage, "'int8' is invalid for '--dtype"),
    (["--chat-template", "nope"], .usage, "nope"),
    (["--unknown"], .usage, "Unknown option '--unknown'"),
    (["--data", "absent.txt"], .invalidData, "cannot read absent.txt: no such file"),
    (["--base", "absent"], .invalidData, "absent"),
    (["--order", "sequential", "--data", "a.txt"], .usage, "exactly one plain-text file"),
    (["--out", "/proc/genki"], .cannotCreate, "/proc/genki"),
  ]

  @Test(arguments: refusals.indices)
  func aBadCommandLineIsRefusedWithAReason(index: Int) throws {
    let (more, code, says) = Self.refusals[index]
    let base = try CommandBase()
    let run = try ProgramRun("genki-minerd", base.finetune("out", more))
    #expect(run.status == code.rawValue, "\(run.errors)")
    #expect(run.errors.hasPrefix("genki-minerd: "))
    #expect(run.errors.contains(says), "\(run.errors)")
    #expect(run.output.isEmpty)
    #expect(!FileManager.default.fileExists(atPath: base.folder.file("out")))
    let json = try ProgramRun("genki-minerd", base.finetune("out", more + ["--json"]))
    #expect(json.status == code.rawValue)
    let error = try json.document()["error"]
    #expect(error?["code"]?.intValue == Int(code.rawValue))
    #expect(error?["message"]?.stringValue?.isEmpty == false)
  }
}
