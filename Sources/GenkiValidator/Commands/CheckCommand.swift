import ArgumentParser
import Foundation
import GenkiChain
import GenkiConsole
import GenkiCore
import GenkiData
import GenkiFederation
import GenkiFormats
import GenkiModel
import GenkiNode
import GenkiRound
import GenkiService
import GenkiStore

/// `check`: would the daemon start and work?
struct CheckCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check the configuration and what it names; change nothing.",
    discussion: """
      EXAMPLE:
        genki-validatord check --config config/validatord.toml
      """)

  @Option(help: ArgumentHelp("The configuration.", valueName: "file"))
  var config: String?
  @Flag(
    help: "Decrypt an encrypted hotkey with its configured password: about half a minute, 512 MiB.")
  var openHotkey = false
  @OptionGroup var output: OutputOptions

  func run(_ console: Console) throws {
    let loaded = try ValidatorConfiguration.load(
      path: config, environment: ProcessInfo.processInfo.environment)
    let configuration = loaded.configuration
    var check = EnvironmentCheck()
    check.look("configuration") {
      try configuration.requireAvailable()
      return loaded.file ?? "all defaults: there is no file"
    }
    let wallet = configuration.wallet
    let hotkey = try? Wallet(basePath: wallet.path ?? Wallet.defaultBasePath, name: wallet.name)
      .hotkeyAddress(wallet.hotkey)
    let publication =
      configuration.hub.kind == .directory
      ? nil
      : PlannedBase.publication(
        configuration, hotkey: hotkey,
        state: StateFolder.database(in: configuration.daemon.stateFolder))
    check.lookAtCommon(
      daemon: configuration.daemon, wallet: configuration.wallet, chain: configuration.chain,
      hub: configuration.hub, coordinator: configuration.round.coordinator,
      isValidator: true, publication: publication, opensHotkey: openHotkey)
    check.look("strategy") {
      try AggregationStrategy.named(configuration.aggregation.strategy).rawValue
    }
    check.look("validation set") {
      guard !configuration.evaluation.data.isEmpty else { throw ValidatorError.noValidationSet }
      return "\(configuration.evaluation.data.count) files"
    }
    for path in configuration.evaluation.data {
      check.look("validation file") {
        try TextDataset.check(path: path)
        return "\(path), SHA-256 \(try SHA256Hasher.digest(ofFile: path))"
      }
    }
    if let base = configuration.round.base {
      check.look("first base") {
        let model = try BaseModel.open(folder: base)
        try model.checkTypes()
        _ = try EndTokens.load(
          folder: base, configuration: ModelConfiguration.load(path: base))
        try ModelFolder.requireTokenizer(base)
        _ = try Tokenizer.load(path: base)
        return "\(base), \(model.elementCount) parameters"
      }
      check.look("chat template") { try BaseChat.look(base) }
    }
    if let base = configuration.round.base ?? newest(configuration)?.folder {
      check.look("size of a Dama") { try sizes(base, configuration) }
    }
    try CheckDisplay.show(check, warnings: loaded.warnings, console: console)
  }

  /// What a Dama takes to publish and to keep, either way, and what evaluating takes.
  private func sizes(
    _ base: String, _ configuration: ValidatorConfiguration
  ) throws -> String {
    let sizes = DamaSizes(try BaseModel.open(folder: base))
    let chosen = try DamaType.named(configuration.aggregation.dtype)
    let ways = DamaType.allCases.map { type in
      "\(HumanUnits.bytes(sizes.bytes(type))) as \(type.rawValue)\(type == chosen ? " (chosen)" : "")"
    }
    let variant =
      configuration.round.publishBF16
      ? ", and \(HumanUnits.bytes(sizes.bfloat16)) more in bfloat16" : ""
    let model = try ModelConfiguration.load(path: base)
    let evaluation = configuration.evaluation
    let blockSize =
      evaluation.blockSize
      ?? min(model.maxPositions, EvaluationOptions.defaultBlockSizeMaximum)
    let memory = EvaluationSession.plannedBytes(
      configuration: model, blockSize: blockSize, rows: evaluation.batch,
      threads: configuration.compute.threads ?? ProcessInfo.processInfo.activeProcessorCount,
      candidates: Self.usualCandidates,
      probeTokens: blockSize * evaluation.probeWindows * max(1, evaluation.data.count))
    return "to upload \(ways.joined(separator: ", "))\(variant); evaluating takes "
      + "\(HumanUnits.bytes(memory)) of memory either way, beside the mapped files"
  }

  /// Models of a round for which memory is planned.
  private static let usualCandidates = 8

  /// The newest round that the daemon's state knows.
  private func newest(_ configuration: ValidatorConfiguration) -> KnownRound? {
    Store.newestRound(path: StateFolder.database(in: configuration.daemon.stateFolder))
  }
}
