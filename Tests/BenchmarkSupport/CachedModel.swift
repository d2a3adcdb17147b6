import Foundation
import GenkiCore
import GenkiFormats
import GenkiModel

/// What a workload reads, written once for both sides: a Hugging Face folder, or a text.
package struct CachedModel: Sendable {
  /// The model's folder; the cache's where the workload has no model.
  package let model: String
  /// The adapter's folder, if the workload trains one.
  package let adapter: String?
  /// Ids that the model knows.
  package let vocabularySize: Int
  /// The `tokenizer.json` of a workload that makes ids of a text.
  package let tokenizer: String
  /// The text's file.
  package let text: String
  /// The type of the model's matrices.
  private let stored: TensorType
  /// Where the text comes from.
  private let texts: [String]

  private static let seed: UInt64 = 1
  /// The adapters that are evaluated.
  private static let candidateShape = Workload.AdapterShape(
    rank: 8, alpha: 16, modules: ["q_proj", "v_proj"])

  /// The folder that `--cache` names by default.
  package static var defaultFolder: String {
    let environment = ProcessInfo.processInfo.environment
    if let caches = environment["XDG_CACHE_HOME"], !caches.isEmpty {
      return caches + "/genki-bench"
    }
    return NSHomeDirectory() + "/.cache/genki-bench"
  }

  /// Where the workload's model and text lie below the cache; `prepare` makes them.
  package init(workload: Workload, inputs: MeasureInputs) throws {
    tokenizer = inputs.tokenizer
    text = "\(inputs.cache)/text-\(inputs.textsDigest).txt"
    texts = inputs.texts
    guard let shape = workload.shape else {
      model = inputs.cache
      vocabularySize = 0
      adapter = nil
      stored = .F32
      return
    }
    let configuration = try shape.configuration()
    // Another configuration is another folder.
    let digest = SHA256Hasher.digest(of: Array(shape.json.encoded().utf8)).hex.prefix(8)
    var name = "\(shape.name)-\(digest)"
    if case .decoding(_, _, let type) = workload.task, type != .F32 {
      name += "-\(type.configurationName)"
      stored = type
    } else {
      stored = .F32
    }
    model = "\(inputs.cache)/\(name)"
    vocabularySize = configuration.vocabularySize
    if case .training(_, _, let shape?) = workload.task {
      adapter = "\(model)-lora-\(shape.rank)-\(shape.modules.joined(separator: "-"))"
    } else {
      adapter = nil
    }
  }

  /// Makes what is not there yet: fresh random weights of our own initialisation.
  package func prepare(_ workload: Workload, note: (String) -> Void) throws {
    if case .tokenization(let bytes) = workload.task {
      let sample = try TextSample.read(texts, count: bytes)
      try makeParent(of: text)
      try AtomicFile.write(sample, to: text)
    }
    guard let shape = workload.shape else { return }
    if !FileManager.default.fileExists(atPath: model + "/config.json") {
      note("making \(model)")
      let fresh = try LanguageModel(configuration: shape.configuration())
      fresh.initialize(seed: Self.seed)
      try write(to: model) { try fresh.save(folder: $0, type: stored) }
    }
    if case .aggregation(let models, _) = workload.task {
      try prepareCandidates(models, note: note)
    }
    if case .adapters(let adapters, _, _, _) = workload.task {
      try prepareAdapters(adapters, note: note)
    }
    guard let adapter, case .training(_, _, let shape?) = workload.task,
      !FileManager.default.fileExists(atPath: adapter + "/adapter_config.json")
    else { return }
    note("making \(adapter)")
    let base = try LanguageModel.load(folder: model)
    try base.attachAdapter(
      AdapterConfiguration(rank: shape.rank, alpha: shape.alpha, targetModules: shape.modules),
      seed: Self.seed)
    try write(to: adapter) { try base.saveAdapter(folder: $0, type: .F32) }
  }

  /// A model that is merged.
  package func candidate(_ index: Int) -> String { "\(model)-candidate-\(index)" }

  /// An adapter that is evaluated.
  package func candidateAdapter(_ index: Int) -> String { "\(model)-adapter-\(index)" }

  /// Makes the models of an aggregation: the base with a little noise each.
  private func prepareCandidates(_ count: Int, note: (String) -> Void) throws {
    for index in 0..<count {
      let folder = candidate(index)
      guard !FileManager.default.fileExists(atPath: folder + "/config.json") else { continue }
      note("making \(folder)")
      let changed = try LanguageModel.load(folder: model)
      Self.addNoise(changed.weights, seed: index, width: 2e-3)
      try write(to: folder) { try changed.save(folder: $0, type: .F32) }
    }
  }

  /// Makes the adapters that are evaluated: fresh ones with noise, so that each changes the model.
  private func prepareAdapters(_ count: Int, note: (String) -> Void) throws {
    let missing = (0..<count).filter {
      !FileManager.default.fileExists(atPath: candidateAdapter($0) + "/adapter_config.json")
    }
    guard !missing.isEmpty else { return }
    let base = try LanguageModel.load(folder: model)
    let shape = Self.candidateShape
    for index in missing {
      note("making \(candidateAdapter(index))")
      try base.attachAdapter(
        AdapterConfiguration(rank: shape.rank, alpha: shape.alpha, targetModules: shape.modules),
        seed: Self.seed)
      if let adapter = base.adapter {
        Self.addNoise(adapter.weights, seed: index, width: 5e-2)
      }
      try write(to: candidateAdapter(index)) { try base.saveAdapter(folder: $0, type: .F32) }
    }
  }

  private static func addNoise(
    _ weights: UnsafeMutableBufferPointer<Float>, seed: Int, width: Float
  ) {
    var random = UInt64(seed + 1)
    for place in weights.indices {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      weights[place] += Float(Int32(truncatingIfNeeded: random >> 32)) * 0x1p-31 * width
    }
  }

  private func write(to folder: String, _ body: (String) throws -> Void) throws {
    try makeParent(of: folder)
    let staged = try StagedFolder(target: folder)
    try body(staged.path)
    try staged.publish()
  }

  private func makeParent(of path: String) throws {
    try FileManager.default.createDirectory(
      atPath: URL(filePath: path).deletingLastPathComponent().path,
      withIntermediateDirectories: true)
  }

  /// The model as a worker uses it.
  package func load() throws -> LanguageModel {
    try LanguageModel.load(folder: model, adapterFolder: adapter)
  }
}
