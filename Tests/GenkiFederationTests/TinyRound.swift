import Foundation
import GenkiCore
import GenkiFederation
import GenkiFormats
import GenkiModel
import TestSupport

/// A round small enough to train inside a test: a GPT-Neo base, miners, and three kinds of text.
///
/// A "text" is a chain of tokens: half of the transitions are common to all kinds, half are a kind's
/// own. The base has seen little of all kinds.
final class TinyRound: Sendable {
  static let vocabularySize = 48
  static let blockSize = 32
  /// Trained once for all tests.
  static let shared = Result { try TinyRound() }

  let folder: TemporaryFolder
  var base: String { folder.file("base") }

  private init() throws {
    folder = try TemporaryFolder()
    let model = try LanguageModel(configuration: Self.configuration())
    model.initialize(seed: 1)
    try Self.train(model, kinds: [0, 1, 2], steps: 150, rate: 3e-3, seed: 1)
    try model.save(folder: base, type: .F32)
    try miner("a", kind: 0, seed: 10)
    try miner("b", kind: 1, seed: 11)
    try miner("a-again", kind: 0, seed: 12)
    try adapter("c-lora", kind: 2, seed: 13)
  }

  static func configuration() throws -> ModelConfiguration {
    let path = Vectors.path("formats/configs/gpt_neo_tinystories_like.json")
    let bytes = try TextFile.readBytes(path, sizeLimit: 1 << 20)
    guard case .object(var object) = try JSONValue.parse(bytes, source: path) else {
      throw CocoaError(.fileReadCorruptFile)
    }
    for (key, value) in [
      ("hidden_size", 32), ("num_layers", 2), ("num_heads", 2), ("vocab_size", vocabularySize),
      ("max_position_embeddings", 64), ("window_size", 16), ("bos_token_id", 0),
      ("eos_token_id", 0),
    ] {
      object[key] = JSONValue(value)
    }
    object["attention_layers"] = ["global", "local"]
    object["attention_types"] = [[["global", "local"], 1]]
    return try ModelConfiguration(json: .object(object), source: path)
  }

  /// Windows of one kind of text; other seeds give other text of the same kind.
  static func windows(kind: Int, rows: Int, seed: UInt64) -> TokenBatch {
    let common = DeterministicRandom.permutation(
      count: vocabularySize, seed: 99, domain: "test/common")
    let own = DeterministicRandom.permutation(
      count: vocabularySize, seed: UInt64(kind), domain: "test/own")
    var random = DeterministicRandom(seed: seed, domain: "test/text/\(kind)")
    var batch = TokenBatch(rows: rows, blockSize: blockSize)
    for row in 0..<rows {
      var token = random.next(below: vocabularySize)
      for place in 0..<blockSize {
        let roll = random.next(below: 20)
        let next =
          roll < 9 ? common[token] : roll < 18 ? own[token] : random.next(below: vocabularySize)
        batch.inputs[row * blockSize + place] = Int32(token)
        batch.targets[row * blockSize + place] = Int32(next)
        token = next
      }
    }
    return batch
  }

  /// Held-out windows of every kind.
  static func heldOut(rows: Int = 24, seed: UInt64 = 5_000) -> [EvaluationSet] {
    (0..<3).map {
      EvaluationSet(name: "kind-\($0)", windows: windows(kind: $0, rows: rows, seed: seed))
    }
  }

  static func train(
    _ model: LanguageModel, kinds: [Int], steps: Int, rate: Double, seed: UInt64
  ) throws {
    let trainer = try Trainer(
      model: model, blockSize: blockSize, rowsMaximum: 8,
      optimizer: OptimizerSettings(weightDecay: 0), threads: 1, seed: seed)
    for step in 0..<steps {
      let batch = windows(
        kind: kinds[step % kinds.count], rows: 8, seed: seed &* 1_000_003 &+ UInt64(step))
      _ = try trainer.step([batch], learningRate: rate)
    }
  }

  /// A full finetune on one kind.
  @discardableResult
  func miner(
    _ name: String, from start: String? = nil, kind: Int, steps: Int = 50, seed: UInt64
  ) throws -> String {
    let model = try LanguageModel.load(folder: start ?? base)
    try Self.train(model, kinds: [kind], steps: steps, rate: 7e-4, seed: seed)
    try model.save(folder: folder.file(name), type: .F32)
    return folder.file(name)
  }

  /// A LoRA finetune on one kind.
  @discardableResult
  func adapter(_ name: String, kind: Int, seed: UInt64) throws -> String {
    let model = try LanguageModel.load(folder: base)
    try model.attachAdapter(
      AdapterConfiguration(
        rank: 4, alpha: 8, targetModules: ["q_proj", "v_proj", "c_fc", "c_proj"]), seed: seed)
    try Self.train(model, kinds: [kind], steps: 60, rate: 1e-3, seed: seed)
    try model.saveAdapter(folder: folder.file(name), type: .F32)
    return folder.file(name)
  }

  /// A model made from another one by changing its weights, saved in a folder of the test.
  func variant(
    of source: String, in target: TemporaryFolder, _ name: String, type: TensorType = .F32,
    change: (LanguageModel) throws -> Void
  ) throws -> String {
    let model = try LanguageModel.load(folder: folder.file(source))
    try change(model)
    try model.save(folder: target.file(name), type: type)
    return target.file(name)
  }

  func session() throws -> EvaluationSession {
    try EvaluationSession(base: BaseModel.open(folder: base), rows: 24, threads: 2)
  }

  /// Scores folders in commit order; λ is large for the tiny models' gains to stand out.
  func report(_ folders: [String], stepSize: Double = 0.125) throws -> ScoreRun.Report {
    let run = try ScoreRun(session: session(), rules: ScoringRules(stepSize: stepSize))
    let entries = folders.enumerated().map { place, path in
      ScoreRun.Entry(
        name: URL(filePath: path).lastPathComponent, folder: path,
        order: OrderKey(position: place))
    }
    return try run.report(entries, sets: Self.heldOut(), probe: Self.heldOut(rows: 12, seed: 6_000))
  }
}

extension LanguageModel {
  /// The values of a parameter by name.
  func values(named name: String) -> UnsafeMutableBufferPointer<Float> {
    guard let parameter = parameters.first(where: { $0.name == name }) else {
      return UnsafeMutableBufferPointer(start: nil, count: 0)
    }
    return values(of: parameter)
  }

  /// θ + λδ and noise of norm ρ‖δ‖, δ being the difference from a base.
  func step(from base: LanguageModel, by factor: Float, noise: Double = 0, seed: UInt64 = 3) {
    var random = DeterministicRandom(seed: seed, domain: "test/noise")
    var square = 0.0
    for index in weights.indices {
      let change = weights[index] - base.weights[index]
      square += Double(change) * Double(change)
    }
    let scale = noise * (square / Double(weights.count)).squareRoot()
    for parameter in parameters {
      for index in parameter.range {
        let change = weights[index] - base.weights[index]
        weights[index] =
          base.weights[index] + factor * change + Float(scale * random.gaussian())
      }
    }
  }
}
