import Foundation
import GenkiCore
import GenkiData
import GenkiFormats
import GenkiModel
import GenkiTensor

/// What a run works with, loaded and checked: model, data, settings, and the memory they take.
final class FinetuneJob {
  let options: FinetuneOptions
  let settings: FinetuneSettings
  let data: TrainingData
  let steps: Int
  let schedule: LearningRateSchedule
  let threads: Int
  /// The precision of this run, float32 or bf16, and what computes it.
  let compute: ComputePrecision
  private let kernel: ProductKernel
  private let model: LanguageModel
  private let output: OutputTypes
  private let plannedBytes: Int
  private let availableBytes: Int?

  init(_ options: FinetuneOptions) throws {
    self.options = options
    threads = options.effectiveThreads
    kernel = try (options.compute ?? .float32).kernel()
    compute = kernel == .wideBFloat16 ? .bf16 : .float32
    availableBytes = FinetuneMemory.availableBytes(options)
    let configuration = try FinetuneMemory.baseConfiguration(options.base)
    output = try OutputTypes(
      options.effectiveStorage, base: options.base, configuration: configuration)
    try output.check(options)
    try Self.checkWeightsFit(configuration, options.method, availableBytes)
    let adapter = try TrainedAdapter(options, configuration)
    let blockSize = try FinetuneMemory.blockSize(options, configuration)
    let tokenizer = try Tokenizer.load(
      path: options.base, declared: options.effectiveDataRules.tokenizerDeclarations)
    data = try TrainingData(
      options, blockSize: blockSize, tokenizer: tokenizer,
      vocabularySize: configuration.vocabularySize)
    steps = Self.steps(options, data)
    schedule = LearningRateSchedule(
      kind: options.schedule, peak: options.effectiveLearningRate,
      warmupSteps: options.warmupSteps, totalSteps: steps)
    try Self.checkFinite(options.base)
    model = try LanguageModel.load(folder: options.base)
    try adapter?.attach(to: model, options)
    settings = try FinetuneSettings(
      options, blockSize: blockSize, adapter: adapter, steps: steps,
      base: try Self.baseDigest(options.base, options.effectiveDataRules),
      data: try options.data.map { try SHA256Hasher.digest(ofFile: $0.path).hex })
    plannedBytes =
      data.plannedBytes
      + (try FinetuneMemory.trainingBytes(
        options, configuration, adapter: adapter, blockSize: blockSize, kernel: kernel))
    if let availableBytes, plannedBytes > availableBytes {
      throw FinetuneError.memory(neededBytes: plannedBytes, availableBytes: availableBytes)
    }
  }

  /// Takes the memory of training.
  func makeTrainer() throws -> Trainer {
    try Trainer(
      model: model, blockSize: data.blockSize, rowsMaximum: options.batchRows,
      optimizer: OptimizerSettings(
        beta1: options.beta1, beta2: options.beta2, epsilon: options.epsilon,
        weightDecay: options.weightDecay, decayAll: options.decay == .all,
        clipNorm: options.clipNorm),
      threads: threads, seed: options.seed, kernel: kernel)
  }

  /// What the run is going to do.
  func plan(completedSteps: Int, record: RunRecord?) -> FinetunePlan {
    FinetunePlan(
      settings: settings, base: options.base, out: options.out,
      data: data.dataset.report,
      parameters: model.weights.count,
      trainableParameters: model.adapter?.weights.count ?? model.weights.count, steps: steps,
      completedSteps: completedSteps, tokensPerStep: options.rowsPerStep * data.blockSize,
      storageNote: storageNote, blockSize: data.blockSize, trainingWindows: data.training.count,
      validationWindows: data.validation.count,
      threads: threads,
      begunWithThreads: record.flatMap { $0.threads == threads ? nil : $0.threads },
      compute: compute,
      begunWithCompute: record.flatMap { $0.compute == compute ? nil : $0.compute },
      plannedBytes: plannedBytes,
      availableBytes: availableBytes)
  }

