import Foundation
import GenkiConsole
import GenkiCore
import GenkiData
import GenkiFederation
import GenkiFormats
import GenkiTrain

/// Looks at everything that a round of one's own names, before anything is started.
package struct OwnRoundCheck {
  /// What the looks have brought.
  package struct Findings {
    /// Tokens of a held-out window.
    package let blockSize: Int
    package let memory: MemoryNeed
    /// Nil where the machine does not say.
    package let availableBytes: Int?
  }

  private let round: OwnRound
  /// The folder that is going to be replaced.
  private let out: String
  private let threads: Int
  private let availableBytes: Int?

  /// A check of a round that has been validated.
  ///
  /// - Parameters:
  ///   - threads: Worker threads of each daemon.
  ///   - availableBytes: The memory that there is; nil where nobody knows.
  package init(
    _ round: OwnRound, out: String, threads: Int, availableBytes: Int? = AvailableMemory.bytes()
  ) {
    self.round = round
    self.out = OwnRound.absolute(out)
    self.threads = threads
    self.availableBytes = availableBytes
  }

  /// Reads base and data with the base's tokenizer and plans the memory.
  ///
  /// - Throws: what is wrong first, naming the file or the option; ``MemoryError`` with both figures.
  package func run() throws -> Findings {
    let files = round.miners.flatMap(\.files).map(OwnRound.absolute) + round.heldOut
    for path in files { try requireFile(path) }
    for path in [round.base] + files { try requireOutside(path) }
    // Reads the configuration, and knows that an adapter is no base.
    if let first = round.miners.first { _ = try planned(first) }
    let base = try BaseModel.open(folder: round.base)
    try requireAdmissible(base)
    let configuration = try ModelConfiguration.load(path: round.base)
    _ = try EndTokens.load(folder: round.base, configuration: configuration)
    try base.checkTypes()
    let tokenizer = try Tokenizer.load(path: round.base)
    let context = configuration.maxPositions
    if let size = round.blockSize { try UsageError.check("--block-size", size, in: 1...context) }
    let blockSize = round.blockSize ?? min(context, FinetuneOptions.defaultBlockSizeMaximum)
    let options = try DatasetOptions(
      blockSize: blockSize, modelFolder: round.base, tokenizer: tokenizer,
      vocabularySize: configuration.vocabularySize)
    for path in round.heldOut {
      let set = try TextDataset.load(path: path, tokenizer: tokenizer, options: options)
      guard set.windowCount >= 2 else {
        throw FederationError.tooFewWindows(
          dataset: path, windows: set.windowCount, needed: 2)
      }
    }
    var need = MemoryNeed()
    for name in [RoundRecipe.coordinatorName, RoundRecipe.verifierName] {
      need.entries.append(.init(name, bytes: validatorBytes(configuration, blockSize: blockSize)))
    }
    for miner in round.miners {
      let set = try TextDataset.load(
        miner.files.map { (OwnRound.absolute($0), options) }, tokenizer: tokenizer)
      let tokens = set.windowCount * blockSize * 2 * MemoryLayout<Int32>.size
      need.entries.append(.init(miner.name, bytes: try planned(miner) + tokens))
    }
    if round.hasCopiers {
      // The insider holds a copy, the changed copy and the base in float32.
      need.entries.append(
        .init(RoundRecipe.insiderName, bytes: 3 * MemoryLayout<Float>.size * base.elementCount))
    }
    try need.check(available: availableBytes)
    return Findings(blockSize: blockSize, memory: need, availableBytes: availableBytes)
  }

  private func requireFile(_ path: String) throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw FileError.missing(path: path)
    }
    guard !isFolder.boolValue else { throw FileError.notARegularFile(path: path) }
  }

  /// What lies in the folder of a former play would be gone before it is read.
  private func requireOutside(_ path: String) throws {
    guard path == out || path.hasPrefix(out + "/") else { return }
    throw UsageError(
      "--out \(out.quoted())", "it is replaced, and \(path) lies in it",
      advice: "choose another folder, or move the file away")
  }

  /// A full model in a type that a round refuses would be known only when everybody has trained.
  private func requireAdmissible(_ base: BaseModel) throws {
    guard let type = round.storedType, round.miners.contains(where: { $0.method == .full }) else {
      return
    }
    for tensor in base.tensors {
      for (index, stored) in round.baseTypes(tensor.type).enumerated()
      where !type.isAdmissible(over: stored) {
        throw UsageError(
          "--dtype \(round.finetune.storage ?? "")",
          "the base of round \(index + 1) has \(tensor.name) in \(stored.rawValue), and a round "
            + "takes a full model in its base's type or in float32",
          advice: "leave --dtype out, or give base or float32")
      }
    }
  }

  /// What a miner's finetune takes without its data.
  private func planned(_ miner: MinerArgument) throws -> Int {
    let options = round.finetune(of: miner).options(
      base: round.base, data: miner.files, threads: threads)
    do {
      return try FinetuneMemory.plan(options).plannedBytes
    } catch FinetuneError.memory(let needed, _) {
      // All daemons together are judged, with figures for each.
      return needed
    }
  }

  private func validatorBytes(_ configuration: ModelConfiguration, blockSize: Int) -> Int {
    EvaluationSession.plannedBytes(
      configuration: configuration, blockSize: blockSize, threads: threads,
      candidates: round.miners.count + (round.hasCopiers ? 2 : 0),
      probeTokens: blockSize * min(round.windows, RoundRecipe.probeWindowsMaximum)
        * round.heldOut.count)
  }
}
