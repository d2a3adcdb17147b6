import Foundation
import GenkiCore
import GenkiFormats
import GenkiModel

/// A workload's model, written once as a Hugging Face folder that both sides load.
package struct CachedModel: Sendable {
  /// The model's folder.
  package let model: String
  /// The adapter's folder, if the workload trains one.
  package let adapter: String?
  /// Ids that the model knows.
  package let vocabularySize: Int

  private static let seed: UInt64 = 1

  /// The folder that `--cache` names by default.
  package static var defaultFolder: String {
    let environment = ProcessInfo.processInfo.environment
    if let caches = environment["XDG_CACHE_HOME"], !caches.isEmpty {
      return caches + "/genki-bench"
    }
    return NSHomeDirectory() + "/.cache/genki-bench"
  }

  /// Where the workload's model lies below `cache`; `prepare` makes it.
  package init(workload: Workload, cache: String) throws {
    let configuration = try workload.shape.configuration()
    // Another configuration is another folder.
    let digest = SHA256Hasher.digest(of: Array(workload.shape.json.encoded().utf8)).hex.prefix(8)
    model = "\(cache)/\(workload.shape.name)-\(digest)"
    vocabularySize = configuration.vocabularySize
    if case .training(_, _, let shape?) = workload.task {
      adapter = "\(model)-lora-\(shape.rank)-\(shape.modules.joined(separator: "-"))"
    } else {
      adapter = nil
    }
  }

  /// Makes what is not there yet: fresh random weights of our own initialisation.
  package func prepare(_ workload: Workload, note: (String) -> Void) throws {
    if !FileManager.default.fileExists(atPath: model + "/config.json") {
      note("making \(model)")
      let fresh = try LanguageModel(configuration: workload.shape.configuration())
      fresh.initialize(seed: Self.seed)
      try write(to: model) { try fresh.save(folder: $0, type: .F32) }
    }
    if case .aggregation(let models, _) = workload.task {
      try prepareCandidates(models, note: note)
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

  /// Makes the models of an aggregation: the base with a little noise each.
  private func prepareCandidates(_ count: Int, note: (String) -> Void) throws {
    for index in 0..<count {
      let folder = candidate(index)
      guard !FileManager.default.fileExists(atPath: folder + "/config.json") else { continue }
      note("making \(folder)")
      let changed = try LanguageModel.load(folder: model)
      var random = UInt64(index + 1)
      for place in changed.weights.indices {
        random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        changed.weights[place] += Float(Int32(truncatingIfNeeded: random >> 32)) * 0x1p-31 * 2e-3
      }
      try write(to: folder) { try changed.save(folder: $0, type: .F32) }
    }
  }

  private func write(to folder: String, _ body: (String) throws -> Void) throws {
    try FileManager.default.createDirectory(
      atPath: URL(filePath: folder).deletingLastPathComponent().path,
      withIntermediateDirectories: true)
    let staged = try StagedFolder(target: folder)
    try body(staged.path)
    try staged.publish()
  }

  /// The model as a worker uses it.
  package func load() throws -> LanguageModel {
    try LanguageModel.load(folder: model, adapterFolder: adapter)
  }
}
