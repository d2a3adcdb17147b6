import GenkiCore

/// A download cannot be continued, or is not what it should be.
public enum HTTPDownloadError: ReportableError, Equatable {
  /// The server sends the whole file when asked for its rest.
  case rangeIgnored(target: HTTPTarget, asked: Int)
  /// The server sends another part than was asked for.
  case wrongRange(target: HTTPTarget, asked: Int, answer: String)
  /// The file is another one than the beginning is of.
  case changed(target: HTTPTarget, before: String, after: String)
  /// The file has another length than it should.
  case wrongLength(target: HTTPTarget, bytes: Int, expected: Int)

  /// Always a bad server or a changed file.
  public var kind: ErrorKind { .invalidData }

  /// What failed.
  public var what: String {
    switch self {
    case .rangeIgnored(let target, _), .wrongRange(let target, _, _),
      .changed(let target, _, _), .wrongLength(let target, _, _):
      "\(target)"
    }
  }

  /// Why it failed.
  public var why: String {
    switch self {
    case .rangeIgnored(_, let asked):
      "asked for the bytes from \(asked) on, the server sends the whole file"
    case .wrongRange(_, let asked, let answer):
      "asked for the bytes from \(asked) on, the server sends \(answer.quoted(limit: 60))"
    case .changed(_, let before, let after):
      "the file changed: its entity tag was \(before.quoted(limit: 80)) and is "
        + after.quoted(limit: 80)
    case .wrongLength(_, let bytes, let expected):
      "the file has \(bytes) bytes and should have \(expected)"
    }
  }

  /// What to do about it.
  public var advice: String? {
    switch self {
    case .rangeIgnored, .wrongRange, .changed: "remove the partial file and start over"
    case .wrongLength: "is this the right file?"
    }
  }
}
