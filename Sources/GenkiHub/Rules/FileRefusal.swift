import GenkiCore

/// Why a repository is not downloaded: its listing breaks the rules. Nothing was fetched yet.
public enum FileRefusal: ReportableError, Equatable {
  /// It has more files than allowed.
  case tooManyFiles(count: Int, limit: Int)
  /// A name is not on the list of allowed ones.
  case forbiddenName(name: String, reason: String)
  /// A name stands twice.
  case duplicateName(name: String)
  /// A size that no file has.
  case impossibleSize(name: String, bytes: Int)
  /// A file that would be downloaded is too large.
  case fileTooLarge(name: String, bytes: Int, limit: Int)
  /// The files that would be downloaded are too large together; `name` is the largest.
  case totalTooLarge(name: String, bytes: Int, limit: Int)
  /// A file that must be there is not.
  case missing(name: String)
  /// Two files that are two sets of weights, or belong to different ones.
  case ambiguousWeights(name: String, other: String)

  /// The kind of failure.
  public var kind: ErrorKind { .invalidData }

  /// What failed.
  public var what: String { "the repository's files are refused" }

  /// Why it failed, naming the file.
  public var why: String {
    switch self {
    case .tooManyFiles(let count, let limit): "\(count) files, more than the limit of \(limit)"
    case .forbiddenName(let name, let reason): "\(name.quoted()) is not allowed: \(reason)"
    case .duplicateName(let name): "\(name.quoted()) stands twice"
    case .impossibleSize(let name, let bytes): "\(name.quoted()) states a size of \(bytes) bytes"
    case .fileTooLarge(let name, let bytes, let limit):
      "\(name.quoted()) has \(bytes) bytes, more than the limit of \(limit)"
    case .totalTooLarge(let name, let bytes, let limit):
      "the files have \(bytes) bytes, more than the limit of \(limit); the largest is \(name.quoted())"
    case .missing(let name): "\(name.quoted()) is missing"
    case .ambiguousWeights(let name, let other):
      "\(name.quoted()) and \(other.quoted()) belong to different sets of weights"
    }
  }

  /// What to do about it.
  public var advice: String? {
    switch self {
    case .forbiddenName, .duplicateName, .ambiguousWeights: "publish only the model's own files"
    default: nil
    }
  }

  /// A name that is not allowed, with what is wrong about it.
  static func forbidden(_ name: String) -> FileRefusal {
    .forbiddenName(name: name, reason: reason(name))
  }

  private static func reason(_ name: String) -> String {
    if let problem = HubLimits.nameProblem(name) { return problem }
    if name.utf8.contains(where: { $0 >= 0x80 }) { return "it is not ASCII" }
    let lower = name.lowercased()
    if lower != name, RepositoryFile(name: lower) != nil { return "it differs in case only" }
    for (endings, reason) in endings where endings.contains(where: { lower.hasSuffix($0) }) {
      return reason
    }
    return "it is not on the list of allowed names"
  }

  private static let endings: [([String], String)] = [
    (
      [".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".npy", ".joblib", ".h5", ".msgpack"],
      "it may hold code or pickled objects; only safetensors are read"
    ),
    ([".zip", ".tar", ".gz", ".tgz", ".xz", ".zst", ".bz2", ".7z", ".rar"], "it is an archive"),
    ([".py", ".pyc", ".so", ".sh", ".ipynb"], "it is a program"),
  ]
}
