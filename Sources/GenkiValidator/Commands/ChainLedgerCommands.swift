import ArgumentParser
import Foundation
import GenkiChain
import GenkiConsole
import GenkiCore
import GenkiNode

/// `chain create`: a ledger with settings of its own.
struct ChainCreateCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "create",
    abstract: "Make the embedded chain's ledger with settings of its own.",
    discussion: """
      A daemon that finds no ledger makes one with the defaults. The settings of a ledger never
      change.

      EXAMPLE:
        genki-validatord chain create --tempo 20 --weights-rate-limit 0
      """)
  @OptionGroup var arguments: ChainArguments
  @Option(help: "Blocks between epochs, less one.")
  var tempo = LocalChainSettings().tempo
  @Option(help: "Blocks between two weight vectors of a validator.")
  var weightsRateLimit = LocalChainSettings().weightsRateLimit
  @Option(help: "Entries that a weight vector has at least.")
  var minimumWeights = LocalChainSettings().minimumWeights
  @Flag(help: "Weights are committed to by their hash first and revealed later.")
  var commitReveal = false
  @Option(help: "Epochs from a commit to its reveal.")
  var revealPeriod = LocalChainSettings().revealPeriodEpochs
  @Option(help: "Rao that every account begins with.")
  var genesisBalance = LocalChainSettings().genesisBalance
  @OptionGroup var output: OutputOptions

  func run(_ console: Console) throws {
    let section = try arguments.section()
    guard !FileManager.default.fileExists(atPath: section.localPath) else {
      throw FileError.cannotCreate(path: section.localPath, code: EEXIST)
    }
    var settings = LocalChainSettings()
    settings.tempo = tempo
    settings.weightsRateLimit = weightsRateLimit
    settings.minimumWeights = minimumWeights
    try UsageError.check("--reveal-period", Int(clamping: revealPeriod), in: 1...100)
    settings.commitRevealEnabled = commitReveal
    settings.revealPeriodEpochs = revealPeriod
    settings.genesisBalance = genesisBalance
    let chain = try NodeSections.localChain(section, settings: settings)
    let head = try chain.head()
    console.line("\(section.localPath): block \(head.number), \(head.hash)")
    console.document([
      "ledger": .string(section.localPath), "block": JSONView.number(head.number),
      "block_hash": .string(head.hash.hex),
    ])
  }
}

/// `chain stake`.
struct ChainStakeCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "stake", abstract: "Embedded chain: add stake to a hotkey in the next block.",
    discussion: """
      EXAMPLE:
        genki-validatord chain stake --hotkey 5F3sa2TJAWMqDhXG6jhV4N8ko9SxwGy8TpaNS1repo5EYjQX --tao 100
      """)
  @OptionGroup var arguments: ChainArguments
  @Option(help: ArgumentHelp("The hotkey's address.", valueName: "ss58"))
  var hotkey: String
  @Option(parsing: .unconditional, help: "TAO to stake.")
  var tao: Double
  @OptionGroup var output: OutputOptions

  func run(_ console: Console) throws {
    guard tao > 0, tao < 1e9 else {
      throw UsageError("--tao", "\(tao) is out of range", advice: "above 0, below 1e9")
    }
    let address = try SS58Address.bittensor(hotkey)
    let rao = UInt64((tao * 1e9).rounded())
    try arguments.localChain().addStake(hotkey: address, amount: rao)
    console.line("\(rao) rao are staked on \(address) in the next block")
    console.document(["hotkey": .string("\(address)"), "rao": JSONView.number(rao)])
  }
}

/// `chain seal`.
struct ChainSealCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "seal", abstract: "Embedded chain: seal the next blocks now.",
    discussion: """
      EXAMPLE:
        genki-validatord chain seal 5
      """)
  @OptionGroup var arguments: ChainArguments
  @Argument(help: "How many blocks.")
  var count = 1
  @OptionGroup var output: OutputOptions

  func run(_ console: Console) throws {
    try UsageError.check("count", count, in: 1...1_000_000)
    let head = try arguments.localChain(seals: true).seal(count: count)
    console.line("block \(head.number)  \(head.hash)")
    console.document([
      "block": JSONView.number(head.number), "block_hash": .string(head.hash.hex),
    ])
  }
}
