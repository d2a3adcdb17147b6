import Foundation
import GenkiCore
import GenkiDemo
import TestSupport
import Testing

/// What is looked at before a round of one's own starts.
@Suite struct OwnRoundCheckTests {
  private let base = Fixtures.first.path("bases/bfloat16")
  private let text = Fixtures.first.path("data/alpha-miner.txt")
  private let chats = Fixtures.first.path("data/chats.jsonl")
  private let heldOut = Fixtures.first.path("data/alpha-held-out.txt")

  private func round(
    base: String? = nil, miners: [String]? = nil, heldOut: String? = nil
  ) throws -> OwnRound {
    try OwnRound(
      base: base ?? self.base, miners: miners ?? ["alice=\(text):full", "bob=\(chats)"],
      heldOut: [heldOut ?? self.heldOut])
  }

  private func findings(
    _ round: OwnRound, out: String = "somewhere-else"
  ) throws -> OwnRoundCheck.Findings {
    try OwnRoundCheck(round, out: out, threads: 1).run()
  }

  private func refusal(_ round: OwnRound, out: String = "somewhere-else") -> String {
    do {
      _ = try findings(round, out: out)
      return ""
    } catch { return "\(error)" }
  }

  @Test func everyDaemonHasItsShareOfTheMemory() throws {
    let found = try findings(try round())
    // The base's context.
    #expect(found.blockSize == 64)
    #expect(
      found.memory.entries.map(\.name) == ["coordinator", "verifier", "alice", "bob"])
    #expect(found.memory.entries.allSatisfy { $0.bytes > 0 })
    var wide = try round()
    wide.finetune.batchRows = 512
    let more = try findings(wide)
    #expect(more.memory.entries[0] == found.memory.entries[0])
    #expect(more.memory.entries[2].bytes > found.memory.entries[2].bytes)
  }

  @Test func theInsiderIsCountedWhereItTakesPart() throws {
    var round = try round()
    round.hasCopiers = true
    #expect(try findings(round).memory.entries.last?.name == "insider")
  }

  @Test func daemonsThatDoNotFitAreRefused() throws {
    let round = try round()
    let need = try findings(round).memory
    let fitting = OwnRoundCheck(
      round, out: "somewhere-else", threads: 1, availableBytes: need.bytes)
    #expect(try fitting.run().memory == need)
    let check = OwnRoundCheck(
      round, out: "somewhere-else", threads: 1, availableBytes: need.bytes - 1)
    let error = #expect(throws: MemoryError.self) { try check.run() }
    #expect(error?.need == need)
    #expect(error?.availableBytes == need.bytes - 1)
  }

  @Test func missingFilesAreNamed() throws {
    #expect(refusal(try round(miners: ["a=nowhere.txt"])).contains("nowhere.txt: no such file"))
    #expect(refusal(try round(heldOut: "nowhere.txt")).contains("nowhere.txt: no such file"))
    #expect(refusal(try round(miners: ["a=\(base)"])).contains("not a regular file"))
    #expect(refusal(try round(base: "nowhere")).contains("nowhere: no such file"))
  }

  @Test func aBaseMustBeAModel() throws {
    let folder = try TemporaryFolder()
    #expect(refusal(try round(base: folder.path)).contains("neither model.safetensors"))
    let adapter = Fixtures.first.path("models/bfloat16-adapter")
    #expect(refusal(try round(base: adapter)).contains("it is a LoRA adapter"))
    let bare = folder.file("bare")
    try Fixtures.first.copy("bases/bfloat16", to: bare)
    try FileManager.default.removeItem(atPath: "\(bare)/tokenizer.json")
    #expect(refusal(try round(base: bare)).contains("tokenizer.json"))
  }

  @Test func heldOutTextMustFillTwoWindows() throws {
    let folder = try TemporaryFolder()
    let short = try folder.write(Array("a few words\n".utf8), to: "short.txt")
    #expect(refusal(try round(heldOut: short)).contains(short))
    // One conversation is one window.
    let line = try TextFile.readString(chats, sizeLimit: 1 << 20).prefix { $0 != "\n" }
    let one = try folder.write(Array("\(line)\n".utf8), to: "one.jsonl")
    #expect(refusal(try round(heldOut: one)).contains("at least 2 are needed"))
  }

  @Test func aWindowIsNotLongerThanTheBasesContext() throws {
    var round = try round()
    round.blockSize = 65
    #expect(refusal(round).contains("--block-size"))
  }

  /// A row is the miners' type, the Damas', the rounds, and the base that refuses a full model, if any.
  @Test(arguments: [
    ("bfloat16", "float32", 1, nil), ("bfloat16", "float32", 2, "the base of round 2"),
    ("bfloat16", "base", 2, nil), ("float16", "base", 1, "the base of round 1"),
    ("float32", "float32", 2, nil), ("base", "float32", 2, nil), ("auto", "float32", 2, nil),
  ])
  func aTypeThatARoundRefusesIsRefusedBefore(
    type: String, damas: String, rounds: Int, refused: String?
  ) throws {
    var round = try round()
    round.finetune.storage = type
    round.damaType = damas
    round.rounds = rounds
    try round.validate()
    let message = refusal(round)
    if let refused {
      #expect(message.contains(refused), "\(message)")
    } else {
      #expect(message == "")
    }
    // Adapters are merged exactly, whatever their type.
    round.miners = round.miners.filter { $0.method == .lora }
    #expect(refusal(round) == "")
  }

  @Test func whatWouldBeReplacedIsNotRead() throws {
    let folder = try TemporaryFolder()
    let copy = folder.file("out/base")
    try Fixtures.first.copy("bases/bfloat16", to: copy)
    let message = refusal(try round(base: copy), out: folder.file("out"))
    #expect(message.contains("is replaced") && message.contains(copy), "\(message)")
    #expect(refusal(try round(base: copy), out: folder.file("ou")) == "")
  }

  // MARK: - What is read when it is over

  @Test func aRecordTellsTheGainOfItsStep() throws {
    let folder = Fixtures.first.path("aggregations/bfloat16")
    let record = try JSONValue.parse(file: "\(folder)/manifest.json", sizeLimit: 1 << 20)
    let printed = try Fixtures.first.document("aggregations/bfloat16.json")
    let step = try #require(record["step_size"]?.doubleValue)
    let gain = try AnnouncedGain(folder: folder, step: step)
    let guards = try #require(printed["aggregate"]?["guard"]?.arrayValue)
    let taken = try #require(guards.first { $0["step_size"]?.doubleValue == step })
    #expect(gain.delta == taken["delta_loss"]?.doubleValue)
    #expect(gain.standardError == taken["standard_error"]?.doubleValue)
    #expect(gain.datasets.count == taken["datasets"]?.arrayValue?.count)
    #expect(throws: DemoError.self) { try AnnouncedGain(folder: folder, step: 0.3) }
  }

  @Test func aProcessNamesItsPeak() throws {
    let status = "Name:\tx\nVmPeak:\t  999 kB\nVmHWM:\t   1234 kB\nVmRSS:\t  12 kB\n"
    #expect(ProcessMemory.peakBytes(status: status) == 1234 << 10)
    for text in ["", "VmHWM:\n", "VmHWM: much kB\n", "VmHWM: 1 MB\n"] {
      #expect(ProcessMemory.peakBytes(status: text) == nil)
    }
    let own = ProcessMemory.peakBytes(of: ProcessInfo.processInfo.processIdentifier)
    #expect(try #require(own) > 1 << 20)
    #expect(ProcessMemory.peakBytes(of: -1) == nil)
  }
}
