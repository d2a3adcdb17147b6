import Foundation
import GenkiConsole
import GenkiCore
import GenkiFederation
import GenkiFormats
import GenkiTrain

/// Rounds on somebody's own model and data, as the command line names them: checked by itself, nothing
/// was looked at yet.
package struct OwnRound: Equatable, Sendable {
  /// The most rounds of one play.
  package static let roundsMaximum = 999
  /// The most miners.
  package static let minersMaximum = 64
  /// Held-out windows of each file unless told.
  package static let windowsDefault = 24
  /// The longest that daemons may work without a block: a finetune may take hours.
  private static let workSecondsMaximum = 24.0 * 3600

  /// The folder of the first base.
  package var base: String
  package var miners: [MinerArgument]
  /// The files that both validators hold out.
  package var heldOut: [String]
  package var rounds = 2
  /// How every miner trains; the method is each one's own.
  package var finetune = MinerFinetune(.lora)
  /// Tokens of a window, also of a held-out one; nil takes the base's context, at most 256.
  package var blockSize: Int?
  package var windows = Self.windowsDefault
  package var hasCopiers = false
  package var damaType: String?
  package var publishesBFloat16 = false
  package var prompt: String?

  /// Rounds with the defaults.
  ///
  /// - Throws: `UsageError` for a miner's argument that is none.
  package init(base: String, miners: [String], heldOut: [String]) throws {
    self.base = Self.absolute(base)
    self.miners = try miners.map { try MinerArgument($0) }
    self.heldOut = heldOut.map(Self.absolute)
  }

  static func absolute(_ path: String) -> String { URL(filePath: path).standardizedFileURL.path }

  private static func fileName(_ path: String) -> String { URL(filePath: path).lastPathComponent }

  /// Everything that can be wrong with the arguments alone.
  ///
  /// - Throws: `UsageError` naming the option.
  package func validate() throws {
    try UsageError.check("--rounds", rounds, in: 1...Self.roundsMaximum)
    try UsageError.check("--windows", windows, in: 2...1_000_000)
    guard !miners.isEmpty else {
      throw UsageError(
        "--miner", "no miner is named", advice: "name one or more as NAME=FILE[,FILE…][:lora|:full]"
      )
    }
    try UsageError.check("--miner", miners.count, in: 1...Self.minersMaximum)
    guard !heldOut.isEmpty else {
      throw UsageError(
        "--held-out", "no file is named",
        advice: "name text that nobody trains on; the validators score by it")
    }
    try validateNames()
    if finetune.steps != nil, finetune.epochs != nil {
      throw UsageError("--steps", "it cannot be given together with --epochs")
    }
    let types = ["auto"] + FinetuneOptions.Storage.allCases.map(\.rawValue)
    if let storage = finetune.storage, !types.contains(storage) {
      throw UsageError(
        "--dtype", "\(storage.quoted()) is none",
        advice: "give one of \(types.joined(separator: ", "))")
    }
    if let damaType, DamaType(rawValue: damaType) == nil {
      throw UsageError(
        "--dama-dtype", "\(damaType.quoted()) is none",
        advice: "give \(DamaType.names.joined(separator: " or "))")
    }
    try validateRanges()
    for miner in miners {
      try finetune(of: miner).options(base: base, data: miner.files, threads: 1).validate()
    }
  }

  /// What daemons and rounds allow is less than what `finetune` does.
  private func validateRanges() throws {
    if let batch = finetune.batchRows { try UsageError.check("--batch", batch, in: 1...65_536) }
    if let epochs = finetune.epochs {
      try UsageError.check("--epochs", epochs, in: 0.001...100_000)
    }
    if let rank = finetune.rank {
      try UsageError.check("--rank", rank, in: 1...CandidateLimits().rank)
    }
  }

  private func validateNames() throws {
    var names: Set<String> = []
    // Names that differ in their letters' case only are one account on a hub.
    for miner in miners where !names.insert(miner.name.lowercased()).inserted {
      throw UsageError("--miner", "two miners are called \(miner.name.quoted())")
    }
    var titles: Set<String> = []
    for path in heldOut where !titles.insert(Self.fileName(path)).inserted {
      throw UsageError(
        "--held-out", "two files are called \(Self.fileName(path).quoted())",
        advice: "tables and records name them so: rename one")
    }
    for miner in miners {
      for path in miner.files where heldOut.contains(Self.absolute(path)) {
        throw UsageError(
          "--held-out \(path.quoted())", "\(miner.name) trains on it",
          advice: "hold out text that nobody trains on")
      }
    }
  }

  /// The finetune of one miner.
  func finetune(of miner: MinerArgument) -> MinerFinetune {
    var finetune = finetune
    finetune.method = miner.method
    finetune.blockSize = blockSize
    return finetune
  }

  /// The type in which full models are stored; nil where a base or the daemon decides.
  var storedType: TensorType? {
    finetune.storage.flatMap(FinetuneOptions.Storage.init)?.tensorType
  }

  /// The types that a tensor of the first base has in the bases of the rounds.
  func baseTypes(_ first: TensorType) -> [TensorType] {
    let later = damaType == DamaType.base.rawValue ? first : .F32
    return rounds > 1 ? [first, later] : [first]
  }

  /// The rounds with windows of so many tokens.
  func recipe(blockSize: Int, seed: UInt64) -> RoundRecipe {
    var recipe = RoundRecipe(
      base: base,
      miners: miners.map { miner in
        RoundRecipe.Miner(
          name: miner.name, text: miner.files.map(Self.fileName).joined(separator: ", "),
          data: miner.files.enumerated().map { index, path in
            RoundRecipe.DataSet(
              name: miner.files.count == 1 ? miner.name : "\(miner.name)-\(index + 1)",
              path: Self.absolute(path))
          }, finetune: finetune(of: miner))
      }, heldOut: heldOut,
      texts: heldOut.map { RoundRecipe.ComparedText(name: Self.fileName($0), path: $0) },
      blockSize: blockSize, windows: windows)
    recipe.seed = seed
    recipe.rounds = rounds
    recipe.hasCopiers = hasCopiers
    recipe.damaType = damaType
    recipe.publishesBFloat16 = publishesBFloat16
    recipe.prompt = prompt ?? recipe.prompt
    recipe.workSecondsMaximum = Self.workSecondsMaximum
    return recipe
  }
}
