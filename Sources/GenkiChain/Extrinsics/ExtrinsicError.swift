import GenkiCore

/// Why an extrinsic cannot be built.
public enum ExtrinsicError: ReportableError, Equatable {
  /// The runtime asks for something in every extrinsic that this program does not know.
  case unknownExtension(identifier: String, explicit: String, implicit: String)
  /// The runtime does not read extrinsics of version 4.
  case versions([UInt8])
  /// A call that the runtime or this program refuses to hold.
  case call(String, reason: String)
  /// A signature or a key of the wrong length.
  case length(of: String, bytes: Int, expected: Int)

  /// The kind of failure.
  public var kind: ErrorKind {
    switch self {
    case .unknownExtension, .versions: .failed
    case .call, .length: .invalidData
    }
  }

  /// What failed.
  public var what: String {
    switch self {
    case .unknownExtension(let identifier, _, _):
      "signed extension \(identifier.quoted())"
    case .versions: "extrinsics of version 4"
    case .call(let name, _): "call \(name.quotedIfUnsafe)"
    case .length(let name, _, _): name
    }
  }

  /// Why it failed.
  public var why: String {
    switch self {
    case .unknownExtension(_, let explicit, let implicit):
      "it is unknown and its types are not empty: \(explicit) in the extrinsic, "
        + "\(implicit) in what is signed"
    case .versions(let versions):
      "the runtime reads versions \(versions.map(String.init).joined(separator: ", ")) only"
    case .call(_, let reason): reason
    case .length(_, let bytes, let expected): "\(bytes) bytes instead of \(expected)"
    }
  }

  /// What to do about it.
  public var advice: String? {
    switch self {
    case .unknownExtension, .versions:
      "the runtime was upgraded; this program has to be updated before it can sign"
    case .call, .length: nil
    }
  }
}
