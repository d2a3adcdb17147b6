import GenkiCore

/// The weight files of a folder do not fit together.
public enum WeightSetError: ReportableError, Equatable {
  /// There is no weight file.
  case noWeights(folder: String)
  /// The index of shards is wrong.
  case index(path: String, String)
  /// The index maps a tensor to a file that does not hold it.
  case tensorNotInShard(path: String, tensor: String)
  /// A shard holds a tensor that the index does not map to it.
  case unmappedTensor(path: String, tensor: String)
  /// No weight file holds the tensor.
  case noSuchTensor(folder: String, name: String)

  /// The kind of failure.
  public var kind: ErrorKind { .invalidData }

  /// What failed.
  public var what: String {
    switch self {
    case .noWeights(let folder), .noSuchTensor(let folder, _): "cannot use the weights in \(folder)"
    case .index(let path, _), .tensorNotInShard(let path, _), .unmappedTensor(let path, _):
      "cannot use \(path)"
    }
  }

  /// Why it failed.
  public var why: String {
    switch self {
    case .noWeights:
      "neither model.safetensors nor \(ShardIndex.fileName) nor adapter_model.safetensors is there"
    case .index(_, let reason): reason
    case .tensorNotInShard(_, let tensor):
      "it lacks tensor \(tensor.quoted()), which the index places there"
    case .unmappedTensor(_, let tensor):
      "it holds tensor \(tensor.quoted()), which the index does not place there"
    case .noSuchTensor(_, let name): "there is no tensor \(name.quoted())"
    }
  }

  /// What to do about it.
  public var advice: String? {
    switch self {
    case .noWeights: "convert other weight files to safetensors first"
    case .index, .tensorNotInShard, .unmappedTensor: "download the model again"
    case .noSuchTensor: nil
    }
  }
}