  /// What a round says to the model, where none takes it.
  private var storageNote: String? {
    guard options.method == .full, let why = output.refusal(.baseOrWider) else { return nil }
    return "no round takes this model: \(why)"
  }

  /// Writes the finished model to the staging folder.
  ///
  /// - Returns: The content digest of its weights.
  func stageOutput(in folder: RunFolder) throws -> ContentDigest {
    try folder.prepareStaging()
    switch options.method {
    case .full:
      try ModelFolder.copyCompanions(from: options.base, to: folder.staging)
      try model.saveWeights(folder: folder.staging) { output.type(of: $0) }
      try ModelFolder.writeConfiguration(
        from: options.base, to: folder.staging, type: output.configuration)
    case .lora:
      try model.saveAdapter(folder: folder.staging, type: output.configuration)
    }
    return try WeightFiles.digest(folder: folder.staging)
  }

  /// Refuses early what cannot fit whatever the batch: weights, and for a full finetune the gradient
  /// and both moments.
  private static func checkWeightsFit(
    _ configuration: ModelConfiguration, _ method: FinetuneOptions.Method, _ available: Int?
  ) throws {
    let copies = method == .full ? 4 : 1
    // In float64, because a configuration may promise more than any integer holds.
    let count = LanguageModel.expectedTensors(configuration: configuration).reduce(0.0) {
      sum, tensor in
      sum + tensor.shape.reduce(1.0) { $0 * Double($1) }
    }
    let needed = Int(min(0x1p62, count * Double(MemoryLayout<Float>.size * copies)))
    if let available, needed > available {
      throw FinetuneError.memory(neededBytes: needed, availableBytes: available)
    }
  }

  /// The steps of the run: a pass more takes no more steps than its windows need.
  private static func steps(_ options: FinetuneOptions, _ data: TrainingData) -> Int {
    switch options.length {
    case .steps(let steps): return steps
    case .epochs(let epochs):
      // Runs of before rounded every pass up, and go on with the steps that they began with.
      let before = RunLength.stepsRoundingEachPass(epochs: epochs, stepsPerPass: data.stepsPerEpoch)
      if options.recordedSteps == before { return before }
      return RunLength.steps(
        epochs: epochs, windows: data.training.count, rowsPerStep: options.rowsPerStep)
    }
  }

  /// A base with a broken weight would fail at the first step, and the options be blamed.
  private static func checkFinite(_ base: String) throws {
    let weights = try WeightSet.open(folder: base)
    for name in weights.names {
      guard let index = weights.firstNonFinite(name) else { continue }
      throw FinetuneError.notABase(
        path: base, why: "element \(index) of tensor \(name) is infinite or not a number")
    }
  }

  /// One digest of everything that the run reads from the base: weights, configuration, tokenizer.
  /// Runs under the first rules read no settings of generation.
  private static func baseDigest(
    _ base: String, _ rules: DatasetOptions.Rules
  ) throws -> String {
    var lines = try WeightFiles.digest(folder: base).hex + "\n"
    for name in [ModelFiles.configuration] + ModelFiles.companions
    where rules == .current || name != ModelFiles.generation {
      let path = base + "/" + name
      guard FileManager.default.fileExists(atPath: path) else { continue }
      lines += "\(name) \(try SHA256Hasher.digest(ofFile: path).hex)\n"
    }
    return SHA256Hasher.digest(of: Array(lines.utf8)).hex
  }
}

/// The digest of a model's or an adapter's weights.
enum WeightFiles {
  /// SHA-256 of the weight file, as `sha256sum` prints it; of several shards, the content hash.
  static func digest(folder: String) throws -> ContentDigest {
    let weights = try WeightSet.open(folder: folder)
    guard weights.files.count == 1, let file = weights.files.first else {
      return try weights.contentDigest()
    }
    return try SHA256Hasher.digest(ofFile: folder + "/" + file)
  }
}
