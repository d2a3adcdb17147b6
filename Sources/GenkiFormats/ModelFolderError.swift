import GenkiCore

/// A folder is not the model that was asked for.
public enum ModelFolderError: ReportableError, Equatable {
  /// The path is a file.
  case notAFolder(path: String)
  /// The folder has no `config.json`.
  case noConfiguration(folder: String)
  /// The folder has no `tokenizer.json`; `others` are files of which one can be made.
  case noTokenizer(folder: String, others: [String])

  /// The kind of failure.
  public var kind: ErrorKind { .invalidData }

  /// What failed.
  public var what: String {
    switch self {
    case .notAFolder(let path): "cannot use \(path)"
    case .noConfiguration(let folder): "cannot read \(folder)/\(ModelFiles.configuration)"
    case .noTokenizer(let folder, _): "cannot read \(folder)/\(ModelFiles.tokenizer)"
    }
  }

  /// Why it failed.
  public var why: String {
    switch self {
    case .notAFolder: "it is a file, and a model is a folder"
    case .noConfiguration: "no such file, and without it weights are no model"
    case .noTokenizer(_, let others) where !others.isEmpty:
      "no such file, only \(others.joined(separator: ", ")), which are not read alone"
    case .noTokenizer: "no such file"
    }
  }

  /// What to do about it.
  public var advice: String? {
    switch self {
    case .notAFolder, .noConfiguration: "give a folder with \(Self.needed)"
    case .noTokenizer(_, let others) where !others.isEmpty:
      "make it with transformers: AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER)"
    case .noTokenizer: "take it from the model's repository; a model is \(Self.needed)"
    }
  }

  private static let needed =
    "\(ModelFiles.configuration), \(ModelFiles.weights) and \(ModelFiles.tokenizer)"
}
