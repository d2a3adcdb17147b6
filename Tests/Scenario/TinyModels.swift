import Foundation
import GenkiCore
import GenkiData
import GenkiFormats
import GenkiMiner
import GenkiModel
import GenkiRound
import GenkiTrain
import Synchronization
import TestSupport

/// What all scenarios of a process share: a base of some thousand parameters with a tokenizer of
/// single bytes, texts of several kinds, and models that were trained before.
final class TinyModels: Sendable {
  static let kinds = 4
  static let blockSize = 24
  /// Made once for all tests.
  static let shared = Result { try TinyModels() }

  let folder: TemporaryFolder
  private let made = Mutex<[String: String]>([:])
  var base: String { folder.file("base") }

  private init() throws {
    folder = try TemporaryFolder()
    for kind in 0..<Self.kinds {
      try folder.write(Self.text(kind: kind, lines: 30, seed: 7), to: "held-out-\(kind).txt")
      for seed in 0..<30 where seed % Self.kinds == kind {
        try folder.write(
          Self.text(kind: kind, lines: 40, seed: 100 + UInt64(seed)), to: "miner-\(seed).txt")
      }
    }
    try folder.write(
      (0..<Self.kinds).map { Self.text(kind: $0, lines: 12, seed: 3) }.joined(), to: "common.txt")
    let json = try JSONValue.parse(Array(Self.configuration.utf8), source: "tiny")
    let model = try LanguageModel(configuration: ModelConfiguration(json: json, source: "tiny"))
    model.initialize(seed: 5)
    try model.save(folder: base, type: .F32)
    try writeTokenizer()
    try train(model, text: folder.file("common.txt"), steps: 60, rate: 1e-2, seed: 1)
    try model.save(folder: base, type: .F32)
    for type in [TensorType.BF16, .F16] {
      try RoundedModel.write(of: base, to: base(type), type: type)
      for (name, text) in Self.companions {
        try AtomicFile.write(text, to: base(type) + "/" + name)
      }
    }
  }

  /// What a 16-bit base has beside its tokenizer.
  static let companions = [
    "generation_config.json": "{\"eos_token_id\": [0, 3], \"temperature\": 0.7}",
    "chat_template.jinja": "{% for message in messages %}{{ message.content }}{% endfor %}",
  ]

  /// The base in another type.
  func base(_ type: TensorType) -> String {
    type == .F32 ? base : folder.file("base-\(type.rawValue)")
  }

  private static let configuration = """
    {"model_type": "gpt_neo", "vocab_size": 257, "hidden_size": 16, "num_layers": 1, "num_heads": 2,
     "max_position_embeddings": 32, "window_size": 16, "attention_types": [[["global"], 1]],
     "attention_layers": ["global"], "intermediate_size": null, "bos_token_id": 0,
     "eos_token_id": 0, "activation_function": "gelu_new", "layer_norm_epsilon": 1e-05}
    """

  /// Held-out text, one file of each kind.
  var validationFiles: [String] { (0..<Self.kinds).map { folder.file("held-out-\($0).txt") } }

  func text(ofMiner miner: Int) -> String { folder.file("miner-\(miner).txt") }

  /// Lines of words; half of the words are common to all kinds, half are a kind's own.
  private static func text(kind: Int, lines: Int, seed: UInt64) -> String {
    let common = ["the", "night", "fire", "and", "home"]
    let own = [
      ["miners", "bring", "coal"], ["zebras", "quickly", "jump"], ["wxyz", "vex", "pqr"],
      ["42", "1789", "365"],
    ][kind]
    var random = DeterministicRandom(seed: seed, domain: "scenario/text/\(kind)")
    return (0..<lines).map { _ in
      (0..<6).map { _ in
        random.next(below: 2) == 0
          ? common[random.next(below: common.count)] : own[random.next(below: own.count)]
      }.joined(separator: " ") + ".\n"
    }.joined()
  }

