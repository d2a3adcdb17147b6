import GenkiCore

/// What a file of a submission or a base is, told from its name; every other name is refused.
///
/// The names are ASCII and compared byte by byte, so no two of them differ in case or in Unicode
/// normal form only, and each is safe as a local file's name.
enum RepositoryFile: Hashable {
  /// `model.safetensors`.
  case weights
  /// `model-00001-of-00002.safetensors`, counted from 1.
  case shard(number: Int, count: Int)
  /// `model.safetensors.index.json`.
  case shardIndex
  /// `adapter_model.safetensors`.
  case adapterWeights
  /// `adapter_config.json`.
  case adapterConfiguration
  /// `config.json`.
  case configuration
  /// What a model hands on beside weights and configuration: tokenizer, chat template, generation.
  case companion(name: String)
  /// `manifest.json`.
  case manifest
  /// Allowed, and never read by a validator.
  case other(name: String)

  private static let companionNames = Set(ModelFiles.companions)
  private static let otherNames: Set = [
    "README.md", "aggregation.json", "samples.jsonl", ".gitattributes",
  ]

  /// What a name means; nil if it is not on the list.
  init?(name: String) {
    // Swift's equality is Unicode's, under which other bytes can equal ASCII.
    guard name.utf8.count <= HubLimits.nameBytesMaximum, name.utf8.allSatisfy({ $0 < 0x80 }) else {
      return nil
    }
    switch name {
    case ModelFiles.weights: self = .weights
    case ModelFiles.shardIndex: self = .shardIndex
    case ModelFiles.adapterWeights: self = .adapterWeights
    case ModelFiles.adapterConfiguration: self = .adapterConfiguration
    case ModelFiles.configuration: self = .configuration
    case "manifest.json": self = .manifest
    case _ where Self.companionNames.contains(name): self = .companion(name: name)
    case _ where Self.otherNames.contains(name): self = .other(name: name)
    default:
      guard let shard = Self.shard(name) else { return nil }
      self = shard
    }
  }

  /// The file's own name, made anew and not taken from outside.
  var name: String {
    switch self {
    case .weights: ModelFiles.weights
    case .shard(let number, let count):
      "model-\(Self.fiveDigits(number))-of-\(Self.fiveDigits(count)).safetensors"
    case .shardIndex: ModelFiles.shardIndex
    case .adapterWeights: ModelFiles.adapterWeights
    case .adapterConfiguration: ModelFiles.adapterConfiguration
    case .configuration: ModelFiles.configuration
    case .companion(let name), .other(let name): name
    case .manifest: "manifest.json"
    }
  }

  /// The bytes that our readers accept; nil for weights, whose limit the round sets.
  var bytesMaximum: Int? {
    switch self {
    case .weights, .shard, .adapterWeights, .other: nil
    case .shardIndex: 16 << 20
    case .adapterConfiguration, .configuration: ModelFiles.configurationBytesMaximum
    case .companion: ModelFiles.companionBytesMaximum
    case .manifest: 64 << 20
    }
  }

  private static func shard(_ name: String) -> RepositoryFile? {
    guard let match = name.wholeMatch(of: /model-([0-9]{5})-of-([0-9]{5})\.safetensors/),
      let number = Int(match.1), let count = Int(match.2), (1...max(1, count)).contains(number)
    else { return nil }
    return .shard(number: number, count: count)
  }

  private static func fiveDigits(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }
}
