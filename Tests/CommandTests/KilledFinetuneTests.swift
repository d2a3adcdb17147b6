import Foundation
import GenkiCore
import GenkiFormats
import TestSupport
import Testing

/// Nothing is lost when a finetune is killed or asked to stop, and its bytes do not depend on it.
@Suite(.serialized) struct KilledFinetuneTests {
  private static let kills = 20

  @Test func aRunKilledAtRandomInstantsEndsInTheSameBytes() throws {
    let given = ProcessInfo.processInfo.environment["GENKI_TEST_SEED"].flatMap { UInt64($0) }
    let seed = given ?? UInt64.random(in: 0...999_999)
    FileHandle.standardError.write(
      Data("kill test: GENKI_TEST_SEED=\(seed) repeats this order of kills\n".utf8))
    var random = DeterministicRandom(seed: seed, domain: "kill test")
    let base = try CommandBase()
    let more = ["--checkpoint-every", "1", "--eval-every", "3", "--json", "--resume"]
    let start = ContinuousClock.now
    let whole = try ProgramRun("genki-minerd", base.finetune("whole", more))
    let microseconds = Int((ContinuousClock.now - start) / .microseconds(1))
    let events = try whole.events()
    let digest = try #require(events.last?["sha256"]?.stringValue, "\(whole.errors)")
    var kills = 0
    var finished = 0
    while kills < Self.kills {
      let out = "run-\(finished)"
      let program = try LiveProgram("genki-minerd", base.finetune(out, more))
      let wasKilled = endAtRandom(
        program, events: events.count, microseconds: microseconds, random: &random)
      if wasKilled {
        kills += 1
      } else {
        #expect(program.status() == 0, "seed \(seed)")
        finished += 1
      }
      try expectCompleteOrAbsent(base.folder.file(out), digest, seed)
    }
    let last = try ProgramRun("genki-minerd", base.finetune("run-\(finished)", more))
    #expect(last.status == 0, "seed \(seed): \(last.errors)")
    #expect(try last.events().last?["sha256"]?.stringValue == digest, "seed \(seed)")
    #expect(
      try last.events().last?["eval_loss"] == events.last?["eval_loss"], "seed \(seed)")
    try expectCompleteOrAbsent(base.folder.file("run-\(finished)"), digest, seed)
  }

  /// Kills the program at a random time, right after a random event, or shortly after one.
  ///
  /// - Returns: False if it ended before.
  private func endAtRandom(
    _ program: LiveProgram, events: Int, microseconds: Int, random: inout DeterministicRandom
  ) -> Bool {
    let way = random.next(below: 3)
    let eventsRead = way == 0 ? 0 : random.next(below: events)
    let delay = [microseconds, 1, 5_000][way]
    let wait = DispatchTimeInterval.microseconds(random.next(below: delay))
    for _ in 0..<eventsRead { _ = program.nextLine() }
    if !program.hasExited(within: wait) { program.send(SIGKILL) }
    return program.status() == 128 + SIGKILL
  }

  /// A folder that looks like a model is the whole model, whenever it is looked at.
  private func expectCompleteOrAbsent(_ out: String, _ digest: String, _ seed: UInt64) throws {
    guard FileManager.default.fileExists(atPath: out + "/config.json") else { return }
    #expect(
      try SHA256Hasher.digest(ofFile: out + "/model.safetensors").hex == digest, "seed \(seed)")
    #expect(FileManager.default.fileExists(atPath: out + "/tokenizer.json"), "seed \(seed)")
  }

  @Test(arguments: [(2, 130), (15, 143)] as [(Int32, Int32)])
  func aSignalEndsTheRunWithACheckpointAndSaysHowToGoOn(signal: Int32, code: Int32) throws {
    let base = try CommandBase()
    let more = ["--json", "--steps", "2000", "--checkpoint-every", "0"]
    let program = try LiveProgram("genki-minerd", base.finetune("out", more))
    var names: [String] = []
    while names.count(where: { $0 == "step" }) < 3, let line = program.nextLine() {
      names.append(try event(line)["event"]?.stringValue ?? "")
    }
    program.send(signal)
    let rest = try program.remainingLines().map(event)
    #expect(program.status() == code)
    #expect(rest.last?["error"]?["code"]?.intValue == Int(code))
    #expect(rest.last?["error"]?["message"]?.stringValue?.contains("--resume") == true)
    let checkpoint = try #require(rest.dropLast().last)
    #expect(checkpoint["event"]?.stringValue == "checkpoint")
    let path = try #require(checkpoint["path"]?.stringValue)
    #expect(FileManager.default.fileExists(atPath: path))
    let again = try LiveProgram("genki-minerd", base.finetune("out", more + ["--resume"]))
    let first = try #require(again.nextLine())
    let start = try event(first)
    #expect(start["completed_steps"] == checkpoint["step"])
    again.send(SIGKILL)
    #expect(again.status() == 128 + SIGKILL)
  }

  @Test func aSecondProcessInTheSameFolderIsRefused() throws {
    let base = try CommandBase()
    let more = ["--json", "--steps", "100000"]
    let program = try LiveProgram("genki-minerd", base.finetune("out", more))
    _ = program.nextLine()
    let second = try ProgramRun("genki-minerd", base.finetune("out", more + ["--resume"]))
    #expect(second.status == ErrorKind.temporary.rawValue)
    #expect(second.errors.contains("another process is working in this folder"))
    program.send(SIGKILL)
    #expect(program.status() == 128 + SIGKILL)
  }

  private func event(_ line: String) throws -> JSONValue {
    try JSONValue.parse(line, source: "standard output")
  }
}