  /// The bytes of the GPT-2 tokenizer without its merges.
  private func writeTokenizer() throws {
    let source = Vectors.path("formats/tokenizers/gpt2/tokenizer.json")
    let bytes = try TextFile.readBytes(source, sizeLimit: 1 << 20)
    guard case .object(var object) = try JSONValue.parse(bytes, source: source),
      var model = object["model"]?.objectValue, var vocabulary = model["vocab"]?.objectValue
    else { throw CocoaError(.fileReadCorruptFile) }
    vocabulary.entries = vocabulary.entries.filter { ($0.value.intValue ?? 257) < 257 }
    model["vocab"] = .object(vocabulary)
    model["merges"] = .array([])
    object["model"] = .object(model)
    try AtomicFile.write(
      Array(JSONValue.object(object).encoded().utf8), to: base + "/tokenizer.json")
  }

  private func train(
    _ model: LanguageModel, text: String, steps: Int, rate: Double, seed: UInt64
  ) throws {
    let tokenizer = try Tokenizer.load(path: base)
    let data = try TextDataset.load(
      path: text, tokenizer: tokenizer, options: DatasetOptions(blockSize: Self.blockSize))
    let trainer = try Trainer(
      model: model, blockSize: Self.blockSize, rowsMaximum: 4,
      optimizer: OptimizerSettings(weightDecay: 0), threads: 1, seed: seed)
    var random = DeterministicRandom(seed: seed, domain: "scenario/windows")
    for _ in 0..<steps {
      let windows = (0..<4).map { _ in random.next(below: data.windowCount) }
      _ = try trainer.step([data.batch(windows)], learningRate: rate)
    }
  }

  /// The folder of a finetune, made at its first use.
  func finetune(
    base start: String, text: String, seed: UInt64, isUseless: Bool
  ) throws -> String {
    let content = try WeightSet.open(folder: start).contentDigest()
    let key = SHA256Hasher.digest(of: Array("\(content) \(text) \(seed) \(isUseless)".utf8)).hex
    if let path = made.withLock({ $0[key] }) { return path }
    let path = folder.file("made-\(UUID().uuidString)")
    let model = try LanguageModel.load(folder: start)
    if isUseless {
      var random = DeterministicRandom(seed: seed, domain: "scenario/useless")
      for place in model.weights.indices {
        model.weights[place] += 0.05 * Float(random.gaussian())
      }
    } else {
      try train(model, text: text, steps: 25, rate: 3e-3, seed: seed)
    }
    try model.save(folder: path, type: .F32)
    return made.withLock { made in
      if let other = made[key] { return other }
      made[key] = path
      return path
    }
  }
}

/// Trains some steps of a tiny model, or takes what the same job has made before.
struct SyntheticFinetuner: Finetuner {
  let models: TinyModels
  /// Jobs of later rounds fail: the scenario ends with this round.
  let lastRound: UInt64
  /// Models get worse, each in its own way.
  let isUseless: Bool

  func run(
    _ job: Job, datasets: [DatasetRecord], round: KnownRound?, shouldStop: () -> Bool,
    onEvent: (FinetuneEvent) -> Void
  ) throws -> Job.Result? {
    guard let text = datasets.first?.path, (job.round ?? 0) <= lastRound else {
      throw ScenarioOver()
    }
    let made = try models.finetune(
      base: job.base, text: text, seed: job.seed, isUseless: isUseless)
    try? FileManager.default.removeItem(atPath: job.out)
    try FileManager.default.copyItem(atPath: made, toPath: job.out)
    let weights = try WeightSet.open(folder: job.out)
    return Job.Result(
      sha256: try SHA256Hasher.digest(ofFile: "\(job.out)/\(weights.files[0])"),
      contentHash: try weights.contentDigest(), trainLoss: nil, evalLoss: nil, baseEvalLoss: nil)
  }
}

/// The scenario has no further round.
struct ScenarioOver: ReportableError {
  var kind: ErrorKind { .failed }
  var what: String { "the finetune" }
  var why: String { "the scenario is over" }
  var advice: String? { nil }
}
