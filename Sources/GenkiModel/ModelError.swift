import GenkiCore

/// What can be wrong with a model or with what it is asked to do.
public enum ModelError: ReportableError {
  /// A tensor that the configuration demands is not in the files.
  case missingTensor(folder: String, name: String, isHead: Bool = false)
  /// The files hold a tensor that the configuration does not know.
  case unexpectedTensor(folder: String, name: String)
  /// A tensor has another shape than the configuration demands.
  case wrongShape(folder: String, name: String, expected: [Int], found: [Int])
  /// The files hold a head that is not the embedding, and the configuration says that it is.
  case differentHead(folder: String, head: String, embedding: String, difference: String)
  /// A weight cannot be stored in the type that was asked for.
  case beyondType(path: String, name: String, value: Float, type: String)
  /// An adapter names no linear map of the model.
  case noAdapterTargets(targets: String, available: [String])
  /// A model has more parameters than this program addresses.
  case tooLarge(parameters: String)
  /// A token id is outside the vocabulary.
  case tokenOutOfRange(token: Int, position: Int, vocabularySize: Int)
  /// A window is longer than the model's positions.
  case windowTooLong(blockSize: Int, maximum: Int)
  /// A batch does not have the shape that the run was planned for.
  case batchTooLarge(rows: Int, maximum: Int)
  /// A prompt or a batch is empty.
  case empty(String)

  /// The kind of failure.
  public var kind: ErrorKind {
    switch self {
    case .batchTooLarge: .internalError
    default: .invalidData
    }
  }

  /// What failed.
  public var what: String {
    switch self {
    case .missingTensor(let folder, let name, _), .unexpectedTensor(let folder, let name),
      .wrongShape(let folder, let name, _, _):
      "\(folder): tensor \(name)"
    case .differentHead(let folder, let head, _, _): "\(folder): tensor \(head)"
    case .beyondType(let path, _, _, _): "cannot write \(path)"
    case .noAdapterTargets(let targets, _): "target modules \(targets)"
    case .tooLarge: "the model"
    case .tokenOutOfRange(let token, let position, _): "token \(token) at position \(position)"
    case .windowTooLong(let blockSize, _): "a window of \(blockSize) tokens"
    case .batchTooLarge(let rows, _): "a batch of \(rows) rows"
    case .empty(let what): what
    }
  }

  /// Why it failed.
  public var why: String {
    switch self {
    case .missingTensor: "is missing"
    case .unexpectedTensor: "does not belong to a model with this config.json"
    case .wrongShape(_, _, let expected, let found):
      "has shape \(found), but config.json demands \(expected)"
    case .differentHead(_, _, let embedding, let difference):
      "is not \(embedding) (\(difference)), but config.json says that they are one"
    case .beyondType(_, let name, let value, let type):
      "tensor \(name) holds \(value), and \(type) does not reach that far"
    case .noAdapterTargets: "name no linear map of the model's blocks"
    case .tooLarge(let parameters): "has \(parameters) parameters"
    case .tokenOutOfRange(_, _, let vocabularySize):
      "is outside the model's vocabulary of \(vocabularySize)"
    case .windowTooLong(_, let maximum): "is longer than the model's \(maximum) positions"
    case .batchTooLarge(_, let maximum): "is larger than the planned \(maximum)"
    case .empty: "holds no tokens"
    }
  }

  /// What to do.
  public var advice: String? {
    switch self {
    case .missingTensor(_, _, isHead: true):
      "set tie_word_embeddings to true in config.json if the embedding is the head"
    case .missingTensor, .unexpectedTensor, .wrongShape:
      "the weights and config.json must come from the same model"
    case .differentHead:
      "set tie_word_embeddings to false in config.json to use this head, or remove the tensor"
    case .beyondType: "begin anew in another --out with --dtype float32"
    case .noAdapterTargets(_, let available): "choose from \(available.joined(separator: ", "))"
    case .tokenOutOfRange: "use the tokenizer that belongs to the model"
    case .windowTooLong:
      "use a smaller window (--block-size) or a shorter text; config.json says how many positions there are"
    case .tooLarge, .batchTooLarge, .empty: nil
    }
  }
}
