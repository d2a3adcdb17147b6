import GenkiCore

/// Why bytes in SCALE form were refused. Offsets count from the first byte that was given to decode.
public enum ScaleError: ReportableError, Equatable {
  /// The bytes end before what is expected is complete.
  case endsEarly(offset: Int, expected: String)
  /// Other bytes than expected.
  case unexpected(offset: Int, expected: String, found: String)
  /// A count, a depth or a size is above what this program accepts.
  case limit(offset: Int, what: String, maximum: Int)
  /// Bytes are left after the value.
  case trailing(offset: Int, bytes: Int)
  /// A type number that the metadata does not define.
  case unknownType(id: Int)

  /// The kind of failure.
  public var kind: ErrorKind { .invalidData }

  /// What failed.
  public var what: String {
    switch self {
    case .endsEarly(let offset, _), .unexpected(let offset, _, _), .limit(let offset, _, _),
      .trailing(let offset, _):
      "SCALE bytes at offset \(offset)"
    case .unknownType(let id): "type \(id)"
    }
  }

  /// Why it failed.
  public var why: String {
    switch self {
    case .endsEarly(_, let expected): "they end before \(expected)"
    case .unexpected(_, let expected, let found): "expected \(expected), found \(found)"
    case .limit(_, let what, let maximum): "more than \(maximum) \(what)"
    case .trailing(_, let bytes): "\(bytes) bytes are left after the value"
    case .unknownType: "the metadata does not define it"
    }
  }

  /// What to do about it.
  public var advice: String? { nil }
}
