import Foundation
import GenkiConsole
import GenkiDemo
import Testing

/// What the command line of a round of one's own may say, without a look at any file.
@Suite struct OwnRoundTests {
  private func round(
    miners: [String] = ["a=a.txt", "b=b.txt:full"], heldOut: [String] = ["held.txt"]
  ) throws -> OwnRound {
    try OwnRound(base: "base", miners: miners, heldOut: heldOut)
  }

  @Test func aPlainOneIsAllowed() throws {
    let round = try round()
    try round.validate()
    #expect(round.base == FileManager.default.currentDirectoryPath + "/base")
    #expect(round.rounds == 2)
    #expect(!round.hasCopiers)
  }

  /// One thing that can be wrong, and what the error must say.
  struct Mistake: Sendable {
    let why: String
    let make: @Sendable (inout OwnRound) throws -> Void

    init(_ why: String, _ make: @escaping @Sendable (inout OwnRound) throws -> Void) {
      self.why = why
      self.make = make
    }
  }

  @Test(arguments: [
    Mistake("no miner is named") { $0.miners = [] },
    Mistake("--held-out: no file is named") { $0.heldOut = [] },
    Mistake(#"two miners are called "a""#) { $0.miners.append($0.miners[0]) },
    Mistake(#"two miners are called "A""#) { $0.miners.append(try MinerArgument("A=c.txt")) },
    Mistake(#"two files are called "held.txt""#) { $0.heldOut = ["/x/held.txt", "/y/held.txt"] },
    Mistake("b trains on it") {
      $0.heldOut.append(FileManager.default.currentDirectoryPath + "/b.txt")
    },
    Mistake("--rounds") { $0.rounds = 0 }, Mistake("--rounds") { $0.rounds = 1_000 },
    Mistake("--windows") { $0.windows = 1 },
    Mistake("--steps") { $0.finetune.steps = 0 },
    Mistake("--epochs") {
      $0.finetune.steps = 1
      $0.finetune.epochs = 1
    },
    Mistake("--epochs") { $0.finetune.epochs = -1 },
    Mistake("--epochs") { $0.finetune.epochs = 0.0001 },
    Mistake("--batch") { $0.finetune.batchRows = 0 },
    Mistake("--batch") { $0.finetune.batchRows = 65_537 },
    Mistake("--rank") { $0.finetune.rank = 257 },
    Mistake("--block-size") { $0.blockSize = 0 },
    Mistake("--learning-rate") { $0.finetune.learningRate = .nan },
    Mistake("--rank") { $0.finetune.rank = 0 },
    Mistake("--dtype") { $0.finetune.storage = "int4" },
    Mistake("--dama-dtype") { $0.damaType = "float16" },
  ])
  func whatIsWrongIsSaid(mistake: Mistake) throws {
    var round = try round()
    try mistake.make(&round)
    let error = #expect(throws: (any Error).self) { try round.validate() }
    #expect("\(String(describing: error))".contains(mistake.why))
  }

  @Test(arguments: [
    ["--base", "b", "--texts", "t", "--miner", "a=x", "--held-out", "y"],
    ["--base", "b", "--miner"],
    ["--base", "b", "--steps", "many"],
  ])
  func argumentsThatExcludeEachOtherAreUsage(arguments: [String]) {
    let error = #expect(throws: (any Error).self) {
      _ = try DemoCommand.parseAsRoot(["round"] + arguments)
    }
    #expect(error.map { DemoCommand.exitCode(for: $0) } == .validationFailure)
  }

  @Test func severalMinersStandAfterOneOptionOrAfterOneEach() throws {
    for arguments in [
      ["--miner", "a=x", "b=y", "--held-out", "h", "g"],
      ["--miner", "a=x", "--held-out", "h", "--miner", "b=y", "--held-out", "g"],
    ] {
      _ = try DemoCommand.parseAsRoot(["round", "--base", "m"] + arguments)
    }
  }

  // MARK: - Memory

  @Test func daemonsThatFitAreAllowed() throws {
    var need = MemoryNeed()
    need.entries = [.init("coordinator", bytes: 600 << 20), .init("a", bytes: 400 << 20)]
    #expect(need.bytes == 1000 << 20)
    try need.check(available: 1000 << 20)
    try need.check(available: nil)
  }

  @Test func daemonsThatDoNotFitAreRefusedWithBothFigures() {
    var need = MemoryNeed()
    need.entries = [.init("coordinator", bytes: 600 << 20), .init("a", bytes: 400 << 20)]
    let error = #expect(throws: MemoryError.self) {
      try need.check(available: 512 << 20)
    }
    let message = error.map { "\($0)" } ?? ""
    for figure in [
      "2 daemons", "need 0.98 GiB and 512 MiB are", "coordinator 600 MiB", "a 400 MiB",
    ] {
      #expect(message.contains(figure), "\(message)")
    }
  }

  @Test func sumsThatAreTooLargeDoNotWrapAround() {
    var need = MemoryNeed()
    need.entries = [.init("a", bytes: .max), .init("b", bytes: .max)]
    #expect(need.bytes == .max)
    #expect(throws: MemoryError.self) { try need.check(available: 1 << 40) }
  }
}
