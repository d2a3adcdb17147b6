import GenkiCore
import GenkiFormats
import GenkiModel
import GenkiTensor

/// The memory that a finetune takes, known from the base's configuration and the options alone.
public struct FinetuneMemory: Sendable, Equatable {
  /// Weights, gradients, moments, activations and the program; the data's tokens come on top.
  public let plannedBytes: Int
  /// Tokens of a window.
  public let blockSize: Int
  /// What there is; nil if the system does not say.
  public let availableBytes: Int?

  /// What the program itself, its libraries and the tokenizer take: 40 MiB with a vocabulary of 50,257.
  private static let processBytes = 48 << 20

  /// Plans a finetune of the base that the options name, without reading a weight.
  ///
  /// - Throws: `FinetuneError.memory` if it cannot fit, `.option` and `.notABase`, what reading the
  ///   configuration throws, and `TensorError.noBFloat16`.
  public static func plan(_ options: FinetuneOptions) throws -> FinetuneMemory {
    let configuration = try baseConfiguration(options.base)
    let modules = options.method == .lora ? try targetModules(options, configuration) : []
    let blockSize = try blockSize(options, configuration)
    let planned = try trainingBytes(
      options, configuration, targetModules: modules, blockSize: blockSize,
      kernel: (options.compute ?? .float32).kernel())
    let available = availableBytes(options)
    if let available, planned > available {
      throw FinetuneError.memory(neededBytes: planned, availableBytes: available)
    }
    return FinetuneMemory(
      plannedBytes: planned, blockSize: blockSize, availableBytes: available)
  }

  /// What the machine has left, at most what the options allow.
  static func availableBytes(_ options: FinetuneOptions) -> Int? {
    [AvailableMemory.bytes(), options.memoryBytesMaximum].compactMap(\.self).min()
  }

  /// Everything but the data's tokens.
  static func trainingBytes(
    _ options: FinetuneOptions, _ configuration: ModelConfiguration, targetModules: [String],
    blockSize: Int, kernel: ProductKernel
  ) throws -> Int {
    try processBytes
      + Trainer.plannedBytes(
        configuration: configuration,
        adapter: options.method == .lora
          ? adapter(options, configuration, targetModules: targetModules) : nil,
        blockSize: blockSize, rowsMaximum: options.batchRows, threads: options.effectiveThreads,
        kernel: kernel)
  }

  /// The adapter that a LoRA run trains.
  static func adapter(
    _ options: FinetuneOptions, _ configuration: ModelConfiguration, targetModules: [String]
  ) -> AdapterConfiguration {
    AdapterConfiguration(
      rank: options.rank, alpha: options.alphaOrRank, dropout: options.dropout,
      targetModules: targetModules,
      fanInFanOut: !LanguageModel.transposedTensors(configuration: configuration).isEmpty,
      baseModel: options.baseName ?? options.base)
  }

  /// The base's configuration; an adapter is no base.
  static func baseConfiguration(_ base: String) throws -> ModelConfiguration {
    if ModelFolder.isAdapter(base) {
      throw FinetuneError.notABase(path: base, why: "it is a LoRA adapter, not a whole model")
    }
    try ModelFolder.requireModel(base)
    try ModelFolder.requireTokenizer(base)
    return try ModelConfiguration.load(path: base)
  }

  /// Tokens a window.
  static func blockSize(
    _ options: FinetuneOptions, _ configuration: ModelConfiguration
  ) throws -> Int {
    let maximum = configuration.maxPositions
    let size = options.blockSize ?? min(maximum, FinetuneOptions.defaultBlockSizeMaximum)
    guard size <= maximum else {
      throw FinetuneError.option(
        name: "--block-size", why: "\(size) is more than the model's context",
        advice: "at most \(maximum)")
    }
    return size
  }

  /// The modules that the adapter changes: those that were asked for, each of which must exist, or
  /// all linear modules inside the blocks by their last names (`q_proj`, `c_fc` and so on).
  static func targetModules(
    _ options: FinetuneOptions, _ configuration: ModelConfiguration
  ) throws -> [String] {
    let paths = configuration.parts.blocks.flatMap(\.linears).map(\.path)
    let names = Set(paths.compactMap { $0.split(separator: ".").last.map(String.init) }).sorted()
    guard let asked = options.targetModules else { return names }
    for name in asked where !paths.contains(where: { $0 == name || $0.hasSuffix("." + name) }) {
      throw FinetuneError.option(
        name: "--target-modules", why: "\(name) is no linear module of the base's blocks",
        advice: "choose from \(names.joined(separator: ","))")
    }
    return asked
  }
}
