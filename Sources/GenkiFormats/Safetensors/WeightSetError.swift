import GenkiCore

/// The weight files of a folder do not fit together.
public enum WeightSetError: ReportableError, Equatable {
  /// There is no weight file.
  case noWeights(folder: String, found: ForeignWeights?)
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
    case .noWeights(let folder, _), .noSuchTensor(let folder, _):
      "cannot use the weights in \(folder)"
    case .index(let path, _), .tensorNotInShard(let path, _), .unmappedTensor(let path, _):
      "cannot use \(path)"
    }
  }

  /// Why it failed.
  public var why: String {
    switch self {
    case .noWeights(_, .gguf(let name)):
      "there is only \(name.quoted()), a file for inference that is not trained on"
    case .noWeights(_, .otherLibrary(let name)):
      "there is only \(name.quoted()), which may hold code and is not read"
    case .noWeights(_, .otherName(let name)):
      "\(name.quoted()) is there, but neither \(ModelFiles.weights) nor \(ShardIndex.fileName)"
    case .noWeights(_, nil):
      "neither \(ModelFiles.weights) nor \(ShardIndex.fileName) nor"
        + " \(ModelFiles.adapterWeights) is there"
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
    case .noWeights(_, .gguf):
      "take the model it was made from, whose repository has safetensors files"
    case .noWeights(_, .otherLibrary):
      "convert it with transformers: AutoModelForCausalLM.from_pretrained(FOLDER)"
        + ".save_pretrained(FOLDER) writes \(ModelFiles.weights)"
    case .noWeights(_, .otherName):
      "one file must have the usual name; several need their index"
    case .noWeights(_, nil): "download the weights, or convert other files to safetensors first"
    case .index, .tensorNotInShard, .unmappedTensor: "download the model again"
    case .noSuchTensor: nil
    }
  }
}
